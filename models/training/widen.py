"""Starts a wider and deeper network from a trained narrow one, so that it begins where the narrow one stands.

Width: channels are copied, and what reads a copied channel shares its weight among the copies at random, which keeps the function and
lets the copies grow apart (Net2Net: Chen et al. 2016). Depth: a further block with a residual connection starts with a gain of zero, and
one without starts as the identity: its channels are lifted by LIFT, where SiLU is straight, and the next batch norm takes LIFT off again.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from channels import ChannelWalk
from network import C3, Bottleneck, ConvUnit, Detector

LIFT = 6.0


class _Widening(ChannelWalk):
    """Walks through both networks in the order of the forward pass; a map holds for each wide channel its narrow one."""

    def __init__(self, seed: int):
        self.random = torch.Generator().manual_seed(seed)
        self.identities: list[Bottleneck] = []

    def channels(self, narrow: int, wide: int) -> Tensor:
        copies = [torch.randperm(narrow, generator=self.random) for _ in range((wide - 1) // narrow)]
        return torch.cat([torch.arange(narrow), *copies])[:wide]

    def shared(self, weight: Tensor, inputs: Tensor) -> Tensor:
        """Weights [O, I, k, k] for the wide inputs: those of the copies of one channel add up to the channel's own."""
        part = torch.rand(len(weight), len(inputs), generator=self.random) + 0.5
        total = torch.zeros(len(weight), weight.shape[1]).index_add_(1, inputs, part)
        return weight[:, inputs] * (part / total[:, inputs])[:, :, None, None]

    def unit(self, narrow: ConvUnit, wide: ConvUnit, inputs: Tensor, outputs: Tensor | None = None) -> Tensor:
        if outputs is None:
            outputs = self.channels(narrow.conv.out_channels, wide.conv.out_channels)
        wide.conv.weight.copy_(self.shared(narrow.conv.weight[outputs], inputs))
        for name in ("weight", "bias", "running_mean", "running_var"):
            getattr(wide.norm, name).copy_(getattr(narrow.norm, name)[outputs])
        return outputs

    def c3(self, narrow: C3, wide: C3, inputs: Tensor) -> Tensor:
        hidden = self.unit(narrow.main, wide.main, inputs)
        for number, block in enumerate(wide.blocks):
            if number < len(narrow.blocks):
                source = narrow.blocks[number]
                inner = self.unit(source.reduce, block.reduce, hidden)
                hidden = self.unit(source.mix, block.mix, inner, hidden if block.residual else None)
            elif block.residual:
                block.mix.norm.weight.zero_()
                block.mix.norm.bias.zero_()
            else:
                nn.init.dirac_(block.reduce.conv.weight)
                nn.init.dirac_(block.mix.conv.weight)
                self.identities.append(block)
        bypass = self.unit(narrow.bypass, wide.bypass, inputs)
        return self.unit(narrow.merge, wide.merge, torch.cat((hidden, bypass + narrow.main.conv.out_channels)))

    def head(self, narrow: nn.Conv2d, wide: nn.Conv2d, inputs: Tensor) -> None:
        wide.weight.copy_(self.shared(narrow.weight, inputs))
        wide.bias.copy_(narrow.bias)


@torch.no_grad()
def widen(narrow: Detector, wide: Detector, images: Tensor, seed: int = 0) -> None:
    """Fills `wide` so that it gives what `narrow` gives, but for the bend of SiLU above LIFT - 0.3 (2 % of a channel's unit at most).

    `images` [B, 3, H, W] show the statistics of the channels. Both networks are on the device of `images`; `wide` has at least the
    channels and blocks of `narrow`.
    """
    device = images.device
    narrow, target = narrow.cpu(), wide.cpu()
    walk = _Widening(seed)
    walk.through(narrow, target)
    narrow.to(device), wide.to(device)
    _open_identities(wide, {id(b) for b in walk.identities}, images)


def _open_identities(wide: Detector, identities: set[int], images: Tensor) -> None:
    """Gives the identity blocks the statistics of what passes them, from the first to the last, and lifts it into SiLU's straight part."""
    for module in wide.modules():
        if not isinstance(module, C3):
            continue
        for block in module.blocks:
            if id(block) in identities:
                hooks = [block.reduce.norm.register_forward_pre_hook(_pass_lifted(LIFT)), block.mix.norm.register_forward_pre_hook(_pass_lifted(0.0))]
                wide.eval()(images)
                for hook in hooks:
                    hook.remove()
                lifted = module.merge.conv.weight[:, : module.main.conv.out_channels, 0, 0].sum(1)
                module.merge.norm.running_mean.add_(LIFT * lifted)


def _pass_lifted(lift: float):
    """A batch norm that changes nothing but adds `lift`."""

    def hook(norm: nn.BatchNorm2d, inputs: tuple[Tensor, ...]) -> None:
        x = inputs[0].float()
        mean, variance = x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False)
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
        norm.weight.copy_(torch.sqrt(variance + norm.eps))
        norm.bias.copy_(mean + lift)

    return hook
