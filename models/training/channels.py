"""The way of the channels through the network, for whoever copies weights between networks of different widths (`widen.py`, `prune.py`)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from network import C3, ConvUnit, Detector, SppFast


class ChannelWalk:
    """Copies `source` into `target` from the first unit to the last. A map holds for each channel of the target the source's channel it comes from."""

    def unit(self, source: ConvUnit, target: ConvUnit, inputs: Tensor, outputs: Tensor | None = None) -> Tensor:
        """Fills a unit whose inputs are mapped by `inputs`; returns the map of its outputs, `outputs` where that is given."""
        raise NotImplementedError

    def c3(self, source: C3, target: C3, inputs: Tensor) -> Tensor:
        raise NotImplementedError

    def head(self, source: nn.Conv2d, target: nn.Conv2d, inputs: Tensor) -> None:
        raise NotImplementedError

    def spp(self, source: SppFast, target: SppFast, inputs: Tensor) -> Tensor:
        hidden = self.unit(source.reduce, target.reduce, inputs)
        count = source.reduce.conv.out_channels
        return self.unit(source.merge, target.merge, torch.cat([hidden + i * count for i in range(4)]))

    @torch.no_grad()
    def through(self, source: Detector, target: Detector) -> None:
        unit = lambda name, x: self.unit(getattr(source, name), getattr(target, name), x)  # noqa: E731
        block = lambda name, x: self.c3(getattr(source, name), getattr(target, name), x)  # noqa: E731

        def joined(first: str, a: Tensor, b: Tensor) -> Tensor:
            last = getattr(source, first)
            return torch.cat((a, b + (last.merge if isinstance(last, C3) else last).conv.out_channels))

        p3 = block("stage3", unit("down3", block("stage2", unit("down2", unit("stem", torch.arange(3))))))
        p4 = block("stage4", unit("down4", p3))
        p5 = self.spp(source.spp, target.spp, block("stage5", unit("down5", p4)))
        l5 = unit("lateral5", p5)
        l4 = unit("lateral4", block("top4", joined("lateral5", l5, p4)))
        o3 = block("out3", joined("lateral4", l4, p3))
        o4 = block("out4", joined("bottom3", unit("bottom3", o3), l4))
        o5 = block("out5", joined("bottom4", unit("bottom4", o4), l5))
        for mine, other, inputs in zip(source.heads, target.heads, (o3, o4, o5)):
            self.head(mine, other, inputs)
        target.anchors.copy_(source.anchors)
