package io.helmwatch.sinks;

import io.helmwatch.config.sink.JsonLinesConfig;
import io.helmwatch.resource.FailureText;
import io.helmwatch.resource.Quantity;
import io.helmwatch.resource.ThreadStop;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.NodeEpoch;
import io.helmwatch.vision.StreamOwnership;
import io.helmwatch.vision.StreamStatus;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes every message as one line of JSON, as on Kafka, to a file (appending) or to standard output.
 *
 * <p>A thread of the sink writes all queued messages in one block, at once when it is idle. A slow or full disk never blocks the
 * caller: beyond {@link #CAPACITY} queued messages the oldest is dropped and counted. A failed write leaves no partial line in
 * the file; writing is retried with the next messages. A file that was moved away (log rotation) is created again within a second.
 *
 * <p>Threading: publish and statistics by any thread, {@link #close} by one; it takes at most about three seconds.
 */
public final class JsonLinesDetectionSink implements DetectionSink {
    /** Capacity of the queue, messages. */
    public static final int CAPACITY = 10_000;

    private static final Logger LOG = LoggerFactory.getLogger(JsonLinesDetectionSink.class);
    private static final int BATCH = 512;
    private static final long CLOSE_MILLIS = 3_000;

    private final ArrayBlockingQueue<Object> queue = new ArrayBlockingQueue<>(CAPACITY);
    private final SinkCounters counters = new SinkCounters(queue::size);
    private final DetectionJson json = new DetectionJson();
    private final IncidentSnapshots snapshots = new IncidentSnapshots();
    private final ByteArrayOutputStream lines = new ByteArrayOutputStream(1 << 16);
    private final @Nullable LineFile file;
    private final String target;
    private final @Nullable PrintStream stream;
    private final Thread writer;
    private volatile boolean closing;
    private final StreamOwnership ownership;
    private boolean closed;

    /** A state with the node that had the stream when it was published. */
    private record OwnedStatus(
            StreamStatus status, @Nullable NodeEpoch origin) {}

    private JsonLinesDetectionSink(@Nullable Path path, @Nullable PrintStream stream, StreamOwnership ownership) {
        this.ownership = ownership;
        this.target = path == null ? "standard output" : path.toString();
        this.stream = stream;
        try {
            file = path == null ? null : new LineFile(path);
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "json-lines.target=" + path + ": cannot be written: " + FailureText.of(e), e);
        }
        counters.markConnected();
        writer = new Thread(this::run, "jsonl-sink");
        writer.setDaemon(true);
        writer.start();
    }

    /**
     * Opens the configured target.
     *
     * @throws IllegalArgumentException when no target is configured or the file cannot be written, in one sentence
     */
    public static JsonLinesDetectionSink open(JsonLinesConfig config) {
        return open(config, StreamOwnership.NONE);
    }

    /**
     * Opens the configured target for a node of a cluster.
     *
     * @param ownership which streams this node has: their states name it
     * @throws IllegalArgumentException when no target is configured or the file cannot be written, in one sentence
     */
    public static JsonLinesDetectionSink open(JsonLinesConfig config, StreamOwnership ownership) {
        String target = config.target();
        if (target == null) {
            throw new IllegalArgumentException(
                    "json-lines.target is not set: expected a file, or - for standard output");
        }
        return target.equals("-")
                ? new JsonLinesDetectionSink(null, System.out, ownership)
                : new JsonLinesDetectionSink(Path.of(target).toAbsolutePath(), null, ownership);
    }

    /** Appends to a file; it and its directories are created when missing. */
    public static JsonLinesDetectionSink toFile(Path file) {
        return new JsonLinesDetectionSink(file.toAbsolutePath(), null, StreamOwnership.NONE);
    }

    /** Writes to a stream, which is not closed. */
    public static JsonLinesDetectionSink toStream(PrintStream stream) {
        return new JsonLinesDetectionSink(null, stream, StreamOwnership.NONE);
    }

    @Override
    public String name() {
        return "json-lines";
    }

    @Override
    public void publish(FrameDetections frame) {
        add(frame);
    }

    @Override
    public void publish(StreamStatus status) {
        add(new OwnedStatus(status, ownership.origin(status.stream())));
    }

    /** Publishes an incident; the sink's thread waits for its snapshot. */
    void publish(PendingIncident incident) {
        add(incident);
    }

    private void add(Object message) {
        if (closing) {
            counters.countDropped(SinkDropCause.CLOSED, 1);
            return;
        }
        while (!queue.offer(message)) {
            if (queue.poll() != null) {
                counters.countDropped(SinkDropCause.QUEUE_FULL, 1);
            }
        }
    }

    @Override
    public SinkStatistics statistics() {
        return counters;
    }

    private void run() {
        List<Object> batch = new ArrayList<>(BATCH);
        try {
            while (true) {
                Object first = queue.poll(100, TimeUnit.MILLISECONDS);
                if (first != null) {
                    batch.add(first);
                    queue.drainTo(batch, BATCH - 1);
                    write(batch);
                    batch.clear();
                } else if (closing) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            closeFile();
        }
    }

    private void write(List<Object> batch) throws InterruptedException {
        int encoded = encode(batch);
        try {
            if (file != null) {
                file.append(ByteBuffer.wrap(lines.toByteArray()));
            } else if (stream != null) {
                stream.write(lines.toByteArray(), 0, lines.size());
                stream.flush();
                if (stream.checkError()) {
                    throw new IOException("standard output was closed by its reader");
                }
            }
            for (int i = 0; i < encoded; i++) {
                counters.countPublished();
            }
            if (!counters.connected()) {
                counters.markConnected();
                LOG.info("json-lines: writing to {} works again", target);
            }
        } catch (IOException e) {
            if (counters.connected()) {
                LOG.warn(
                        "json-lines: {} cannot be written: {}; messages are dropped until it can",
                        target,
                        FailureText.of(e));
            }
            counters.markUnavailable(target + " cannot be written: " + FailureText.of(e));
            counters.countDropped(SinkDropCause.FAILED, encoded);
        }
    }

    /** Encodes messages as lines; returns the number of lines. */
    private int encode(List<Object> batch) throws InterruptedException {
        lines.reset();
        long now = System.currentTimeMillis();
        int encoded = 0;
        for (Object message : batch) {
            try {
                if (message instanceof FrameDetections frame) {
                    json.writeDetections(frame, now, lines);
                } else if (message instanceof PendingIncident incident) {
                    lines.writeBytes(IncidentJson.incident(snapshots.complete(incident), now));
                    lines.write('\n');
                } else if (message instanceof OwnedStatus owned) {
                    json.writeStatus(owned.status(), now, owned.origin(), lines);
                }
                encoded++;
            } catch (IOException | RuntimeException e) {
                counters.countDropped(SinkDropCause.FAILED, 1);
            }
        }
        return encoded;
    }

    private void closeFile() {
        try {
            if (file != null) {
                file.close();
            }
        } catch (IOException e) {
            LOG.debug("json-lines: closing {} failed: {}", target, FailureText.of(e));
        }
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        closing = true;
        ThreadStop.join(writer, CLOSE_MILLIS);
        if (writer.isAlive()) {
            writer.interrupt();
            counters.countDropped(SinkDropCause.CLOSED, queue.size());
            LOG.warn("json-lines: {} dropped at shutdown", Quantity.of(queue.size(), "queued message"));
        }
    }
}
