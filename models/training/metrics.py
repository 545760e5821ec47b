"""Detections from the network's output, and average precision. The definition stands in models/README.md, word for word.

Pure NumPy, so that it runs wherever the output comes from (PyTorch or ONNX Runtime) and can be read beside the Java one.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

CONFIDENCE_FLOOR = 0.001
NMS_IOU = 0.6
MAX_DETECTIONS = 300
IOU_THRESHOLDS = np.arange(10) * 0.05 + 0.5
RECALL_POINTS = np.arange(101) / 100
SIZES = {"small": (0.0, 32.0**2), "medium": (32.0**2, 96.0**2), "large": (96.0**2, float("inf"))}


def box_iou(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """IoU of every box of `a` [N, 4] with every box of `b` [M, 4] (x1, y1, x2, y2)."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    overlap = np.clip(high - low, 0, None).prod(-1)
    area_a = (a[:, 2:] - a[:, :2]).prod(-1)
    area_b = (b[:, 2:] - b[:, :2]).prod(-1)
    return overlap / np.maximum(area_a[:, None] + area_b[None] - overlap, 1e-9)


def suppress(boxes: np.ndarray, limit: float) -> list[int]:
    """Greedy suppression of boxes already in order of confidence: a box goes if its IoU with a kept one is above `limit`."""
    kept, left = [], np.arange(len(boxes))
    while len(left):
        first, rest = left[0], left[1:]
        kept.append(first)
        if not len(rest):
            break
        left = rest[box_iou(boxes[first : first + 1], boxes[rest])[0] <= limit]
    return kept


def detections(output: np.ndarray, floor: float = CONFIDENCE_FLOOR, candidates: int | None = None) -> np.ndarray:
    """Rows (x1, y1, x2, y2, confidence, class) in model pixels from one picture's output [anchors, 5 + classes].

    Every anchor gives its best class only; confidence = objectness * class score.
    """
    return detections_and_rows(output, floor, candidates)[0]


def detections_and_rows(output: np.ndarray, floor: float, candidates: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """The detections, and the rows of the output that they come from."""
    kind = output[:, 5:].argmax(1)
    score = output[:, 4] * output[np.arange(len(output)), 5 + kind]
    above = np.flatnonzero(score >= floor)
    above = above[np.argsort(-score[above], kind="stable")][:candidates]
    rows = output[above]
    boxes = np.concatenate((rows[:, :2] - rows[:, 2:4] / 2, rows[:, :2] + rows[:, 2:4] / 2), 1)
    found, classes = np.concatenate((boxes, score[above, None]), 1), kind[above]
    kept = []
    for k in np.unique(classes):
        of_class = np.flatnonzero(classes == k)
        kept += [of_class[i] for i in suppress(found[of_class, :4], NMS_IOU)]
    kept = sorted(kept)[:MAX_DETECTIONS]
    return np.concatenate((found[kept], classes[kept, None]), 1).astype(np.float32).reshape(-1, 6), rows[kept]


@dataclass
class Evaluation:
    """Collects pictures; `found` rows are detections in source pixels, `truth` rows (class, x1, y1, x2, y2)."""

    classes: int
    pictures: list[tuple[np.ndarray, np.ndarray]] = field(default_factory=list)

    def add(self, found: np.ndarray, truth: np.ndarray) -> None:
        self.pictures.append((found, truth))

    def average_precision(self, kind: int, low: float = 0.0, high: float = float("inf")) -> np.ndarray:
        """AP per IoU threshold for one class; NaN without objects. Objects outside [low, high) px² are ignored, not missed."""
        scores, hits, ignored, total = [], [], [], 0
        for found, truth in self.pictures:
            boxes = truth[truth[:, 0] == kind, 1:]
            area = (boxes[:, 2:] - boxes[:, :2]).prod(-1)
            counted = (area >= low) & (area < high)
            boxes, counted = np.concatenate((boxes[counted], boxes[~counted])), np.sort(~counted)
            counted = ~counted
            total += int(counted.sum())
            dets = found[found[:, 5] == kind]
            if not len(dets):
                continue
            area = (dets[:, 2:4] - dets[:, :2]).prod(-1)
            outside = (area < low) | (area >= high)
            hit, skip = self._match(dets[:, :4], boxes, counted)
            scores.append(dets[:, 4])
            hits.append(hit)
            ignored.append(skip | (~hit & outside))
        if total == 0:
            return np.full(len(IOU_THRESHOLDS), np.nan)
        if not scores:
            return np.zeros(len(IOU_THRESHOLDS))
        order = np.argsort(-np.concatenate(scores), kind="stable")
        hit, skip = np.concatenate(hits, 1)[:, order], np.concatenate(ignored, 1)[:, order]
        return np.array([_area_under(h[~s], total) for h, s in zip(hit, skip)])

    @staticmethod
    def hits(found: np.ndarray, truth: np.ndarray) -> np.ndarray:
        """Which detections of one picture take an object of their class at IoU 0.5."""
        hit = np.zeros(len(found), bool)
        for kind in np.unique(found[:, 5]):
            mine = np.flatnonzero(found[:, 5] == kind)
            boxes = truth[truth[:, 0] == kind, 1:]
            hit[mine] = Evaluation._match(found[mine, :4], boxes, np.ones(len(boxes), bool))[0][0]
        return hit

    @staticmethod
    def _match(dets: np.ndarray, boxes: np.ndarray, counted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Greedy in order of confidence: each detection takes the free object of largest IoU, counted objects first."""
        hit = np.zeros((len(IOU_THRESHOLDS), len(dets)), bool)
        skip = np.zeros_like(hit)
        if not len(boxes):
            return hit, skip
        iou = box_iou(dets, boxes)
        for t, threshold in enumerate(IOU_THRESHOLDS):
            free = np.ones(len(boxes), bool)
            for d in np.flatnonzero(iou.max(1) >= threshold):
                for group in (free & counted, free & ~counted):
                    best = np.where(group, iou[d], -1)
                    g = int(best.argmax())
                    if best[g] >= threshold:
                        free[g] = False
                        hit[t, d], skip[t, d] = counted[g], not counted[g]
                        break
        return hit, skip

    def summary(self, names: list[str]) -> dict:
        """AP at 0.5 and over 0.5:0.95 per class, mean over classes, and per size."""
        result = {"pictures": len(self.pictures), "classes": {}, "sizes": {}}
        for k, name in enumerate(names):
            ap = self.average_precision(k)
            count = sum(int((truth[:, 0] == k).sum()) for _, truth in self.pictures)
            result["classes"][name] = {"objects": count, "ap50": float(ap[0]), "ap": float(ap.mean())}
        for size, (low, high) in SIZES.items():
            result["sizes"][size] = {}
            for k, name in enumerate(names):
                ap = self.average_precision(k, low, high)
                areas = [(t[:, 3:] - t[:, 1:3]).prod(-1)[t[:, 0] == k] for _, t in self.pictures]
                count = int(sum(((a >= low) & (a < high)).sum() for a in areas))
                result["sizes"][size][name] = {"objects": count, "ap50": float(ap[0]), "ap": float(ap.mean())}
        result["map50"], result["map"] = self.mean_ap(names, result)
        return result

    def quick(self) -> tuple[list[float], float, float]:
        """AP at 0.5 per class, mAP at 0.5, mAP over 0.5:0.95."""
        aps = np.stack([self.average_precision(k) for k in range(self.classes)])
        return aps[:, 0].tolist(), float(np.nanmean(aps[:, 0])), float(np.nanmean(aps))

    @staticmethod
    def mean_ap(names: list[str], result: dict) -> tuple[float, float]:
        rows = result["classes"].values()
        return float(np.nanmean([r["ap50"] for r in rows])), float(np.nanmean([r["ap"] for r in rows]))

    def curve(self, kind: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Confidence, precision, recall at IoU 0.5 in falling order of confidence."""
        scores, hits, total = [], [], 0
        for found, truth in self.pictures:
            boxes = truth[truth[:, 0] == kind, 1:]
            total += len(boxes)
            dets = found[found[:, 5] == kind]
            scores.append(dets[:, 4])
            hits.append(self._match(dets[:, :4], boxes, np.ones(len(boxes), bool))[0][0])
        scores, hits = np.concatenate(scores), np.concatenate(hits)
        order = np.argsort(-scores, kind="stable")
        true = np.cumsum(hits[order])
        return scores[order], true / np.arange(1, len(order) + 1), true / max(1, total)

    def confidence_for_precision(self, kind: int, wanted: float) -> tuple[float, float, float]:
        """Lowest confidence (in steps of 0.01) from which precision is at least `wanted`; with precision and recall there."""
        scores, precision, recall = self.curve(kind)
        for confidence in np.arange(5, 100) / 100:
            count = int((scores >= confidence).sum())
            if count and precision[count - 1] >= wanted:
                return float(confidence), float(precision[count - 1]), float(recall[count - 1])
        return 1.0, float("nan"), 0.0

    def confusion(self, confidences: list[float]) -> np.ndarray:
        """Rows: true class, last row nothing there. Columns: reported class, last column nothing reported.

        Detections at or above their class's confidence; where two classes claim one object (IoU at least 0.5), the more
        confident detection takes it.
        """
        table = np.zeros((self.classes + 1, self.classes + 1), int)
        limits = np.asarray(confidences)
        for found, truth in self.pictures:
            dets = found[found[:, 4] >= limits[found[:, 5].astype(int)]]
            dets = dets[np.argsort(-dets[:, 4], kind="stable")]
            free = np.ones(len(truth), bool)
            iou = box_iou(dets[:, :4], truth[:, 1:]) if len(truth) else np.zeros((len(dets), 0))
            for d, det in enumerate(dets):
                best = np.where(free, iou[d], -1) if len(truth) else np.array([-1.0])
                g = int(best.argmax())
                if best[g] >= 0.5:
                    free[g] = False
                    table[int(truth[g, 0]), int(det[5])] += 1
                else:
                    table[-1, int(det[5])] += 1
            for kind in truth[free, 0].astype(int):
                table[kind, -1] += 1
        return table


def _area_under(hits: np.ndarray, total: int) -> float:
    """Mean of the interpolated precision at the recalls 0, 0.01, ..., 1 (the COCO rule)."""
    true = np.cumsum(hits)
    recall = true / total
    precision = true / np.arange(1, len(hits) + 1)
    precision = np.maximum.accumulate(precision[::-1])[::-1] if len(precision) else precision
    at = np.searchsorted(recall, RECALL_POINTS, side="left")
    return float(np.where(at < len(precision), precision[np.minimum(at, len(precision) - 1)], 0.0).mean()) if len(hits) else 0.0
