#!/usr/bin/env python3
"""Averages the weights of two models of one variant, such as a model trained further and the one it came from: exports or checkpoints.

    python3 average.py new.onnx old.onnx --out averaged.onnx --share 0.8 --metrics val=val.json test=test.json
    python3 average.py runs/m/best.pt before.pt --out averaged.pt --share 0.7

Averaged weights often keep what the older model did better (model soups: Wortsman et al. 2022). The batch norms are folded into the weights
first. The graph, the metadata and the anchors are those of the first model; where the anchors of a head differ, its widths and heights are the
first model's alone.
"""

from __future__ import annotations

import argparse

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from export import figures
from network import ANCHORS_PER_LEVEL, STRIDES, ConvUnit, load_checkpoint


def mixed_head(mine: np.ndarray, other: np.ndarray, share: float, same_anchors: bool) -> np.ndarray:
    """Weights or biases of a head, [3 * (5 + classes), ...]."""
    value = share * mine.astype(np.float64) + (1 - share) * other.astype(np.float64)
    if not same_anchors:
        rows = value.reshape(ANCHORS_PER_LEVEL, -1, *value.shape[1:])
        rows[:, 2:4] = mine.reshape(rows.shape)[:, 2:4]
    return value.astype(mine.dtype)


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
        same = True
        for stride in STRIDES:
            anchors = f"head{stride}.anchors"
            if name.startswith(f"head{stride}."):
                same = np.allclose(mine[anchors], other[anchors], rtol=1e-2)
        weight.CopyFrom(numpy_helper.from_array(mixed_head(mine[name], other[name], share, same), name))
    return mixed


@torch.no_grad()
def average_checkpoints(first: str, second: str, share: float) -> dict:
    """As `average`, of two checkpoints of `train.py`; the result is one whose batch norms change nothing."""
    (model, checkpoint), (other, _) = load_checkpoint(first), load_checkpoint(second)
    if model.variant != other.variant:
        raise ValueError(f"expected two models of one variant, found {model.variant} and {other.variant}")
    for unit, theirs in zip(model.modules(), other.modules()):
        if isinstance(unit, ConvUnit):
            (weight, bias), (weight2, bias2) = unit.folded(), theirs.folded()
            unit.hold(share * weight + (1 - share) * weight2, share * bias + (1 - share) * bias2)
    for level, (head, theirs) in enumerate(zip(model.heads, other.heads)):
        same = bool(np.allclose(model.anchors[level], other.anchors[level], rtol=1e-2))
        for mine, value in ((head.weight, theirs.weight), (head.bias, theirs.bias)):
            mine.copy_(torch.from_numpy(mixed_head(mine.numpy(), value.numpy(), share, same)))
    return {**checkpoint, "ema": model.state_dict(), "model": None, "optimizer": None}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True)
    parser.add_argument("--share", type=float, default=0.8, help="of the first model")
    parser.add_argument("--metrics", nargs="*", default=[], help="NAME=FILE pairs of evaluate.py --json, put into the metadata of an export")
    parser.add_argument("first")
    parser.add_argument("second")
    args = parser.parse_args()
    if args.first.endswith(".pt"):
        torch.save(average_checkpoints(args.first, args.second, args.share), args.out)
        return
    mixed = average(onnx.load(args.first), onnx.load(args.second), args.share)
    for entry in mixed.metadata_props:
        if entry.key == "metrics" and args.metrics:
            entry.value = figures(args.metrics)
    onnx.checker.check_model(mixed, full_check=True)
    onnx.save(mixed, args.out)


if __name__ == "__main__":
    main()
