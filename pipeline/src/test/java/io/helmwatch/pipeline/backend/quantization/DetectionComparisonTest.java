package io.helmwatch.pipeline.backend.quantization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.helmwatch.config.inference.CalibrationMethod;
import io.helmwatch.config.inference.ModelConfig;
import io.helmwatch.inference.onnx.OnnxRuntimeEngine;
import io.helmwatch.inference.onnx.OnnxRuntimeLane;
import io.helmwatch.inference.onnx.WorkerPlan;
import io.helmwatch.inference.tensorrt.Int8Calibration;
import io.helmwatch.inference.tensorrt.RawHeads;
import io.helmwatch.pipeline.Archive;
import io.helmwatch.pipeline.SampleMedia;
import io.helmwatch.vision.tensor.HostPredictions;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The gate's measure, on real pictures and with ONNX Runtime in the place of an engine. */
class DetectionComparisonTest {

    private static final Path HELMET = Path.of("../models/helmet-yolov5n.onnx");
    private static final int PICTURES = 10;

    @TempDir
    Path folder;

    @BeforeEach
    void unpackPicturesThatTheModelWasNotTrainedOn() throws IOException {
        Files.createDirectories(folder.resolve("images"));
        Files.createDirectories(folder.resolve("labels"));
        int pictures = 0;
        for (Archive.Entry entry : Archive.read(SampleMedia.data("helmet/val.tar"))) {
            if (entry.name().contains("/images/") && pictures++ < PICTURES) {
                Files.write(folder.resolve("images/" + entry.fileName()), entry.content());
            } else if (entry.name().contains("/labels/") && pictures <= PICTURES) {
                Files.write(folder.resolve("labels/" + entry.fileName()), entry.content());
            }
        }
    }

    @Test
    void shouldLoseNothingWithItselfAndEverythingWithAModelThatFindsNothing() {
        try (OnnxRuntimeEngine engine = open(HELMET);
                OnnxRuntimeLane lane = engine.openLane(1);
                ImageFolder labelled = ImageFolder.open(folder, engine.model());
                ImageFolder unlabelled = ImageFolder.open(folder.resolve("images"), engine.model())) {
            for (ImageFolder pictures : List.of(labelled, unlabelled)) {
                DetectionComparison comparison = new DetectionComparison(pictures, engine.model(), 0.25);
                DetectionScore fp32 = run(comparison, lane, true, false);
                assertThat(fp32.recall()).isEqualTo(1);
                assertThat(fp32.boxes()).isGreaterThan(20);
                assertThat(fp32.at50()).isGreaterThan(0.8);

                assertThat(run(comparison, lane, false, false)).isEqualTo(fp32);
                DetectionScore nothing = run(comparison, lane, false, true);
                assertThat(nothing).isEqualTo(new DetectionScore(0, 0, 0, 0));
                assertThat(fp32.loss(nothing, comparison.isLabelled())).isGreaterThan(0.8);
            }
        }
    }

    @Test
    void shouldFindTheSameBoxesFromRawHeads() {
        Path raw = RawHeads.of(HELMET, ModelConfig.DEFAULT, folder.resolve("cache"));

        DetectionScore score = against(raw);

        assertThat(score.recall()).isEqualTo(1);
        assertThat(score.at50()).isCloseTo(1, within(1e-6));
        assertThat(score.at50To95()).isCloseTo(1, within(1e-6));
    }

    @Test
    void shouldFindNearlyTheSameBoxesInInt8FromBothForms() throws IOException {
        Path cache = folder.resolve("cache");
        for (Path form : List.of(HELMET, RawHeads.of(HELMET, ModelConfig.DEFAULT, cache))) {
            Path network = cache.resolve("int8.onnx");
            try (OnnxRuntimeEngine engine = open(form);
                    ImageFolder pictures = ImageFolder.open(folder.resolve("images"), engine.model())) {
                Int8Calibration.of(form, pictures, CalibrationMethod.MINMAX, cache)
                        .write(Set.of(), network);
            }

            DetectionScore score = against(network);

            assertThat(score.at50()).as(form.toString()).isGreaterThan(0.9);
            assertThat(score.at50To95()).as(form.toString()).isBetween(0.7, 0.9999);
            assertThat(score.recall()).as(form.toString()).isGreaterThan(0.9);
        }
    }

    private DetectionScore against(Path network) {
        try (OnnxRuntimeEngine reference = open(HELMET);
                OnnxRuntimeLane referenceLane = reference.openLane(1);
                OnnxRuntimeEngine engine = open(network);
                OnnxRuntimeLane lane = engine.openLane(1);
                ImageFolder pictures = ImageFolder.open(folder.resolve("images"), reference.model())) {
            DetectionComparison comparison = new DetectionComparison(pictures, reference.model(), 0.25);
            run(comparison, referenceLane, true, false);
            return run(comparison, lane, false, false);
        }
    }

    private static DetectionScore run(
            DetectionComparison comparison, OnnxRuntimeLane lane, boolean reference, boolean blind) {
        IntFunction<HostPredictions> run = size -> {
            lane.run(size);
            if (blind) {
                FloatBuffer rows = lane.output().tensors().get(0);
                for (int i = 0; i < rows.capacity(); i++) {
                    rows.put(i, 0);
                }
            }
            return lane.output();
        };
        return reference ? comparison.reference(lane.input(), 1, run) : comparison.compare(lane.input(), 1, run);
    }

    private static OnnxRuntimeEngine open(Path model) {
        return OnnxRuntimeEngine.open(model, ModelConfig.DEFAULT, new WorkerPlan(1, 2, "test"));
    }
}
