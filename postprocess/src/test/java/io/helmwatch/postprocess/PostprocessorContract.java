package io.helmwatch.postprocess;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.Detection;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.tensor.HostPredictions;
import io.helmwatch.vision.tensor.Letterbox;
import io.helmwatch.vision.tensor.LetterboxAnchor;
import io.helmwatch.vision.tensor.PredictionLayout;
import io.helmwatch.vision.tensor.PredictionLayout.Head;
import io.helmwatch.vision.tensor.RawPredictions;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What every postprocessor must do: hand-computed cases, and the same boxes as {@link SlowPostprocessor}. */
public abstract class PostprocessorContract {

    private static final List<String> LABELS = List.of("helmet", "head", "vest");
    private static final ImageSize MODEL = new ImageSize(640, 640);
    private static final Letterbox SAME = Letterbox.fit(MODEL, MODEL, LetterboxAnchor.CENTER);
    private static final Letterbox FULL_HD = Letterbox.fit(new ImageSize(1920, 1080), MODEL, LetterboxAnchor.CENTER);

    /** Opens the postprocessor under test. */
    protected abstract Postprocessor open(NmsSettings settings, List<String> labels);

    /** The predictions where this postprocessor reads them, valid until the next call. */
    protected abstract RawPredictions where(HostPredictions predictions);

    /** Waits until what was submitted can be read; a CPU has done it by then. */
    protected void await() {}

    // --- decoding ---

    @Test
    void shouldMapABoxBackToSourcePixels() {
        // 640 / 1920 = 1/3, pads 140 above and below: centre (320, 320) is (960, 540), size 40 x 20 is 120 x 60.
        List<Detection> found = detect(NmsSettings.DEFAULT, FULL_HD, row(320, 320, 40, 20, 0.9, 0.1, 0.8, 0));
        assertThat(found).hasSize(1);
        assertDetection(found.get(0), "head", 0.72, 900, 510, 1020, 570);
    }

    @Test
    void shouldMultiplyObjectnessAndClassProbability() {
        assertThat(detect(NmsSettings.DEFAULT, SAME, row(100, 100, 40, 40, 0.5, 0.49, 0, 0)))
                .isEmpty();
        assertThat(detect(NmsSettings.DEFAULT, SAME, row(100, 100, 40, 40, 0.5, 0.51, 0, 0)))
                .hasSize(1);
        assertThat(detect(NmsSettings.DEFAULT, SAME, row(100, 100, 40, 40, 0.2, 1, 1, 1)))
                .isEmpty();
    }

    @Test
    void shouldReportABoxThatReachesTheConfidenceExactly() {
        assertThat(detect(new NmsSettings(0.5f, 0.45f, 300, false), SAME, row(100, 100, 40, 40, 1, 0.5, 0, 0)))
                .hasSize(1);
    }

    @Test
    void shouldTakeTheBestClassOfARow() {
        List<Detection> found = detect(NmsSettings.DEFAULT, SAME, row(100, 100, 40, 40, 1, 0.3, 0.6, 0.9));
        assertThat(found).extracting(Detection::label).containsExactly("vest");
    }

    @Test
    void shouldTakeTheFirstOfEquallyProbableClasses() {
        List<Detection> found = detect(NmsSettings.DEFAULT, SAME, row(100, 100, 40, 40, 1, 0.5, 0.5, 0.1));
        assertThat(found).extracting(Detection::label).containsExactly("helmet");
    }

    @Test
    void shouldDecodeRawHeadsAsYoloV5Does() {
        // sigmoid(0) = 0.5 puts the centre at (0.5 + cell) * stride and the size at the anchor's.
        PredictionLayout layout = rawLayout(64, 3);
        HostPredictions predictions = empty(layout, 1);
        // Head of stride 16: 4 x 4 cells; anchor 1 (62 x 45), row 2, column 1.
        FloatBuffer head = predictions.tensors().get(1);
        int at = ((1 * 4 + 2) * 4 + 1) * 8;
        float[] logits = {0, 0, 0, 0, 3, -9, 2, -9};
        for (int i = 0; i < logits.length; i++) {
            head.put(at + i, logits[i]);
        }
        ImageSize model = new ImageSize(64, 64);
        List<Detection> found = detect(
                NmsSettings.DEFAULT,
                Letterbox.fit(new ImageSize(640, 640), model, LetterboxAnchor.CENTER),
                predictions,
                0);
        // sigmoid(3) * sigmoid(2) = 0.952574 * 0.880797; centre (24, 40), size 62 x 45, ten times larger, clipped.
        assertThat(found).hasSize(1);
        assertDetection(found.get(0), "head", 0.83902, 0, 175, 550, 625);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void shouldReadRawHeadsOfPlanesAsThoseOfRows(int seed) {
        Random random = new Random(seed);
        HostPredictions rows = empty(rawLayout(128, 3), 2);
        HostPredictions planes = empty(planes(rows.layout()), 2);
        for (int h = 0; h < 3; h++) {
            Head head = rows.layout().heads().get(h);
            int cells = head.rows() * head.columns();
            for (int i = 0; i < rows.tensors().get(h).capacity(); i++) {
                float logit = (float) (random.nextGaussian() * 2 - (i % 8 == 4 ? 3 : 0));
                int element = i % 8;
                int cell = i / 8 % cells;
                int anchor = i / 8 / cells;
                rows.tensors().get(h).put(i, logit);
                planes.tensors().get(h).put((anchor * 8 + element) * cells + cell, logit);
            }
        }
        ImageSize model = new ImageSize(128, 128);
        Letterbox letterbox = Letterbox.fit(new ImageSize(333, 517), model, LetterboxAnchor.CENTER);
        for (int index = 0; index < 2; index++) {
            List<Detection> expected = detect(NmsSettings.EVALUATION, letterbox, rows, index);
            assertThat(expected).isNotEmpty();
            assertThat(detect(NmsSettings.EVALUATION, letterbox, planes, index)).isEqualTo(expected);
        }
    }

    // --- suppression ---

    @ParameterizedTest
    @CsvSource({"0.45, 1", "0.55, 2"})
    void shouldSuppressTheWeakerOfTwoBoxesThatOverlapByMoreThanTheLimit(float limit, int expected) {
        // 100 x 100, moved by 33: overlap 67 x 100 = 6700, union 13300, IoU 0.504.
        List<Detection> found = detect(
                new NmsSettings(0.25f, limit, 300, false),
                SAME,
                row(100, 100, 100, 100, 1, 0.8, 0, 0),
                row(133, 100, 100, 100, 1, 0.9, 0, 0));
        assertThat(found).hasSize(expected);
        assertDetection(found.get(0), "helmet", 0.9, 83, 50, 183, 150);
    }

    @Test
    void shouldKeepABoxWhoseOverlapIsExactlyTheLimit() {
        // 100 x 100, moved by 50: overlap 5000, union 15000. Sides of powers of two keep the arithmetic exact: 128 by
        // 64.
        List<Detection> found = detect(
                new NmsSettings(0.25f, 0.5f, 300, false),
                SAME,
                row(128, 128, 128, 128, 1, 0.9, 0, 0),
                row(128, 128, 128, 64, 1, 0.8, 0, 0));
        assertThat(found).hasSize(2);
    }

    @Test
    void shouldNotSuppressAcrossClassesUnlessAsked() {
        float[][] rows = {row(100, 100, 50, 50, 1, 0.9, 0, 0), row(101, 100, 50, 50, 1, 0, 0.8, 0)};
        assertThat(detect(NmsSettings.DEFAULT, SAME, rows))
                .extracting(Detection::label)
                .containsExactly("helmet", "head");
        assertThat(detect(new NmsSettings(0.25f, 0.45f, 300, true), SAME, rows))
                .extracting(Detection::label)
                .containsExactly("helmet");
    }

    @Test
    void shouldLetASuppressedBoxSuppressNothing() {
        // A chain: the middle one goes, the last overlaps only the middle one.
        List<Detection> found = detect(
                NmsSettings.DEFAULT,
                SAME,
                row(100, 100, 100, 100, 1, 0.9, 0, 0),
                row(130, 100, 100, 100, 1, 0.8, 0, 0),
                row(160, 100, 100, 100, 1, 0.7, 0, 0));
        assertThat(found).extracting(Detection::confidence).containsExactly(0.9f, 0.7f);
    }

    @Test
    void shouldOrderByFallingConfidenceThenByRow() {
        List<Detection> found = detect(
                NmsSettings.DEFAULT,
                SAME,
                row(100, 100, 20, 20, 1, 0.5, 0, 0),
                row(200, 100, 20, 20, 1, 0.75, 0, 0),
                row(300, 100, 20, 20, 1, 0.5, 0, 0),
                row(400, 100, 20, 20, 1, 0.75, 0, 0));
        assertThat(found).extracting(detection -> detection.sourceBox().x1()).containsExactly(190f, 390f, 90f, 290f);
    }

    @Test
    void shouldReportAtMostTheConfiguredNumber() {
        float[][] rows = new float[20][];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = row(20 + 30 * i, 100, 20, 20, 1, 0.3 + 0.01 * i, 0, 0);
        }
        List<Detection> found = detect(new NmsSettings(0.25f, 0.45f, 5, false), SAME, rows);
        assertThat(found).hasSize(5);
        assertThat(found.get(0).confidence()).isCloseTo(0.49f, within(1e-6f));
    }

    // --- odd numbers ---

    @Test
    void shouldClipBoxesToTheImage() {
        List<Detection> found = detect(NmsSettings.DEFAULT, FULL_HD, row(5, 145, 30, 30, 1, 0.9, 0, 0));
        assertDetection(found.get(0), "helmet", 0.9, 0, 0, 60, 60);
    }

    @Test
    void shouldDropBoxesThatLieInThePadding() {
        assertThat(detect(NmsSettings.DEFAULT, FULL_HD, row(320, 60, 40, 40, 1, 0.9, 0, 0)))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY})
    void shouldDropBoxesThatAreNotFinite(float odd) {
        for (int i = 0; i < 4; i++) {
            float[] row = row(100, 100, 40, 40, 1, 0.9, 0, 0);
            row[i] = odd;
            assertThat(detect(NmsSettings.DEFAULT, SAME, row, row(300, 300, 40, 40, 1, 0.8, 0, 0)))
                    .as("element %d of the row", i)
                    .hasSize(1);
        }
    }

    @Test
    void shouldDropBoxesWithoutAreaOrConfidence() {
        assertThat(detect(
                        NmsSettings.DEFAULT,
                        SAME,
                        row(100, 100, 0, 40, 1, 0.9, 0, 0),
                        row(100, 100, 40, -5, 1, 0.9, 0, 0),
                        row(100, 100, 40, 40, Double.NaN, 0.9, 0, 0),
                        row(100, 100, 40, 40, 1, Double.NaN, Double.NaN, Double.NaN)))
                .isEmpty();
    }

    @Test
    void shouldReportNothingForAnEmptyOutput() {
        assertThat(detect(NmsSettings.DEFAULT, SAME, new float[25200][8])).isEmpty();
    }

    @Test
    void shouldRefusePredictionsOfAnotherNumberOfClasses() {
        PredictionLayout layout = new PredictionLayout(PredictionLayout.Kind.DECODED, 2, 1, List.of());
        assertThatThrownBy(() -> detect(NmsSettings.DEFAULT, SAME, empty(layout, 1), 0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("2 classes")
                .hasMessageContaining("3");
    }

    // --- against the second implementation ---

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
    void shouldFindTheSameAsThePlainImplementationInRandomOutputs(int seed) {
        Random random = new Random(seed);
        PredictionLayout layout = new PredictionLayout(PredictionLayout.Kind.DECODED, 3, 2000, List.of());
        HostPredictions predictions = empty(layout, 2);
        FloatBuffer rows = predictions.tensors().get(0);
        for (int row = 0; row < 2 * layout.anchors(); row++) {
            float[] values = row(
                    random.nextFloat() * 640,
                    random.nextFloat() * 640,
                    8 + random.nextFloat() * 150,
                    8 + random.nextFloat() * 150,
                    Math.pow(random.nextFloat(), 2),
                    random.nextFloat(),
                    random.nextFloat(),
                    random.nextFloat());
            rows.put(row * 8, values);
        }
        List<NmsSettings> table = List.of(
                NmsSettings.DEFAULT,
                NmsSettings.EVALUATION,
                new NmsSettings(0.5f, 0.3f, 10, true),
                new NmsSettings(0, 1, 300, false));
        for (NmsSettings settings : table) {
            for (int index = 0; index < 2; index++) {
                assertSame(settings, FULL_HD, predictions, index);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4})
    void shouldFindTheSameAsThePlainImplementationInRandomRawHeads(int seed) {
        Random random = new Random(seed);
        PredictionLayout layout = rawLayout(128, 3);
        HostPredictions predictions = empty(layout, 2);
        for (FloatBuffer head : predictions.tensors()) {
            for (int i = 0; i < head.capacity(); i++) {
                head.put(i, (float) (random.nextGaussian() * 2 - (i % 8 == 4 ? 3 : 0)));
            }
        }
        ImageSize model = new ImageSize(128, 128);
        Letterbox letterbox = Letterbox.fit(new ImageSize(333, 517), model, LetterboxAnchor.CENTER);
        for (int index = 0; index < 2; index++) {
            assertSame(NmsSettings.DEFAULT, letterbox, predictions, index);
            assertSame(NmsSettings.EVALUATION, letterbox, predictions, index);
        }
    }

    private void assertSame(NmsSettings settings, Letterbox letterbox, HostPredictions predictions, int index) {
        List<Detection> expected = SlowPostprocessor.detect(predictions, index, letterbox, settings, LABELS);
        List<Detection> found = detect(settings, letterbox, predictions, index);
        assertThat(found).as("%s, picture %d", settings, index).hasSameSizeAs(expected);
        for (int i = 0; i < found.size(); i++) {
            BoundingBox box = expected.get(i).sourceBox();
            assertDetection(
                    found.get(i),
                    expected.get(i).label(),
                    expected.get(i).confidence(),
                    box.x1(),
                    box.y1(),
                    box.x2(),
                    box.y2());
        }
    }

    private List<Detection> detect(NmsSettings settings, Letterbox letterbox, float[]... rows) {
        PredictionLayout layout =
                new PredictionLayout(PredictionLayout.Kind.DECODED, LABELS.size(), rows.length, List.of());
        HostPredictions predictions = empty(layout, 1);
        for (int i = 0; i < rows.length; i++) {
            predictions.tensors().get(0).put(i * layout.rowElements(), rows[i]);
        }
        return detect(settings, letterbox, predictions, 0);
    }

    private List<Detection> detect(NmsSettings settings, Letterbox letterbox, HostPredictions predictions, int index) {
        try (Postprocessor postprocessor = open(settings, LABELS)) {
            RawPredictions there = where(predictions);
            postprocessor.submit(there, pictures(predictions));
            await();
            return postprocessor.detect(there, index, letterbox);
        }
    }

    private static int pictures(HostPredictions predictions) {
        int values =
                predictions.tensors().stream().mapToInt(FloatBuffer::capacity).sum();
        return values / predictions.layout().anchors() / predictions.layout().rowElements();
    }

    /** A row of a decoded output. */
    protected static float[] row(
            double x, double y, double width, double height, double objectness, double... classes) {
        float[] row = new float[5 + classes.length];
        row[0] = (float) x;
        row[1] = (float) y;
        row[2] = (float) width;
        row[3] = (float) height;
        row[4] = (float) objectness;
        for (int i = 0; i < classes.length; i++) {
            row[5 + i] = (float) classes[i];
        }
        return row;
    }

    /** YOLOv5's three heads for a square input. */
    protected static PredictionLayout rawLayout(int side, int classes) {
        List<Head> heads = List.of(
                new Head(8, side / 8, side / 8, List.of(10f, 13f, 16f, 30f, 33f, 23f)),
                new Head(16, side / 16, side / 16, List.of(30f, 61f, 62f, 45f, 59f, 119f)),
                new Head(32, side / 32, side / 32, List.of(116f, 90f, 156f, 198f, 373f, 326f)));
        int anchors = heads.stream()
                .mapToInt(head -> 3 * head.rows() * head.columns())
                .sum();
        return new PredictionLayout(PredictionLayout.Kind.RAW, classes, anchors, heads);
    }

    private static PredictionLayout planes(PredictionLayout rows) {
        return new PredictionLayout(PredictionLayout.Kind.RAW_PLANES, rows.classes(), rows.anchors(), rows.heads());
    }

    /** Predictions that show nothing: zeros, or in raw heads logits of -20. */
    protected static HostPredictions empty(PredictionLayout layout, int batch) {
        List<FloatBuffer> tensors = new ArrayList<>();
        if (layout.kind() == PredictionLayout.Kind.DECODED) {
            tensors.add(direct(batch * layout.anchors() * layout.rowElements()));
        } else {
            for (Head head : layout.heads()) {
                FloatBuffer tensor = direct(batch * 3 * head.rows() * head.columns() * layout.rowElements());
                for (int i = 0; i < tensor.capacity(); i++) {
                    tensor.put(i, -20);
                }
                tensors.add(tensor);
            }
        }
        return new HostPredictions(layout, tensors);
    }

    private static FloatBuffer direct(int elements) {
        return ByteBuffer.allocateDirect(elements * Float.BYTES)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
    }

    /** Same label, same box within a pixel and same confidence within 0.001. */
    protected static void assertDetection(
            Detection found, String label, double confidence, double x1, double y1, double x2, double y2) {
        assertThat(found.label()).isEqualTo(label);
        assertThat((double) found.confidence()).isCloseTo(confidence, within(0.001));
        assertThat((double) found.sourceBox().x1()).isCloseTo(x1, within(1.0));
        assertThat((double) found.sourceBox().y1()).isCloseTo(y1, within(1.0));
        assertThat((double) found.sourceBox().x2()).isCloseTo(x2, within(1.0));
        assertThat((double) found.sourceBox().y2()).isCloseTo(y2, within(1.0));
    }
}
