#!/usr/bin/env python3
"""Averages the weights of two exported models of one variant, such as a model trained further and the one it came from.

    python3 average.py new.onnx old.onnx --out averaged.onnx --share 0.8 --metrics val=val.json test=test.json

Averaged weights often keep what the older model did better (model soups: Wortsman et al. 2022). The graph, the metadata and the anchors
are those of the first model; where the anchors of a head differ, its widths and heights are the first model's alone.
"""

from __future__ import annotations

import argparse

import numpy as np
import onnx
from onnx import numpy_helper

from export import figures
from network import ANCHORS_PER_LEVEL, STRIDES


def average(first: onnx.ModelProto, second: onnx.ModelProto, share: float) -> onnx.ModelProto:
    """`share` of the first model's weights, the rest of the second's."""
    mixed = onnx.ModelProto()
    mixed.CopyFrom(first)
    mine, other = ({w.name: numpy_helper.to_array(w) for w in m.graph.initializer} for m in (first, second))
    for weight in mixed.graph.initializer:
        name = weight.name
        if not name.endswith((".conv.weight", ".conv.bias")):
            continue
        if name not in other or other[name].shape != mine[name].shape:
            raise ValueError(f"expected two models of one variant, but '{name}' of the second is missing or of another shape")
        value = share * mine[name].astype(np.float64) + (1 - share) * other[name].astype(np.float64)
        for stride in STRIDES:
            anchors = f"head{stride}.anchors"
            if name.startswith(f"head{stride}.") and not np.allclose(mine[anchors], other[anchors], rtol=1e-2):
                rows = value.reshape(ANCHORS_PER_LEVEL, -1, *value.shape[1:])
                rows[:, 2:4] = mine[name].reshape(rows.shape)[:, 2:4]
        weight.CopyFrom(numpy_helper.from_array(value.astype(mine[name].dtype), name))
    return mixed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True)
    parser.add_argument("--share", type=float, default=0.8, help="of the first model")
    parser.add_argument("--metrics", nargs="*", default=[], help="NAME=FILE pairs of evaluate.py --json, put into the metadata")
    parser.add_argument("first")
    parser.add_argument("second")
    args = parser.parse_args()
    mixed = average(onnx.load(args.first), onnx.load(args.second), args.share)
    for entry in mixed.metadata_props:
        if entry.key == "metrics" and args.metrics:
            entry.value = figures(args.metrics)
    onnx.checker.check_model(mixed, full_check=True)
    onnx.save(mixed, args.out)


if __name__ == "__main__":
    main()
