#!/usr/bin/env python3
"""Average precision of a checkpoint (*.pt) or an exported model (*.onnx) on a labelled set.

    python3 evaluate.py --model models/helmet-yolov5n.onnx data/val.tar
    python3 evaluate.py --model runs/n/best.pt --json val.json data/val.tar

The definition stands in models/README.md; `./helmwatch eval` follows the same one.
"""

from __future__ import annotations

import argparse
import json
from typing import Callable

import numpy as np

from data import Letterbox, Sample, decode_all, read_set
from metrics import Evaluation, detections

SIZE = 640


def truth_boxes(sample: Sample, width: int, height: int) -> np.ndarray:
    """Labels as (class, x1, y1, x2, y2) in source pixels."""
    kind, centre, half = sample.labels[:, :1], sample.labels[:, 1:3], sample.labels[:, 3:5] / 2
    scale = np.array([width, height, width, height], np.float32)
    return np.concatenate((kind, np.concatenate((centre - half, centre + half), 1) * scale), 1)


def evaluate(run: Callable[[np.ndarray], np.ndarray], samples: list[Sample], classes: int, batch: int = 16, size: int = SIZE) -> Evaluation:
    """`run` takes uint8 pictures letterboxed to `size` [B, size, size, 3] and returns the output [B, anchors, 5 + classes]."""
    result = Evaluation(classes)
    for start in range(0, len(samples), batch):
        part = samples[start : start + batch]
        pictures = decode_all(part)
        fits = [Letterbox.fit(p.shape[1], p.shape[0], size) for p in pictures]
        output = run(np.stack([f.apply(p, size) for f, p in zip(fits, pictures)]))
        for sample, picture, fit, rows in zip(part, pictures, fits, output):
            found = detections(rows)
            found[:, :4] = fit.to_source(found[:, :4])
            result.add(found, truth_boxes(sample, picture.shape[1], picture.shape[0]))
    return result


def as_input(pictures: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(pictures.transpose(0, 3, 1, 2)).astype(np.float32) / 255


def onnx_runner(path: str, threads: int = 0) -> tuple[Callable[[np.ndarray], np.ndarray], list[str]]:
    import ast

    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    names = ast.literal_eval(session.get_modelmeta().custom_metadata_map["names"])
    source = session.get_inputs()[0].name
    return lambda pictures: session.run(None, {source: as_input(pictures)})[0], [names[k] for k in sorted(names)]


def torch_runner(path: str, device: str) -> tuple[Callable[[np.ndarray], np.ndarray], list[str]]:
    import torch

    from network import load_checkpoint

    model, checkpoint = load_checkpoint(path, device)

    def run(pictures: np.ndarray) -> np.ndarray:
        with torch.no_grad():
            return model.decode(model(torch.from_numpy(as_input(pictures)).to(device))).cpu().numpy()

    return run, checkpoint["names"]


def report(evaluation: Evaluation, names: list[str], thresholds: list[float] | None = None) -> dict:
    """The summary, and recommended confidences and the confusion table at those (or at the given) thresholds."""
    result = evaluation.summary(names)
    result["precision95"] = {}
    chosen = []
    for k, name in enumerate(names):
        confidence, precision, recall = evaluation.confidence_for_precision(k, 0.95)
        result["precision95"][name] = {"confidence": confidence, "precision": precision, "recall": recall}
        chosen.append(confidence)
    limits = thresholds or chosen
    result["confusion"] = {"confidences": limits, "table": evaluation.confusion(limits).tolist()}
    result["at_thresholds"] = {}
    for k, name in enumerate(names):
        scores, precision, recall = evaluation.curve(k)
        count = int((scores >= limits[k]).sum())
        at = (float(precision[count - 1]), float(recall[count - 1])) if count else (float("nan"), 0.0)
        result["at_thresholds"][name] = {"confidence": limits[k], "precision": at[0], "recall": at[1]}
    return result


def print_tables(result: dict, names: list[str]) -> None:
    print(f"pictures {result['pictures']}  mAP@0.5 {result['map50']:.4f}  mAP@0.5:0.95 {result['map']:.4f}\n")
    print("| class | size | objects | AP@0.5 | AP@0.5:0.95 |\n| --- | --- | --- | --- | --- |")
    for name in names:
        rows = [("all", result["classes"][name])] + [(s, v[name]) for s, v in result["sizes"].items()]
        for size, row in rows:
            print(f"| {name} | {size} | {row['objects']} | {row['ap50']:.4f} | {row['ap']:.4f} |")
    print("\n| class | confidence for 95 % precision | precision | recall |\n| --- | --- | --- | --- |")
    for name, row in result["precision95"].items():
        print(f"| {name} | {row['confidence']:.2f} | {row['precision']:.3f} | {row['recall']:.3f} |")
    print("\nat confidence " + ", ".join(f"{n} {v['confidence']:.2f}" for n, v in result["at_thresholds"].items()) + ":")
    print("| class | precision | recall |\n| --- | --- | --- |")
    for name, row in result["at_thresholds"].items():
        print(f"| {name} | {row['precision']:.3f} | {row['recall']:.3f} |")
    columns = [*names, "nothing"]
    print("\n| true \\ reported | " + " | ".join(columns) + " |\n" + "| --- " * (len(columns) + 1) + "|")
    for name, row in zip(columns, result["confusion"]["table"]):
        print(f"| {name} | " + " | ".join(map(str, row)) + " |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--device", default="cpu", help="for checkpoints")
    parser.add_argument("--threads", type=int, default=0, help="for ONNX Runtime; 0: all cores")
    parser.add_argument("--limit", type=int, default=0, help="only the first pictures")
    parser.add_argument("--size", type=int, default=SIZE, help="side of the letterbox; figures of the definition are those of 640")
    parser.add_argument("--thresholds", type=float, nargs="+", help="confidence per class for the confusion table")
    parser.add_argument("--json", help="also write the figures here")
    parser.add_argument("sources", nargs="+")
    args = parser.parse_args()
    samples = read_set(*args.sources)[: args.limit or None]
    onnx = args.model.endswith(".onnx")
    run, names = onnx_runner(args.model, args.threads) if onnx else torch_runner(args.model, args.device)
    result = report(evaluate(run, samples, len(names), size=args.size), names, args.thresholds)
    print_tables(result, names)
    if args.json:
        with open(args.json, "w") as out:
            json.dump(result, out, indent=1)


if __name__ == "__main__":
    main()
