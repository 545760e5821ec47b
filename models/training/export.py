#!/usr/bin/env python3
"""Writes a checkpoint of `train.py` as ONNX, node by node, so that the graph holds what inference needs and nothing else.

    python3 export.py --checkpoint runs/n/best.pt --out models/helmet-yolov5n.onnx --name helmet-yolov5n --version 1.0.0
    python3 export.py --checkpoint runs/s/best.pt --out models/helmet-yolov5s.onnx --name helmet-yolov5s --half

Opset 17, input `images` [N, 3, H, W] FP32 RGB 0..1 with H and W multiples of 32, output `output0` [N, anchors, 5 + classes]
FP32; N, H and W are dynamic, and the grids of the cells are computed in the graph. Batch norms are folded in double
precision. `--calibration` puts the fit of `calibrate.py` into the objectness of the heads. `--half` computes the convolutions in FP16 and stores their weights so; input, logits and the
decoding of boxes stay FP32, since FP16 cannot hold a coordinate of 600 to better than half a pixel. `--int8-weights` stores the weights of
the convolutions as INT8 with one scale an output channel, each followed by a DequantizeLinear; everything computes in FP32.
"""

from __future__ import annotations

import argparse
import json

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from compact import stored
from network import ANCHORS_PER_LEVEL, C3, STRIDES, Bottleneck, ConvUnit, Detector, SppFast, load_checkpoint

OPSET = 17
IR_VERSION = 8


class Graph:
    """Collects nodes and initialisers; every method returns the name of its output."""

    def __init__(self, half: bool, int8_weights: bool = False):
        self.nodes, self.weights = [], []
        self.stored = np.float16 if half else np.float32
        self.int8_weights = int8_weights

    def constant(self, name: str, value: np.ndarray) -> str:
        # Unlike np.ascontiguousarray, this leaves scalars scalars: TensorRT refuses vectors as bounds of Range.
        self.weights.append(numpy_helper.from_array(np.asarray(value, order="C"), name))
        return name

    def node(self, kind: str, inputs: list[str], output: str, **attributes) -> str:
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def weight(self, name: str, value: np.ndarray) -> str:
        found = stored(name, value) if self.int8_weights and not name.startswith("head") else None
        if found is None:
            return self.constant(name, value.astype(self.stored))
        steps, scale = found
        return self.node("DequantizeLinear", [self.constant(f"{name}.steps", steps), self.constant(f"{name}.scale", scale)], name, axis=0)

    def convolution(self, name: str, x: str, weight: torch.Tensor, bias: torch.Tensor, stride: int, padding: int) -> str:
        w = self.weight(f"{name}.weight", weight.detach().numpy())
        b = self.constant(f"{name}.bias", bias.detach().numpy().astype(self.stored))
        kernel = weight.shape[2]
        return self.node("Conv", [x, w, b], name, kernel_shape=[kernel, kernel], strides=[stride, stride],
                         pads=[padding] * 4, dilations=[1, 1], group=1)  # fmt: skip

    def conv_unit(self, name: str, unit: ConvUnit, x: str) -> str:
        weight, bias = unit.folded()
        y = self.convolution(f"{name}.conv", x, weight, bias, unit.conv.stride[0], unit.conv.padding[0])
        return self.node("Mul", [y, self.node("Sigmoid", [y], f"{name}.sigmoid")], f"{name}.out")

    def bottleneck(self, name: str, block: Bottleneck, x: str) -> str:
        y = self.conv_unit(f"{name}.mix", block.mix, self.conv_unit(f"{name}.reduce", block.reduce, x))
        return self.node("Add", [x, y], f"{name}.sum") if block.residual else y

    def c3(self, name: str, block: C3, x: str) -> str:
        y = self.conv_unit(f"{name}.main", block.main, x)
        for i, inner in enumerate(block.blocks):
            y = self.bottleneck(f"{name}.blocks.{i}", inner, y)
        z = self.conv_unit(f"{name}.bypass", block.bypass, x)
        return self.conv_unit(f"{name}.merge", block.merge, self.concat(f"{name}.concat", y, z))

    def spp(self, name: str, block: SppFast, x: str) -> str:
        levels = [self.conv_unit(f"{name}.reduce", block.reduce, x)]
        for i in range(3):
            levels.append(self.node("MaxPool", [levels[-1]], f"{name}.pool.{i}", kernel_shape=[5, 5], strides=[1, 1], pads=[2] * 4))
        return self.conv_unit(f"{name}.merge", block.merge, self.concat(f"{name}.concat", *levels))

    def concat(self, name: str, *inputs: str, axis: int = 1) -> str:
        return self.node("Concat", list(inputs), name, axis=axis)

    def upsample(self, name: str, x: str) -> str:
        if not any(w.name == "upsample.scales" for w in self.weights):
            self.constant("upsample.scales", np.array([1, 1, 2, 2], np.float32))
        return self.node("Resize", [x, "", "upsample.scales"], name, mode="nearest",
                         coordinate_transformation_mode="asymmetric", nearest_mode="floor")  # fmt: skip


    def cells(self, name: str, raw: str, stride: int) -> str:
        """Left upper corners of the cells' centre range in pixels, [rows * columns, 2]."""
        rows = self.node("Shape", [raw], f"{name}.height", start=2, end=3)
        columns = self.node("Shape", [raw], f"{name}.width", start=3, end=4)
        if not any(w.name == "cells.zero" for w in self.weights):
            self.constant("cells.zero", np.array(0, np.int64))
            self.constant("cells.one", np.array(1, np.int64))
            self.constant("cells.axis", np.array([1], np.int64))
            self.constant("cells.half", np.array(0.5, np.float32))
        count = self.node("Squeeze", [self.node("Mul", [rows, columns], f"{name}.area")], f"{name}.count")
        index = self.node("Range", ["cells.zero", count, "cells.one"], f"{name}.index")
        row = self.node("Div", [index, columns], f"{name}.row")
        column = self.node("Sub", [index, self.node("Mul", [row, columns], f"{name}.before")], f"{name}.column")
        pair = [self.node("Unsqueeze", [v, "cells.axis"], f"{v}.flat") for v in (column, row)]
        place = self.node("Cast", [self.concat(f"{name}.place", *pair)], f"{name}.cells", to=TensorProto.FLOAT)
        step = self.constant(f"{name}.stride", np.array(stride, np.float32))
        return self.node("Mul", [self.node("Sub", [place, "cells.half"], f"{name}.corner"), step], f"{name}.origin")


def build(model: Detector, half: bool, int8_weights: bool = False) -> onnx.ModelProto:
    g = Graph(half, int8_weights)
    x = g.node("Cast", ["images"], "images.half", to=TensorProto.FLOAT16) if half else "images"
    unit = lambda name, source: g.conv_unit(name, getattr(model, name), source)  # noqa: E731
    block = lambda name, source: g.c3(name, getattr(model, name), source)  # noqa: E731

    p3 = block("stage3", unit("down3", block("stage2", unit("down2", unit("stem", x)))))
    p4 = block("stage4", unit("down4", p3))
    p5 = g.spp("spp", model.spp, block("stage5", unit("down5", p4)))
    l5 = unit("lateral5", p5)
    l4 = unit("lateral4", block("top4", g.concat("top4.input", g.upsample("upsample5", l5), p4)))
    o3 = block("out3", g.concat("out3.input", g.upsample("upsample4", l4), p3))
    o4 = block("out4", g.concat("out4.input", unit("bottom3", o3), l4))
    o5 = block("out5", g.concat("out5.input", unit("bottom4", o4), l5))

    width = 5 + model.classes
    two = g.constant("decode.two", np.array(2, np.float32))
    split = g.constant("decode.split", np.array([2, 2, width - 4], np.int64))
    levels = []
    for level, (features, stride) in enumerate(zip((o3, o4, o5), STRIDES)):
        name = f"head{stride}"
        head = model.heads[level]
        raw = g.convolution(f"{name}.conv", features, head.weight, head.bias, 1, 0)
        if half:
            raw = g.node("Cast", [raw], f"{name}.logits", to=TensorProto.FLOAT)
        shape = g.constant(f"{name}.shape", np.array([0, ANCHORS_PER_LEVEL, width, -1], np.int64))
        rows = g.node("Transpose", [g.node("Reshape", [raw, shape], f"{name}.maps")], f"{name}.rows", perm=[0, 1, 3, 2])
        g.nodes.append(helper.make_node("Split", [g.node("Sigmoid", [rows], f"{name}.sigmoid"), split],
                                        [f"{name}.offset", f"{name}.extent", f"{name}.scores"], name=f"{name}.split", axis=3))  # fmt: skip
        centre = g.node("Mul", [f"{name}.offset", g.constant(f"{name}.step", np.array(2 * stride, np.float32))], f"{name}.shift")
        centre = g.node("Add", [centre, g.cells(name, raw, stride)], f"{name}.centre")
        twice = g.node("Mul", [f"{name}.extent", two], f"{name}.twice")
        anchors = model.anchors[level].view(1, -1, 1, 2).cpu().numpy().astype(np.float32)
        size = g.node("Mul", [g.node("Mul", [twice, twice], f"{name}.square"), g.constant(f"{name}.anchors", anchors)], f"{name}.size")
        joined = g.concat(f"{name}.joined", centre, size, f"{name}.scores", axis=3)
        flat = g.constant(f"{name}.flat", np.array([0, -1, width], np.int64))
        levels.append(g.node("Reshape", [joined, flat], f"{name}.detections"))
    g.concat("output0", *levels, axis=1)

    graph = helper.make_graph(
        g.nodes,
        f"helmet-yolov5{model.variant}",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, ["batch", 3, "height", "width"])],
        [helper.make_tensor_value_info("output0", TensorProto.FLOAT, ["batch", "anchors", width])],
        g.weights,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION,
                             producer_name="helmwatch", producer_version="1.0.0")  # fmt: skip


def scale_objectness(model: Detector, slope: float, shift: float) -> None:
    """The logit of the objectness becomes slope * logit + shift in every head."""
    with torch.no_grad():
        for head in model.heads:
            weight, bias = head.weight.view(ANCHORS_PER_LEVEL, 5 + model.classes, -1), head.bias.view(ANCHORS_PER_LEVEL, -1)
            weight[:, 4] *= slope
            bias[:, 4] = bias[:, 4] * slope + shift


def figures(pairs: list[str]) -> str:
    """Average precision of NAME=FILE pairs as the metadata hold it."""
    found = {}
    for pair in pairs:
        name, path = pair.split("=", 1)
        with open(path) as source:
            result = json.load(source)
        found[name] = {"map50": round(result["map50"], 4), "map": round(result["map"], 4),
                       **{f"{k}50": round(v["ap50"], 4) for k, v in result["classes"].items()}}  # fmt: skip
    return json.dumps(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--name", required=True, help="model_name in the metadata")
    parser.add_argument("--version", default="1.0.0")
    parser.add_argument("--half", action="store_true", help="FP16 convolutions and weights")
    parser.add_argument("--int8-weights", action="store_true", help="weights as INT8 with a scale a channel (see compact.py); computes in FP32")
    parser.add_argument("--metrics", nargs="*", default=[], help="NAME=FILE pairs of evaluate.py --json, put into the metadata")
    parser.add_argument("--calibration", help="JSON of calibrate.py")
    args = parser.parse_args()
    model, checkpoint = load_checkpoint(args.checkpoint)
    if args.calibration:
        fit = json.load(open(args.calibration))
        scale_objectness(model, fit["slope"], fit["shift"])
    if args.half and args.int8_weights:
        parser.error("--half and --int8-weights exclude each other")
    exported = build(model, args.half, args.int8_weights)
    metadata = {
        "names": str(dict(enumerate(checkpoint["names"]))),
        "stride": str(max(STRIDES)),
        "letterbox": json.dumps({"anchor": "center", "pad": 114}),
        "model_name": args.name,
        "model_version": args.version,
        "data_digest": f"sha256:{checkpoint['data_digest']}",
        "metrics": figures(args.metrics),
        "license": "Apache-2.0",
    }
    for key, value in metadata.items():
        exported.metadata_props.add(key=key, value=value)
    onnx.checker.check_model(exported, full_check=True)
    onnx.save(exported, args.out)
    print(f"{args.out}: {len(exported.graph.node)} nodes, {len(exported.SerializeToString()) / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
