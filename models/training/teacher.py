"""A trained network that shows others what it sees in their batches (knowledge distillation: Hinton et al. 2015); forward passes only.

Batch norms are folded into the convolutions, and on CUDA it computes in FP16, with `--graph` as one CUDA graph for each shape. The loss is in `loss.py`.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from network import ConvUnit, Detector, load_checkpoint
from restore import exported_variant, load_exported


def trained(path: str) -> Detector:
    """The network of a checkpoint of `train.py` or of an export of `export.py`, in evaluation mode on the CPU."""
    if not path.endswith(".onnx"):
        return load_checkpoint(path)[0]
    model = Detector(exported_variant(path), torch.zeros(9, 2))
    load_exported(path, model)
    return model.eval()


@torch.no_grad()
def fold(model: Detector) -> Detector:
    """Puts every batch norm into its convolution, for good; what the network computes stays the same."""
    for unit in (m for m in model.modules() if isinstance(m, ConvUnit)):
        weight, bias = unit.folded()
        old = unit.conv
        unit.conv = nn.Conv2d(old.in_channels, old.out_channels, old.kernel_size, old.stride, old.padding)
        unit.conv.weight.copy_(weight)
        unit.conv.bias.copy_(bias)
        unit.norm = nn.Identity()
    return model


class Teacher:
    """Gives the raw maps of a trained network, on the stream of the caller; with graphs they are valid until its next call of the same shape."""

    def __init__(self, path: str, device: torch.device):
        self.model = fold(trained(path)).requires_grad_(False).to(device, memory_format=torch.channels_last)
        self.anchors = self.model.anchors.clone()
        self.kind = torch.float16 if device.type == "cuda" else torch.float32
        self.model.to(self.kind)
        self.graphs: dict[tuple[int, int], tuple[torch.cuda.CUDAGraph, Tensor, list[Tensor]]] = {}

    def check(self, anchors: Tensor) -> None:
        """Maps can be compared only where both networks mean the same boxes by them."""
        if not torch.allclose(self.anchors, anchors, atol=0.06):
            raise ValueError(f"the teacher's anchors are {self.anchors.view(-1, 2).tolist()}, those of the network in training {anchors.view(-1, 2).tolist()}: "
                             "start both with the same --anchors")  # fmt: skip

    @torch.no_grad()
    def capture(self, shapes: list[tuple[int, int]], batches: list[int]) -> None:
        """Makes a CUDA graph for each shape. They share their memory: no two of them run at once."""
        pool = torch.cuda.graph_pool_handle()
        for (high, wide), batch in sorted(zip(shapes, batches), key=lambda s: -s[1] * s[0][0] * s[0][1]):
            images = torch.zeros(batch, 3, high, wide, device="cuda", dtype=self.kind).to(memory_format=torch.channels_last)
            side = torch.cuda.Stream()
            side.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(side):
                for _ in range(2):
                    self.model(images)
            torch.cuda.current_stream().wait_stream(side)
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph, pool=pool):
                maps = self.model(images)
            self.graphs[high, wide] = graph, images, maps

    @torch.no_grad()
    def maps(self, images: Tensor) -> list[Tensor]:
        """Raw maps of `images` [B, 3, H, W], as `Detector` gives them."""
        found = self.graphs.get(tuple(images.shape[2:]))
        if found is None:
            return self.model(images.to(self.kind))
        graph, inputs, maps = found
        inputs.copy_(images)
        graph.replay()
        return maps
