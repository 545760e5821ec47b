#!/usr/bin/env python3
"""Checks what a training cannot show by itself: python3 -m unittest, in this folder. A few seconds on a CPU."""

import tempfile
import unittest
from pathlib import Path

import cv2
import numpy as np
import onnx
import torch

from augment import SIZE, PictureBank, compose, jpeg
from data import Letterbox, Sample, digest, read_set, write_pack
from export import build
from loss import assign, complete_iou, detection_loss
from metrics import Evaluation, detections
from network import STRIDES, Detector, parameter_count
from restore import adopt_statistics, load_exported

ANCHORS = [[9, 11], [13, 16], [18, 22], [24, 30], [32, 39], [44, 52], [60, 72], [88, 103], [149, 172]]


def sample(name: str, width: int, height: int, boxes: list[list[float]]) -> Sample:
    """A black picture with a bright rectangle where each box (class, x1, y1, x2, y2) is."""
    picture = np.zeros((height, width, 3), np.uint8)
    rows = []
    for kind, x1, y1, x2, y2 in boxes:
        picture[int(y1) : int(y2), int(x1) : int(x2)] = 255
        rows.append([kind, (x1 + x2) / 2 / width, (y1 + y2) / 2 / height, (x2 - x1) / width, (y2 - y1) / height])
    return Sample(name, cv2.imencode(".png", picture)[1].tobytes(), np.asarray(rows, np.float32).reshape(-1, 5))


class NetworkTest(unittest.TestCase):
    def test_should_have_the_published_parameter_counts(self):
        self.assertEqual([parameter_count(Detector(v, ANCHORS)) for v in "ns"], [1_766_623, 7_025_023])

    def test_should_decode_the_middle_of_the_sigmoid_to_cell_centre_and_anchor(self):
        model = Detector("n", ANCHORS)
        output = model.decode([torch.zeros(1, 3, 7, SIZE // s, SIZE // s) for s in STRIDES])[0]
        self.assertEqual(tuple(output.shape), (25_200, 7))
        second_row = output[SIZE // 8 + 2]
        self.assertEqual(second_row.tolist(), [2.5 * 8, 1.5 * 8, 9, 11, 0.5, 0.5, 0.5])
        self.assertEqual(output[-1].tolist()[:4], [19.5 * 32, 19.5 * 32, 149, 172])

    def test_should_fold_batch_norms(self):
        unit = Detector("n", ANCHORS).eval().stem
        unit.norm.running_mean.normal_()
        unit.norm.running_var.uniform_(0.5, 2)
        x = torch.rand(1, 3, 32, 32)
        weight, bias = unit.folded()
        with torch.no_grad():
            folded = torch.nn.functional.silu(torch.nn.functional.conv2d(x, weight, bias, stride=2, padding=2))
            self.assertLess(float((unit(x) - folded).abs().max()), 1e-5)


class DataTest(unittest.TestCase):
    def test_should_map_a_box_into_the_letterbox_and_back(self):
        for width, height in ((500, 333), (333, 500), (1920, 1080), (640, 640), (17, 900)):
            fit = Letterbox.fit(width, height, SIZE)
            inner = np.array([[0, 0, width, height]], np.float32) * fit.scale
            box = inner + np.array([fit.pad_x, fit.pad_y] * 2, np.float32)
            np.testing.assert_allclose(fit.to_source(box), [[0, 0, width, height]], atol=1e-2)
            self.assertEqual(fit.apply(np.zeros((height, width, 3), np.uint8), SIZE).shape, (SIZE, SIZE, 3))

    def test_should_read_back_what_was_packed(self):
        samples = [sample(f"{i}.png", 40, 30, [[i % 2, 3, 4, 20, 25]]) for i in range(3)] + [sample("9.png", 8, 8, [])]
        with tempfile.TemporaryDirectory() as folder:
            write_pack(Path(folder) / "part-00.pack", samples)
            found = read_set(folder)
        self.assertEqual([s.name for s in found], ["0.png", "1.png", "2.png", "9.png"])
        self.assertEqual(digest(found), digest(samples))


class AugmentTest(unittest.TestCase):
    def test_should_move_boxes_with_the_pixels(self):
        bank = PictureBank([sample("a.png", 500, 330, [[1, 200, 100, 280, 180]])], torch.device("cpu"))
        torch.manual_seed(1)
        images, boxes, valid = compose(bank, torch.zeros(12, 1, dtype=torch.long), 1, (0.6, 1.2))
        seen = 0
        for picture, (_, cx, cy, w, h), ok in zip(images, boxes[:, 0].tolist(), valid[:, 0].tolist()):
            bright = (picture.amin(0) > 0.98).nonzero()
            if not ok or w < 40 or h < 40 or len(bright) == 0 or len(bright) > 3 * w * h:
                continue  # mostly outside, or a white background was drawn
            low, high = bright.amin(0).tolist(), bright.amax(0).tolist()
            self.assertLess(abs((low[1] + high[1] + 1) / 2 - cx), 0.1 * w)
            self.assertLess(abs((low[0] + high[0] + 1) / 2 - cy), 0.1 * h)
            seen += 1
        self.assertGreater(seen, 5)

    def test_should_leave_flat_colour_nearly_alone_in_jpeg(self):
        flat = torch.full((2, 3, SIZE, SIZE), 0.5)
        self.assertLess(float((jpeg(flat) - flat).abs().max()), 0.15)


class RestoreTest(unittest.TestCase):
    def test_should_restore_an_export_to_the_same_network(self):
        torch.manual_seed(0)
        model, restored = Detector("n", ANCHORS).eval(), Detector("n", np.array(ANCHORS) + 1)
        for norm in (m for m in model.modules() if isinstance(m, torch.nn.BatchNorm2d)):
            norm.running_mean.normal_(0, 0.1)
            norm.running_var.uniform_(0.5, 1.5)
        images = torch.rand(2, 3, 128, 128)
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/model.onnx"
            onnx.save(build(model, half=False), path)
            load_exported(path, restored)
        adopt_statistics(restored, images)
        with torch.no_grad():
            expected = model.decode(model(images))
            for mode in (restored.eval(), restored.train()):  # on these pictures training sees the same statistics
                self.assertLess(float((mode.decode(mode(images)) - expected).abs().max()), 1e-2)


class LossTest(unittest.TestCase):
    def test_should_have_no_box_loss_for_equal_boxes(self):
        iou, ciou = complete_iou(torch.tensor([[5.0, 5, 4, 2]]), torch.tensor([[5.0, 5, 4, 2]]))
        self.assertAlmostEqual(float(iou), 1, places=5)
        self.assertAlmostEqual(float(ciou), 1, places=5)

    def test_should_assign_the_cell_and_its_two_nearest_neighbours(self):
        target = torch.tensor([[0, 1, 100.0, 101.0, 13, 16]])  # cell (12, 12), right of and below its centre by 0.5 and 0.6
        picture, anchor, row, col, kind, box = assign(target, torch.tensor(ANCHORS).view(3, 3, 2).float(), SIZE)[0]
        self.assertEqual(set(zip(col.tolist(), row.tolist())), {(12, 12), (12, 13)})
        self.assertEqual(set(anchor.tolist()), {0, 1, 2})
        self.assertEqual(set(kind.tolist()), {1})

    def test_should_learn_nothing_but_emptiness_without_targets(self):
        model = Detector("n", ANCHORS)
        maps = [torch.zeros(1, 3, 7, SIZE // s, SIZE // s, requires_grad=True) for s in STRIDES]
        loss, parts = detection_loss(maps, assign(torch.zeros(0, 6), model.anchors, SIZE), model.anchors)
        loss.backward()
        self.assertEqual(float(parts[0]), 0)
        self.assertGreater(float(parts[1]), 0)


class MetricsTest(unittest.TestCase):
    def test_should_give_one_for_perfect_and_half_for_half(self):
        truth = np.array([[0, 10, 10, 50, 50], [0, 100, 100, 150, 150]], np.float32)
        found = np.array([[10, 10, 50, 50, 0.9, 0], [100, 100, 150, 150, 0.8, 0]], np.float32)
        perfect = Evaluation(1, [(found, truth)]).average_precision(0)
        np.testing.assert_allclose(perfect, 1)
        half = Evaluation(1, [(found[:1], truth)]).average_precision(0)
        np.testing.assert_allclose(half, 51 / 101)

    def test_should_count_a_second_report_of_one_object_as_false(self):
        truth = np.array([[0, 10, 10, 50, 50]], np.float32)
        found = np.array([[10, 10, 50, 50, 0.8, 0], [10, 10, 50, 51, 0.9, 0]], np.float32)
        found = found[np.argsort(-found[:, 4])]
        scores, precision, recall = Evaluation(1, [(found, truth)]).curve(0)
        self.assertEqual(precision.tolist(), [1, 0.5])
        self.assertEqual(recall.tolist(), [1, 1])

    def test_should_suppress_within_a_class_only(self):
        row = [100, 100, 40, 40, 0.9]
        output = np.array([[*row, 0.9, 0], [*row, 0.8, 0], [*row, 0, 0.7], [300, 300, 40, 40, 0.0005, 1, 0]], np.float32)
        found = detections(output)
        self.assertEqual(found[:, 5].tolist(), [0, 1])
        np.testing.assert_allclose(found[:, 4], [0.81, 0.63], rtol=1e-5)

    def test_should_ignore_objects_of_other_sizes(self):
        truth = np.array([[0, 0, 0, 10, 10], [0, 100, 100, 200, 200]], np.float32)
        found = np.array([[100, 100, 200, 200, 0.9, 0], [0, 0, 10, 10, 0.8, 0]], np.float32)
        ap = Evaluation(1, [(found, truth)]).average_precision(0, 0, 32**2)
        np.testing.assert_allclose(ap, 1)


if __name__ == "__main__":
    unittest.main()
