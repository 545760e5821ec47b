"""The detector network: YOLOv5's layout written from published descriptions.

Sources: CSPNet (Wang et al. 2019) for the C3 block, SPP (He et al. 2014) in its chained form for SPPF, FPN and PANet
(Lin et al. 2017, Liu et al. 2018) for the neck, YOLOv3 and YOLOv4 (Redmon & Farhadi 2018, Bochkovskiy et al. 2020) for
anchors and the widened sigmoid of the centre, SiLU (Elfwing et al. 2017), RetinaNet (Lin et al. 2017) for the prior of the
output bias. Channel counts and repeats follow the public architecture description of release 6 (6x6 stem, three heads).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

STRIDES = (8, 16, 32)
ANCHORS_PER_LEVEL = 3
BATCH_NORM_EPSILON = 1e-3
BATCH_NORM_MOMENTUM = 0.03


@dataclass(frozen=True)
class Variant:
    """Width and depth multipliers of one member of the family."""

    name: str
    width: float
    depth: float

    def channels(self, base: int) -> int:
        return int(math.ceil(base * self.width / 8) * 8)

    def repeats(self, base: int) -> int:
        return max(1, round(base * self.depth))


VARIANTS = {
    "n": Variant("n", 0.25, 1 / 3),
    "s": Variant("s", 0.50, 1 / 3),
    "m": Variant("m", 0.75, 2 / 3),
    "s75": Variant("s75", 0.375, 1 / 3),  # s with a quarter of its channels pruned (prune.py)
}


class ConvUnit(nn.Module):
    """Convolution, batch norm, SiLU. `fuse()` folds the norm into the convolution."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 1, stride: int = 1, padding: int | None = None):
        super().__init__()
        padding = kernel // 2 if padding is None else padding
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False)
        self.norm = nn.BatchNorm2d(outputs, eps=BATCH_NORM_EPSILON, momentum=BATCH_NORM_MOMENTUM)
        self.act = nn.SiLU()  # in place it would copy its input for the backward pass first

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.norm(self.conv(x)))

    def folded(self) -> tuple[Tensor, Tensor]:
        """Weight and bias of the convolution with the batch norm folded in, computed in double precision."""
        norm = self.norm
        gain = norm.weight.double() / torch.sqrt(norm.running_var.double() + norm.eps)
        weight = self.conv.weight.double() * gain[:, None, None, None]
        bias = norm.bias.double() - norm.running_mean.double() * gain
        return weight.float(), bias.float()

    @torch.no_grad()
    def hold(self, weight: Tensor, bias: Tensor) -> None:
        """Takes over folded weights: the norm stays, adds the bias and changes nothing else."""
        self.conv.weight.copy_(weight)
        self.norm.running_mean.zero_()
        self.norm.running_var.fill_(1 - self.norm.eps)
        self.norm.weight.fill_(1)
        self.norm.bias.copy_(bias)


class Bottleneck(nn.Module):
    """1x1 then 3x3 convolution, with an optional residual connection."""

    def __init__(self, channels: int, residual: bool):
        super().__init__()
        self.reduce = ConvUnit(channels, channels, 1)
        self.mix = ConvUnit(channels, channels, 3)
        self.residual = residual

    def forward(self, x: Tensor) -> Tensor:
        y = self.mix(self.reduce(x))
        return x + y if self.residual else y


class C3(nn.Module):
    """Cross-stage partial block: half of the channels pass the bottlenecks, half go around them."""

    def __init__(self, inputs: int, outputs: int, repeats: int, residual: bool = True):
        super().__init__()
        hidden = outputs // 2
        self.main = ConvUnit(inputs, hidden, 1)
        self.bypass = ConvUnit(inputs, hidden, 1)
        self.blocks = nn.Sequential(*(Bottleneck(hidden, residual) for _ in range(repeats)))
        self.merge = ConvUnit(2 * hidden, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.merge(torch.cat((self.blocks(self.main(x)), self.bypass(x)), 1))


class SppFast(nn.Module):
    """Spatial pyramid pooling: three chained 5x5 max pools see what 5, 9 and 13 wide pools would see."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        hidden = inputs // 2
        self.reduce = ConvUnit(inputs, hidden, 1)
        self.merge = ConvUnit(4 * hidden, outputs, 1)
        self.pool = nn.MaxPool2d(5, stride=1, padding=2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.reduce(x)
        a = self.pool(x)
        b = self.pool(a)
        return self.merge(torch.cat((x, a, b, self.pool(b)), 1))


class Detector(nn.Module):
    """Backbone, PAN neck, three heads. Returns raw maps [N, 3, 5 + classes, H, W], one per stride."""

    def __init__(self, variant: str, anchors: Tensor | list, classes: int = 2):
        super().__init__()
        v = VARIANTS[variant]
        c = {base: v.channels(base) for base in (64, 128, 256, 512, 1024)}
        self.variant, self.classes = variant, classes
        self.register_buffer("anchors", torch.as_tensor(anchors, dtype=torch.float32).view(3, ANCHORS_PER_LEVEL, 2))

        self.stem = ConvUnit(3, c[64], 6, 2, 2)
        self.down2 = ConvUnit(c[64], c[128], 3, 2)
        self.stage2 = C3(c[128], c[128], v.repeats(3))
        self.down3 = ConvUnit(c[128], c[256], 3, 2)
        self.stage3 = C3(c[256], c[256], v.repeats(6))
        self.down4 = ConvUnit(c[256], c[512], 3, 2)
        self.stage4 = C3(c[512], c[512], v.repeats(9))
        self.down5 = ConvUnit(c[512], c[1024], 3, 2)
        self.stage5 = C3(c[1024], c[1024], v.repeats(3))
        self.spp = SppFast(c[1024], c[1024])

        self.lateral5 = ConvUnit(c[1024], c[512], 1)
        self.top4 = C3(2 * c[512], c[512], v.repeats(3), residual=False)
        self.lateral4 = ConvUnit(c[512], c[256], 1)
        self.out3 = C3(2 * c[256], c[256], v.repeats(3), residual=False)
        self.bottom3 = ConvUnit(c[256], c[256], 3, 2)
        self.out4 = C3(2 * c[256], c[512], v.repeats(3), residual=False)
        self.bottom4 = ConvUnit(c[512], c[512], 3, 2)
        self.out5 = C3(2 * c[512], c[1024], v.repeats(3), residual=False)

        self.upsample = nn.Upsample(scale_factor=2, mode="nearest")
        self.heads = nn.ModuleList(
            nn.Conv2d(c[base], ANCHORS_PER_LEVEL * (5 + classes), 1) for base in (256, 512, 1024)
        )
        self._set_output_priors()

    def _set_output_priors(self) -> None:
        """Starts objectness at about eight objects a picture, classes at an even split (RetinaNet's prior idea)."""
        for head, stride in zip(self.heads, STRIDES):
            bias = head.bias.data.view(ANCHORS_PER_LEVEL, -1)
            bias[:, 4] = math.log(8 / (640 / stride) ** 2)
            bias[:, 5:] = 0.0

    def forward(self, images: Tensor) -> list[Tensor]:
        p3 = self.stage3(self.down3(self.stage2(self.down2(self.stem(images)))))
        p4 = self.stage4(self.down4(p3))
        p5 = self.spp(self.stage5(self.down5(p4)))
        l5 = self.lateral5(p5)
        l4 = self.lateral4(self.top4(torch.cat((self.upsample(l5), p4), 1)))
        o3 = self.out3(torch.cat((self.upsample(l4), p3), 1))
        o4 = self.out4(torch.cat((self.bottom3(o3), l4), 1))
        o5 = self.out5(torch.cat((self.bottom4(o4), l5), 1))
        maps = []
        for head, features in zip(self.heads, (o3, o4, o5)):
            raw = head(features)
            n, _, h, w = raw.shape
            maps.append(raw.view(n, ANCHORS_PER_LEVEL, 5 + self.classes, h, w))
        return maps

    def decode(self, maps: list[Tensor]) -> Tensor:
        """Raw maps to [N, anchors, 5 + classes]: centre x, y, width, height in model pixels, then sigmoid scores.

        Order of the rows: stride 8, 16, 32; within a stride anchor, then row, then column.
        """
        rows = []
        for level, raw in enumerate(maps):
            n, a, k, h, w = raw.shape
            s = raw.float().sigmoid().permute(0, 1, 3, 4, 2).reshape(n, a, h * w, k)
            ys, xs = torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij")
            cells = torch.stack((xs, ys), -1).view(1, 1, h * w, 2).to(s)
            centre = (2 * s[..., 0:2] - 0.5 + cells) * STRIDES[level]
            size = (2 * s[..., 2:4]) ** 2 * self.anchors[level].view(1, a, 1, 2)
            rows.append(torch.cat((centre, size, s[..., 4:]), -1).view(n, a * h * w, k))
        return torch.cat(rows, 1)


def parameter_count(model: nn.Module) -> int:
    return sum(p.numel() for p in model.parameters())


def load_checkpoint(path: str, device: str | torch.device = "cpu") -> tuple[Detector, dict]:
    """Reads a checkpoint of `train.py` and returns the averaged (EMA) network in evaluation mode, and the checkpoint."""
    checkpoint = torch.load(path, map_location="cpu", **_weights_only())
    model = Detector(checkpoint["variant"], checkpoint["ema"]["anchors"], len(checkpoint["names"]))
    model.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in checkpoint["ema"].items()})
    return model.to(device).eval(), checkpoint


def _weights_only() -> dict:
    """`torch.load` runs no code of the file where this PyTorch can promise that."""
    return {"weights_only": True} if int(torch.__version__.split(".")[0]) >= 2 else {}
