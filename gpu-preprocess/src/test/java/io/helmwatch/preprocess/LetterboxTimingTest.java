package io.helmwatch.preprocess;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.preprocess.ffmpeg.SwscalePreprocessor;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.PixelFormat;
import io.helmwatch.vision.tensor.HostTensorBatch;
import io.helmwatch.vision.tensor.LetterboxAnchor;
import io.helmwatch.vision.tensor.TensorShape;
import io.helmwatch.vision.tensor.TensorType;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.FloatBuffer;
import java.util.Locale;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Processor time of a 1080p frame against the reference's, which is plain Java: a limit in milliseconds would be one of this machine. The best
 * of many runs, since other work on the machine only ever adds.
 */
class LetterboxTimingTest {

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final ImageSize FULL_HD = new ImageSize(1920, 1080);
    private static final TensorShape INPUT = new TensorShape(1, 3, 640, 640);

    @ParameterizedTest
    @CsvSource({
        // Format, element, least speed against the reference
        "I420, FP32, 15",
        "NV12, FP32, 15",
        "BGR24, FP32, 10",
        "I420_10, FP32, 10",
        "P010, FP32, 8",
        "NV12, FP16, 2"
    })
    void shouldScaleFullHdManyTimesAsFastAsTheReference(PixelFormat format, TensorType type, double leastSpeed) {
        HostTensorBatch fast = HostTensorBatch.allocate(INPUT, type);
        HostTensorBatch plain = HostTensorBatch.allocate(INPUT, TensorType.FP32);
        try (HostFrame frame = TestPictures.picture(FULL_HD, format, TestPictures.BT709, 0);
                Preprocessor preprocessor = new SwscalePreprocessor(LetterboxAnchor.CENTER, 114);
                Preprocessor reference = new ReferencePreprocessor(LetterboxAnchor.CENTER, 114)) {
            double millis = bestMillis(60, () -> preprocessor.add(frame, fast, 0));
            double referenceMillis = bestMillis(5, () -> reference.add(frame, plain, 0));
            System.out.printf(
                    Locale.ROOT,
                    "1920x1080 %s to 640x640 %s: best %.2f ms, reference %.1f ms, mean error %s/255%n",
                    format,
                    type,
                    millis,
                    referenceMillis,
                    type == TensorType.FP32 ? String.format(Locale.ROOT, "%.4f", meanError(fast, plain)) : "-");
            assertThat(referenceMillis / millis).isGreaterThan(leastSpeed);
        }
    }

    private static double bestMillis(int runs, Runnable work) {
        double best = Double.MAX_VALUE;
        for (int i = 0; i < runs; i++) {
            long start = THREADS.getCurrentThreadCpuTime();
            work.run();
            best = Math.min(best, (THREADS.getCurrentThreadCpuTime() - start) / 1e6);
        }
        return best;
    }

    private static double meanError(HostTensorBatch a, HostTensorBatch b) {
        FloatBuffer these = a.buffer().asFloatBuffer();
        FloatBuffer those = b.buffer().asFloatBuffer();
        double sum = 0;
        for (int i = 0; i < these.capacity(); i++) {
            sum += Math.abs(these.get(i) - those.get(i));
        }
        return sum * 255 / these.capacity();
    }
}
