#!/usr/bin/env python3
"""Rounds the weights of a checkpoint to eight bits each, with one scale for every output channel of a convolution.

    python3 compact.py --checkpoint runs/m/best.pt --images photographs --out compact.pt
    python3 export.py --checkpoint compact.pt --int8-weights --out model.onnx ...     # stores the very same weights in a quarter of the bytes

The result is a checkpoint like any other: every figure measured with it is a figure of the exported file. Batch norms are folded first. The
stem and the heads, a thousandth of the weights, stay as they are, and so does a unit that eight bits would change by more than WORST: the blocks
that `widen.py` starts as the identity have one large weight a channel beside many small ones. On a few images the mean of each channel's input
is measured, and what the rounding adds to the mean of an output is taken off the bias (Nagel et al. 2019).
"""

from __future__ import annotations

import argparse

import numpy as np
import torch
from torch import Tensor

from data import Letterbox, read_set
from evaluate import SIZE, as_input
from network import ConvUnit, Detector, load_checkpoint

RANGES = np.linspace(0.7, 1.0, 31)  # of the largest weight of a channel: the best range may cut a few off
EXACT = ("stem",)  # units whose weights are not rounded; neither are the heads
WORST = 0.02  # largest change of a unit's weights, relative to their norm
PICTURES = 8


def rounded(weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Weights [O, ...] as int8 in -127 to 127 and one FP32 scale a channel, of the smallest squared error."""
    flat = weight.reshape(len(weight), -1).astype(np.float64)
    largest = np.maximum(np.abs(flat).max(1), 1e-12)
    best, scale = np.full(len(flat), np.inf), largest / 127
    for share in RANGES[::-1]:
        candidate = (largest * share / 127).astype(np.float32).astype(np.float64)
        steps = np.clip(np.rint(flat / candidate[:, None]), -127, 127)
        error = ((steps * candidate[:, None] - flat) ** 2).sum(1)
        better = error < best
        best, scale = np.where(better, error, best), np.where(better, candidate, scale)
    scale = scale.astype(np.float32)
    steps = np.clip(np.rint(flat / scale.astype(np.float64)[:, None]), -127, 127).astype(np.int8)
    return steps.reshape(weight.shape), scale


def expanded(steps: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """What DequantizeLinear makes of them: one FP32 product a weight."""
    return steps.astype(np.float32) * scale.reshape(-1, *[1] * (steps.ndim - 1))


def stored(name: str, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Steps and scales of a unit's weights, or None for one that keeps its floating-point weights."""
    if name.split(".")[0] in EXACT:
        return None
    steps, scale = rounded(weight)
    change = np.linalg.norm(expanded(steps, scale) - weight) / max(np.linalg.norm(weight), 1e-12)
    return None if change > WORST else (steps, scale)


@torch.no_grad()
def input_means(model: Detector, images: Tensor) -> dict[str, Tensor]:
    """For each unit the mean of each channel of its input over `images` [B, 3, H, W]."""
    found: dict[str, Tensor] = {}

    def hook(name: str):
        return lambda _, inputs: found.__setitem__(name, found.get(name, 0) + inputs[0].double().mean((0, 2, 3)) / len(images))

    hooks = [u.conv.register_forward_pre_hook(hook(n)) for n, u in model.named_modules() if isinstance(u, ConvUnit)]
    for image in images:
        model(image[None])
    for h in hooks:
        h.remove()
    return found


@torch.no_grad()
def compact(model: Detector, images: Tensor | None = None) -> None:
    """Folds every batch norm into its convolution and rounds the weights; the network then computes what the exported file does."""
    means = {} if images is None else input_means(model, images)
    for name, unit in model.named_modules():
        if not isinstance(unit, ConvUnit):
            continue
        weight, bias = unit.folded()
        if (found := stored(name, weight.numpy())) is not None:
            exact, weight = weight, torch.from_numpy(expanded(*found))
            if name in means:
                bias = bias + ((exact - weight).double().sum((2, 3)) @ means[name]).float()
        unit.hold(weight, bias)


def letterboxed(sources: list[str]) -> Tensor:
    samples = read_set(*sources)
    pictures = [s.decode() for s in samples[:: max(1, len(samples) // PICTURES)][:PICTURES]]
    return torch.from_numpy(as_input(np.stack([Letterbox.fit(p.shape[1], p.shape[0], SIZE).apply(p, SIZE) for p in pictures])))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", required=True)
    parser.add_argument("--images", nargs="+", help="images to correct the biases with: some of the training set")
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    model, checkpoint = load_checkpoint(args.checkpoint)
    compact(model, letterboxed(args.images) if args.images else None)
    torch.save({**checkpoint, "ema": model.state_dict(), "model": None, "optimizer": None}, args.out)
    print(f"{args.out}: {sum(p.numel() for p in model.parameters()) / 1e6:.2f} million weights rounded")


if __name__ == "__main__":
    main()
