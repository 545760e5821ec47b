"""Pictures and labels: folders or tars in YOLO format, packed parts, and the letterbox of the evaluation.

A set is a list of `Sample`: encoded picture bytes and its labels [M, 5] (class, centre x, y, width, height, normalised).
"""

from __future__ import annotations

import hashlib
import json
import tarfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

PICTURE_SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp"}
PAD_VALUE = 114


@dataclass
class Sample:
    name: str
    encoded: bytes
    labels: np.ndarray

    def decode(self) -> np.ndarray:
        """The picture as RGB uint8 [H, W, 3]."""
        bgr = cv2.imdecode(np.frombuffer(self.encoded, np.uint8), cv2.IMREAD_COLOR)
        if bgr is None:
            raise ValueError(f"{self.name}: not a picture OpenCV can decode")
        return cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)


def parse_labels(text: str, name: str) -> np.ndarray:
    rows = [[float(v) for v in line.split()] for line in text.splitlines() if line.strip()]
    if any(len(row) != 5 for row in rows):
        raise ValueError(f"{name}: expected 5 numbers a line (class cx cy w h)")
    return np.asarray(rows, np.float32).reshape(-1, 5)


def read_set(*paths: str | Path) -> list[Sample]:
    """Reads folders, tars and packed parts (`*.pack`) into one list, ordered by name."""
    samples: list[Sample] = []
    for path in map(Path, paths):
        if path.is_dir():
            packs = sorted(path.glob("*.pack"))
            samples += [s for p in packs for s in _read_pack(p)] if packs else _read_folder(path)
        elif path.suffix == ".pack":
            samples += _read_pack(path)
        else:
            samples += _read_tar(path)
    if not samples:
        raise ValueError(f"no pictures under {', '.join(map(str, paths))}")
    return sorted(samples, key=lambda s: s.name)


def _pair(pictures: dict[str, bytes], labels: dict[str, str]) -> list[Sample]:
    return [Sample(n, data, parse_labels(labels.get(Path(n).stem, ""), n)) for n, data in sorted(pictures.items())]


def _read_folder(folder: Path) -> list[Sample]:
    files = [f for f in sorted(folder.rglob("*")) if f.is_file()]
    pictures = {f.name: f.read_bytes() for f in files if f.suffix.lower() in PICTURE_SUFFIXES}
    labels = {f.stem: f.read_text() for f in files if f.suffix == ".txt"}
    return _pair(pictures, labels)


def _read_tar(path: Path) -> list[Sample]:
    pictures, labels = {}, {}
    with tarfile.open(path) as tar:
        for member in tar:
            name = Path(member.name)
            if not member.isfile():
                continue
            data = tar.extractfile(member).read()
            if name.suffix.lower() in PICTURE_SUFFIXES:
                pictures[name.name] = data
            elif name.suffix == ".txt":
                labels[name.stem] = data.decode()
    return _pair(pictures, labels)


def write_pack(path: Path, samples: list[Sample]) -> None:
    """One file: length of a JSON index (8 bytes, little endian), the index, then the encoded pictures one after another."""
    index, offset = [], 0
    for s in samples:
        labels = [[int(r[0]), *(round(float(v), 6) for v in r[1:])] for r in s.labels]
        index.append({"name": s.name, "offset": offset, "length": len(s.encoded), "labels": labels})
        offset += len(s.encoded)
    head = json.dumps(index, separators=(",", ":")).encode()
    with open(path, "wb") as out:
        out.write(len(head).to_bytes(8, "little"))
        out.write(head)
        for s in samples:
            out.write(s.encoded)


def _read_pack(path: Path) -> list[Sample]:
    raw = path.read_bytes()
    size = int.from_bytes(raw[:8], "little")
    start = 8 + size
    return [
        Sample(
            e["name"],
            raw[start + e["offset"] : start + e["offset"] + e["length"]],
            np.asarray(e["labels"], np.float32).reshape(-1, 5),
        )
        for e in json.loads(raw[8:start])
    ]


def digest(samples: list[Sample]) -> str:
    """SHA-256 over names, picture bytes and labels in order of name: which pictures a model was trained on."""
    total = hashlib.sha256()
    for s in sorted(samples, key=lambda s: s.name):
        total.update(s.name.encode())
        total.update(hashlib.sha256(s.encoded).digest())
        total.update(np.round(s.labels, 6).astype("<f4").tobytes())
    return total.hexdigest()


@dataclass(frozen=True)
class Letterbox:
    """Scale and pads that fit a picture centred into a square; maps boxes back to source pixels."""

    scale: float
    pad_x: int
    pad_y: int
    source_width: int
    source_height: int

    @staticmethod
    def fit(width: int, height: int, size: int) -> "Letterbox":
        scale = min(size / width, size / height)
        inner_w, inner_h = round(width * scale), round(height * scale)
        return Letterbox(scale, (size - inner_w) // 2, (size - inner_h) // 2, width, height)

    def apply(self, picture: np.ndarray, size: int) -> np.ndarray:
        inner = (round(self.source_width * self.scale), round(self.source_height * self.scale))
        resized = picture if inner == picture.shape[1::-1] else cv2.resize(picture, inner, interpolation=cv2.INTER_LINEAR)
        out = np.full((size, size, 3), PAD_VALUE, np.uint8)
        out[self.pad_y : self.pad_y + inner[1], self.pad_x : self.pad_x + inner[0]] = resized
        return out

    def to_source(self, xyxy: np.ndarray) -> np.ndarray:
        box = (xyxy - np.array([self.pad_x, self.pad_y, self.pad_x, self.pad_y], np.float32)) / self.scale
        box[:, 0::2] = box[:, 0::2].clip(0, self.source_width)
        box[:, 1::2] = box[:, 1::2].clip(0, self.source_height)
        return box


def decode_all(samples: list[Sample], workers: int = 8) -> list[np.ndarray]:
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(Sample.decode, samples))


