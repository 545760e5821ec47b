#!/usr/bin/env python3
"""Rounds the weights of a checkpoint to eight bits each, with one scale for every output channel of a convolution.

    python3 compact.py --checkpoint runs/m/best.pt --out compact.pt
    python3 export.py --checkpoint compact.pt --int8-weights --out model.onnx ...     # stores the very same weights in a quarter of the bytes

The result is a checkpoint like any other: every figure measured with it is a figure of the exported file. Batch norms are folded first. The
stem and the heads, a thousandth of the weights, stay as they are.
"""

from __future__ import annotations

import argparse

import numpy as np
import torch

from network import ConvUnit, Detector, load_checkpoint

RANGES = np.linspace(0.7, 1.0, 31)  # of the largest weight of a channel: the best range may cut a few off
EXACT = ("stem",)  # units whose weights are not rounded; neither are the heads


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


@torch.no_grad()
def compact(model: Detector) -> None:
    """Folds every batch norm into its convolution and rounds the weights; the network then computes what the exported file does."""
    for name, unit in model.named_modules():
        if not isinstance(unit, ConvUnit):
            continue
        weight, bias = unit.folded()
        if name not in EXACT:
            weight = torch.from_numpy(expanded(*rounded(weight.numpy())))
        unit.conv.weight.copy_(weight)
        unit.norm.running_mean.zero_()
        unit.norm.running_var.fill_(1 - unit.norm.eps)
        unit.norm.weight.fill_(1)
        unit.norm.bias.copy_(bias)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    model, checkpoint = load_checkpoint(args.checkpoint)
    compact(model)
    torch.save({**checkpoint, "ema": model.state_dict(), "model": None, "optimizer": None}, args.out)
    print(f"{args.out}: {sum(p.numel() for p in model.parameters()) / 1e6:.2f} million weights rounded")


if __name__ == "__main__":
    main()
