#!/usr/bin/env python3
"""Measures a model on the rendered probes, kind by kind.

    python3 probe.py --model ../helmet-yolov5n.onnx --probes probes --json probes-n.json

At one confidence (0.5) and IoU 0.5, after the suppression of `evaluate.py`:
- recall of bare heads by width in the letterboxed picture, by kind, by headgear and hair, and of pictures squeezed to a square;
- share of found bare heads that are reported as `helmet` (the more confident report counts), by headgear and hair;
- false boxes: reports that overlap no head by 0.3 or more, per 20 stills of the kinds without many people.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from data import Letterbox
from evaluate import SIZE, onnx_runner, torch_runner
from metrics import box_iou, detections

WIDTHS = (12, 25, 50, 100, 200, 500)
FALSE_IOU = 0.3


@dataclass
class Tally:
    """Heads looked for, found with the right class, and found with the wrong one."""

    heads: int = 0
    right: int = 0
    wrong: int = 0

    def add(self, outcome: str) -> None:
        self.heads += 1
        self.right += outcome == "right"
        self.wrong += outcome == "wrong"

    def row(self) -> dict:
        return {"heads": self.heads, "recall": self.right / max(1, self.heads), "wrong": self.wrong / max(1, self.heads)}


@dataclass
class Result:
    groups: dict[str, dict[str, Tally]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(Tally)))
    stills: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    false: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def as_dict(self) -> dict:
        groups = {g: {k: t.row() for k, t in sorted(rows.items())} for g, rows in self.groups.items()}
        false = {k: {"stills": n, "false": self.false[k], "per20": 20 * self.false[k] / n} for k, n in self.stills.items()}
        return {"groups": groups, "false": false}


def outcome(found: np.ndarray, iou: np.ndarray, kind: int) -> str:
    """What became of one head: the most confident report on it decides."""
    on = np.flatnonzero(iou >= 0.5)
    if not len(on):
        return "missed"
    return "right" if int(found[on[found[on, 4].argmax()], 5]) == kind else "wrong"


def band(width: float) -> str | None:
    for low, high in zip(WIDTHS, WIDTHS[1:]):
        if low <= width < high:
            return f"{low:03d}-{high} px"
    return None


def measure(run, folder: Path, confidence: float, squeeze: bool, result: Result) -> None:
    stills = [json.loads(line) for line in (folder / "truth.jsonl").read_text().splitlines()]
    kind = f"{folder.name}, squeezed" if squeeze else folder.name
    for still in stills:
        bgr = cv2.imread(str(folder / "images" / f"{still['still']}.jpg"))
        high, wide = bgr.shape[:2]
        if squeeze:
            bgr = cv2.resize(bgr, (high, high), interpolation=cv2.INTER_AREA)
        fit = Letterbox.fit(bgr.shape[1], bgr.shape[0], SIZE)
        found = detections(run(fit.apply(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), SIZE)[None])[0], floor=confidence)
        found[:, :4] = fit.to_source(found[:, :4])
        boxes = np.array([h["box"] for h in still["heads"]], np.float32).reshape(-1, 4)
        if squeeze:
            boxes[:, 0::2] *= high / wide
        iou = box_iou(found[:, :4], boxes)
        result.stills[kind] += 1
        result.false[kind] += int((iou.max(1, initial=0) < FALSE_IOU).sum())
        for number, head in enumerate(still["heads"]):
            width = (boxes[number, 2] - boxes[number, 0]) * fit.scale
            if not head["labelled"] or width < WIDTHS[0]:
                continue
            bare = head["label"] == "head"
            what = outcome(found, iou[:, number] if len(found) else np.zeros(0), int(bare))
            result.groups["bare heads by kind" if bare else "helmets by kind"][kind].add(what)
            if squeeze:
                continue
            if bare and (size := band(width)):
                result.groups["bare heads by width"][size].add(what)
            if bare and width >= 20:
                covering = head["headgear"] if head["headgear"] != "none" else f"hair {head['hair']}{', pale' if head['pale'] and head['hair'] != 'bald' else ''}"
                result.groups["bare heads by what is on them"][covering].add(what)
                result.groups["bare heads by side"]["from behind" if head["away"] else "from the front"].add(what)
                if head["mask"] != "none":
                    result.groups["bare heads by mask"][head["mask"]].add(what)
            if not bare and (size := band(width)):
                result.groups["helmets by width"][size].add(what)


def print_tables(result: dict) -> None:
    for group, rows in result["groups"].items():
        print(f"\n| {group} | heads | recall | reported as the other class |\n| --- | --- | --- | --- |")
        for name, row in rows.items():
            print(f"| {name} | {row['heads']} | {row['recall']:.3f} | {row['wrong']:.3f} |")
    print("\n| false boxes | stills | per 20 stills |\n| --- | --- | --- |")
    for name, row in result["false"].items():
        print(f"| {name} | {row['stills']} | {row['per20']:.2f} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--probes", type=Path, required=True)
    parser.add_argument("--confidence", type=float, default=0.5)
    parser.add_argument("--device", default="cpu", help="for checkpoints")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    run = onnx_runner(args.model)[0] if args.model.endswith(".onnx") else torch_runner(args.model, args.device)[0]
    result = Result()
    for folder in sorted(f for f in args.probes.iterdir() if (f / "truth.jsonl").exists()):
        measure(run, folder, args.confidence, False, result)
        if folder.name == "group":
            measure(run, folder, args.confidence, True, result)
    figures = result.as_dict()
    print_tables(figures)
    if args.json:
        args.json.write_text(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
