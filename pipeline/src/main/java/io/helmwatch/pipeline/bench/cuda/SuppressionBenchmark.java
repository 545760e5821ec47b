package io.helmwatch.pipeline.bench.cuda;

import io.helmwatch.cuda.CudaDevice;
import io.helmwatch.cuda.DeviceBuffer;
import io.helmwatch.cuda.PinnedBuffer;
import io.helmwatch.postprocess.NmsSettings;
import io.helmwatch.postprocess.cuda.CudaPostprocessor;
import io.helmwatch.resource.Closer;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.tensor.DevicePredictions;
import io.helmwatch.vision.tensor.Letterbox;
import io.helmwatch.vision.tensor.LetterboxAnchor;
import io.helmwatch.vision.tensor.PredictionLayout;
import io.helmwatch.vision.tensor.TensorType;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Measures the postprocessing on the GPU (candidate selection, sorting, non-maximum suppression, download of the remaining boxes) on
 * predictions of a 640x640 model with two classes.
 *
 * <p>Threading: one thread. Ownership: frees its memory on close.
 */
final class SuppressionBenchmark implements AutoCloseable {

    private static final int ROWS = 25_200;
    private static final int CLASSES = 2;
    private static final int SIDE = 640;
    private static final int BACKLOG_COPIES = 2;
    private static final int REPEATS = 8;
    private static final int ROUNDS = 9;
    private static final NmsSettings SETTINGS = NmsSettings.DEFAULT;

    /** Content of the predictions. */
    enum Scene {
        /** Twenty objects, ten candidates each. */
        TYPICAL,
        /** Every row passes the threshold, at one place fewer than {@code max-detections}: longest sort, longest search, no early exit. */
        WORST
    }

    private final CudaDevice device;
    private final Closer owned;
    private final BackloggedStream stream;
    private final CudaPostprocessor postprocessor;

    /**
     * Result for one batch size.
     *
     * @param scene content of the predictions
     * @param batch frames per batch
     * @param micros device time per batch, median
     * @param hostMicros CPU time per batch, from the downloaded boxes to detections in source pixels, median
     * @param detections per frame
     */
    record Line(Scene scene, int batch, double micros, double hostMicros, int detections) {}

    /**
     * Loads the kernels, which are compiled where the cache has none.
     *
     * @param kernelCache directory of compiled kernels
     */
    SuppressionBenchmark(CudaDevice device, Path kernelCache) {
        this.device = device;
        try (Closer opened = new Closer()) {
            stream = opened.register(new BackloggedStream(device));
            postprocessor =
                    opened.register(new CudaPostprocessor(device, SETTINGS, List.of("helmet", "head"), kernelCache));
            owned = opened.transfer();
        }
    }

    /** Measures one batch size on FP32 predictions. */
    Line measure(Scene scene, int batch) {
        int frameBytes = ROWS * (5 + CLASSES) * 4;
        Letterbox letterbox =
                Letterbox.fit(new ImageSize(1920, 1080), new ImageSize(SIDE, SIDE), LetterboxAnchor.CENTER);
        try (DeviceBuffer predictions = new DeviceBuffer(device, BackloggedStream.OWNER, (long) batch * frameBytes);
                PinnedBuffer host = new PinnedBuffer(device, BackloggedStream.OWNER, frameBytes)) {
            for (int frame = 0; frame < batch; frame++) {
                write(host.view(), scene, new Random(frame));
                predictions.upload(host, 0, (long) frame * frameBytes, frameBytes, stream.stream());
                stream.stream().synchronize();
            }
            DevicePredictions output = new DevicePredictions(
                    new PredictionLayout(PredictionLayout.Kind.DECODED, CLASSES, ROWS, List.of()),
                    TensorType.FP32,
                    List.of(predictions.address()),
                    stream.stream().handle());
            double[] micros = new double[ROUNDS];
            double[] hostMicros = new double[ROUNDS];
            int detections = 0;
            for (int round = -1; round < ROUNDS; round++) {
                double deviceMicros = stream.micros(BACKLOG_COPIES, () -> {
                    for (int i = 0; i < REPEATS; i++) {
                        postprocessor.submit(output, batch);
                    }
                });
                detections = postprocessor.detect(output, 0, letterbox).size();
                long start = System.nanoTime();
                for (int frame = 0; frame < batch; frame++) {
                    postprocessor.detect(output, frame, letterbox);
                }
                if (round >= 0) {
                    hostMicros[round] = (System.nanoTime() - start) / 1e3;
                    micros[round] = deviceMicros / REPEATS;
                }
            }
            Arrays.sort(micros);
            Arrays.sort(hostMicros);
            return new Line(scene, batch, micros[ROUNDS / 2], hostMicros[ROUNDS / 2], detections);
        }
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
        owned.close();
    }
}
