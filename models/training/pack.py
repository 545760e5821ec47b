#!/usr/bin/env python3
"""Packs a labelled set into parts small enough for a host that is reached in transfers of limited size.

    python3 pack.py --out packed/train --part-mib 60 data/train-0.tar data/train-1.tar data/train-2.tar
    python3 pack.py --verify packed/train                        # on the host: check what has arrived

Each part is read by itself; `train.py` and `evaluate.py` take the folder. `SHA256SUMS` lists every part.
`--max-side` and `--quality` re-encode larger pictures as JPEG to make the transfer smaller.
"""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path

import cv2

from data import Sample, read_set, write_pack


def shrink(sample: Sample, max_side: int, quality: int) -> Sample:
    """Re-encodes a picture whose longer side is above `max_side`; leaves the others byte for byte."""
    bgr = cv2.cvtColor(sample.decode(), cv2.COLOR_RGB2BGR)
    longest = max(bgr.shape[:2])
    if longest <= max_side:
        return sample
    scale = max_side / longest
    size = (round(bgr.shape[1] * scale), round(bgr.shape[0] * scale))
    bgr = cv2.resize(bgr, size, interpolation=cv2.INTER_AREA)
    ok, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    assert ok
    return Sample(sample.name, data.tobytes(), sample.labels)


def split(samples: list[Sample], limit_bytes: int) -> list[list[Sample]]:
    parts, size = [[]], 0
    for s in samples:
        cost = len(s.encoded) + 64 * (len(s.labels) + 2)  # index entry, generously
        if parts[-1] and size + cost > limit_bytes:
            parts.append([])
            size = 0
        parts[-1].append(s)
        size += cost
    return parts


def verify(folder: Path) -> None:
    for line in (folder / "SHA256SUMS").read_text().splitlines():
        expected, name = line.split("  ")
        part = folder / name
        found = hashlib.sha256(part.read_bytes()).hexdigest() if part.exists() else "missing"
        print(f"{name}: {'ok' if found == expected else f'expected {expected}, found {found}'}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sources", nargs="*", help="folders or tars in YOLO format")
    parser.add_argument("--out", type=Path, help="folder for the parts")
    parser.add_argument("--part-mib", type=float, default=60)
    parser.add_argument("--max-side", type=int, default=0, help="0: keep every picture as it is")
    parser.add_argument("--quality", type=int, default=90)
    parser.add_argument("--verify", type=Path, help="check the parts in this folder against SHA256SUMS and stop")
    args = parser.parse_args()
    if args.verify:
        verify(args.verify)
        return
    if not args.sources or not args.out:
        parser.error("need sources and --out")
    samples = read_set(*args.sources)
    if args.max_side:
        samples = [shrink(s, args.max_side, args.quality) for s in samples]
    args.out.mkdir(parents=True, exist_ok=True)
    sums = []
    for number, part in enumerate(split(samples, int(args.part_mib * 2**20))):
        path = args.out / f"part-{number:02d}.pack"
        write_pack(path, part)
        sums.append(f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n")
        print(f"{path}: {len(part)} pictures, {path.stat().st_size / 2**20:.1f} MiB")
    (args.out / "SHA256SUMS").write_text("".join(sums))


if __name__ == "__main__":
    main()
