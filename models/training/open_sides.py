#!/usr/bin/env python3
"""Gives an export of `export.py` with fixed height and width dynamic ones. Weights stay as they are, bit for bit.

    python3 open_sides.py --model models/helmet-yolov5n.onnx --out models/helmet-yolov5n.onnx --version 1.1.0

The constants that hold the number of cells become sizes that are inferred, and the corners of the cells are computed in the graph, by
the same nodes as `export.py` writes.
"""

from __future__ import annotations

import argparse

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

STRIDES = (8, 16, 32)


def cells(name: str, raw: str, stride: int) -> tuple[list[onnx.NodeProto], list[onnx.TensorProto]]:
    """Nodes and constants that make `{name}.origin` [rows * columns, 2] from the size of the head's convolution."""
    node = lambda kind, inputs, output, **attributes: helper.make_node(kind, inputs, [output], name=output, **attributes)  # noqa: E731
    nodes = [
        node("Shape", [raw], f"{name}.height", start=2, end=3),
        node("Shape", [raw], f"{name}.width", start=3, end=4),
        node("Mul", [f"{name}.height", f"{name}.width"], f"{name}.area"),
        node("Squeeze", [f"{name}.area"], f"{name}.count"),
        node("Range", ["cells.zero", f"{name}.count", "cells.one"], f"{name}.index"),
        node("Div", [f"{name}.index", f"{name}.width"], f"{name}.row"),
        node("Mul", [f"{name}.row", f"{name}.width"], f"{name}.before"),
        node("Sub", [f"{name}.index", f"{name}.before"], f"{name}.column"),
        node("Unsqueeze", [f"{name}.column", "cells.axis"], f"{name}.column.flat"),
        node("Unsqueeze", [f"{name}.row", "cells.axis"], f"{name}.row.flat"),
        node("Concat", [f"{name}.column.flat", f"{name}.row.flat"], f"{name}.place", axis=1),
        node("Cast", [f"{name}.place"], f"{name}.cells", to=TensorProto.FLOAT),
        node("Sub", [f"{name}.cells", "cells.half"], f"{name}.corner"),
        node("Mul", [f"{name}.corner", f"{name}.stride"], f"{name}.origin"),
    ]
    return nodes, [numpy_helper.from_array(np.array(stride, np.float32), f"{name}.stride")]


def open_sides(model: onnx.ModelProto) -> None:
    graph = model.graph
    weights = {w.name: w for w in graph.initializer}
    batch, _, height, width = graph.input[0].type.tensor_type.shape.dim
    if not height.dim_value or not width.dim_value:
        raise SystemExit("height and width are dynamic already")
    shared = {"cells.zero": np.array(0, np.int64), "cells.one": np.array(1, np.int64),
              "cells.axis": np.array([1], np.int64), "cells.half": np.array(0.5, np.float32)}  # fmt: skip
    graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in shared.items())
    for stride in STRIDES:
        name = f"head{stride}"
        maps = numpy_helper.to_array(weights[f"{name}.shape"]).copy()
        maps[3] = -1
        flat = numpy_helper.to_array(weights[f"{name}.flat"]).copy()
        flat[1] = -1
        weights[f"{name}.shape"].CopyFrom(numpy_helper.from_array(maps, f"{name}.shape"))
        weights[f"{name}.flat"].CopyFrom(numpy_helper.from_array(flat, f"{name}.flat"))
        graph.initializer.remove(weights[f"{name}.origin"])
        at = next(i for i, n in enumerate(graph.node) if f"{name}.origin" in n.input)
        raw = next(n.input[0] for n in graph.node if f"{name}.maps" in n.output)
        nodes, constants = cells(name, raw, stride)
        for offset, made in enumerate(nodes):
            graph.node.insert(at + offset, made)
        graph.initializer.extend(constants)
    height.dim_param, width.dim_param = "height", "width"
    graph.output[0].type.tensor_type.shape.dim[1].dim_param = "anchors"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--version", required=True, help="model_version in the metadata")
    args = parser.parse_args()
    model = onnx.load(args.model)
    open_sides(model)
    for entry in model.metadata_props:
        if entry.key == "model_version":
            entry.value = args.version
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, args.out)
    print(f"{args.out}: {len(model.graph.node)} nodes, {len(model.SerializeToString()) / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
