#!/usr/bin/env python3
"""Splits the averaged weights of a checkpoint, as FP16, into files small enough to carry, and joins them again.

    python3 parts.py --split runs/m/best.pt --out parts --limit-mb 15
    python3 parts.py --join parts/weights-*.bin --out best.pt          # a checkpoint as export.py and `train.py --init` read it
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path

import torch

KEPT = ("variant", "names", "ema", "data_digest", "step", "pictures", "spent", "val", "arguments")


def split(checkpoint: Path, folder: Path, limit: int) -> list[Path]:
    """Writes as many files of at most `limit` bytes as it takes and returns them."""
    loaded = torch.load(checkpoint, map_location="cpu")
    kept = {k: loaded[k] for k in KEPT if k in loaded}
    kept["ema"] = {k: v.half() if v.is_floating_point() and v.dim() > 1 else v for k, v in kept["ema"].items()}
    buffer = io.BytesIO()
    torch.save(kept, buffer)
    data = buffer.getvalue()
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for number, start in enumerate(range(0, len(data), limit)):
        files.append(folder / f"weights-{number}.bin")
        files[-1].write_bytes(data[start : start + limit])
    return files


def join(files: list[Path], out: Path) -> None:
    out.write_bytes(b"".join(f.read_bytes() for f in sorted(files)))
    torch.load(out, map_location="cpu")  # fails here if a part is missing


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", type=Path)
    parser.add_argument("--join", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--limit-mb", type=float, default=15)
    args = parser.parse_args()
    if args.split:
        for file in split(args.split, args.out, int(args.limit_mb * 1e6)):
            print(f"{file}: {file.stat().st_size / 1e6:.1f} MB")
    elif args.join:
        join(args.join, args.out)
        print(f"{args.out}: {args.out.stat().st_size / 1e6:.1f} MB")
    else:
        parser.error("need --split or --join")


if __name__ == "__main__":
    main()
