#!/usr/bin/env python3
"""Fits nine anchors to a labelled set (k-means on log width and height, as YOLOv2 introduced it with IoU as distance).

The boxes are those the network will see: letterboxed to 640 and spread over the scales of the augmentation.
"""

from __future__ import annotations

import argparse

import numpy as np

from data import Sample, read_set


def letterboxed_sizes(samples: list[Sample], size: int = 640) -> np.ndarray:
    sizes = []
    for s in samples:
        h, w = s.decode().shape[:2]
        sizes.append(s.labels[:, 3:5] * np.array([w, h]) * (size / max(w, h)))
    return np.concatenate(sizes)


def fit(sizes: np.ndarray, count: int = 9, rounds: int = 100, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    spread = sizes[rng.integers(len(sizes), size=40_000)] * np.exp(rng.uniform(np.log(0.35), np.log(1.4), (40_000, 1)))
    spread = np.log(spread[(spread > 4).all(1)])
    order = np.argsort(spread.sum(1))
    centres = spread[order[(np.linspace(0.02, 0.98, count) * (len(order) - 1)).astype(int)]]
    for _ in range(rounds):
        nearest = ((spread[:, None] - centres[None]) ** 2).sum(-1).argmin(1)
        centres = np.stack([spread[nearest == k].mean(0) if (nearest == k).any() else centres[k] for k in range(count)])
    anchors = np.exp(centres)
    return anchors[np.argsort(anchors.prod(1))].round(1)


def reached(sizes: np.ndarray, anchors: np.ndarray, limit: float = 3.0) -> float:
    """Share of boxes that at least one anchor fits within the ratio limit."""
    ratio = sizes[:, None] / anchors[None]
    return float((np.maximum(ratio, 1 / ratio).max(-1).min(-1) < limit).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", nargs="+")
    sizes = letterboxed_sizes(read_set(*parser.parse_args().sources))
    anchors = fit(sizes)
    print(anchors.tolist())
    for scale in (1.0, 0.5, 0.35):
        print(f"boxes reached at scale {scale}: {reached(sizes * scale, anchors):.4f}")


if __name__ == "__main__":
    main()
