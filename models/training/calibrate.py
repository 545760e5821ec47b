#!/usr/bin/env python3
"""Fits the objectness of a model so that a confidence of 0.8 means that 80 % of such reports are right.

    python3 calibrate.py --model n.onnx --json calibration-n.json data/val.tar
    python3 export.py ... --calibration calibration-n.json

Platt scaling (Platt 1999; Guo et al. 2017) of one logit: objectness' = sigmoid(slope * logit(objectness) + shift), confidence' =
objectness' * class score. Two numbers for the whole model, by the likelihood of right (IoU at least 0.5) and wrong over all
reports of at least 0.05 on the given pictures. Prints reliability before and after; unlabelled heads count as wrong.
"""

from __future__ import annotations

import argparse
import json

import numpy as np

from data import Letterbox, decode_all, read_set
from evaluate import SIZE, onnx_runner, truth_boxes
from metrics import Evaluation, detections_and_rows

FLOOR = 0.05
EDGES = np.array([0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0])


def reports(model: str, sources: list[str], threads: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Objectness, class score and whether it is right, for every report of the model."""
    run, _ = onnx_runner(model, threads)
    samples = read_set(*sources)
    objectness, score, right = [], [], []
    for start in range(0, len(samples), 8):
        part = samples[start : start + 8]
        pictures = decode_all(part)
        fits = [Letterbox.fit(p.shape[1], p.shape[0], SIZE) for p in pictures]
        output = run(np.stack([f.apply(p, SIZE) for f, p in zip(fits, pictures)]))
        for sample, picture, fit, rows in zip(part, pictures, fits, output):
            found, kept = detections_and_rows(rows, FLOOR)
            found[:, :4] = fit.to_source(found[:, :4])
            objectness.append(kept[:, 4])
            score.append(kept[:, 5:].max(1))
            right.append(Evaluation.hits(found, truth_boxes(sample, picture.shape[1], picture.shape[0])))
    return np.concatenate(objectness), np.concatenate(score), np.concatenate(right)


def rescaled(objectness: np.ndarray, score: np.ndarray, slope: float, shift: float) -> np.ndarray:
    objectness = np.clip(objectness.astype(np.float64), 1e-6, 1 - 1e-6)
    return score / (1 + np.exp(-(slope * np.log(objectness / (1 - objectness)) + shift)))


def fit(objectness: np.ndarray, score: np.ndarray, right: np.ndarray) -> tuple[float, float]:
    """Slope and shift of the smallest log loss, on grids that become finer."""

    def loss(slope: float, shift: float) -> float:
        p = np.clip(rescaled(objectness, score, slope, shift), 1e-6, 1 - 1e-6)
        return float(-np.where(right, np.log(p), np.log(1 - p)).mean())

    slope, shift, reach = 1.0, 0.0, 1.0
    for _ in range(8):
        grid = [(max(0.1, slope + reach * a), shift + reach * b) for a in np.linspace(-0.6, 0.6, 7) for b in np.linspace(-1, 1, 9)]
        slope, shift = min(grid, key=lambda g: loss(*g))
        reach *= 0.5
    return slope, shift


def reliability(confidence: np.ndarray, right: np.ndarray) -> tuple[list[dict], float]:
    """Reports, mean confidence and share of right ones per band, and the expected calibration error."""
    rows, error = [], 0.0
    for low, high in zip(EDGES, EDGES[1:]):
        band = (confidence >= low) & (confidence < high if high < 1 else confidence <= 1)
        if band.any():
            mean, share = float(confidence[band].mean()), float(right[band].mean())
            rows.append({"from": low, "to": high, "reports": int(band.sum()), "confidence": mean, "right": share})
            error += band.sum() * abs(mean - share)
    return rows, float(error / max(1, (confidence >= EDGES[0]).sum()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--json", required=True)
    parser.add_argument("sources", nargs="+")
    args = parser.parse_args()
    objectness, score, right = reports(args.model, args.sources, args.threads)
    slope, shift = fit(objectness, score, right)
    result = {"slope": slope, "shift": shift}
    for name, confidence in (("before", objectness * score), ("after", rescaled(objectness, score, slope, shift))):
        rows, error = reliability(confidence, right)
        result[name] = {"error": error, "bands": rows}
        print(f"\n{name}: expected calibration error {error:.4f}\n| confidence | reports | mean | right |\n| --- | --- | --- | --- |")
        for row in rows:
            print(f"| {row['from']:.2f} to {row['to']:.2f} | {row['reports']} | {row['confidence']:.3f} | {row['right']:.3f} |")
    print(f"\nslope {slope:.4f}, shift {shift:.4f}")
    with open(args.json, "w") as out:
        json.dump(result, out, indent=1)


if __name__ == "__main__":
    main()
