#!/usr/bin/env python3
"""Makes a narrower network from a trained one by keeping its strongest channels (structured pruning).

    python3 prune.py --checkpoint runs/s/best.pt --variant s75 --images packed/train --out pruned.pt
    python3 train.py --variant s75 --init pruned.pt --teacher helmet-yolov5m.onnx ...              # it needs training after that

In each unit the channels with the largest scale of the batch norm stay (Liu et al. 2017, Network Slimming), the same share everywhere, so that the result is a
member of the family: units stay multiples of eight wide, and export and restoring need nothing new. Channels that are added to each other (the
residual blocks) are judged by the sum of their scales. Means and variances are measured anew, since a unit that lost inputs has others.
"""

from __future__ import annotations

import argparse

import torch
from torch import Tensor, nn

from channels import ChannelWalk
from compact import letterboxed
from network import C3, VARIANTS, ConvUnit, Detector, load_checkpoint, parameter_count


class _Pruning(ChannelWalk):
    @staticmethod
    def strongest(count: int, *units: ConvUnit) -> Tensor:
        scale = torch.stack([u.norm.weight.abs() for u in units]).sum(0)
        return scale.topk(count).indices.sort().values

    def unit(self, source: ConvUnit, target: ConvUnit, inputs: Tensor, outputs: Tensor | None = None) -> Tensor:
        if outputs is None:
            outputs = self.strongest(target.conv.out_channels, source)
        target.conv.weight.copy_(source.conv.weight[outputs][:, inputs])
        for name in ("weight", "bias", "running_mean", "running_var"):
            getattr(target.norm, name).copy_(getattr(source.norm, name)[outputs])
        return outputs

    def c3(self, source: C3, target: C3, inputs: Tensor) -> Tensor:
        residual = [b.mix for b in source.blocks if b.residual]
        hidden = self.unit(source.main, target.main, inputs, self.strongest(target.main.conv.out_channels, source.main, *residual))
        for mine, other in zip(source.blocks, target.blocks):
            inner = self.unit(mine.reduce, other.reduce, hidden)
            hidden = self.unit(mine.mix, other.mix, inner, hidden if mine.residual else None)
        bypass = self.unit(source.bypass, target.bypass, inputs)
        return self.unit(source.merge, target.merge, torch.cat((hidden, bypass + source.main.conv.out_channels)))

    def head(self, source: nn.Conv2d, target: nn.Conv2d, inputs: Tensor) -> None:
        target.weight.copy_(source.weight[:, inputs])
        target.bias.copy_(source.bias)


@torch.no_grad()
def prune(source: Detector, variant: str, images: Tensor) -> Detector:
    """A network of a narrower `variant` of the same depth, with statistics of `images` [B, 3, H, W]; both are on the CPU."""
    target = Detector(variant, source.anchors.clone(), source.classes).eval()
    if any(len(a.blocks) != len(b.blocks) for a, b in zip(_stages(source), _stages(target))):
        raise ValueError(f"expected a variant as deep as {source.variant}, found {variant}")
    _Pruning().through(source, target)
    hooks = [m.register_forward_pre_hook(_measure) for m in target.modules() if isinstance(m, nn.BatchNorm2d)]
    target(images)
    for hook in hooks:
        hook.remove()
    return target


def _stages(model: Detector) -> list[C3]:
    return [m for m in model.modules() if isinstance(m, C3)]


def _measure(norm: nn.BatchNorm2d, inputs: tuple[Tensor, ...]) -> None:
    x = inputs[0].float()
    norm.running_mean.copy_(x.mean((0, 2, 3)))
    norm.running_var.copy_(x.var((0, 2, 3), unbiased=False))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", required=True)
    parser.add_argument("--variant", default="s75", choices=list(VARIANTS))
    parser.add_argument("--images", nargs="+", required=True, help="images to measure the statistics with: some of the training set")
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    model, checkpoint = load_checkpoint(args.checkpoint)
    narrow = prune(model, args.variant, letterboxed(args.images))
    kept = {k: v for k, v in checkpoint.items() if k not in ("model", "optimizer", "best", "val")}
    torch.save({**kept, "variant": args.variant, "ema": narrow.state_dict()}, args.out)
    print(f"{args.out}: {parameter_count(narrow) / 1e6:.2f} of {parameter_count(model) / 1e6:.2f} million parameters")


if __name__ == "__main__":
    main()
