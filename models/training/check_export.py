#!/usr/bin/env python3
"""Compares an exported model with its checkpoint: PyTorch against ONNX Runtime on the same pictures.

    python3 check_export.py --checkpoint runs/n/best.pt --onnx models/helmet-yolov5n.onnx data/val.tar

Over all anchors: confidences (objectness and class scores) within 1e-4, boxes within 0.05 px. Boxes are compared for anchors
with a confidence of at least 0.001, and over all anchors for the record. An FP16 model is compared with the FP32 checkpoint
within 0.02 and 1 px: that difference is the rounding of FP16, not a fault of the export. Also checks the graph: no node
whose inputs are all constant, no unused initialiser, no unused output, dynamic batch, height and width (SHAPES).
"""

from __future__ import annotations

import argparse
import sys

import numpy as np
import onnx
import onnxruntime
import torch

from data import Letterbox, read_set
from evaluate import SIZE, as_input
from network import load_checkpoint


SHAPES = ((384, 640), (640, 384), (480, 640), (512, 512), (832, 960))


def graph_faults(model: onnx.ModelProto) -> list[str]:
    graph = model.graph
    constant = {w.name for w in graph.initializer}
    used = {name for node in graph.node for name in node.input} | {o.name for o in graph.output}
    faults = [f"initialiser {name} is unused" for name in constant - used]
    for node in graph.node:
        inputs = [i for i in node.input if i]
        weights = node.op_type == "DequantizeLinear"  # of eight bits, on purpose: export.py --int8-weights
        if node.op_type == "Constant" or (all(i in constant for i in inputs) and not weights):
            faults.append(f"node {node.name} ({node.op_type}) could be folded")
        if not any(o in used for o in node.output):
            faults.append(f"node {node.name} ({node.op_type}) is dead")
        if node.op_type in ("BatchNormalization", "Identity", "Dropout"):
            faults.append(f"node {node.name} ({node.op_type}) should not be there")
    for axis, name in ((0, "batch"), (2, "height"), (3, "width")):
        if not graph.input[0].type.tensor_type.shape.dim[axis].dim_param:
            faults.append(f"{name} is not dynamic")
    return faults


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkpoint", required=True)
    parser.add_argument("--onnx", required=True)
    parser.add_argument("--pictures", type=int, default=12)
    parser.add_argument("sources", nargs="+")
    args = parser.parse_args()
    exported = onnx.load(args.onnx)
    half = any(w.data_type == onnx.TensorProto.FLOAT16 for w in exported.graph.initializer)
    score_limit, box_limit = (0.02, 1.0) if half else (1e-4, 0.05)
    faults = graph_faults(exported)

    samples = read_set(*args.sources)
    samples = samples[:: max(1, len(samples) // args.pictures)][: args.pictures]
    pictures = [s.decode() for s in samples]
    images = as_input(np.stack([Letterbox.fit(p.shape[1], p.shape[0], SIZE).apply(p, SIZE) for p in pictures]))
    model, _ = load_checkpoint(args.checkpoint)
    session = onnxruntime.InferenceSession(args.onnx, providers=["CPUExecutionProvider"])
    worst_score = worst_box = worst_any_box = 0.0
    batches = [images[:1], *(images[i : i + 3] for i in range(1, len(images), 3))]
    batches += [images[:1, :, :h, :w] if max(h, w) <= SIZE else np.pad(images[:1], ((0, 0), (0, 0), (0, h - SIZE), (0, w - SIZE)))
                for h, w in SHAPES]  # fmt: skip
    for batch in batches:
        batch = np.ascontiguousarray(batch)
        with torch.no_grad():
            expected = model.decode(model(torch.from_numpy(batch))).numpy()
        found = session.run(None, {"images": batch})[0]
        assert found.shape == expected.shape, f"expected {expected.shape}, found {found.shape}"
        difference = np.abs(found - expected)
        seen = (expected[..., 4] * expected[..., 5:].max(-1)) >= 0.001
        worst_score = max(worst_score, float(difference[..., 4:].max()))
        worst_box = max(worst_box, float(difference[..., :4][seen].max(initial=0)))
        worst_any_box = max(worst_any_box, float(difference[..., :4].max()))
    if worst_score > score_limit:
        faults.append(f"confidences differ by {worst_score:.2e}, allowed {score_limit:g}")
    if worst_box > box_limit:
        faults.append(f"boxes differ by {worst_box:.4f} px, allowed {box_limit:g}")
    print(f"{args.onnx}: {'FP16' if half else 'FP32'}, {len(exported.graph.node)} nodes, opset {exported.opset_import[0].version}; "
          f"{len(images)} pictures in batches of 1 and 3, {len(SHAPES)} other shapes: confidence {worst_score:.2e}, box {worst_box:.5f} px "
          f"(all anchors {worst_any_box:.5f} px)")  # fmt: skip
    for fault in faults:
        print("FAULT:", fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
