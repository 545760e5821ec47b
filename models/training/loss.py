"""Target assignment and loss.

Sources: anchors chosen by the ratio of width and height, and the two nearest neighbour cells as further positives, as
described for YOLOv5 and in the YOLOv7 paper (Wang et al. 2022, section on the lead-head assigner); centre range -0.5..1.5
from YOLOv4's grid sensitivity; complete IoU (Zheng et al. 2020) for boxes; objectness trained towards the IoU of the
predicted box (IoU-aware confidence: Wu et al. 2019, and YOLO since version 1), binary cross-entropy for classes (YOLOv3);
distillation at the outputs, scaled by the teacher's objectness (Mehta & Ozturk 2018, Object detection at 200 frames per second).
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from network import STRIDES

RATIO_LIMIT = 3.0
LEVEL_BALANCE = (4.0, 1.0, 0.4)  # small objects have the most cells and the most to say
LARGE_PX, LARGE_WEIGHT = 160.0, 3.0  # few, and matched by one anchor where small heads are by several on two or three levels
BOX_WEIGHT, OBJECT_WEIGHT, CLASS_WEIGHT = 0.05, 1.0, 0.15


def complete_iou(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """IoU and CIoU of boxes (centre x, y, width, height), elementwise."""
    a_min, a_max = a[..., :2] - a[..., 2:] / 2, a[..., :2] + a[..., 2:] / 2
    b_min, b_max = b[..., :2] - b[..., 2:] / 2, b[..., :2] + b[..., 2:] / 2
    overlap = (torch.minimum(a_max, b_max) - torch.maximum(a_min, b_min)).clamp(min=0).prod(-1)
    union = a[..., 2:].prod(-1) + b[..., 2:].prod(-1) - overlap + 1e-7
    iou = overlap / union
    hull = torch.maximum(a_max, b_max) - torch.minimum(a_min, b_min)
    diagonal = (hull**2).sum(-1) + 1e-7
    distance = ((a[..., :2] - b[..., :2]) ** 2).sum(-1)
    v = (4 / math.pi**2) * (torch.atan(b[..., 2] / (b[..., 3] + 1e-7)) - torch.atan(a[..., 2] / (a[..., 3] + 1e-7))) ** 2
    with torch.no_grad():
        alpha = v / (v - iou + 1 + 1e-7)
    return iou, iou - distance / diagonal - alpha * v


def assign(targets: Tensor, anchors: Tensor, shape: tuple[int, int]) -> list[tuple[Tensor, ...]]:
    """For each level: picture, anchor, row, column of the positives, and their target (class, box in cells from the cell).

    Runs before the forward pass, so that its synchronisations do not wait for the network.
    """
    levels = []
    steps = torch.tensor([[0, 0], [-1, 0], [0, -1], [1, 0], [0, 1]], device=targets.device)
    for level, stride in enumerate(STRIDES):
        cells = torch.tensor([shape[1] // stride, shape[0] // stride], device=targets.device)  # columns, rows
        ratio = targets[None, :, 4:6] / anchors[level][:, None, :]
        fits = torch.maximum(ratio, 1 / ratio).amax(-1) < RATIO_LIMIT  # [A, T]
        centre = targets[:, 2:4] / stride
        cell = centre.floor()
        part = centre - cell
        near = torch.cat((torch.ones_like(part[:, :1], dtype=torch.bool), part < 0.5, part > 0.5), 1).t()  # [5, T]
        spot = cell[None].long() + steps[:, None]  # [5, T, 2]
        near = near & (spot >= 0).all(-1) & (spot < cells).all(-1)
        step, anchor, which = (near[:, None] & fits[None]).nonzero(as_tuple=True)
        spot = spot[step, which]
        box = torch.cat((centre[which] - spot, targets[which, 4:6] / stride), 1)
        levels.append((targets[which, 0].long(), anchor, spot[:, 1], spot[:, 0], targets[which, 1].long(), box))
    return levels


def detection_loss(maps: list[Tensor], positives: list[tuple[Tensor, ...]], anchors: Tensor) -> tuple[Tensor, Tensor]:
    """Total loss, multiplied by the batch size, and its parts (box, object, class) for the log."""
    batch = maps[0].shape[0]
    parts = torch.zeros(3, device=maps[0].device)
    for level, (raw, (picture, anchor, row, col, kind, box)) in enumerate(zip(maps, positives)):
        wanted = torch.zeros(raw.shape[0], raw.shape[1], raw.shape[3], raw.shape[4], device=raw.device)
        weight = torch.ones_like(wanted)
        if len(picture):
            chosen = raw[picture, anchor, :, row, col].float()
            s = chosen.sigmoid()
            size = (2 * s[:, 2:4]) ** 2 * (anchors[level][anchor] / STRIDES[level])
            iou, ciou = complete_iou(torch.cat((2 * s[:, :2] - 0.5, size), 1), box)
            counts = torch.where(box[:, 2] * STRIDES[level] > LARGE_PX, LARGE_WEIGHT, 1.0)
            parts[0] += ((1 - ciou) * counts).sum() / counts.sum()
            flat = ((picture * raw.shape[1] + anchor) * raw.shape[3] + row) * raw.shape[4] + col
            wanted.view(-1).scatter_reduce_(0, flat, iou.detach().clamp(0, 1), "amax")
            weight.view(-1).scatter_(0, flat, counts)
            classes = F.one_hot(kind, chosen.shape[1] - 5).float()
            parts[2] += (F.binary_cross_entropy_with_logits(chosen[:, 5:], classes, reduction="none").mean(1) * counts).sum() / counts.sum()
        parts[1] += LEVEL_BALANCE[level] * F.binary_cross_entropy_with_logits(raw[:, :, 4].float(), wanted, weight)
    weighted = parts * torch.tensor([BOX_WEIGHT, OBJECT_WEIGHT, CLASS_WEIGHT], device=parts.device)
    return weighted.sum() * batch, weighted.detach()


def _boxes(raw: Tensor, anchors: Tensor, stride: int) -> Tensor:
    """Boxes of one level in cells from each cell, [N, anchors, H, W, 4]."""
    s = raw[:, :, :4].sigmoid().movedim(2, -1)
    return torch.cat((2 * s[..., :2] - 0.5, (2 * s[..., 2:]) ** 2 * (anchors / stride).view(1, -1, 1, 1, 2)), -1)


def distillation_loss(maps: list[Tensor], taught: list[Tensor], anchors: Tensor) -> Tensor:
    """How far the maps are from a teacher's of the same anchors, multiplied by the batch size and weighted as the detection loss is.

    Objectness is compared in every cell; box and class as far as the teacher sees an object there, so that its background teaches nothing.
    """
    parts = torch.zeros(3, device=maps[0].device)
    for level, (raw, other) in enumerate(zip(maps, taught)):
        raw, other = raw.float(), other.detach().float()
        sure = other[:, :, 4].sigmoid()
        total = sure.sum().clamp(min=1)
        _, ciou = complete_iou(_boxes(raw, anchors[level], STRIDES[level]), _boxes(other, anchors[level], STRIDES[level]))
        parts[0] += ((1 - ciou) * sure).sum() / total
        parts[1] += LEVEL_BALANCE[level] * F.binary_cross_entropy_with_logits(raw[:, :, 4], sure)
        parts[2] += (F.binary_cross_entropy_with_logits(raw[:, :, 5:], other[:, :, 5:].sigmoid(), reduction="none").mean(2) * sure).sum() / total
    return (parts * torch.tensor([BOX_WEIGHT, OBJECT_WEIGHT, CLASS_WEIGHT], device=parts.device)).sum() * maps[0].shape[0]
