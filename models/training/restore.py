"""Turns an exported model back into a network that can be trained further.

An export holds convolutions with the batch norms folded in. Here each convolution gets a batch norm again: one that changes
nothing, with the statistics that the pictures of the new training show, so that the network starts where the export stands.
"""

from __future__ import annotations

import onnx
import torch
from onnx import numpy_helper
from torch import Tensor

from compact import expanded
from network import STRIDES, VARIANTS, ConvUnit, Detector
from widen import widen


def exported_variant(path: str) -> str:
    """Which member of the family an export is, by the channels of its stem."""
    channels = next((w.dims[0] for w in onnx.load(path).graph.initializer if w.name == "stem.conv.weight"), 0)
    found = [name for name, variant in VARIANTS.items() if variant.channels(64) == channels]
    if not found:
        raise ValueError(f"{path}: expected an export of export.py, found a stem of {channels} channels")
    return found[0]


def start_from(path: str, model: Detector, images: Tensor) -> None:
    """Puts an export of the same or of a narrower variant into `model`, so that it begins where the export stands on `images`."""
    variant = exported_variant(path)
    same = model.variant == variant
    source = model if same else Detector(variant, model.anchors.clone(), model.classes).to(images.device)
    load_exported(path, source)
    adopt_statistics(source, images)
    if not same:
        widen(source, model, images)


def load_exported(path: str, model: Detector) -> None:
    """Puts the weights and anchors of an export of `export.py` into `model`, which must be of the same variant and classes."""
    exported = {w.name: w for w in onnx.load(path).graph.initializer}

    def read(name: str, shape: torch.Size) -> Tensor:
        if f"{name}.steps" in exported:
            steps, scale = (numpy_helper.to_array(exported[f"{name}.{part}"]) for part in ("steps", "scale"))
            return sized(name, torch.from_numpy(expanded(steps, scale)), shape)
        if name not in exported:
            raise ValueError(f"{path}: expected a weight '{name}', found none; only exports of export.py can be restored")
        return sized(name, torch.from_numpy(numpy_helper.to_array(exported[name]).copy()).float(), shape)

    def sized(name: str, value: Tensor, shape: torch.Size) -> Tensor:
        if value.shape != shape:
            raise ValueError(f"{path}: expected '{name}' of shape {tuple(shape)}, found {tuple(value.shape)}: another variant?")
        return value

    with torch.no_grad():
        for name, unit in model.named_modules():
            if isinstance(unit, ConvUnit):
                unit.hold(read(f"{name}.conv.weight", unit.conv.weight.shape), read(f"{name}.conv.bias", unit.norm.bias.shape))
        for level, (head, stride) in enumerate(zip(model.heads, STRIDES)):
            head.weight.copy_(read(f"head{stride}.conv.weight", head.weight.shape))
            head.bias.copy_(read(f"head{stride}.conv.bias", head.bias.shape))
            model.anchors[level] = read(f"head{stride}.anchors", torch.Size((1, 3, 1, 2))).view(3, 2)


@torch.no_grad()
def adopt_statistics(model: Detector, images: Tensor) -> None:
    """Gives every batch norm the mean and variance of its input on `images`, and the gain and bias that undo them."""

    def adopt(norm: torch.nn.BatchNorm2d, inputs: tuple[Tensor, ...]) -> None:
        x = inputs[0].float()
        mean, variance = x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False)
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
        norm.weight.copy_(torch.sqrt(variance + norm.eps))
        norm.bias.add_(mean)

    handles = [m.register_forward_pre_hook(adopt) for m in model.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    was_training = model.training
    model.eval()(images)
    model.train(was_training)
    for handle in handles:
        handle.remove()
