package io.helmwatch.postprocess;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helmwatch.vision.Detection;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.tensor.DevicePredictions;
import io.helmwatch.vision.tensor.HostPredictions;
import io.helmwatch.vision.tensor.Letterbox;
import io.helmwatch.vision.tensor.LetterboxAnchor;
import io.helmwatch.vision.tensor.PredictionLayout;
import io.helmwatch.vision.tensor.RawPredictions;
import io.helmwatch.vision.tensor.TensorType;
import java.util.List;
import org.junit.jupiter.api.Test;

class CpuPostprocessorTest extends PostprocessorContract {

    @Override
    protected Postprocessor open(NmsSettings settings, List<String> labels) {
        return new CpuPostprocessor(settings, labels);
    }

    @Override
    protected RawPredictions where(HostPredictions predictions) {
        return predictions;
    }

    @Test
    void shouldStayWithinItsTimeWhenEveryRowIsACandidate() {
        // The worst case: all rows of a 1280 x 1280 network pass, and hardly any box overlaps another.
        int anchors = 102_000;
        PredictionLayout layout = new PredictionLayout(PredictionLayout.Kind.DECODED, 1, anchors, List.of());
        HostPredictions predictions = empty(layout, 1);
        for (int i = 0; i < anchors; i++) {
            float[] row = row(i % 320 * 4, i / 320 * 4, 3, 3, 0.5 + i * 1e-6, 1);
            predictions.tensors().get(0).put(i * 6, row);
        }
        ImageSize model = new ImageSize(1280, 1280);
        Letterbox letterbox = Letterbox.fit(model, model, LetterboxAnchor.CENTER);
        try (Postprocessor postprocessor = open(new NmsSettings(0.001f, 0.6f, 30_000, false), List.of("head"))) {
            List<Detection> found = postprocessor.detect(predictions, 0, letterbox);
            assertThat(found).hasSize(BoxCandidates.MAX_CANDIDATES);
            // The most confident rows are the last ones.
            assertThat(found.get(0).confidence()).isGreaterThan(0.6f);
        }
        try (Postprocessor postprocessor = open(NmsSettings.EVALUATION, List.of("head"))) {
            postprocessor.detect(predictions, 0, letterbox);
            long start = System.nanoTime();
            postprocessor.detect(predictions, 0, letterbox);
            assertThat((System.nanoTime() - start) / 1e6).as("milliseconds").isLessThan(500);
        }
    }

    @Test
    void shouldGiveTheSameAnswerWhenUsedAgain() {
        PredictionLayout layout = rawLayout(64, 2);
        HostPredictions full = empty(layout, 1);
        for (int i = 0; i < full.tensors().get(0).capacity(); i++) {
            full.tensors().get(0).put(i, i % 7 == 4 ? 2 : (i % 13 - 6) / 3f);
        }
        Letterbox letterbox = Letterbox.fit(new ImageSize(100, 80), new ImageSize(64, 64), LetterboxAnchor.TOP_LEFT);
        try (Postprocessor postprocessor = open(NmsSettings.DEFAULT, List.of("helmet", "head"))) {
            List<Detection> first = postprocessor.detect(full, 0, letterbox);
            assertThat(first).isNotEmpty();
            assertThat(postprocessor.detect(empty(layout, 1), 0, letterbox)).isEmpty();
            assertThat(postprocessor.detect(full, 0, letterbox)).isEqualTo(first);
        }
    }

    @Test
    void shouldRefusePredictionsOnADevice() {
        PredictionLayout layout = new PredictionLayout(PredictionLayout.Kind.DECODED, 1, 1, List.of());
        DevicePredictions device = new DevicePredictions(layout, TensorType.FP32, List.of(1L), 0);
        Letterbox letterbox = Letterbox.fit(new ImageSize(100, 80), new ImageSize(64, 64), LetterboxAnchor.CENTER);
        try (Postprocessor postprocessor = open(NmsSettings.DEFAULT, List.of("head"))) {
            assertThatThrownBy(() -> postprocessor.detect(device, 0, letterbox))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("device");
        }
    }
}
