#!/usr/bin/env python3
"""Trains detectors from random weights; several variants at once share the augmented batches.

    python3 train.py --variant n --train packed/train --val packed/val --out runs --epochs 300
    python3 train.py --variant n s --train packed/train --val packed/val --out runs --minutes 18   # fit a time window
    python3 train.py ... --shapes 640x640:0.6 384x640:0.25 832x832:0.15                        # height x width : share
    python3 train.py ... --clips ../demo-clip/yard.mp4 ../demo-clip/ramp.mp4                     # watch clips that are not trained on
    python3 train.py --variant m --init ../helmet-yolov5s.onnx ...                             # a wider network from a narrower one
    python3 train.py ... --resume                                                              # go on from runs/*/last.pt
    python3 train.py --variant n --init ../helmet-yolov5n.onnx --teacher ../helmet-yolov5m.onnx ...  # learns from a larger network too
    python3 train.py ... --gpus 2                                                              # two GPUs, each with batches of --batch

Writes out/VARIANT/last.pt, best.pt (best on the validation set) and log.csv; `curves.py` draws the log.
"""

from __future__ import annotations

import argparse
import copy
import csv
import math
import multiprocessing
import os
import time
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.pool import AsyncResult
from pathlib import Path

import numpy as np
import torch
from torch import nn

import anchors as anchor_fit
from augment import Augmenter, PictureBank
from clips import Clip, summary
from data import Letterbox, Sample, decode_all, digest, read_set
from evaluate import truth_boxes
from loss import assign, detection_loss, distillation_loss
from metrics import Evaluation, detections
from network import VARIANTS, Detector, parameter_count
from restore import start_from
from teacher import Teacher
from team import Team, free_port

NAMES = ["helmet", "head"]
LOG_FIELDS = ["step", "epoch", "minutes", "progress", "lr", "box", "object", "class", "teacher", "pictures_per_s", "helmet50", "head50", "map50", "map"]
CLOSING_FROM = 0.88  # the last part of the training shows mostly whole pictures, as in use (Ge et al. 2021, YOLOX)
FIRST_STEPS = 20  # after these the log says how fast it is
PIXELS = 640 * 640  # a batch of another shape holds as many pixels as one of this


class Averaged:
    """Exponential moving average of weights and statistics."""

    def __init__(self, model: nn.Module, decay: float = 0.9998, ramp: float = 2000):
        self.model = copy.deepcopy(model).eval().requires_grad_(False)
        self.decay, self.ramp, self.updates = decay, ramp, 0
        pairs = list(zip(self.model.state_dict().values(), model.state_dict().values()))
        self.mine = [a for a, _ in pairs if a.is_floating_point()]
        self.theirs = [b.detach() for _, b in pairs if b.is_floating_point()]

    @torch.no_grad()
    def update(self) -> None:
        self.updates += 1
        d = self.decay * (1 - math.exp(-self.updates / self.ramp))
        torch._foreach_mul_(self.mine, d)
        torch._foreach_add_(self.mine, self.theirs, alpha=1 - d)


class Validation:
    """The validation set, letterboxed once and kept on the device; suppression and matching run in other processes."""

    def __init__(self, samples: list[Sample], size: int, device: torch.device, workers: int = 2):
        pictures = decode_all(samples, workers=16)
        fits = [Letterbox.fit(p.shape[1], p.shape[0], size) for p in pictures]
        truth = [truth_boxes(s, p.shape[1], p.shape[0]) for s, p in zip(samples, pictures)]
        stacked = np.stack([f.apply(p, size) for f, p in zip(fits, pictures)])
        self.images = torch.from_numpy(stacked).permute(0, 3, 1, 2).contiguous().to(device)
        self.pool = multiprocessing.get_context("spawn").Pool(workers, _remember, (fits, truth))

    @torch.no_grad()
    def start(self, model: Detector, batch: int = 50, candidates: int = 400) -> AsyncResult:
        """Runs the network; the result (AP at 0.5 per class, mAP at 0.5, mAP at 0.5:0.95) comes later."""
        rows = []
        for begin in range(0, len(self.images), batch):
            images = self.images[begin : begin + batch].float() / 255
            output = model.decode(model(images.to(memory_format=torch.channels_last)))
            score = output[..., 4] * output[..., 5:].amax(-1)
            top = score.topk(min(candidates, score.shape[1]), dim=1).indices
            rows.append(output.gather(1, top[..., None].expand(-1, -1, output.shape[2])).cpu().numpy())
        return self.pool.apply_async(_judge, (np.concatenate(rows),))


@torch.no_grad()
def run_clip(clip: Clip, model: Detector, device: torch.device, batch: int = 32) -> dict:
    """What the network in training does to the frames of a clip."""
    outputs = []
    for begin in range(0, len(clip.frames), batch):
        images = torch.from_numpy(clip.frames[begin : begin + batch]).to(device).permute(0, 3, 1, 2).float() / 255
        outputs.append(model.decode(model(images.contiguous(memory_format=torch.channels_last))).cpu().numpy())
    return clip.judge(np.concatenate(outputs))


_remembered: tuple[list, list] = ([], [])


def _remember(fits: list[Letterbox], truth: list[np.ndarray]) -> None:
    global _remembered
    _remembered = fits, truth


def _judge(rows: np.ndarray) -> tuple[list[float], float, float]:
    result = Evaluation(rows.shape[2] - 5)
    for output, fit, truth in zip(rows, *_remembered):
        found = detections(output)
        found[:, :4] = fit.to_source(found[:, :4])
        result.add(found, truth)
    return result.quick()


class PlainBatches:
    """Letterboxed pictures without augmentation: for checking that the loop can overfit a handful."""

    def __init__(self, samples: list[Sample], size: int, device: torch.device):
        pictures = decode_all(samples)
        fits = [Letterbox.fit(p.shape[1], p.shape[0], size) for p in pictures]
        stacked = np.stack([f.apply(p, size) for f, p in zip(fits, pictures)])
        self.images = torch.from_numpy(stacked).permute(0, 3, 1, 2).to(device).float() / 255
        self.targets = []
        for s, f in zip(samples, fits):
            w, h = f.source_width * f.scale, f.source_height * f.scale
            rows = s.labels * np.array([1, w, h, w, h]) + np.array([0, f.pad_x, f.pad_y, 0, 0])
            self.targets.append(torch.from_numpy(rows).float().to(device))

    def draw(self, batch: int, closing: bool = False, shape: tuple[int, int] | None = None):
        pick = torch.randperm(len(self.images))[:batch].tolist()
        rows = [torch.cat((torch.full((len(self.targets[p]), 1), float(i), device=self.images.device), self.targets[p]), 1)
                for i, p in enumerate(pick)]  # fmt: skip
        return self.images[pick], torch.cat(rows)


class Shapes:
    """Heights and widths of the batches: which comes next, and how many pictures it holds. `early` has shares of its own up to `until`."""

    def __init__(self, specifications: list[str], batch: int, seed: int, early: list[str] | None = None, until: float = 0.0):
        later, earlier = self._shares(specifications), self._shares(early or specifications)
        self.shapes = list(dict.fromkeys((*later, *earlier)))
        if any(side % 32 for shape in self.shapes for side in shape):
            raise ValueError(f"expected heights and widths that are multiples of 32, found {self.shapes}")
        self.shares = [np.array([part.get(shape, 0.0) for shape in self.shapes]) for part in (earlier, later)]
        self.until, self.random = until, np.random.default_rng(seed)
        self.batches = [max(8, round(batch * PIXELS / (h * w) / 8) * 8) for h, w in self.shapes]

    @staticmethod
    def _shares(specifications: list[str]) -> dict[tuple[int, int], float]:
        pairs = [s.split(":") for s in specifications]
        return {tuple(int(v) for v in size.split("x")): float(share) for size, share in pairs}

    def draw(self, progress: float = 1.0) -> tuple[tuple[int, int], int]:
        share = self.shares[progress >= self.until]
        k = self.random.choice(len(self.shapes), p=share / share.sum())
        return self.shapes[k], self.batches[k]


class Prefetch:
    """Prepares the next batch on a stream of its own while the networks learn from the last one."""

    def __init__(self, source, shapes: Shapes, anchors: torch.Tensor, device: torch.device):
        self.source, self.shapes, self.anchors = source, shapes, anchors
        self.side = torch.cuda.Stream() if device.type == "cuda" else None
        if self.side is not None:
            self.side.wait_stream(torch.cuda.current_stream())
        self.progress, self.ready = 0.0, None

    def prepare(self) -> None:
        shape, batch = self.shapes.draw(self.progress)
        with torch.no_grad(), torch.cuda.stream(self.side):  # without CUDA a context that does nothing
            images, targets = self.source.draw(batch, self.progress > CLOSING_FROM, shape)
            positives = assign(targets, self.anchors, shape)
            self.ready = shape, images.contiguous(memory_format=torch.channels_last), positives

    def take(self):
        if self.ready is None:
            self.prepare()
        batch, self.ready = self.ready, None
        if self.side is not None:
            torch.cuda.current_stream().wait_stream(self.side)
            for tensor in (batch[1], *(t for level in batch[2] for t in level)):
                tensor.record_stream(torch.cuda.current_stream())
        return batch


def sampling_weights(samples: list[Sample], extra: list[Sample], head_boost: float, extra_share: float) -> torch.Tensor:
    """Pictures with a bare head are drawn `head_boost` times as often; the extra pictures make up `extra_share`."""
    base = torch.tensor([head_boost if (s.labels[:, 0] == 1).any() else 1.0 for s in samples])
    base = base / base.sum() * (1 - extra_share if extra else 1)
    return torch.cat((base, torch.full((len(extra),), extra_share / max(1, len(extra)))))


def make_optimizer(model: nn.Module, kind: str, decay: float, fused: bool = False) -> torch.optim.Optimizer:
    decayed = [m.weight for m in model.modules() if isinstance(m, nn.Conv2d)]
    known = {id(p) for p in decayed}
    rest = [p for p in model.parameters() if id(p) not in known]
    groups = [{"params": decayed, "weight_decay": decay}, {"params": rest, "weight_decay": 0.0}]
    if kind == "adamw":
        return torch.optim.AdamW(groups, lr=1e-3, betas=(0.9, 0.99))
    return torch.optim.SGD(groups, lr=0.01, momentum=0.937, nesterov=True, **({"fused": True} if fused else {}))


def learning_rate(peak: float, step: int, warmup: int, progress: float, floor: float = 0.01) -> float:
    if step < warmup:
        return peak * (step + 1) / warmup
    return peak * (floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * min(1.0, progress))))


def graphed(model: Detector, shapes: Shapes) -> dict:
    """The network's forward and backward pass as CUDA graphs: on a slow host launching kernels costs more than running them.

    One pair for each shape. Capturing runs the network, so the statistics of its batch norms are put back afterwards.
    """
    statistics = {k: v.clone() for k, v in model.named_buffers()}
    passes = {}
    for (high, wide), batch in sorted(zip(shapes.shapes, shapes.batches), key=lambda s: -s[1] * s[0][0] * s[0][1]):
        sample = torch.rand(batch, 3, high, wide, device="cuda").to(memory_format=torch.channels_last)
        with torch.autocast("cuda", dtype=torch.bfloat16, cache_enabled=False):
            passes[high, wide] = torch.cuda.make_graphed_callables(model, (sample,)).forward
        del model.forward  # the graphs replace the method; the class's own comes back
    for name, value in model.named_buffers():
        value.copy_(statistics[name])
    return passes


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--variant", nargs="+", default=["n"], choices=list(VARIANTS), help="several share their batches")
    parser.add_argument("--train", nargs="+", required=True)
    parser.add_argument("--val", nargs="+", required=True)
    parser.add_argument("--extra", nargs="*", default=[], help="further pictures, such as renders, with their own share")
    parser.add_argument("--extra-share", type=float, default=0.08)
    parser.add_argument("--clips", nargs="*", type=Path, default=[], help="rendered clips to look at with every validation")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=300)
    parser.add_argument("--minutes", type=float, default=0, help="instead of epochs: end after this time")
    parser.add_argument("--deadline", type=float, default=0, help="instead of minutes: end at this time (seconds since 1970)")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--optimizer", default="sgd", choices=["sgd", "adamw"])
    parser.add_argument("--lr", type=float, default=0.01)
    parser.add_argument("--decay", type=float, default=5e-4)
    parser.add_argument("--ema", type=float, default=0.9998, help="decay of the averaged weights")
    parser.add_argument("--warmup", type=int, default=400, help="steps")
    parser.add_argument("--head-boost", type=float, default=2.0)
    parser.add_argument("--evals", type=int, default=20, help="validations over the run")
    parser.add_argument("--init", help="start from this checkpoint (its averaged weights) or exported model, also of a narrower variant; {variant} is replaced")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--teacher", help="checkpoint or exported model of the same anchors whose outputs are learnt too (distillation)")
    parser.add_argument("--teacher-share", type=float, default=0.5, help="its share of the loss; the labels have the rest")
    parser.add_argument("--graph", action="store_true", help="replay the network's two passes as CUDA graphs")
    parser.add_argument("--gpus", type=int, default=1, help="processes that train together, one a GPU; without CUDA on the CPU")
    parser.add_argument("--limit", type=int, default=0, help="only so many pictures, for trying the loop")
    parser.add_argument("--plain", action="store_true", help="no augmentation, for trying the loop")
    parser.add_argument("--size", type=int, default=640, help="other than 640 only with --plain")
    parser.add_argument("--shapes", nargs="+", help="shapes of the batches as HEIGHTxWIDTH:SHARE; without: --size squared")
    parser.add_argument("--early-shapes", nargs="+", help="other shapes and shares for the first part of the training: smaller ones are faster")
    parser.add_argument("--early", type=float, default=0.45, help="share of the training that is the first part")
    parser.add_argument("--anchors", type=float, nargs=18, help="nine widths and heights instead of fitted or restored ones")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


class Student:
    """One network in training: weights, their average, optimiser, log and checkpoints."""

    def __init__(
        self,
        variant: str,
        folder: Path,
        anchors: torch.Tensor,
        pictures: torch.Tensor,
        args: argparse.Namespace,
        device: torch.device,
        shapes: Shapes,
        team: Team,
    ):
        self.variant, self.folder, self.args, self.team = variant, folder, args, team
        self.cuda = device.type == "cuda"
        folder.mkdir(parents=True, exist_ok=True)
        self.model = Detector(variant, anchors, len(NAMES)).to(device)
        self.first = None
        source = Path(args.init.format(variant=variant)) if args.init else folder / "last.pt"
        if source.suffix == ".onnx":
            start_from(str(source), self.model, pictures)
        elif args.init or (args.resume and source.exists()):
            self.first = torch.load(source, map_location=device)
            self.model.load_state_dict(self.first["ema"] if args.init else self.first["model"])
        if args.anchors:
            self.model.anchors.copy_(torch.tensor(args.anchors).view(3, 3, 2))
        self.model = self.model.to(memory_format=torch.channels_last)
        self.anchors = self.model.anchors.clone()
        self.averaged = Averaged(self.model, args.ema)
        self.optimizer = make_optimizer(self.model, args.optimizer, args.decay, fused=self.cuda)
        self.best, self.pending = -1.0, []
        if args.resume and self.first is not None and not args.init:
            self.optimizer.load_state_dict(self.first["optimizer"])
            self.averaged.model.load_state_dict(self.first["ema"])
            self.averaged.updates, self.best = self.first["step"], self.first["best"]
            if (folder / "best.pt").exists():  # the last validation may have come after last.pt was written
                self.best = max(self.best, torch.load(folder / "best.pt", map_location="cpu")["best"])
        self.model.train()
        self.passes = graphed(self.model, shapes) if args.graph else {}
        self.parts = torch.zeros(4, device=device)
        fresh = not (args.resume and (folder / "log.csv").exists())
        self.log = open(folder / "log.csv" if team.first else os.devnull, "w" if fresh else "a", newline="")
        self.writer = csv.DictWriter(self.log, LOG_FIELDS)
        if fresh:
            self.writer.writeheader()

    def learn(self, images: torch.Tensor, positives: list, lr: float, taught: list[torch.Tensor] | None = None) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        with torch.autocast(images.device.type, dtype=torch.bfloat16, enabled=self.cuda, cache_enabled=False):
            maps = self.passes.get(tuple(images.shape[2:]), self.model)(images)
        loss, part = detection_loss(maps, positives, self.anchors)
        if taught is not None:
            other, share = distillation_loss(maps, taught, self.anchors), self.args.teacher_share
            loss = (1 - share) * loss + share * other
            self.parts[3] += other.detach() / len(images)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.team.average(self.model)
        nn.utils.clip_grad_norm_(self.model.parameters(), 10.0)
        self.optimizer.step()
        self.averaged.update()
        self.parts[:3] += part

    def validate(self, validation: Validation, steps: int, state: dict, data_digest: str, row: dict) -> None:
        mean = [round(v, 5) for v in (self.parts / max(1, steps)).tolist()]
        self.parts.zero_()
        averaged = {k: v.detach().cpu().clone() for k, v in self.averaged.model.state_dict().items()}
        checkpoint = {
            "variant": self.variant, "names": NAMES, "ema": averaged, "best": self.best, **state, "data_digest": data_digest,
            "arguments": {k: str(v) for k, v in vars(self.args).items()},
        }  # fmt: skip
        part = self.folder / "last.part"
        torch.save({**checkpoint, "model": self.model.state_dict(), "optimizer": self.optimizer.state_dict()}, part)
        part.replace(self.folder / "last.pt")  # whole at any time, for whoever carries it away
        row = {**row, "box": mean[0], "object": mean[1], "class": mean[2], "teacher": mean[3]}
        self.pending.append((validation.start(self.averaged.model), row, checkpoint))
        self.collect(wait=False)

    def collect(self, wait: bool) -> None:
        """Takes in the validation results that have come, logs them and keeps the best checkpoint."""
        while self.pending and (wait or self.pending[0][0].ready()):
            result, row, checkpoint = self.pending.pop(0)
            per_class, map50, map_all = result.get()
            figures = {"helmet50": per_class[0], "head50": per_class[1], "map50": map50, "map": map_all}
            figures = {k: round(v, 4) for k, v in figures.items()}
            self.writer.writerow({**row, **figures})
            self.log.flush()
            print(self.variant, {**row, **figures}, flush=True)
            fitness = 0.5 * map50 + 0.5 * map_all
            if fitness >= self.best and row["progress"] > CLOSING_FROM:
                self.best = fitness
                torch.save({**checkpoint, "best": fitness, "val": figures}, self.folder / "best.pt")


def train(rank: int, args: argparse.Namespace, port: int = 0) -> None:
    """One process of a training; the first one validates, logs and saves."""
    team = Team(rank, args.gpus, port)
    torch.manual_seed(args.seed + rank)
    device = torch.device(f"cuda:{rank}" if torch.cuda.is_available() else "cpu")
    if device.type == "cuda":
        torch.cuda.set_device(device)
        torch.backends.cudnn.benchmark = True
        torch.set_float32_matmul_precision("high")
        torch.backends.cudnn.allow_tf32 = True

    samples = read_set(*args.train)[: args.limit or None]
    extra = read_set(*args.extra) if args.extra else []
    validation = Validation(samples if args.limit else read_set(*args.val), args.size, device) if team.first else None
    loading = ThreadPoolExecutor(2).map(Clip, args.clips if team.first else [])
    data_digest = digest(samples + extra)
    if args.plain:
        source = PlainBatches(samples, args.size, device)
    else:
        weights = sampling_weights(samples, extra, args.head_boost, args.extra_share)
        source = Augmenter(PictureBank(samples + extra, device), weights)
    clips = list(loading)
    known = args.init or args.anchors
    fitted = torch.ones(9, 2) if known else torch.from_numpy(anchor_fit.fit(anchor_fit.letterboxed_sizes(samples, args.size)))
    shapes = Shapes(args.shapes or [f"{args.size}x{args.size}:1"], args.batch, args.seed, args.early_shapes, args.early)
    first_pictures = source.draw(max(8, min(32, args.batch)), shape=shapes.shapes[0])[0]
    teacher = Teacher(args.teacher, device) if args.teacher else None
    if teacher and args.graph:
        teacher.capture(shapes.shapes, shapes.batches)
    students = [Student(v, args.out / v, fitted, first_pictures, args, device, shapes, team) for v in args.variant]
    anchors = students[0].anchors
    assert all(torch.equal(s.anchors, anchors) for s in students), "networks trained together share their anchors"
    if teacher:
        teacher.check(anchors)
    team.join(device.type == "cuda")
    for student in students:
        team.take_over(student.model, student.averaged.model)
    if team.first:
        sizes = ", ".join(f"{s.variant} {parameter_count(s.model)}" for s in students)
        print(f"parameters: {sizes}; {len(samples)} + {len(extra)} pictures; anchors {anchors.view(-1, 2).tolist()}", flush=True)

    count = len(samples) + len(extra)
    total_steps = args.epochs * math.ceil(count / (args.batch * team.size))
    state = {"step": 0, "spent": 0.0, "pictures": 0, "next_eval": 1 / args.evals}
    if args.resume and students[0].first is not None and not args.init:
        state = {key: students[0].first[key] for key in state}
    if args.deadline:
        args.minutes = max(1e-6, (args.deadline - time.time() + state["spent"]) / 60)  # a time that has passed ends it at once
    prefetch = Prefetch(source, shapes, anchors, device)
    since, since_pictures, since_step, begun = time.time(), state["pictures"], state["step"], time.time() - state["spent"]
    lr = 0.0
    while True:
        progress = team.agreed((time.time() - begun) / (60 * args.minutes) if args.minutes else state["step"] / total_steps)
        done = progress >= 1
        if not done:
            lr = learning_rate(args.lr, state["step"], args.warmup, progress)
            prefetch.progress = progress
            _, images, positives = prefetch.take()
            taught = teacher.maps(images) if teacher else None
            for student in students:
                student.learn(images, positives, lr, taught)
            prefetch.prepare()
            state["step"] += 1
            state["pictures"] += len(images) * team.size
            if team.first and state["step"] == since_step + FIRST_STEPS:
                if device.type == "cuda":
                    torch.cuda.synchronize()
                print(f"first steps: {(state['pictures'] - since_pictures) / (time.time() - since):.0f} pictures/s ({' '.join(args.variant)})", flush=True)
        if done or progress >= state["next_eval"]:
            if device.type == "cuda":
                torch.cuda.synchronize()
            steps = state["step"] - since_step
            rate = (state["pictures"] - since_pictures) / (time.time() - since)
            state["next_eval"] += 1 / args.evals
            state["spent"] = time.time() - begun
            row = {"step": state["step"], "epoch": round(state["pictures"] / count, 2), "minutes": round(state["spent"] / 60, 2), "progress": round(progress, 3),
                   "lr": round(lr, 6), "pictures_per_s": round(rate)}  # fmt: skip
            for student in students if team.first else ():
                student.validate(validation, steps, state, data_digest, row)
                for clip in clips:
                    print(student.variant, summary(clip.name, run_clip(clip, student.averaged.model, device)), flush=True)
            since, since_pictures, since_step = time.time(), state["pictures"], state["step"]
        if done:
            break
    for student in students:
        student.collect(wait=True)
    team.leave()
    if team.first:
        best = ", ".join(f"{s.variant} {s.best:.4f}" for s in students)
        print(f"done: {state['step']} steps, {state['pictures']} pictures, {(time.time() - begun) / 60:.1f} minutes, best {best}")


def main() -> None:
    args = arguments()
    if args.gpus > 1:
        torch.multiprocessing.spawn(train, (args, free_port()), nprocs=args.gpus)
    else:
        train(0, args)


if __name__ == "__main__":
    main()
