package io.helmwatch.pipeline.live;

import io.helmwatch.config.rule.ZoneConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.FrameReceiver;
import io.helmwatch.ingest.VideoPackets;
import io.helmwatch.ingest.ffmpeg.FfmpegFrameSource;
import io.helmwatch.pipeline.ring.FrameAnalyzer;
import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.Detection;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.FrameLease;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.ModelIdentity;
import io.helmwatch.vision.StreamStatus;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A real source whose frames are "analysed" on its own thread: each shows one head whose left edge is the number of the frame. It stands for the
 * pipeline, so what holds it up would hold up the pipeline.
 */
final class AnalysedStream implements LiveSource, FrameReceiver, AutoCloseable {
    private static final ModelIdentity MODEL = new ModelIdentity("helmet", "1", "fp32", "cpu");

    private final FfmpegFrameSource source;
    private final Thread thread;
    private final AtomicInteger frames = new AtomicInteger();
    private final AtomicInteger dropped = new AtomicInteger();
    private final AtomicLong longestNanos = new AtomicLong();
    private volatile FrameAnalyzer analyzer;
    private volatile List<List<ZoneConfig.Point>> masks = List.of();

    AnalysedStream(String id, String url) {
        this(StreamConfig.of(id, url));
    }

    AnalysedStream(StreamConfig config) {
        source = FfmpegFrameSource.create(config);
        thread = new Thread(() -> source.run(this), "decode-" + config.id());
    }

    void start(FrameAnalyzer analysis) {
        analyzer = analysis;
        thread.start();
    }

    void mask(List<List<ZoneConfig.Point>> polygons) {
        masks = polygons;
    }

    /** Frames analysed so far. */
    int frames() {
        return frames.get();
    }

    /** Frames that were not analysed. */
    int dropped() {
        return dropped.get();
    }

    /** The longest time that the analyzer held the pipeline up, milliseconds. */
    double longestMillis() {
        return longestNanos.get() / 1e6;
    }

    @Override
    public void onFrame(FrameLease frame) {
        int left = (int) (frame.sequence() % 200);
        FrameDetections detections = new FrameDetections(
                source.id(),
                1_795_176_000L,
                frame.sequence(),
                frame.ptsNanos(),
                frame.capturedAtMillis(),
                new ImageSize(frame.width(), frame.height()),
                MODEL,
                List.of(new Detection("head", 0.9f, new BoundingBox(left, 10, left + 20, 30))));
        long start = System.nanoTime();
        analyzer.analyze(detections, frame);
        longestNanos.accumulateAndGet(System.nanoTime() - start, Math::max);
        frames.incrementAndGet();
    }

    @Override
    public void onDropped(DropCause cause) {
        dropped.incrementAndGet();
    }

    @Override
    public void onStatus(StreamStatus status) {}

    @Override
    public VideoPackets packets() {
        return source.packets();
    }

    @Override
    public boolean isRealTime() {
        return source.isLive();
    }

    @Override
    public List<List<ZoneConfig.Point>> masks() {
        return masks;
    }

    @Override
    public boolean blursHeads() {
        return false;
    }

    @Override
    public void close() {
        source.stop();
        try {
            thread.join(5_000);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
