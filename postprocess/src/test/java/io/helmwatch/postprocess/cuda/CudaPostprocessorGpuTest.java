package io.helmwatch.postprocess.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.helmwatch.cuda.CudaDevice;
import io.helmwatch.cuda.CudaStream;
import io.helmwatch.cuda.DeviceBuffer;
import io.helmwatch.cuda.PinnedBuffer;
import io.helmwatch.postprocess.CpuPostprocessor;
import io.helmwatch.postprocess.NmsSettings;
import io.helmwatch.postprocess.Postprocessor;
import io.helmwatch.postprocess.PostprocessorContract;
import io.helmwatch.resource.NativeMemory;
import io.helmwatch.vision.Detection;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.tensor.DevicePredictions;
import io.helmwatch.vision.tensor.HostPredictions;
import io.helmwatch.vision.tensor.Letterbox;
import io.helmwatch.vision.tensor.LetterboxAnchor;
import io.helmwatch.vision.tensor.PredictionLayout;
import io.helmwatch.vision.tensor.RawPredictions;
import io.helmwatch.vision.tensor.TensorType;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("gpu")
class CudaPostprocessorGpuTest extends PostprocessorContract {

    private static final int ANCHORS = 25_200;
    private static final List<String> LABELS = List.of("helmet", "head");
    private static final Letterbox LETTERBOX =
            Letterbox.fit(new ImageSize(1920, 1080), new ImageSize(640, 640), LetterboxAnchor.CENTER);

    @TempDir
    static Path kernels;

    private static CudaDevice device;

    private final List<DeviceBuffer> uploaded = new ArrayList<>();
    private CudaStream stream;

    @BeforeAll
    static void openDevice() {
        device = CudaDevice.open(0);
    }

    @AfterAll
    static void closeAndCount() {
        assertThat(NativeMemory.outstanding()).isEmpty();
        device.close();
    }

    @BeforeEach
    void openStream() {
        stream = new CudaStream(device);
    }

    @AfterEach
    void freeUploads() {
        stream.synchronize();
        uploaded.forEach(DeviceBuffer::close);
        uploaded.clear();
        stream.close();
    }

    @Override
    protected Postprocessor open(NmsSettings settings, List<String> labels) {
        return new CudaPostprocessor(device, settings, labels, kernels);
    }

    @Override
    protected RawPredictions where(HostPredictions predictions) {
        return upload(predictions.layout(), predictions.tensors(), TensorType.FP32);
    }

    @Override
    protected void await() {
        stream.synchronize();
    }

    @ParameterizedTest
    @CsvSource({
        // candidates, distinct boxes, agnostic, threshold
        "0, 1, false, 0.25",
        "1, 1, false, 0.25",
        "31, 7, false, 0.25",
        "300, 20, false, 0.25",
        "300, 20, true, 0.25",
        "2000, 100, false, 0.25",
        "2048, 2048, false, 0.25",
        "2049, 40, false, 0.25",
        "5000, 600, true, 0.001",
        "25200, 900, false, 0.001",
        "25200, 25200, false, 0"
    })
    void shouldFindTheCpusBoxesInTheCpusOrder(int candidates, int places, boolean agnostic, float threshold) {
        NmsSettings settings = new NmsSettings(threshold, 0.45f, 300, agnostic);
        int batch = 3;
        FloatBuffer predictions = predictions(batch, candidates, places, new Random(candidates * 31L + places));

        List<List<Detection>> found = onGpu(settings, decoded(), List.of(predictions), batch, TensorType.FP32);

        for (int i = 0; i < batch; i++) {
            assertEqual(found.get(i), onCpu(settings, decoded(), List.of(predictions), i));
            assertThat(found.get(i).isEmpty()).isEqualTo(candidates == 0);
        }
    }

    @Test
    void shouldOrderEqualConfidencesByRow() {
        FloatBuffer predictions = FloatBuffer.allocate(ANCHORS * 7);
        for (int i = 0; i < ANCHORS; i++) {
            row(predictions, i, 10 + i % 100 * 6, 150 + i / 100 % 50 * 6, 4, 4, 0.5f, 0.9f, 0.1f);
        }
        NmsSettings settings = new NmsSettings(0.25f, 0.45f, 1000, false);

        List<List<Detection>> found = onGpu(settings, decoded(), List.of(predictions), 1, TensorType.FP32);

        assertEqual(found.get(0), onCpu(settings, decoded(), List.of(predictions), 0));
        assertThat(found.get(0)).hasSize(1000);
    }

    @Test
    void shouldIgnoreRowsThatAreNoBoxes() {
        FloatBuffer predictions = FloatBuffer.allocate(ANCHORS * 7);
        row(predictions, 0, 50, 50, 20, 20, Float.NaN, 0.9f, 0.1f);
        row(predictions, 1, 50, 50, 20, 20, 0.9f, Float.NaN, Float.NaN);
        row(predictions, 2, Float.NaN, 50, 20, 20, 0.9f, 0.9f, 0.1f);
        row(predictions, 3, 50, 50, Float.POSITIVE_INFINITY, 20, 0.9f, 0.9f, 0.1f);
        row(predictions, 4, 50, 50, -20, 20, 0.9f, 0.9f, 0.1f);
        row(predictions, 5, 50, 50, 0, 20, 0.9f, 0.9f, 0.1f);
        row(predictions, 6, 100, 300, 20, 30, 0.8f, 0.1f, 0.9f);
        row(predictions, 7, -500, 300, 20, 30, 0.8f, 0.1f, 0.9f);

        List<List<Detection>> found = onGpu(NmsSettings.DEFAULT, decoded(), List.of(predictions), 1, TensorType.FP32);

        assertThat(found.get(0)).hasSize(1);
        assertEqual(found.get(0), onCpu(NmsSettings.DEFAULT, decoded(), List.of(predictions), 0));
    }

    @Test
    void shouldReadHalfFloats() {
        int batch = 2;
        FloatBuffer predictions = predictions(batch, 500, 60, new Random(5));
        for (int i = 0; i < predictions.capacity(); i++) {
            predictions.put(i, halfToFloat(floatToHalf(predictions.get(i))));
        }

        List<List<Detection>> found =
                onGpu(NmsSettings.DEFAULT, decoded(), List.of(predictions), batch, TensorType.FP16);

        for (int i = 0; i < batch; i++) {
            assertEqual(found.get(i), onCpu(NmsSettings.DEFAULT, decoded(), List.of(predictions), i));
        }
    }

    @Test
    void shouldDecodeRawHeads() {
        Random random = new Random(9);
        List<PredictionLayout.Head> heads = List.of(
                new PredictionLayout.Head(8, 80, 80, List.of(10f, 13f, 16f, 30f, 33f, 23f)),
                new PredictionLayout.Head(16, 40, 40, List.of(30f, 61f, 62f, 45f, 59f, 119f)),
                new PredictionLayout.Head(32, 20, 20, List.of(116f, 90f, 156f, 198f, 373f, 326f)));
        PredictionLayout layout = new PredictionLayout(PredictionLayout.Kind.RAW, 2, ANCHORS, heads);
        int batch = 2;
        List<FloatBuffer> logits = new ArrayList<>();
        for (PredictionLayout.Head head : heads) {
            FloatBuffer values = FloatBuffer.allocate(batch * 3 * head.rows() * head.columns() * 7);
            for (int i = 0; i < values.capacity(); i++) {
                values.put(i, (float) random.nextGaussian() * 2 - (i % 7 == 4 ? 3 : 0));
            }
            logits.add(values);
        }

        List<List<Detection>> found = onGpu(NmsSettings.DEFAULT, layout, logits, batch, TensorType.FP32);

        for (int i = 0; i < batch; i++) {
            assertEqual(found.get(i), onCpu(NmsSettings.DEFAULT, layout, logits, i));
            assertThat(found.get(i)).isNotEmpty();
        }
    }

    @Test
    void shouldRefuseMoreDetectionsThanItHasRoomFor() {
        assertThatThrownBy(
                        () -> new CudaPostprocessor(device, new NmsSettings(0.1f, 0.5f, 1001, false), LABELS, kernels))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1001");
    }

    private static PredictionLayout decoded() {
        return new PredictionLayout(PredictionLayout.Kind.DECODED, 2, ANCHORS, List.of());
    }

    /** Predictions whose confident boxes crowd around a number of places. */
    private static FloatBuffer predictions(int batch, int candidates, int places, Random random) {
        FloatBuffer rows = FloatBuffer.allocate(batch * ANCHORS * 7);
        for (int image = 0; image < batch; image++) {
            List<Integer> anchors = new ArrayList<>();
            for (int i = 0; i < ANCHORS; i++) {
                anchors.add(i);
                row(
                        rows,
                        image * ANCHORS + i,
                        random.nextFloat() * 640,
                        random.nextFloat() * 640,
                        10,
                        10,
                        0,
                        0.5f,
                        0.5f);
            }
            java.util.Collections.shuffle(anchors, random);
            for (int i = 0; i < candidates; i++) {
                Random place = new Random(i % Math.max(1, places));
                float x = 20 + 600 * place.nextFloat() + 4 * random.nextFloat();
                float y = 160 + 300 * place.nextFloat() + 4 * random.nextFloat();
                float side = 8 + 60 * place.nextFloat() + 3 * random.nextFloat();
                float first = random.nextFloat();
                row(
                        rows,
                        image * ANCHORS + anchors.get(i),
                        x,
                        y,
                        side,
                        side * 1.2f,
                        0.3f + 0.7f * random.nextFloat(),
                        first,
                        1 - first);
            }
        }
        return rows;
    }

    private static void row(FloatBuffer rows, int row, float... values) {
        for (int i = 0; i < 7; i++) {
            rows.put(row * 7 + i, values[i]);
        }
    }

    private static List<Detection> onCpu(
            NmsSettings settings, PredictionLayout layout, List<FloatBuffer> tensors, int index) {
        try (CpuPostprocessor cpu = new CpuPostprocessor(settings, LABELS)) {
            return cpu.detect(new HostPredictions(layout, tensors), index, LETTERBOX);
        }
    }

    private List<List<Detection>> onGpu(
            NmsSettings settings, PredictionLayout layout, List<FloatBuffer> tensors, int batch, TensorType type) {
        try (CudaPostprocessor gpu = new CudaPostprocessor(device, settings, LABELS, kernels)) {
            DevicePredictions predictions = upload(layout, tensors, type);
            List<List<Detection>> found = new ArrayList<>();
            // Twice, so that what the first batch left behind is seen.
            for (int run = 0; run < 2; run++) {
                found.clear();
                gpu.submit(predictions, batch);
                stream.synchronize();
                for (int i = 0; i < batch; i++) {
                    found.add(gpu.detect(predictions, i, LETTERBOX));
                }
            }
            return found;
        }
    }

    private DevicePredictions upload(PredictionLayout layout, List<FloatBuffer> tensors, TensorType type) {
        List<Long> addresses = new ArrayList<>();
        for (FloatBuffer tensor : tensors) {
            int bytes = tensor.capacity() * type.bytes();
            DeviceBuffer buffer = new DeviceBuffer(device, "test", bytes);
            uploaded.add(buffer);
            try (PinnedBuffer pinned = new PinnedBuffer(device, "test", bytes)) {
                ByteBuffer view = pinned.view();
                for (int i = 0; i < tensor.capacity(); i++) {
                    if (type == TensorType.FP16) {
                        view.putShort(2 * i, floatToHalf(tensor.get(i)));
                    } else {
                        view.putFloat(4 * i, tensor.get(i));
                    }
                }
                buffer.upload(pinned, bytes, stream);
                stream.synchronize();
            }
            addresses.add(buffer.address());
        }
        return new DevicePredictions(layout, type, addresses, stream.handle());
    }

    private static short floatToHalf(float value) {
        return io.helmwatch.vision.tensor.HalfFloat.fromFloat(value);
    }

    private static float halfToFloat(short value) {
        return io.helmwatch.vision.tensor.HalfFloat.toFloat(value);
    }

    private static void assertEqual(List<Detection> found, List<Detection> expected) {
        assertThat(found).hasSameSizeAs(expected);
        for (int i = 0; i < found.size(); i++) {
            Detection a = found.get(i);
            Detection b = expected.get(i);
            assertThat(a.label()).as("label of %d", i).isEqualTo(b.label());
            assertThat(a.confidence()).as("confidence of %d", i).isCloseTo(b.confidence(), within(0.002f));
            assertThat(a.sourceBox().x1())
                    .as("x1 of %d", i)
                    .isCloseTo(b.sourceBox().x1(), within(0.5f));
            assertThat(a.sourceBox().y1())
                    .as("y1 of %d", i)
                    .isCloseTo(b.sourceBox().y1(), within(0.5f));
            assertThat(a.sourceBox().x2())
                    .as("x2 of %d", i)
                    .isCloseTo(b.sourceBox().x2(), within(0.5f));
            assertThat(a.sourceBox().y2())
                    .as("y2 of %d", i)
                    .isCloseTo(b.sourceBox().y2(), within(0.5f));
        }
    }
}
