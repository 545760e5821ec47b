package io.helmwatch.postprocess.tracking;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.incident.TrackingConfig;
import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.Detection;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ObservationsTest {
    private final Observations observations = new Observations(TrackingConfig.DEFAULT);

    private void load(Detection... detections) {
        observations.load(List.of(detections), HeadFilter.ALL);
    }

    /** A box of 30 by 10 pixels. */
    private static Detection head(String label, float confidence, float x) {
        return new Detection(label, confidence, new BoundingBox(x, 0, x + 30, 10));
    }

    /** Shifted by 10 of 30 pixels: an IoU of exactly a half. */
    @ParameterizedTest
    @CsvSource({"9, 1", "10, 1", "11, 2", "30, 2"})
    void shouldMergeBoxesOfOneHeadFromAnIouOfAHalfOn(float shift, int heads) {
        load(head("helmet", 0.8f, 100), head("head", 0.6f, 100 + shift));
        assertThat(observations.size()).isEqualTo(heads);
        assertThat(observations.x1(0)).isEqualTo(100);
        assertThat(observations.helmetConfidence(0)).isEqualTo(0.8f);
        assertThat(observations.bareHeadConfidence(0)).isEqualTo(heads == 1 ? 0.6f : 0);
        assertThat(observations.confidence(0)).isEqualTo(0.8f);
    }

    @Test
    void shouldMergeWithTheHeadThatIsMeant() {
        load(head("helmet", 0.9f, 0), head("helmet", 0.8f, 100), head("head", 0.7f, 200), head("head", 0.6f, 101));
        assertThat(observations.size()).isEqualTo(3);
        assertThat(observations.bareHeadConfidence(0)).isZero();
        assertThat(observations.bareHeadConfidence(1)).isEqualTo(0.6f);
        assertThat(observations.bareHeadConfidence(2)).isEqualTo(0.7f);
    }

    @Test
    void shouldKeepTheLargerConfidenceOfTwoBoxesWithOneLabel() {
        load(head("helmet", 0.8f, 100), head("helmet", 0.5f, 102));
        assertThat(observations.size()).isEqualTo(1);
        assertThat(observations.helmetConfidence(0)).isEqualTo(0.8f);
    }

    /** Shifted by 18 of 30 pixels: an IoU of exactly a quarter, which does not count as an overlap. */
    @ParameterizedTest
    @CsvSource({"17, 0.6, false, true", "18, 0.6, false, false", "17, 0.8, true, true", "17, 0.9, true, false"})
    void shouldCallTheLessConfidentOfTwoBoxesOverlapped(
            float shift, float confidence, boolean isFirst, boolean isSecond) {
        load(head("helmet", 0.8f, 100), head("head", confidence, 100 + shift));
        assertThat(observations.isOverlapped(0)).isEqualTo(isFirst);
        assertThat(observations.isOverlapped(1)).isEqualTo(isSecond);
    }

    @Test
    void shouldNotCallALonelyBoxOverlapped() {
        load(head("helmet", 0.8f, 100));
        assertThat(observations.isOverlapped(0)).isFalse();
    }

    @Test
    void shouldDiscardTheFrameBefore() {
        load(head("helmet", 0.9f, 0), head("helmet", 0.8f, 10));
        load(head("head", 0.7f, 0));
        assertThat(observations.size()).isEqualTo(1);
        assertThat(observations.helmetConfidence(0)).isZero();
        assertThat(observations.isOverlapped(0)).isFalse();
    }

    @Test
    void shouldGrowWithTheFrame() {
        List<Detection> many = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            many.add(head(i % 2 == 0 ? "helmet" : "head", 0.9f, 100 * i));
        }
        observations.load(many, HeadFilter.ALL);
        assertThat(observations.size()).isEqualTo(300);
        for (int i = 0; i < 300; i++) {
            assertThat(observations.x1(i)).isEqualTo(100 * i);
            assertThat(observations.y1(i)).isZero();
            assertThat(observations.x2(i)).isEqualTo(100 * i + 30);
            assertThat(observations.y2(i)).isEqualTo(10);
            assertThat(observations.helmetConfidence(i)).isEqualTo(i % 2 == 0 ? 0.9f : 0);
            assertThat(observations.bareHeadConfidence(i)).isEqualTo(i % 2 == 0 ? 0 : 0.9f);
        }
    }
}
