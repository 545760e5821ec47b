#!/usr/bin/env python3
"""Draws the logs of one or more trainings as a picture: SVG or PNG, by the name of the output.

    python3 curves.py --out models/training/curves.svg n=runs/n/log.csv s=runs/s/log.csv
"""

from __future__ import annotations

import argparse
import csv

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True)
    parser.add_argument("logs", nargs="+", help="NAME=log.csv")
    args = parser.parse_args()
    figure, axes = plt.subplots(2, 2, figsize=(10, 6.5), constrained_layout=True)
    panels = {
        "AP@0.5 on the validation set": (("helmet50", "-"), ("head50", "--")),
        "mAP@0.5:0.95 on the validation set": (("map", "-"),),
        "loss: objectness (-) and box (--)": (("object", "-"), ("box", "--")),
        "loss: class": (("class", "-"),),
    }
    for color, entry in zip(("tab:blue", "tab:orange", "tab:green", "tab:red"), args.logs):
        name, path = entry.split("=", 1)
        with open(path) as file:
            rows = list(csv.DictReader(file))
        epochs = [float(r["epoch"]) for r in rows]
        for axis, (title, series) in zip(axes.flat, panels.items()):
            for key, style in series:
                axis.plot(epochs, [float(r[key]) for r in rows], style, color=color, label=f"{name} {key}")
            axis.set_title(title, fontsize=10)
    for axis in axes.flat:
        axis.set_xlabel("epoch")
        axis.grid(alpha=0.3)
        axis.legend(fontsize=8)
    figure.savefig(args.out, dpi=90)


if __name__ == "__main__":
    main()
