#!/usr/bin/env python3
"""Compares boxes of two programs on the same clip: JSON lines of `helmwatch detect` or of a peer's `--dump`.

    python3 benchmarks/peers/agree.py helmwatch.jsonl peer.jsonl

Boxes of a frame are matched greedily by IoU (at least 0.5, same label). Boxes within 0.05 of the threshold of either program count
apart, since rounding decides whether they appear. Exit code 1 when fewer than 98 of 100 clear boxes have a counterpart.
"""

from __future__ import annotations

import argparse
import json
import sys


def frames(path: str) -> list[list[dict]]:
    with open(path) as lines:
        return [json.loads(line)["detections"] for line in lines]


def iou(a: list[float], b: list[float]) -> float:
    w = min(a[2], b[2]) - max(a[0], b[0])
    h = min(a[3], b[3]) - max(a[1], b[1])
    if w <= 0 or h <= 0:
        return 0.0
    overlap = w * h
    return overlap / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - overlap)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("first")
    parser.add_argument("second")
    parser.add_argument("--threshold", type=float, default=0.25)
    parser.add_argument("--share", type=float, default=0.98)
    args = parser.parse_args()
    first, second = frames(args.first), frames(args.second)
    if len(first) != len(second):
        sys.exit(f"{args.first} has {len(first)} frames, {args.second} {len(second)}: expected the same clip")
    matched = alone = unclear = 0
    pixels, confidences = [], []
    for a, b in zip(first, second):
        left = list(b)
        single = []
        for one in a:
            fits = [other for other in left if other["label"] == one["label"] and iou(one["box"], other["box"]) >= 0.5]
            if not fits:
                single.append(one)
                continue
            best = max(fits, key=lambda other: iou(one["box"], other["box"]))
            left.remove(best)
            matched += 1
            pixels.append(max(abs(p - q) for p, q in zip(one["box"], best["box"])))
            confidences.append(abs(one["confidence"] - best["confidence"]))
        for one in single + left:
            if one["confidence"] < args.threshold + 0.05:
                unclear += 1
            else:
                alone += 1
    share = matched / max(1, matched + alone)
    print(
        json.dumps(
            {
                "frames": len(first),
                "matched": matched,
                "alone": alone,
                "nearThreshold": unclear,
                "share": round(share, 4),
                "meanPixels": round(sum(pixels) / max(1, len(pixels)), 3),
                "maxPixels": round(max(pixels, default=0), 2),
                "meanConfidence": round(sum(confidences) / max(1, len(confidences)), 4),
                "maxConfidence": round(max(confidences, default=0), 3),
            }
        )
    )
    sys.exit(0 if share >= args.share and matched > 0 else 1)


if __name__ == "__main__":
    main()
