package io.helmwatch.postprocess.cuda;

import io.helmwatch.cuda.CudaDevice;
import io.helmwatch.cuda.CudaEvent;
import io.helmwatch.cuda.CudaStream;
import io.helmwatch.cuda.DeviceBuffer;
import io.helmwatch.cuda.PinnedBuffer;
import io.helmwatch.postprocess.NmsSettings;
import io.helmwatch.vision.DevicePredictions;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.Letterbox;
import io.helmwatch.vision.LetterboxAnchor;
import io.helmwatch.vision.PredictionLayout;
import io.helmwatch.vision.TensorType;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * How long boxes take on the GPU: selection, sorting, suppression and the copy of what is kept, on predictions of a 640x640 network with two
 * classes.
 *
 * <p>Threading: one thread. Ownership: frees its memory on close.
 */
public final class SuppressionBenchmark implements AutoCloseable {

    private static final String OWNER = "benchmark";
    private static final int ROWS = 25_200;
    private static final int CLASSES = 2;
    private static final int SIDE = 640;
    private static final long BLOCKER_BYTES = 1L << 30;
    private static final int REPEATS = 8;
    private static final int ROUNDS = 9;
    private static final NmsSettings SETTINGS = NmsSettings.DEFAULT;

    /** What the network saw. */
    public enum Scene {
        /** Twenty objects, ten candidates each. */
        TYPICAL,
        /**
         * Every row passes the threshold, on one place less than boxes may be kept: the longest sort, the longest search, and no early end.
         */
        WORST
    }

    private final CudaDevice device;
    private final CudaStream stream;
    private final DeviceBuffer blocker;
    private final CudaPostprocessor postprocessor;

    /**
     * One batch size.
     *
     * @param scene what was seen
     * @param batch pictures
     * @param micros of the device for a batch, median
     * @param hostMicros of the CPU for a batch: from the copied boxes to detections in source pixels, median
     * @param detections found in a picture
     */
    public record Line(Scene scene, int batch, double micros, double hostMicros, int detections) {}

    /** Compiles the kernels or takes them from the cache. */
    public SuppressionBenchmark(CudaDevice device, Path kernelCache) {
        this.device = device;
        postprocessor = new CudaPostprocessor(device, SETTINGS, List.of("helmet", "head"), kernelCache);
        try {
            stream = new CudaStream(device);
            try {
                blocker = new DeviceBuffer(device, OWNER, BLOCKER_BYTES);
            } catch (RuntimeException e) {
                stream.close();
                throw e;
            }
        } catch (RuntimeException e) {
            postprocessor.close();
            throw e;
        }
    }

    /** Measures one batch size on FP32 predictions. */
    public Line measure(Scene scene, int batch) {
        int pictureBytes = ROWS * (5 + CLASSES) * 4;
        Letterbox letterbox =
                Letterbox.fit(new ImageSize(1920, 1080), new ImageSize(SIDE, SIDE), LetterboxAnchor.CENTER);
        try (DeviceBuffer predictions = new DeviceBuffer(device, OWNER, (long) batch * pictureBytes);
                PinnedBuffer host = new PinnedBuffer(device, OWNER, pictureBytes);
                CudaEvent begin = CudaEvent.timing(device);
                CudaEvent end = CudaEvent.timing(device)) {
            for (int picture = 0; picture < batch; picture++) {
                write(host.view(), scene, new Random(picture));
                predictions.upload(host, 0, (long) picture * pictureBytes, pictureBytes, stream);
                stream.synchronize();
            }
            DevicePredictions output = new DevicePredictions(
                    new PredictionLayout(PredictionLayout.Kind.DECODED, CLASSES, ROWS, List.of()),
                    TensorType.FP32,
                    List.of(predictions.address()),
                    stream.handle());
            double[] micros = new double[ROUNDS];
            double[] hostMicros = new double[ROUNDS];
            int detections = 0;
            for (int round = -1; round < ROUNDS; round++) {
                block();
                begin.record(stream);
                for (int i = 0; i < REPEATS; i++) {
                    postprocessor.submit(output, batch);
                }
                end.record(stream);
                end.synchronize();
                detections = postprocessor.detect(output, 0, letterbox).size();
                long start = System.nanoTime();
                for (int picture = 0; picture < batch; picture++) {
                    postprocessor.detect(output, picture, letterbox);
                }
                if (round >= 0) {
                    hostMicros[round] = (System.nanoTime() - start) / 1e3;
                    micros[round] = end.millisSince(begin) * 1e3 / REPEATS;
                }
            }
            Arrays.sort(micros);
            Arrays.sort(hostMicros);
            return new Line(scene, batch, micros[ROUNDS / 2], hostMicros[ROUNDS / 2], detections);
        }
    }

    /** Keeps the device busy while what is measured is enqueued. */
    private void block() {
        DeviceBuffer half = DeviceBuffer.of(blocker.address() + BLOCKER_BYTES / 2, BLOCKER_BYTES / 2);
        half.copyFrom(blocker, BLOCKER_BYTES / 2, stream);
        half.copyFrom(blocker, BLOCKER_BYTES / 2, stream);
    }

    private static void write(ByteBuffer to, Scene scene, Random random) {
        int places = scene == Scene.TYPICAL ? 20 : SETTINGS.maxDetections() - 1;
        int across = (int) Math.ceil(Math.sqrt(places));
        float side = (float) SIDE / across;
        int candidates = scene == Scene.TYPICAL ? 10 * places : ROWS;
        int step = ROWS / candidates;
        for (int row = 0; row < ROWS; row++) {
            boolean passes = row % step == 0 && row / step < candidates;
            int place = row / step % places;
            int at = row * (5 + CLASSES) * 4;
            to.putFloat(at, (place % across + 0.5f) * side + random.nextFloat());
            to.putFloat(at + 4, (place / across + 0.5f) * side + random.nextFloat());
            to.putFloat(at + 8, 0.8f * side);
            to.putFloat(at + 12, 0.8f * side);
            to.putFloat(at + 16, passes ? 0.5f + 0.5f * random.nextFloat() : 0.01f * random.nextFloat());
            to.putFloat(at + 20, 0.9f);
            to.putFloat(at + 24, 0.1f);
        }
    }

    @Override
    public void close() {
        blocker.close();
        postprocessor.close();
        stream.close();
    }
}
