package io.helmwatch.pipeline.health;

import io.helmwatch.config.stream.CameraHealthConfig;
import io.helmwatch.config.stream.HealthCheck;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.pipeline.desk.StreamObserver;
import io.helmwatch.pipeline.ring.FrameAnalyzer;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.FrameLease;
import io.helmwatch.vision.StreamReason;
import io.helmwatch.vision.VideoFrame;
import io.helmwatch.vision.health.CameraHealth;
import io.helmwatch.vision.health.LumaSample;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes a sample of each camera's image at most once per {@link CameraHealthConfig#interval} and keeps its {@link CameraHealth}. A frame in
 * between costs a look at its time; detections are not changed.
 *
 * <p>A stream that starts anew, also after its settings changed, is learned anew; one that is lost and comes back is not.
 *
 * <p>Threading: as {@link FrameAnalyzer} and {@link StreamObserver}; {@link #condition} by any.
 */
public final class HealthAnalyzer implements FrameAnalyzer, StreamObserver {
    private static final Logger LOG = LoggerFactory.getLogger(HealthAnalyzer.class);

    /** One camera; sampled by the sink thread of its pipeline. */
    private static final class Camera {
        private final CameraHealth health;
        private final LumaSample sample = new LumaSample();
        private boolean isSampled;
        private boolean isUnreadable;
        private long lastNanos;

        Camera(CameraHealth health) {
            this.health = health;
        }
    }

    private final CameraHealthConfig config;
    private final HealthMetrics metrics;
    private final Map<String, Camera> cameras = new ConcurrentHashMap<>();

    /** No cameras; does nothing where the configuration says so. */
    public HealthAnalyzer(CameraHealthConfig config, HealthMetrics metrics) {
        this.config = config;
        this.metrics = metrics;
    }

    @Override
    public void added(StreamConfig stream) {
        if (!config.enabled()) {
            return;
        }
        Camera camera = new Camera(new CameraHealth(
                config.raiseAfter().toNanos(), config.clearAfter().toNanos(), reasons(stream.ignoreHealth())));
        cameras.put(stream.id(), camera);
        metrics.add(stream.id(), camera.health);
    }

    private static Set<StreamReason> reasons(Set<HealthCheck> checks) {
        Set<StreamReason> reasons = EnumSet.noneOf(StreamReason.class);
        checks.forEach(check -> reasons.add(StreamReason.valueOf(check.name())));
        return Collections.unmodifiableSet(reasons);
    }

    @Override
    public void changed(StreamConfig stream) {}

    @Override
    public void removed(String stream) {
        if (cameras.remove(stream) != null) {
            metrics.remove(stream);
        }
    }

    @Override
    public FrameDetections analyze(FrameDetections detections, VideoFrame frame) {
        Camera camera = cameras.get(detections.stream());
        if (camera != null && isDue(camera, frame.ptsNanos())) {
            check(detections.stream(), camera, frame);
        }
        return detections;
    }

    private boolean isDue(Camera camera, long ptsNanos) {
        return !camera.isSampled
                || ptsNanos - camera.lastNanos >= config.interval().toNanos();
    }

    private void check(String stream, Camera camera, VideoFrame frame) {
        long start = System.nanoTime();
        camera.isSampled = true;
        camera.lastNanos = frame.ptsNanos();
        try {
            read(camera.sample, frame);
        } catch (RuntimeException failure) {
            // The frame is analysed all the same; a GPU that fails is found by the stages.
            if (!camera.isUnreadable) {
                camera.isUnreadable = true;
                LOG.warn("Image of stream {} cannot be checked: {}", stream, failure.getMessage());
            }
            return;
        }
        camera.health.update(camera.sample, frame.ptsNanos());
        metrics.record(System.nanoTime() - start);
    }

    private static void read(LumaSample sample, VideoFrame frame) {
        if (frame.memory() == VideoFrame.Memory.HOST) {
            sample.read(frame);
            return;
        }
        try (FrameLease rows = frame.downloadRows(LumaSample.ROWS)) {
            sample.read(rows);
        }
    }

    /** What is wrong with the image of a stream; {@code NONE} where nothing is, or where it is not checked. */
    public StreamReason condition(String stream) {
        @Nullable Camera camera = cameras.get(stream);
        return camera == null ? StreamReason.NONE : camera.health.condition();
    }

    @Override
    public void close() {}
}
