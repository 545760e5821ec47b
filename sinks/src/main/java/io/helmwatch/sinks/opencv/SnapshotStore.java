package io.helmwatch.sinks.opencv;

import io.helmwatch.config.incident.SnapshotConfig;
import io.helmwatch.config.rule.StreamRulesConfig;
import io.helmwatch.resource.ThreadStop;
import io.helmwatch.sinks.evidence.EvidenceCopies;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.FrameLease;
import io.helmwatch.vision.Incident;
import io.helmwatch.vision.VideoFrame;
import java.io.IOException;
import java.time.Clock;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stores the frame that decided an incident as JPEG; {@link SnapshotRenderer} defines the images, {@link SnapshotDirectory} the
 * files and their retention.
 *
 * <p>The caller waits for one copy of the frame's samples only (about half a millisecond for 1080p, somewhat longer from a GPU). At
 * most {@value #COPIES} frames are in progress at a time; further snapshots are skipped and counted. The memory of the copies is
 * allocated in advance on the store's thread, once {@link #prepare} has announced the size of frames.
 *
 * <p>Threading: {@link #prepare}, {@link #capture} and the counters by any thread; a thread of the store renders and writes.
 * Ownership: closing waits for the snapshots in progress, at most five seconds.
 */
public final class SnapshotStore implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SnapshotStore.class);
    private static final int COPIES = 4;
    private static final long CLOSE_MILLIS = 5_000;
    /** Skipped snapshots are logged once in this time; all are counted. */
    private static final long SKIP_WARNING_NANOS = 60_000_000_000L;

    private record Job(
            FrameCopy copy,
            Incident incident,
            FrameDetections frame,
            StreamRulesConfig rules,
            CompletableFuture<Incident.@Nullable Snapshot> result) {}

    private final SnapshotConfig config;
    private final SnapshotRenderer renderer;
    private final SnapshotDirectory directory;
    private final BlockingQueue<FrameCopy> free = new ArrayBlockingQueue<>(COPIES);
    private final BlockingQueue<Job> jobs = new ArrayBlockingQueue<>(COPIES);
    private final LongAdder stored = new LongAdder();
    private final LongAdder skipped = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final Thread thread;
    private final AtomicInteger requestedBytes = new AtomicInteger();
    private final AtomicLong nextSkipWarningNanos = new AtomicLong(System.nanoTime());
    private volatile boolean closing;

    /** Written by the store's thread only. */
    private volatile int reservedBytes;

    /** Owned by the store's thread. */
    private boolean isHealthy = true;

    /** Starts the thread; nothing is written before the first snapshot. */
    public SnapshotStore(SnapshotConfig config, Clock clock) {
        this(config, EvidenceCopies.NONE, clock);
    }

    /** Starts the thread; the files are also copied. */
    public SnapshotStore(SnapshotConfig config, EvidenceCopies copies, Clock clock) {
        this.config = config;
        this.renderer = new SnapshotRenderer(config);
        this.directory = new SnapshotDirectory(config, copies, clock);
        for (int i = 0; i < COPIES; i++) {
            free.add(new FrameCopy());
        }
        thread = new Thread(this::run, "snapshots");
        thread.setDaemon(true);
        thread.start();
    }

    /** Announces frames of the size of this one, which is needed only during the call. Any thread. */
    public void prepare(VideoFrame frame) {
        requestedBytes.accumulateAndGet(FrameCopy.bytes(frame), Math::max);
    }

    /**
     * Captures the snapshot of an incident.
     *
     * @param incident the message that it belongs to
     * @param detections the detections of the deciding frame
     * @param frame the deciding frame, needed only during the call
     * @param rules the stream's masks and zones
     * @return the snapshot once it is stored; null where it was skipped or failed
     */
    public Future<Incident.@Nullable Snapshot> capture(
            Incident incident, FrameDetections detections, VideoFrame frame, StreamRulesConfig rules) {
        CompletableFuture<Incident.@Nullable Snapshot> result = new CompletableFuture<>();
        FrameCopy copy = closing ? null : free.poll();
        if (copy == null) {
            skip(incident);
            result.complete(null);
            return result;
        }
        try {
            copy(frame, copy);
        } catch (RuntimeException e) {
            free.add(copy);
            failed.increment();
            result.complete(null);
            LOG.error("Snapshot of incident {} failed: frame cannot be copied: {}", incident.id(), e.toString());
            return result;
        }
        jobs.add(new Job(copy, incident, detections, rules, result));
        return result;
    }

    private void skip(Incident incident) {
        skipped.increment();
        long now = System.nanoTime();
        long due = nextSkipWarningNanos.get();
        if (now - due >= 0 && nextSkipWarningNanos.compareAndSet(due, now + SKIP_WARNING_NANOS)) {
            LOG.warn(
                    "Snapshot of incident {} skipped: {}; the incident is published without; skipped so far: {}",
                    incident.id(),
                    closing ? "the store is closing" : COPIES + " snapshots are in progress, the disk may be slow",
                    skipped.sum());
        }
    }

    static void copy(VideoFrame frame, FrameCopy copy) {
        if (frame.memory() == VideoFrame.Memory.HOST) {
            copy.take(frame);
        } else {
            try (FrameLease downloaded = frame.download()) {
                copy.take(downloaded);
            }
        }
    }

    /** Whether memory for frames of the announced size is allocated. Any thread. */
    public boolean isPrepared() {
        return reservedBytes >= requestedBytes.get();
    }

    /** Snapshots stored. */
    public long stored() {
        return stored.sum();
    }

    /** Snapshots skipped because too many were in progress. */
    public long skipped() {
        return skipped.sum();
    }

    /** Snapshots that could not be stored. */
    public long failed() {
        return failed.sum();
    }

    private void run() {
        warmUp();
        try {
            while (true) {
                reserve();
                Job job = jobs.poll(200, TimeUnit.MILLISECONDS);
                if (job != null) {
                    process(job);
                } else if (closing) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Copies that are in use get their memory when they are returned. */
    private void reserve() {
        int requested = requestedBytes.get();
        if (requested > reservedBytes) {
            for (int i = 0; i < COPIES; i++) {
                // One at a time, so that a snapshot can be captured meanwhile.
                FrameCopy copy = free.poll();
                if (copy != null) {
                    copy.reserve(requested);
                    free.add(copy);
                }
            }
            reservedBytes = requested;
        }
    }

    /** Loads OpenCV before the first incident, which would otherwise wait for it. */
    private void warmUp() {
        try {
            renderer.warmUp();
        } catch (IOException | LinkageError e) {
            LOG.error("OpenCV cannot be used: {}; incidents are published without snapshots", e.toString());
        }
    }

    private void process(Job job) {
        try {
            SnapshotRenderer.Images images = renderer.render(job.copy(), job.incident(), job.frame(), job.rules());
            Incident.Snapshot snapshot = directory.store(job.incident(), images);
            stored.increment();
            job.result().complete(snapshot);
            if (!isHealthy) {
                isHealthy = true;
                LOG.info("Snapshots stored again in {}", config.directory());
            }
        } catch (IOException | RuntimeException | LinkageError e) {
            failed.increment();
            job.result().complete(null);
            if (isHealthy) {
                isHealthy = false;
                LOG.error("Snapshots cannot be stored in {}: {}", config.directory(), e.toString());
            }
        } finally {
            job.copy().reserve(requestedBytes.get());
            free.add(job.copy());
        }
    }

    @Override
    public void close() {
        closing = true;
        ThreadStop.join(thread, CLOSE_MILLIS);
    }
}
