#!/usr/bin/env python3
"""What a Python user would build: clips through OpenCV and PyTorch to boxes, as fast as these libraries go.

    python3 benchmarks/peers/pytorch_yolov5.py --streams 8 --seconds 10 CLIP            # frames per second, end to end
    python3 benchmarks/peers/pytorch_yolov5.py --dump boxes.jsonl CLIP                  # boxes of every frame, to compare

Decoding: OpenCV (FFmpeg) in processes of their own, as many as there are cores to use, each filling a ring of frames in shared,
page-locked memory; no frame is pickled or copied on the CPU. Network: the weights of the ONNX file in the PyTorch module of
models/training, FP16, channels last, torch.compile with CUDA graphs; letterbox and box decoding are part of the compiled graph, so
that a batch is one upload and one launch. Batches are formed across streams and are always full. Suppression:
torchvision.ops.batched_nms over a whole batch, on a second CUDA stream, while the next batch is computed.

Needs torch, torchvision, opencv-python-headless, onnx and numpy; the measurement needs a GPU.
"""

from __future__ import annotations

import argparse
import ast
import json
import mmap
import multiprocessing
import os
import sys
import time
from pathlib import Path

import cv2
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "models" / "training"))

SIZE = 640
PAD = 114 / 255
MAX_DETECTIONS = 300


# ---- decoding ---------------------------------------------------------------------------------------------------------


class Ring:
    """Frames of one decoding process on their way to the GPU: one writer, one reader, counters in shared memory, no locks."""

    def __init__(self, depth: int, height: int, width: int):
        self.depth = depth
        self.memory = mmap.mmap(-1, depth * height * width * 3)  # shared with the processes forked later
        self.frames = np.frombuffer(self.memory, np.uint8).reshape(depth, height, width, 3)
        self.counters = np.frombuffer(mmap.mmap(-1, mmap.PAGESIZE), np.int64)  # written, read, stop
        self.taken = 0

    @property
    def waiting(self) -> int:
        return int(self.counters[0]) - self.taken

    def take(self) -> int:
        """Slot of the next waiting frame; it stays untouched until `release`."""
        slot = self.taken % self.depth
        self.taken += 1
        return slot

    def release(self, count: int) -> None:
        self.counters[1] += count


def open_clip(path: str, threads: int) -> cv2.VideoCapture:
    capture = cv2.VideoCapture(path, cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, threads])
    if not capture.isOpened():
        raise SystemExit(f"{path}: OpenCV cannot open it")
    return capture


def decode(path: str, streams: int, threads: int, ring: Ring) -> None:
    """Body of a decoding process: plays its streams in turn, in an endless loop."""
    cv2.setNumThreads(1)
    captures = [open_clip(path, threads) for _ in range(streams)]
    while True:
        for i, capture in enumerate(captures):
            while ring.counters[0] - ring.counters[1] >= ring.depth:
                if ring.counters[2]:
                    return
                time.sleep(0.0002)
            if ring.counters[2]:
                return
            slot = ring.frames[int(ring.counters[0]) % ring.depth]
            ok, frame = capture.read(slot)
            if not ok:
                if not capture.set(cv2.CAP_PROP_POS_FRAMES, 0):
                    captures[i] = capture = open_clip(path, threads)
                ok, frame = capture.read(slot)
                if not ok:
                    raise SystemExit(f"{path}: OpenCV decodes no frame")
            if not np.shares_memory(frame, slot):
                slot[:] = frame
            ring.counters[0] += 1


# ---- network ----------------------------------------------------------------------------------------------------------


def load_network(path: str):
    """The PyTorch network with the weights of our ONNX export, whose batch norms are folded into the convolutions, and its labels."""
    import onnx
    import torch
    from onnx import numpy_helper

    from network import STRIDES, ConvUnit, Detector

    model = onnx.load(path)
    weights = {w.name: torch.from_numpy(numpy_helper.to_array(w).astype(np.float32)) for w in model.graph.initializer}
    names = ast.literal_eval({p.key: p.value for p in model.metadata_props}["names"])
    labels = [names[k] for k in sorted(names)]
    variant = {16: "n", 32: "s", 48: "m"}[weights["stem.conv.weight"].shape[0]]
    anchors = torch.stack([weights[f"head{stride}.anchors"].reshape(3, 2) for stride in STRIDES])
    network = Detector(variant, anchors, len(labels))
    for name, unit in network.named_modules():
        if isinstance(unit, ConvUnit):
            conv = torch.nn.Conv2d(
                unit.conv.in_channels, unit.conv.out_channels, unit.conv.kernel_size, unit.conv.stride, unit.conv.padding
            )
            conv.weight.data, conv.bias.data = weights[f"{name}.conv.weight"], weights[f"{name}.conv.bias"]
            unit.conv, unit.norm = conv, torch.nn.Identity()
    for head, stride in zip(network.heads, STRIDES):
        head.weight.data, head.bias.data = weights[f"head{stride}.conv.weight"], weights[f"head{stride}.conv.bias"]
    return network.eval().requires_grad_(False), labels


def pipeline(network, height: int, width: int):
    """uint8 BGR frames [N, H, W, 3] to boxes [N, anchors, 4] (x1, y1, x2, y2 in model pixels), confidences and classes."""
    import torch
    import torch.nn.functional as F

    from network import STRIDES

    scale = min(SIZE / width, SIZE / height)
    inner_w, inner_h = round(width * scale), round(height * scale)
    left, top = (SIZE - inner_w) // 2, (SIZE - inner_h) // 2
    device, kind = next(network.parameters()).device, next(network.parameters()).dtype
    cells = []
    for stride in STRIDES:
        ys, xs = torch.meshgrid(torch.arange(SIZE // stride), torch.arange(SIZE // stride), indexing="ij")
        cells.append(torch.stack((xs, ys), -1).view(1, 1, -1, 2).float().to(device))

    def run(frames):
        pictures = frames.permute(0, 3, 1, 2).flip(1).to(kind)
        pictures = F.interpolate(pictures, size=(inner_h, inner_w), mode="bilinear", align_corners=False) * (1 / 255)
        pictures = F.pad(pictures, (left, SIZE - inner_w - left, top, SIZE - inner_h - top), value=PAD)
        boxes, scores, classes = [], [], []
        for level, raw in enumerate(network(pictures.contiguous(memory_format=torch.channels_last))):
            n, a, k, h, w = raw.shape
            s = raw.float().sigmoid().permute(0, 1, 3, 4, 2).reshape(n, a, h * w, k)
            centre = (2 * s[..., 0:2] - 0.5 + cells[level]) * STRIDES[level]
            half = (2 * s[..., 2:4]) ** 2 * network.anchors[level].view(1, a, 1, 2) / 2
            best = s[..., 5:].max(-1)
            boxes.append(torch.cat((centre - half, centre + half), -1).reshape(n, -1, 4))
            scores.append((s[..., 4] * best.values).reshape(n, -1))
            classes.append(best.indices.reshape(n, -1))
        return torch.cat(boxes, 1), torch.cat(scores, 1), torch.cat(classes, 1)

    return run, (scale, left, top, inner_w / width, inner_h / height)


def suppress(boxes, scores, classes, confidence: float, iou: float):
    """Kept boxes of a batch: rows (picture, x1, y1, x2, y2, confidence, class), by falling confidence within a picture."""
    import torch
    from torchvision.ops import batched_nms

    picture, row = (scores >= confidence).nonzero(as_tuple=True)
    boxes, scores, classes = boxes[picture, row], scores[picture, row], classes[picture, row]
    kept = batched_nms(boxes, scores, picture * 1024 + classes, iou)
    rows = torch.cat((picture[kept, None].float(), boxes[kept], scores[kept, None], classes[kept, None].float()), 1)
    return rows.cpu()


def by_picture(rows, count: int) -> list[np.ndarray]:
    rows = rows.numpy()
    return [rows[rows[:, 0] == i, 1:][:MAX_DETECTIONS] for i in range(count)]


# ---- the two commands -------------------------------------------------------------------------------------------------


def frame_size(path: str) -> tuple[int, int]:
    capture = open_clip(path, 1)
    ok, frame = capture.read()
    if not ok:
        raise SystemExit(f"{path}: OpenCV decodes no frame")
    return frame.shape[0], frame.shape[1]


def on_device(args: argparse.Namespace):
    import torch

    network, labels = load_network(args.model)
    if args.device == "cuda":
        torch.backends.cudnn.benchmark = True
        network = network.half()
        network.anchors = network.anchors.float()
    return network.to(args.device, memory_format=torch.channels_last), labels


def dump(args: argparse.Namespace) -> None:
    """Boxes of every frame, in the format of `helmwatch detect`."""
    import torch

    network, labels = on_device(args)
    height, width = frame_size(args.clip)
    run, (_, left, top, sx, sy) = pipeline(network, height, width)
    capture, number = open_clip(args.clip, os.cpu_count() or 1), 0
    with open(args.dump, "w") as out, torch.inference_mode():
        while True:
            ok, frame = capture.read()
            if not ok:
                break
            rows = suppress(*run(torch.from_numpy(frame[None]).to(args.device)), args.confidence, args.iou)
            found = []
            for x1, y1, x2, y2, confidence, kind in by_picture(rows, 1)[0]:
                box = [(x1 - left) / sx, (y1 - top) / sy, (x2 - left) / sx, (y2 - top) / sy]
                box = [min(max(float(v), 0.0), float(limit)) for v, limit in zip(box, (width, height) * 2)]
                found.append({"label": labels[int(kind)], "confidence": float(confidence), "box": box})
            out.write(json.dumps({"source": args.clip, "frame": number, "width": width, "height": height, "detections": found}) + "\n")
            number += 1
    print(f"{number} frames")


def measure(args: argparse.Namespace) -> dict:
    height, width = frame_size(args.clip)
    processes = args.processes or max(1, min(args.streams, (os.cpu_count() or 2) - 1))
    threads = max(1, (os.cpu_count() or 1) // processes)
    depth = max(4, 3 * -(-args.batch // processes))
    rings = [Ring(depth, height, width) for _ in range(processes)]
    shares = [args.streams // processes + (i < args.streams % processes) for i in range(processes)]
    context = multiprocessing.get_context("fork")  # before CUDA starts in this process
    decoders = [
        context.Process(target=decode, args=(args.clip, share, threads, ring), daemon=True) for share, ring in zip(shares, rings)
    ]
    for decoder in decoders:
        decoder.start()
    try:
        return run_on_gpu(args, rings, height, width, processes, threads)
    finally:
        for ring in rings:
            ring.counters[2] = 1
        for decoder in decoders:
            decoder.join(5)
            if decoder.is_alive():
                decoder.kill()


def run_on_gpu(args: argparse.Namespace, rings: list[Ring], height: int, width: int, processes: int, threads: int) -> dict:
    import torch

    cuda = args.device == "cuda"
    network, _ = on_device(args)
    run, _ = pipeline(network, height, width)
    if args.compile != "none":
        run = torch.compile(run, mode=args.compile, fullgraph=True, dynamic=False)
    pinned = [torch.from_numpy(ring.frames) for ring in rings]
    if cuda:
        for frames in pinned:
            code = torch.cuda.cudart().cudaHostRegister(frames.data_ptr(), frames.numel(), 0)
            if int(code) != 0:
                raise SystemExit(f"cudaHostRegister failed: {code}")
    stream = torch.cuda.Stream() if cuda else None
    copier = torch.cuda.Stream() if cuda else None
    boxes_stream = torch.cuda.Stream() if cuda else None
    inputs = [torch.empty((args.batch, height, width, 3), dtype=torch.uint8, device=args.device) for _ in range(2)]

    def gather(batch, since):
        """A full batch from whatever rings have frames; uploads while it waits for more. Returns how many came from each ring."""
        used, filled, first = [0] * len(rings), 0, since % len(rings)
        while filled < args.batch:
            idle = True
            for i in range(len(rings)):
                r = (first + i) % len(rings)
                if rings[r].waiting and filled < args.batch:
                    batch[filled].copy_(pinned[r][rings[r].take()], non_blocking=True)
                    used[r] += 1
                    filled += 1
                    idle = False
            if idle:
                time.sleep(0.00005)
        return used

    class Flight:
        """A batch under way."""

    def launch(k: int) -> Flight:
        flight = Flight()
        if not cuda:
            flight.used = gather(inputs[k % 2], k)
            flight.outputs = run(inputs[k % 2])
            return flight
        with torch.cuda.stream(copier):
            if k >= 2:
                copier.wait_event(flights[k % 2].computed)  # the input is free again
            flight.used = gather(inputs[k % 2], k)
            flight.uploaded = torch.cuda.Event()
            flight.uploaded.record(copier)
        with torch.cuda.stream(stream):
            stream.wait_event(flight.uploaded)
            torch.compiler.cudagraph_mark_step_begin()
            # Copies, since the next run of the graph writes to the same place.
            flight.outputs = tuple(t.clone() for t in run(inputs[k % 2]))
            flight.computed = torch.cuda.Event()
            flight.computed.record(stream)
        return flight

    def finish(flight: Flight) -> int:
        if cuda:
            flight.uploaded.synchronize()
        for ring, used in zip(rings, flight.used):
            ring.release(used)
        if cuda:
            with torch.cuda.stream(boxes_stream):
                boxes_stream.wait_event(flight.computed)
                rows = suppress(*flight.outputs, args.confidence, args.iou)
            for tensor in flight.outputs:
                tensor.record_stream(boxes_stream)
        else:
            rows = suppress(*flight.outputs, args.confidence, args.iou)
        return sum(map(len, by_picture(rows, args.batch)))

    flights: dict[int, Flight] = {}
    found = frames = k = 0
    begun = compiled = None
    started = time.perf_counter()
    with torch.inference_mode():
        while True:
            flights[k % 2] = launch(k)
            if k >= 1:
                count = finish(flights[(k - 1) % 2])
                if begun is not None:
                    found += count
                    frames += args.batch
            k += 1
            now = time.perf_counter()
            if begun is None and k >= 12 and compiled is None:
                compiled = now - started
                if cuda:
                    torch.cuda.synchronize()
                begun = time.perf_counter()
            if begun is not None and now - begun >= args.seconds:
                break
        seconds = time.perf_counter() - begun
    return {
        "peer": f"PyTorch {torch.__version__}, OpenCV {cv2.__version__}",
        "clip": args.clip,
        "model": args.model,
        "streams": args.streams,
        "processes": processes,
        "threadsPerDecoder": threads,
        "batch": args.batch,
        "compile": args.compile,
        "fps": frames / seconds,
        "detectionsPerFrame": found / max(1, frames),
        "secondsToCompile": compiled,
    }


def main() -> None:
    root = Path(__file__).resolve().parents[2]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip", metavar="CLIP")
    parser.add_argument("--model", default=str(root / "models" / "helmet-yolov5n.onnx"), help="our ONNX export, whose weights are taken")
    parser.add_argument("--streams", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--processes", type=int, default=0, help="decoding processes; by default one a stream, at most the cores less one")
    parser.add_argument("--compile", default="reduce-overhead", choices=["max-autotune", "reduce-overhead", "default", "none"])
    parser.add_argument("--confidence", type=float, default=0.25)
    parser.add_argument("--iou", type=float, default=0.45)
    parser.add_argument("--device", default="cuda", choices=["cuda", "cpu"])
    parser.add_argument("--dump", metavar="FILE", help="write the boxes of every frame as JSON lines instead of measuring")
    args = parser.parse_args()
    if args.dump:
        dump(args)
    else:
        print(json.dumps(measure(args)), flush=True)


if __name__ == "__main__":
    main()
