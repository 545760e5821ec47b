#!/usr/bin/env python3
"""Checks a model on the rendered clips, whose frames are never trained on: who is found, who is called the other class.

    python3 clips.py --model ../helmet-yolov5n.onnx ../demo-clip/yard.mp4 ../demo-clip/ramp.mp4

Every tenth frame (`--step`), confidence 0.5, IoU 0.5. Counts heads of which at least half is visible; the truth lies beside the clip as
NAME-truth.jsonl. A false box is a report that overlaps no head by 0.3 or more, hidden heads included.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import cv2
import numpy as np

from data import Letterbox
from evaluate import SIZE, onnx_runner, torch_runner
from metrics import box_iou, detections
from probe import FALSE_IOU, Tally, outcome

VISIBLE = 0.5


class Clip:
    """Letterboxed frames of one clip with their truth."""

    def __init__(self, path: Path, step: int = 10):
        lines = Path(path).with_name(f"{Path(path).stem}-truth.jsonl").read_text().splitlines()
        truth = [json.loads(line)["heads"] for line in lines]
        self.name, frames, self.truth = Path(path).stem, [], []
        video = cv2.VideoCapture(str(path))
        for number, heads in enumerate(truth):
            ok = video.grab()
            if not ok:
                raise ValueError(f"{path}: expected {len(truth)} frames, found {number}")
            if number % step:
                continue
            picture = cv2.cvtColor(video.retrieve()[1], cv2.COLOR_BGR2RGB)
            self.fit = Letterbox.fit(picture.shape[1], picture.shape[0], SIZE)
            frames.append(self.fit.apply(picture, SIZE))
            self.truth.append(heads)
        self.frames = np.stack(frames)

    def judge(self, outputs: np.ndarray, confidence: float = 0.5) -> dict:
        """Per person and per label: heads, share found, share called the other class; and the number of false boxes."""
        tallies: dict[str, Tally] = {}
        false = 0
        for output, heads in zip(outputs, self.truth):
            found = detections(output, floor=confidence)
            found[:, :4] = self.fit.to_source(found[:, :4])
            boxes = np.array([h["box"] for h in heads], np.float32).reshape(-1, 4)
            iou = box_iou(found[:, :4], boxes)
            false += int((iou.max(1, initial=0) < FALSE_IOU).sum())
            for i, head in enumerate(heads):
                if head["visible"] < VISIBLE:
                    continue
                what = outcome(found, iou[:, i] if len(found) else np.zeros(0), int(head["label"] == "head"))
                for key in (head["label"], f"{head['label']} {head['id']}"):
                    tallies.setdefault(key, Tally()).add(what)
        return {"heads": {k: t.row() for k, t in sorted(tallies.items())}, "frames": len(self.truth), "false": false}


def summary(name: str, result: dict) -> str:
    rows = ((k, result["heads"].get(k, {"recall": 0, "wrong": 0})) for k in ("helmet", "head"))
    parts = [f"{k} {row['recall']:.3f} (wrong {row['wrong']:.3f})" for k, row in rows]
    return f"{name}: {', '.join(parts)}, false {result['false']} in {result['frames']} frames"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--confidence", type=float, default=0.5)
    parser.add_argument("--step", type=int, default=10)
    parser.add_argument("--device", default="cpu", help="for checkpoints")
    parser.add_argument("clips", nargs="+", type=Path)
    args = parser.parse_args()
    run = onnx_runner(args.model)[0] if args.model.endswith(".onnx") else torch_runner(args.model, args.device)[0]
    for path in args.clips:
        clip = Clip(path, args.step)
        result = clip.judge(np.concatenate([run(f[None]) for f in clip.frames]), args.confidence)
        print(summary(clip.name, result))
        for key, row in result["heads"].items():
            print(f"  {key:10} {row['heads']:4} heads, found {row['recall']:.3f}, other class {row['wrong']:.3f}")


if __name__ == "__main__":
    main()
