#!/usr/bin/env python3
"""Checks what a training cannot show by itself: python3 -m unittest, in this folder. A few seconds on a CPU."""

import os
import tempfile
import unittest
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime
import torch
from onnx import numpy_helper

from augment import Augmenter, Heads, PictureBank, compose, jpeg, paste, veil
from average import average, average_checkpoints
from calibrate import fit as fit_calibration
from calibrate import reliability, rescaled
from compact import compact, stored
from data import Letterbox, Sample, digest, read_set, write_pack
from evaluate import SIZE
from export import build, scale_objectness
from loss import assign, complete_iou, detection_loss, distillation_loss
from metrics import Evaluation, detections
from network import STRIDES, C3, ConvUnit, Detector, parameter_count
from probe import outcome
from parts import join, split
from prune import prune
from render_stills import render
from restore import adopt_statistics, load_exported, start_from
from teacher import Teacher
from team import Team, free_port
from train import Shapes
from widen import widen

ANCHORS = [[9, 11], [13, 16], [18, 22], [24, 30], [32, 39], [44, 52], [60, 72], [88, 103], [149, 172]]


def sample(name: str, width: int, height: int, boxes: list[list[float]]) -> Sample:
    """A black picture with a bright rectangle where each box (class, x1, y1, x2, y2) is."""
    picture = np.zeros((height, width, 3), np.uint8)
    rows = []
    for kind, x1, y1, x2, y2 in boxes:
        picture[int(y1) : int(y2), int(x1) : int(x2)] = 255
        rows.append([kind, (x1 + x2) / 2 / width, (y1 + y2) / 2 / height, (x2 - x1) / width, (y2 - y1) / height])
    return Sample(name, cv2.imencode(".png", picture)[1].tobytes(), np.asarray(rows, np.float32).reshape(-1, 5))


def member(rank: int, port: int, folder: str) -> None:
    """One of two that train a small layer together: writes down what it ended with."""
    torch.manual_seed(rank)
    layer = torch.nn.Conv2d(2, 3, 3).to(memory_format=torch.channels_last)
    team = Team(rank, 2, port)
    team.join(cuda=False)
    team.take_over(layer)
    weight = layer.weight.detach().clone()
    picture = torch.full((1, 2, 3, 3), float(rank + 1))
    layer(picture).sum().backward()
    team.average(layer)
    told = team.agreed(0.25 + rank)
    team.leave()
    torch.save({"weight": weight, "gradient": layer.weight.grad, "told": told}, f"{folder}/{rank}.pt")


class TeamTest(unittest.TestCase):
    def test_should_train_one_network_in_two_processes(self):
        with tempfile.TemporaryDirectory() as folder:
            torch.multiprocessing.spawn(member, (free_port(), folder), nprocs=2)
            one, other = (torch.load(f"{folder}/{rank}.pt") for rank in range(2))
        self.assertTrue(torch.equal(one["weight"], other["weight"]))
        self.assertTrue(torch.equal(one["gradient"], torch.full_like(one["gradient"], 1.5)))  # of pictures of 1 and of 2
        self.assertTrue(torch.equal(other["gradient"], one["gradient"]))
        self.assertEqual((one["told"], other["told"]), (0.25, 0.25))


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

    def test_should_enlarge_the_chosen_head_in_a_shape_that_is_no_square(self):
        bank = PictureBank([sample("a.png", 500, 330, [[0, 10, 10, 30, 34], [1, 200, 100, 240, 148]])], torch.device("cpu"))
        torch.manual_seed(2)
        index, focus = torch.zeros(16, 1, dtype=torch.long), torch.ones(16, dtype=torch.long)
        images, boxes, valid = compose(bank, index, 1, (1.0, 1.0), 0.0, (384, 640), focus)
        self.assertEqual(tuple(images.shape), (16, 3, 384, 640))
        self.assertGreater(float(valid[:, 1].float().mean()), 0.9)
        self.assertGreater(float(boxes[:, 1, 3].max()), 150)
        self.assertTrue(bool((boxes[:, 1, 0] == 1).all()))

    def test_should_paste_a_head_with_its_box_and_forget_what_it_hides(self):
        bank = PictureBank([sample("a.png", 400, 400, [[1, 100, 100, 180, 200]])], torch.device("cpu"))
        torch.manual_seed(3)
        boxes = torch.tensor([[[0, 320.0, 320, 640, 640]]]).repeat(8, 1, 1)
        tiny = torch.cat((boxes, boxes * torch.tensor([1, 1, 1, 0.001, 0.001])), 1)
        heads = Heads(bank, torch.ones(1)).draw(8)
        images, found, valid = paste(bank, torch.zeros(8, 3, SIZE, SIZE), tiny, torch.ones(8, 2, dtype=torch.bool), *heads)
        self.assertEqual(tuple(found.shape), (8, 3, 5))
        self.assertTrue(bool(valid[:, 0].all()), "a large object is not hidden")
        for picture, (kind, cx, cy, w, h) in zip(images, found[:, 2].tolist()):
            self.assertEqual(kind, 1)
            inside = picture[:, int(cy - h / 4) : int(cy + h / 4) + 1, int(cx - w / 4) : int(cx + w / 4) + 1]
            self.assertGreater(float(inside.mean()), 0.6)

    def test_should_draw_batches_of_any_shape(self):
        bank = PictureBank([sample(f"{i}.png", 300, 200, [[i % 2, 50, 50, 90, 100]]) for i in range(4)], torch.device("cpu"))
        for shape in ((384, 640), (128, 96)):
            images, targets = Augmenter(bank, torch.ones(4)).draw(10, shape=shape)
            self.assertEqual(tuple(images.shape), (10, 3, *shape))
            self.assertTrue(bool((targets[:, 2] <= shape[1]).all() and (targets[:, 3] <= shape[0]).all()))

    def test_should_leave_flat_colour_nearly_alone_in_jpeg(self):
        flat = torch.full((2, 3, SIZE, SIZE), 0.5)
        self.assertLess(float((jpeg(flat) - flat).abs().max()), 0.15)

    def test_should_leave_less_contrast_at_the_top_than_at_the_foot_under_a_veil(self):
        stripes = torch.zeros(64, 3, 32, 32)
        stripes[..., ::2] = 1
        veiled = veil(stripes)
        contrast = (veiled[..., ::2] - veiled[..., 1::2]).mean((1, 3))  # [B, rows]
        self.assertTrue((contrast[:, 0] <= contrast[:, -1] + 1e-6).all())
        self.assertTrue((contrast > 0.14).all() and (contrast < 1 + 1e-6).all())
        self.assertLess(float(contrast[:, 0].mean()), 0.5)


class AverageTest(unittest.TestCase):
    def test_should_average_weights_but_not_sizes_that_belong_to_other_anchors(self):
        torch.manual_seed(4)
        first, second = Detector("n", ANCHORS).eval(), Detector("n", np.array(ANCHORS) * np.array([[1]] * 6 + [[1.5]] * 3)).eval()
        mixed = average(build(first, half=False), build(second, half=False), 0.75)
        found = {w.name: numpy_helper.to_array(w) for w in mixed.graph.initializer}
        for level, stride in enumerate(STRIDES):
            mine, other = (m.heads[level].weight.detach().numpy().reshape(3, 7, -1) for m in (first, second))
            rows = found[f"head{stride}.conv.weight"].reshape(3, 7, -1)
            np.testing.assert_allclose(rows[:, 4:], 0.75 * mine[:, 4:] + 0.25 * other[:, 4:], atol=1e-6)
            sizes = mine[:, 2:4] if stride == 32 else 0.75 * mine[:, 2:4] + 0.25 * other[:, 2:4]
            np.testing.assert_allclose(rows[:, 2:4], sizes, atol=1e-6)

    def test_should_average_checkpoints_as_it_does_their_exports(self):
        torch.manual_seed(0)
        with tempfile.TemporaryDirectory() as folder:
            models = []
            for name, shift in (("new", 1.0), ("old", 1.5)):
                model = Detector("n", torch.tensor(ANCHORS, dtype=torch.float32) * shift).eval()
                for m in model.modules():
                    if isinstance(m, torch.nn.BatchNorm2d):
                        m.running_mean.uniform_(-0.1, 0.1), m.running_var.uniform_(0.5, 1.5)
                        m.weight.data.uniform_(0.5, 1.5), m.bias.data.uniform_(-0.1, 0.1)
                torch.save({"variant": "n", "names": ["helmet", "head"], "ema": model.state_dict()}, f"{folder}/{name}.pt")
                models.append(build(model, half=False))
            expected = {w.name: numpy_helper.to_array(w) for w in average(*models, 0.7).graph.initializer}
            found = Detector("n", torch.ones(9, 2))
            found.load_state_dict(average_checkpoints(f"{folder}/new.pt", f"{folder}/old.pt", 0.7)["ema"])
        for name, unit in found.named_modules():
            if isinstance(unit, ConvUnit):
                weight, bias = unit.folded()
                np.testing.assert_allclose(weight.detach().numpy(), expected[f"{name}.conv.weight"], atol=1e-5)
                np.testing.assert_allclose(bias.detach().numpy(), expected[f"{name}.conv.bias"], atol=1e-5)
        for head, stride in zip(found.heads, STRIDES):
            np.testing.assert_allclose(head.weight.detach().numpy(), expected[f"head{stride}.conv.weight"], atol=1e-6)
            np.testing.assert_allclose(head.bias.detach().numpy(), expected[f"head{stride}.conv.bias"], atol=1e-6)

    def test_should_refuse_models_of_two_variants(self):
        with self.assertRaisesRegex(ValueError, "one variant"):
            average(build(Detector("n", ANCHORS).eval(), False), build(Detector("s", ANCHORS).eval(), False), 0.5)


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


class ExportTest(unittest.TestCase):
    def test_should_compute_the_grids_for_any_shape(self):
        torch.manual_seed(0)
        model = Detector("n", ANCHORS).eval()
        session = onnxruntime.InferenceSession(build(model, half=False).SerializeToString(), providers=["CPUExecutionProvider"])
        for batch, high, wide in ((1, 96, 160), (2, 160, 64)):
            images = torch.rand(batch, 3, high, wide)
            with torch.no_grad():
                expected = model.decode(model(images)).numpy()
            found = session.run(None, {"images": images.numpy()})[0]
            self.assertEqual(found.shape, expected.shape)
            self.assertLess(float(np.abs(found - expected).max()), 1e-2)

    def test_should_put_a_calibration_into_the_objectness_alone(self):
        torch.manual_seed(0)
        model, images = Detector("n", ANCHORS).eval(), torch.rand(1, 3, 64, 64)
        with torch.no_grad():
            before = model.decode(model(images))
            scale_objectness(model, 1.5, 0.25)
            after = model.decode(model(images))
        expected = torch.sigmoid(torch.logit(before[..., 4].double()) * 1.5 + 0.25).float()
        self.assertLess(float((after[..., 4] - expected).abs().max()), 1e-5)
        self.assertEqual(float((after[..., 5:] - before[..., 5:]).abs().max()), 0)


class CalibrationTest(unittest.TestCase):
    def test_should_find_the_scaling_that_spoilt_the_confidences(self):
        random = np.random.default_rng(0)
        truth = random.uniform(0.05, 0.98, 20_000)
        right = random.uniform(size=truth.size) < truth
        spoilt = rescaled(truth, np.ones_like(truth), 0.5, -0.4)
        slope, shift = fit_calibration(spoilt, np.ones_like(spoilt), right)
        self.assertAlmostEqual(slope, 2, delta=0.15)
        self.assertAlmostEqual(shift, 0.8, delta=0.15)
        self.assertLess(reliability(rescaled(spoilt, np.ones_like(spoilt), slope, shift), right)[1], 0.02)


class ProbeTest(unittest.TestCase):
    def test_should_let_the_most_confident_report_decide(self):
        found = np.array([[0, 0, 9, 9, 0.6, 0], [0, 0, 9, 9, 0.8, 1]], np.float32)
        self.assertEqual(outcome(found, np.array([0.7, 0.6]), 1), "right")
        self.assertEqual(outcome(found, np.array([0.7, 0.4]), 1), "wrong")
        self.assertEqual(outcome(found, np.array([0.4, 0.4]), 1), "missed")


class WidenTest(unittest.TestCase):
    def test_should_start_a_wider_and_deeper_network_where_the_narrow_one_stands(self):
        torch.manual_seed(3)
        narrow, wide = Detector("n", ANCHORS), Detector("s", [[1, 1]] * 9)
        images = torch.rand(4, 3, 128, 96)
        for unit in (m for m in narrow.modules() if isinstance(m, torch.nn.BatchNorm2d)):
            torch.nn.init.uniform_(unit.weight, 0.5, 2)
            torch.nn.init.normal_(unit.bias, 0, 0.5)
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/narrow.onnx"
            onnx.save(build(narrow.eval(), half=False), path)
            start_from(path, wide, images)
        self.assertEqual(wide.anchors.tolist(), narrow.anchors.tolist())
        with torch.no_grad():
            expected, found = narrow.decode(narrow(images)), wide.eval().decode(wide(images))
        self.assertLess(float((expected - found).abs().max()), 1e-2)

    def test_should_add_blocks_that_change_next_to_nothing(self):
        torch.manual_seed(4)
        narrow, deep = Detector("s", ANCHORS).eval(), Detector("m", ANCHORS).eval()
        images = torch.rand(2, 3, 64, 64)
        widen(narrow, deep, images)
        with torch.no_grad():
            for expected, found in zip(narrow(images), deep(images)):
                self.assertLess(float((expected - found).abs().max()), 0.05 * float(expected.abs().max()))


def lively(model: Detector) -> Detector:
    """The model with gains and biases of its own in its batch norms."""
    for norm in (m for m in model.modules() if isinstance(m, torch.nn.BatchNorm2d)):
        torch.nn.init.uniform_(norm.weight, 0.5, 2)
        torch.nn.init.normal_(norm.bias, 0, 0.5)
    return model.eval()


class PruneTest(unittest.TestCase):
    def test_should_keep_what_the_network_computes_where_the_pruned_channels_do_nothing(self):
        torch.manual_seed(7)
        images = torch.rand(2, 3, 128, 96)
        model = lively(Detector("s", ANCHORS))
        added = {id(b.mix): c.main for c in model.modules() if isinstance(c, C3) for b in c.blocks if b.residual}
        idle: dict[int, torch.Tensor] = {}
        for unit in (m for m in model.modules() if isinstance(m, ConvUnit)):
            count = unit.conv.out_channels
            idle[id(unit)] = idle[id(added[id(unit)])] if id(unit) in added else torch.randperm(count)[: count // 4]
            with torch.no_grad():
                unit.norm.weight[idle[id(unit)]] = 0
                unit.norm.bias[idle[id(unit)]] = 0
        with torch.no_grad():
            expected = model.train()(images)  # with the statistics of these images, which pruning measures too
            found = prune(model, "s75", images)(images)
        for a, b in zip(expected, found):
            self.assertLess(float((a - b).abs().max()), 1e-3 * float(a.abs().max()))

    def test_should_refuse_a_variant_of_another_depth(self):
        with self.assertRaisesRegex(ValueError, "as deep as m"):
            prune(Detector("m", ANCHORS), "s75", torch.rand(1, 3, 64, 64))


class TeacherTest(unittest.TestCase):
    def test_should_give_what_the_trained_network_gives(self):
        torch.manual_seed(8)
        images = torch.rand(2, 3, 64, 96)
        model = lively(Detector("n", ANCHORS))
        with tempfile.TemporaryDirectory() as folder:
            torch.save({"variant": "n", "names": ["helmet", "head"], "ema": model.state_dict(), "data_digest": "0"}, f"{folder}/best.pt")
            onnx.save(build(model, half=False), f"{folder}/model.onnx")
            teachers = [Teacher(f"{folder}/{name}", torch.device("cpu")) for name in ("best.pt", "model.onnx")]
        with torch.no_grad():
            expected = model(images)
        for teacher in teachers:
            teacher.check(model.anchors)
            for a, b in zip(expected, teacher.maps(images)):
                self.assertLess(float((a - b).abs().max()), 1e-4 * float(a.abs().max()))

    def test_should_read_weights_of_eight_bits(self):
        torch.manual_seed(9)
        images = torch.rand(1, 3, 64, 64)
        model = lively(Detector("n", ANCHORS))
        compact(model)
        with tempfile.TemporaryDirectory() as folder:
            onnx.save(build(model, half=False, int8_weights=True), f"{folder}/model.onnx")
            teacher = Teacher(f"{folder}/model.onnx", torch.device("cpu"))
        with torch.no_grad():
            for a, b in zip(model(images), teacher.maps(images)):
                self.assertLess(float((a - b).abs().max()), 1e-4 * float(a.abs().max()))

    def test_should_refuse_other_anchors(self):
        with tempfile.TemporaryDirectory() as folder:
            onnx.save(build(Detector("n", ANCHORS).eval(), half=False), f"{folder}/model.onnx")
            teacher = Teacher(f"{folder}/model.onnx", torch.device("cpu"))
        with self.assertRaisesRegex(ValueError, "start both with the same --anchors"):
            teacher.check(torch.tensor(ANCHORS).view(3, 3, 2) + 1.0)


class RenderTest(unittest.TestCase):
    def test_should_run_a_renderer_of_this_folder_and_say_when_there_is_none(self):
        before = os.getcwd()
        with tempfile.TemporaryDirectory() as folder:
            os.chdir(folder)
            try:
                with self.assertRaises(FileNotFoundError):
                    render(Path("yard"), Path("raw"), 4, 2, [])
                Path("yard").write_text('#!/bin/sh\necho "$@" > "$7/images/$3"\n')
                Path("yard").chmod(0o755)
                render(Path("yard"), Path("raw"), 4, 2, ["--seed", "1"])
                found = {f.name: f.read_text().split()[:7] for f in Path("raw/images").iterdir()}
            finally:
                os.chdir(before)
        self.assertEqual(found["0"], ["stills", "--from", "0", "--n", "2", "--out", "raw"])
        self.assertEqual(found["2"], ["stills", "--from", "2", "--n", "4", "--out", "raw"])


class CompactTest(unittest.TestCase):
    def test_should_store_the_rounded_weights_and_nothing_else(self):
        torch.manual_seed(5)
        model = Detector("n", ANCHORS).eval()
        for unit in (m for m in model.modules() if isinstance(m, torch.nn.BatchNorm2d)):
            torch.nn.init.uniform_(unit.weight, 0.5, 2)
            unit.running_var.uniform_(0.5, 2)
        images = torch.rand(2, 3, 64, 96)
        with torch.no_grad():
            exact = model(images)[1].numpy()
            compact(model)
            rounded = model(images)[1].numpy()
            expected = model.decode(model(images)).numpy()
        self.assertLess(np.abs(exact - rounded).max(), 0.1 * np.abs(exact).max())
        small, plain = build(model, False, int8_weights=True), build(model, False)
        self.assertLess(small.ByteSize(), 0.3 * plain.ByteSize())
        found = onnxruntime.InferenceSession(small.SerializeToString()).run(None, {"images": images.numpy()})[0]
        self.assertLess(np.abs(found - expected).max(), 1e-2)

    def test_should_take_the_shift_of_the_rounding_off_the_bias(self):
        torch.manual_seed(6)
        model = Detector("n", ANCHORS).eval()
        images = torch.rand(2, 3, 64, 96) + 3  # far from zero: a rounding error of a weight becomes a shift
        shifts = []
        with torch.no_grad():
            exact = model.down2(model.stem(images)).mean((0, 2, 3))
            for corrected in (None, images):
                rounded = Detector("n", ANCHORS).eval()
                rounded.load_state_dict(model.state_dict())
                compact(rounded, corrected)
                shifts.append(float((rounded.down2(rounded.stem(images)).mean((0, 2, 3)) - exact).abs().mean()))
        self.assertLess(shifts[1], 0.5 * shifts[0])

    def test_should_keep_weights_that_eight_bits_do_not_hold(self):
        weight = np.full((4, 8, 3, 3), 0.003, np.float32)
        self.assertIsNotNone(stored("out5.blocks.1.mix", weight))
        weight[:, 0, 1, 1] = 1  # a step of 1/127 is more than the others
        self.assertIsNone(stored("out5.blocks.1.mix", weight))


class PartsTest(unittest.TestCase):
    def test_should_join_what_was_split(self):
        model = Detector("n", ANCHORS)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            torch.save({"variant": "n", "names": ["helmet", "head"], "ema": model.state_dict(), "data_digest": "0"}, folder / "best.pt")
            files = split(folder / "best.pt", folder / "parts", limit=2_000_000)
            self.assertEqual(len(files), 2)
            self.assertTrue(all(f.stat().st_size <= 2_000_000 for f in files))
            join(files, folder / "joined.pt")
            found = torch.load(folder / "joined.pt")
        self.assertEqual(found["names"], ["helmet", "head"])
        for name, value in model.state_dict().items():
            self.assertLess(float((found["ema"][name].float() - value.float()).abs().max()), 1e-2)


class ShapesTest(unittest.TestCase):
    def test_should_keep_the_pixels_of_a_batch(self):
        shapes = Shapes(["640x640:0.5", "384x640:0.3", "832x832:0.2"], 64, 0)
        self.assertEqual(shapes.batches, [64, 104, 40])
        drawn = [shapes.draw()[0] for _ in range(500)]
        self.assertAlmostEqual(drawn.count((384, 640)) / 500, 0.3, delta=0.07)

    def test_should_show_small_batches_first(self):
        shapes = Shapes(["640x640:1"], 64, 0, early=["320x320:1"], until=0.4)
        self.assertEqual([shapes.draw(p)[0] for p in (0.0, 0.39, 0.4, 1.0)], [(320, 320), (320, 320), (640, 640), (640, 640)])

    def test_should_refuse_what_the_strides_do_not_divide(self):
        with self.assertRaises(ValueError):
            Shapes(["640x360:1"], 64, 0)


class LossTest(unittest.TestCase):
    def test_should_have_no_box_loss_for_equal_boxes(self):
        iou, ciou = complete_iou(torch.tensor([[5.0, 5, 4, 2]]), torch.tensor([[5.0, 5, 4, 2]]))
        self.assertAlmostEqual(float(iou), 1, places=5)
        self.assertAlmostEqual(float(ciou), 1, places=5)

    def test_should_assign_the_cell_and_its_two_nearest_neighbours(self):
        target = torch.tensor([[0, 1, 100.0, 101.0, 13, 16]])  # cell (12, 12), right of and below its centre by 0.5 and 0.6
        picture, anchor, row, col, kind, box = assign(target, torch.tensor(ANCHORS).view(3, 3, 2).float(), (SIZE, SIZE))[0]
        self.assertEqual(set(zip(col.tolist(), row.tolist())), {(12, 12), (12, 13)})
        self.assertEqual(set(anchor.tolist()), {0, 1, 2})
        self.assertEqual(set(kind.tolist()), {1})

    def test_should_learn_nothing_but_emptiness_without_targets(self):
        model = Detector("n", ANCHORS)
        maps = [torch.zeros(1, 3, 7, SIZE // s, SIZE // s, requires_grad=True) for s in STRIDES]
        loss, parts = detection_loss(maps, assign(torch.zeros(0, 6), model.anchors, (SIZE, SIZE)), model.anchors)
        loss.backward()
        self.assertEqual(float(parts[0]), 0)
        self.assertGreater(float(parts[1]), 0)


class DistillationTest(unittest.TestCase):
    anchors = torch.tensor(ANCHORS).view(3, 3, 2).float()

    def maps(self, objectness: float) -> list[torch.Tensor]:
        maps = [torch.randn(1, 3, 7, SIZE // s, SIZE // s) for s in STRIDES]
        for part in maps:
            part[:, :, 4] = objectness
        return maps

    def test_should_pull_nowhere_where_both_agree(self):
        torch.manual_seed(10)
        taught = self.maps(0.5)
        mine = [part.clone().requires_grad_() for part in taught]
        distillation_loss(mine, taught, self.anchors).backward()
        self.assertLess(max(float(part.grad.abs().max()) for part in mine), 1e-6)

    def test_should_learn_boxes_and_classes_only_where_the_teacher_sees_an_object(self):
        torch.manual_seed(11)
        taught = self.maps(-20)
        taught[0][0, 1, 4, 3, 5] = 20
        mine = [part.requires_grad_() for part in self.maps(0)]
        distillation_loss(mine, taught, self.anchors).backward()
        there = mine[0].grad[0, 1, :, 3, 5].clone()
        self.assertGreater(float(there[[0, 1, 2, 3, 5, 6]].abs().min()), 1e-5)
        self.assertLess(float(there[4]), 0)  # a step against the gradient raises the objectness
        mine[0].grad[0, 1, :, 3, 5] = 0
        others = torch.cat([part.grad[:, :, [0, 1, 2, 3, 5, 6]].flatten() for part in mine])
        self.assertLess(float(others.abs().max()), 1e-6)
        self.assertGreater(min(float(part.grad[:, :, 4].max()) for part in mine), 0)  # everywhere else it falls


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
