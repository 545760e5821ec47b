package io.helmwatch.pipeline.live;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.helmwatch.config.http.Role;
import io.helmwatch.web.LiveVideo;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** The connection to a viewer that keeps what it is sent; takes everything at once, or nothing while it is stuck. */
final class RecordingConnection implements LiveVideo.Connection {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    /** A binary message. */
    record Binary(int kind, boolean startsDecoding, int channel, int epoch, double seconds, byte[] payload) {
        static Binary of(ByteBuffer message) {
            int kind = message.get();
            boolean key = (message.get() & 1) != 0;
            int channel = message.getShort() & 0xffff;
            int epoch = message.getInt();
            double seconds = message.getDouble();
            byte[] payload = new byte[message.remaining()];
            message.get(payload);
            return new Binary(kind, key, channel, epoch, seconds, payload);
        }
    }

    private final boolean jpegOnly;
    private final List<JsonNode> texts = new ArrayList<>();
    private final List<Binary> binaries = new ArrayList<>();
    private final List<Consumer<@Nullable Throwable>> waiting = new ArrayList<>();
    private boolean stuck;
    private String closed = "";

    RecordingConnection() {
        this(false);
    }

    RecordingConnection(boolean jpegOnly) {
        this.jpegOnly = jpegOnly;
    }

    /** While stuck, nothing that was handed over is confirmed. */
    synchronized void stick() {
        stuck = true;
    }

    void loosen() {
        List<Consumer<@Nullable Throwable>> confirmed;
        synchronized (this) {
            stuck = false;
            confirmed = List.copyOf(waiting);
            waiting.clear();
        }
        confirmed.forEach(done -> done.accept(null));
    }

    @Override
    public String user() {
        return "viewer";
    }

    @Override
    public Role role() {
        return Role.VIEWER;
    }

    @Override
    public boolean isNode() {
        return false;
    }

    @Override
    public boolean isJpegOnly() {
        return jpegOnly;
    }

    @Override
    public void send(String message, Consumer<@Nullable Throwable> done) {
        try {
            JsonNode text = MAPPER.readTree(message);
            synchronized (this) {
                texts.add(text);
                notifyAll();
            }
        } catch (JsonProcessingException e) {
            throw new AssertionError(message, e);
        }
        confirm(done);
    }

    @Override
    public void send(ByteBuffer message, Consumer<@Nullable Throwable> done) {
        synchronized (this) {
            binaries.add(Binary.of(message));
            notifyAll();
        }
        confirm(done);
    }

    private void confirm(Consumer<@Nullable Throwable> done) {
        synchronized (this) {
            if (stuck) {
                waiting.add(done);
                return;
            }
        }
        done.accept(null);
    }

    @Override
    public synchronized void close(String reason) {
        closed = reason;
        notifyAll();
    }

    /** Why it was closed; empty while it is open. */
    synchronized String closed() {
        return closed;
    }

    synchronized List<JsonNode> texts(String type) {
        return texts.stream()
                .filter(text -> text.path("type").asText().equals(type))
                .toList();
    }

    synchronized List<Binary> binaries(int kind) {
        return binaries.stream().filter(binary -> binary.kind() == kind).toList();
    }

    /** The file that a player gets: the first segment of an epoch and its fragments. */
    synchronized byte[] file(int epoch) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        binaries.stream()
                .filter(binary -> binary.kind() < 2 && binary.epoch() == epoch)
                .forEach(binary -> all.writeBytes(binary.payload()));
        return all.toByteArray();
    }

    /** Waits for a condition; fails with what was received when it does not come true in time. */
    synchronized void await(String what, Duration limit, Predicate<RecordingConnection> condition) {
        long until = System.nanoTime() + limit.toNanos();
        while (!condition.test(this)) {
            long left = (until - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                throw new AssertionError("not within " + limit + ": " + what + "; " + binaries.size()
                        + " binary messages, streams " + texts("stream") + ", closed '" + closed + "'");
            }
            try {
                wait(left);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }
}
