#!/usr/bin/env python3
"""Renders the labelled stills of a training, or the probes, with the renderer in ../demo-clip; all from seeds.

    python3 render_stills.py --yard ../demo-clip/yard --out stills --n 4000 --seed 21 --spp 10    # training
    python3 render_stills.py --yard ../demo-clip/yard --out probes --probes                       # one folder per kind

Training stills become packed parts, as `train.py --extra` reads them. Probes become folders with images, labels and
`truth.jsonl`, as `probe.py` reads them: other seeds, other colours of helmets, clothes and paint than in training.
Every still goes through a JPEG of random quality, some through fewer pixels or smoothing before, as cameras do.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from data import Sample, parse_labels, write_pack

PROBE_SEED = 7001


@dataclass(frozen=True)
class Probe:
    """Stills of one kind: `shot` and `light` as the renderer names them."""

    name: str
    count: int
    shot: str = "any"
    light: str = "any"


PROBES = (
    Probe("group", 80, shot="group"), Probe("close", 120, shot="close"), Probe("far", 30, shot="far"), Probe("above", 70, shot="above"),
    Probe("behind", 70, shot="behind"), Probe("bent", 50, shot="bent"), Probe("things", 160, shot="things"),
    Probe("carried", 80, shot="carried"), Probe("night", 30, light="night"), Probe("infrared", 30, light="infrared"),
    Probe("backlight", 30, light="backlight"), Probe("fog", 30, light="fog"), Probe("rain", 30, light="rain"),
)  # fmt: skip


def render(yard: Path, raw: Path, count: int, jobs: int, options: list[str], gpus: int = 1) -> None:
    """Runs `jobs` renderers at once, each on its part of the stills, in turn on the first `gpus` GPUs."""
    yard = yard.resolve(strict=True)  # a bare name such as "yard" would be looked for on the PATH
    for part in ("images", "labels"):
        (raw / part).mkdir(parents=True, exist_ok=True)
    edges = [round(count * j / jobs) for j in range(jobs + 1)]
    running = []
    for j, (first, end) in enumerate(zip(edges, edges[1:])):
        if end > first:
            truth = raw / f"truth-{j:02d}.jsonl"
            part = ["--from", str(first), "--n", str(end), "--out", str(raw), "--truth", str(truth)]
            environment = {**os.environ, "CUDA_VISIBLE_DEVICES": str(j % gpus)} if gpus > 1 else None
            running.append(subprocess.Popen([str(yard), "stills", *part, *options], env=environment))
    for process in running:
        if process.wait() != 0:
            raise RuntimeError(f"the renderer failed with {process.returncode}")


def encode(source: Path, seed: int) -> bytes:
    """The still as a JPEG: a third smoothed, some with fewer pixels, quality 28 to 92."""
    random = np.random.default_rng([seed, int(source.stem)])
    picture = cv2.imread(str(source))
    if random.random() < 0.35:
        picture = cv2.bilateralFilter(picture, 5, 30, 2)
    if random.random() < 0.15:
        high, wide = picture.shape[:2]
        factor = random.uniform(0.45, 0.8)
        picture = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        picture = cv2.resize(picture, (wide, high), interpolation=cv2.INTER_LINEAR)
    quality = int(random.uniform(28, 92))
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def encode_all(raw: Path, seed: int, workers: int) -> dict[str, bytes]:
    sources = sorted((raw / "images").glob("*.ppm"))
    with ProcessPoolExecutor(workers) as pool:
        encoded = list(pool.map(encode, sources, [seed] * len(sources), chunksize=16))
    return {s.stem: data for s, data in zip(sources, encoded)}


def training_stills(args: argparse.Namespace) -> None:
    raw = args.out / "raw"
    drawn = ["--shot", args.shot, "--light", args.light]
    render(args.yard, raw, args.n, args.jobs, ["--seed", str(args.seed), "--spp", str(args.spp), *drawn], args.gpus)
    samples = []
    for stem, data in encode_all(raw, args.seed, args.workers).items():
        name = f"still_{args.seed}_{stem}.jpg"
        samples.append(Sample(name, data, parse_labels((raw / "labels" / f"{stem}.txt").read_text(), name)))
    truth = "".join(f.read_text() for f in sorted(raw.glob("truth-*.jsonl")))
    (args.out / "truth.jsonl").write_text(truth)
    shutil.rmtree(raw)
    part, size, number = [], 0, 0
    for sample in samples:
        part.append(sample)
        size += len(sample.encoded)
        if size > args.part_mib * 2**20 or sample is samples[-1]:
            write_pack(args.out / f"part-{number:02d}.pack", part)
            part, size, number = [], 0, number + 1
    labels = np.concatenate([s.labels for s in samples])
    print(f"{len(samples)} stills, {(labels[:, 0] == 0).sum()} helmets, {(labels[:, 0] == 1).sum()} heads, "
          f"{sum(len(s.encoded) for s in samples) / 2**20:.1f} MiB in {number} parts")  # fmt: skip


def probe_stills(args: argparse.Namespace) -> None:
    for number, probe in enumerate(PROBES):
        if args.kinds and probe.name not in args.kinds:
            continue
        count = min(probe.count, args.limit or probe.count)
        folder, seed = args.out / probe.name, PROBE_SEED + number
        raw = folder / "raw"
        options = ["--seed", str(seed), "--spp", str(args.spp), "--shot", probe.shot, "--light", probe.light, "--probe"]
        render(args.yard, raw, count, args.jobs, options, args.gpus)
        (folder / "images").mkdir(exist_ok=True)
        for stem, data in encode_all(raw, seed, args.workers).items():
            (folder / "images" / f"{stem}.jpg").write_bytes(data)
        if (folder / "labels").exists():
            shutil.rmtree(folder / "labels")
        (raw / "labels").rename(folder / "labels")
        lines = [line for f in sorted(raw.glob("truth-*.jsonl")) for line in f.read_text().splitlines()]
        (folder / "truth.jsonl").write_text("".join(line + "\n" for line in sorted(lines, key=lambda x: json.loads(x)["still"])))
        shutil.rmtree(raw)
        print(f"{probe.name}: {count} stills", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--yard", type=Path, required=True, help="the compiled renderer")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--probes", action="store_true", help="the probes instead of training stills")
    parser.add_argument("--kinds", nargs="+", choices=[p.name for p in PROBES], help="only these probes")
    parser.add_argument("--limit", type=int, default=0, help="only the first probes of each kind, for trying")
    parser.add_argument("--gpus", type=int, default=1, help="GPUs that the renderers take in turn")
    parser.add_argument("--n", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=21)
    parser.add_argument("--spp", type=int, default=10, help="paths per pixel")
    parser.add_argument("--shot", default="any", help="of all training stills; SHOTS in ../demo-clip/stills.h")
    parser.add_argument("--light", default="any", help="of all training stills; LIGHTS there")
    parser.add_argument("--jobs", type=int, default=6, help="renderers at once")
    parser.add_argument("--workers", type=int, default=16, help="encoders at once")
    parser.add_argument("--part-mib", type=float, default=15)
    args = parser.parse_args()
    (probe_stills if args.probes else training_stills)(args)


if __name__ == "__main__":
    main()
