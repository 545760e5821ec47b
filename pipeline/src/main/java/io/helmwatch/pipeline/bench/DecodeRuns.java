package io.helmwatch.pipeline.bench;

import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.FrameReceiver;
import io.helmwatch.ingest.FrameSource;
import io.helmwatch.pipeline.backend.OpenedBackend;
import io.helmwatch.pipeline.bench.StageBenchmark.Speed;
import io.helmwatch.resource.ThreadStop;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.FrameLease;
import io.helmwatch.vision.StreamStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Measures decoding alone.
 *
 * <p>Threading: one thread, which starts others and waits for them. Ownership: the backend is the caller's.
 */
final class DecodeRuns {
    private static final int SAMPLE_FRAMES = 16;
    /** Frames of every stream before decoding is measured. */
    private static final int WARM_UP_FRAMES = 8;

    private static final long MAX_START_NANOS = 60_000_000_000L;

    private final OpenedBackend backend;
    private final long roundNanos;

    /**
     * Decoding alone.
     *
     * @param decoderPercent utilisation of the GPU's video decoders meanwhile; NaN where unknown
     */
    record Decoding(Speed speed, double decoderPercent) {}

    DecodeRuns(OpenedBackend backend, long roundNanos) {
        this.backend = backend;
        this.roundNanos = roundNanos;
    }

    /** Some frames of a stream; the caller closes them. */
    List<FrameLease> sampleFrames(StreamConfig stream) throws InterruptedException {
        List<FrameLease> frames = new ArrayList<>();
        FrameSource source = backend.newSource(stream);
        AtomicReference<String> problem = new AtomicReference<>("it has no frames");
        Thread thread = new Thread(
                () -> source.run(new Counting(new AtomicLong()) {
                    @Override
                    public void onFrame(FrameLease frame) {
                        if (frames.size() < SAMPLE_FRAMES) {
                            FrameLease lease = backend.newLease();
                            lease.take(frame);
                            frames.add(lease);
                        } else {
                            source.stop();
                        }
                    }

                    @Override
                    public void onStatus(StreamStatus status) {
                        if (status.state() == StreamStatus.State.FAILED) {
                            problem.set(status.reason());
                        }
                    }
                }),
                "bench-sample");
        thread.start();
        ThreadStop.joinAll(List.of(thread));
        if (frames.isEmpty()) {
            throw new IllegalStateException("the clip cannot be measured: " + problem.get());
        }
        return frames;
    }

    /** Decodes streams at once, one thread each; frames are released at once. */
    Decoding decode(List<StreamConfig> selected) throws InterruptedException {
        List<FrameSource> sources = selected.stream().map(backend::newSource).toList();
        List<AtomicLong> counts = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (FrameSource source : sources) {
            AtomicLong count = new AtomicLong();
            Thread thread = new Thread(() -> source.run(new Counting(count)), "bench-decode");
            counts.add(count);
            threads.add(thread);
            thread.start();
        }
        try {
            return decoding(counts, threads);
        } finally {
            sources.forEach(FrameSource::stop);
            ThreadStop.joinAll(threads);
        }
    }

    private Decoding decoding(List<AtomicLong> counts, List<Thread> threads) throws InterruptedException {
        long deadline = System.nanoTime() + MAX_START_NANOS;
        while (counts.stream().anyMatch(count -> count.get() < WARM_UP_FRAMES)
                && threads.stream().anyMatch(Thread::isAlive)
                && System.nanoTime() < deadline) {
            TimeUnit.MILLISECONDS.sleep(1);
        }
        long before = sum(counts);
        try (ResourceMeter meter = ResourceMeter.start(backend)) {
            TimeUnit.NANOSECONDS.sleep(roundNanos);
            long frames = sum(counts) - before;
            ResourceMeter.Usage usage = meter.stop();
            return new Decoding(Speed.of(frames, usage), usage.decoderPercent());
        }
    }

    private static long sum(List<AtomicLong> counts) {
        return counts.stream().mapToLong(AtomicLong::get).sum();
    }

    /** Counts frames and releases them. */
    private static class Counting implements FrameReceiver {
        private final AtomicLong frames;

        Counting(AtomicLong frames) {
            this.frames = frames;
        }

        @Override
        public void onFrame(FrameLease frame) {
            frames.incrementAndGet();
        }

        @Override
        public void onDropped(DropCause cause) {
            // Only intact frames are measured.
        }

        @Override
        public void onStatus(StreamStatus status) {
            // The frame rate shows it.
        }
    }
}
