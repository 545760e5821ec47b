package io.helmwatch.sinks;

import io.helmwatch.config.JsonLinesConfig;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.StreamStatus;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes every message as one line of JSON, the same that Kafka would get, to a file (appending) or to standard output.
 *
 * <p>A thread of the sink's own writes what waits in one go, at once when it is idle, so that a reader sees lines without
 * delay and a busy sink writes large blocks. A slow or full disk never holds up the caller: beyond {@link #CAPACITY} waiting
 * messages the oldest makes room and is counted. A failed write leaves no half line in the file and is tried anew with the
 * next messages. A file that was moved away (log rotation) is made again within a second.
 *
 * <p>Threading: publish and statistics by any thread, {@link #close} by one; it takes at most about three seconds.
 */
public final class JsonLinesDetectionSink implements DetectionSink {
    /** Messages that may wait. */
    public static final int CAPACITY = 10_000;

    private static final Logger LOG = LoggerFactory.getLogger(JsonLinesDetectionSink.class);
    private static final int BATCH = 512;
    private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long CLOSE_MILLIS = 3_000;

    private final ArrayBlockingQueue<Object> queue = new ArrayBlockingQueue<>(CAPACITY);
    private final SinkCounters counters = new SinkCounters(queue::size);
    private final DetectionJson json = new DetectionJson();
    private final ByteArrayOutputStream lines = new ByteArrayOutputStream(1 << 16);
    private final @Nullable Path file;
    private final @Nullable PrintStream stream;
    private final Thread writer;
    private @Nullable FileChannel channel;
    private long lookedNanos;
    private volatile boolean closing;
    private boolean closed;

    private JsonLinesDetectionSink(@Nullable Path file, @Nullable PrintStream stream) {
        this.file = file;
        this.stream = stream;
        if (file != null) {
            try {
                channel = open(file);
            } catch (IOException e) {
                throw new IllegalArgumentException("json-lines.target=" + file + ": cannot be written: " + e, e);
            }
        }
        lookedNanos = System.nanoTime();
        counters.markConnected();
        writer = new Thread(this::run, "jsonl-sink");
        writer.setDaemon(true);
        writer.start();
    }

    /**
     * Opens what the configuration names.
     *
     * @throws IllegalArgumentException when there is no target or the file cannot be written, in one sentence
     */
    public static JsonLinesDetectionSink open(JsonLinesConfig config) {
        String target = config.target();
        if (target == null) {
            throw new IllegalArgumentException(
                    "json-lines.target is not set: expected a file, or - for standard output");
        }
        return target.equals("-") ? toStream(System.out) : toFile(Path.of(target));
    }

    /** Appends to a file; it and its folder are made when missing. */
    public static JsonLinesDetectionSink toFile(Path file) {
        return new JsonLinesDetectionSink(file.toAbsolutePath(), null);
    }

    /** Writes to a stream, which stays open. */
    public static JsonLinesDetectionSink toStream(PrintStream stream) {
        return new JsonLinesDetectionSink(null, stream);
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
        add(status);
    }

    /** Hands over a message about an incident; its picture is waited for by the sink's own thread. */
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
            closeChannel();
        }
    }

    private void write(List<Object> batch) throws InterruptedException {
        int encoded = encode(batch);
        try {
            if (stream != null) {
                stream.write(lines.toByteArray(), 0, lines.size());
                stream.flush();
                if (stream.checkError()) {
                    throw new IOException("the reader of standard output is gone");
                }
            } else {
                append(ByteBuffer.wrap(lines.toByteArray()));
            }
            for (int i = 0; i < encoded; i++) {
                counters.countPublished();
            }
            if (!counters.connected()) {
                counters.markConnected();
                LOG.info("json-lines: {} is written again", target());
            }
        } catch (IOException e) {
            if (counters.connected()) {
                LOG.warn(
                        "json-lines: {} cannot be written: {}; messages are dropped until it can", target(), reason(e));
            }
            counters.markAway(target() + " cannot be written: " + reason(e));
            counters.countDropped(SinkDropCause.FAILED, encoded);
        }
    }

    /** Encodes into the lines; returns how many messages there are. */
    private int encode(List<Object> batch) throws InterruptedException {
        lines.reset();
        long now = System.currentTimeMillis();
        int encoded = 0;
        for (Object message : batch) {
            try {
                if (message instanceof FrameDetections frame) {
                    json.writeDetections(frame, now, lines);
                } else if (message instanceof PendingIncident incident) {
                    lines.writeBytes(IncidentJson.incident(incident.complete(), now));
                    lines.write('\n');
                } else {
                    json.writeStatus((StreamStatus) message, now, lines);
                }
                encoded++;
            } catch (IOException | RuntimeException e) {
                counters.countDropped(SinkDropCause.FAILED, 1);
            }
        }
        return encoded;
    }

    private void append(ByteBuffer bytes) throws IOException {
        FileChannel open = current();
        long before = open.size();
        try {
            while (bytes.hasRemaining()) {
                open.write(bytes);
            }
        } catch (IOException e) {
            try {
                open.truncate(before);
            } catch (IOException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw e;
        }
    }

    /** The open file; opened anew when it was moved away or could not be opened before. */
    private FileChannel current() throws IOException {
        Path path = Objects.requireNonNull(file);
        FileChannel open = channel;
        long now = System.nanoTime();
        if (open != null && now - lookedNanos > LOOK_NANOS) {
            lookedNanos = now;
            if (!Files.exists(path)) {
                closeChannel();
                open = null;
            }
        }
        if (open == null) {
            open = open(path);
            channel = open;
        }
        return open;
    }

    private static FileChannel open(Path file) throws IOException {
        Path folder = file.getParent();
        if (folder != null) {
            Files.createDirectories(folder);
        }
        return FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
    }

    private void closeChannel() {
        FileChannel open = channel;
        channel = null;
        if (open != null) {
            try {
                open.close();
            } catch (IOException e) {
                LOG.debug("json-lines: {} did not close: {}", target(), reason(e));
            }
        }
    }

    private String target() {
        return file == null ? "standard output" : file.toString();
    }

    private static String reason(IOException e) {
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        closing = true;
        try {
            writer.join(CLOSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (writer.isAlive()) {
            writer.interrupt();
            counters.countDropped(SinkDropCause.CLOSED, queue.size());
            LOG.warn("json-lines: {} messages were still waiting at the end and are lost", queue.size());
        }
    }
}
