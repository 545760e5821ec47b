package io.helmwatch.web.relay;

import io.helmwatch.web.Relay.Link;
import io.helmwatch.web.Relay.Receiver;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * A WebSocket to the live video of another node. Messages are put together from their parts, up to {@value #LONGEST} bytes. The next one is taken from
 * the network when the receiver has returned.
 *
 * <p>Threading: any thread sends and closes; messages arrive on the client's threads, one after the other.
 */
final class LiveLink implements Link, WebSocket.Listener {
    static final String PATH = "/api/v1/live";
    static final int LONGEST = 8 << 20;

    private static final int FIRST_CAPACITY = 64 * 1024;

    private final Receiver receiver;
    private final AtomicBoolean isClosed = new AtomicBoolean();
    private final StringBuilder text = new StringBuilder();
    private ByteBuffer binary = ByteBuffer.allocate(FIRST_CAPACITY);
    /** What was sent last is sent next: one at a time, in order. */
    private CompletableFuture<WebSocket> sent;

    private final CompletableFuture<WebSocket> opened = new CompletableFuture<>();

    private LiveLink(Receiver receiver) {
        this.receiver = receiver;
        this.sent = opened;
    }

    static Link open(HttpClient client, URI live, String pass, Duration timeout, Receiver receiver) {
        LiveLink link = new LiveLink(receiver);
        var unusedFuture = client.newWebSocketBuilder()
                .connectTimeout(timeout)
                .header("Authorization", pass)
                .buildAsync(live, link)
                .whenComplete((socket, failure) -> {
                    if (failure != null) {
                        Throwable cause = failure.getCause() == null ? failure : failure.getCause();
                        link.end(cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage());
                    }
                });
        return link;
    }

    /** A connection that is closed from the beginning. */
    static Link refused(Receiver receiver, String reason) {
        LiveLink link = new LiveLink(receiver);
        link.end(reason);
        return link;
    }

    @Override
    public void onOpen(WebSocket socket) {
        if (isClosed.get()) {
            socket.abort();
            return;
        }
        opened.complete(socket);
        socket.request(1);
    }

    @Override
    public void send(String message) {
        synchronized (this) {
            if (!isClosed.get()) {
                sent = sent.thenCompose(socket -> socket.sendText(message, true));
            }
        }
    }

    @Override
    public @Nullable CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean isLast) {
        if (text.length() + data.length() > LONGEST) {
            tooLong(socket);
            return null;
        }
        text.append(data);
        if (isLast) {
            String message = text.toString();
            text.setLength(0);
            receiver.text(message);
        }
        socket.request(1);
        return null;
    }

    @Override
    public @Nullable CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean isLast) {
        int length = binary.position() + data.remaining();
        if (length > LONGEST) {
            tooLong(socket);
            return null;
        }
        if (length > binary.capacity()) {
            ByteBuffer larger = ByteBuffer.allocate(Math.min(LONGEST, Math.max(length, 2 * binary.capacity())));
            binary = larger.put(binary.flip());
        }
        binary.put(data);
        if (isLast) {
            byte[] message = new byte[binary.flip().remaining()];
            binary.get(message).clear();
            receiver.binary(ByteBuffer.wrap(message));
        }
        socket.request(1);
        return null;
    }

    @Override
    public @Nullable CompletionStage<?> onPing(WebSocket socket, ByteBuffer message) {
        receiver.alive();
        socket.request(1);
        return null;
    }

    private void tooLong(WebSocket socket) {
        socket.abort();
        end("a message has more than " + LONGEST + " bytes");
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket socket, int status, String reason) {
        end(reason.isEmpty() ? "closed" : reason);
        return null;
    }

    @Override
    public void onError(WebSocket socket, Throwable failure) {
        end(failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage());
    }

    private void end(String reason) {
        if (isClosed.compareAndSet(false, true)) {
            receiver.closed(reason);
        }
    }

    @Override
    public void close() {
        end("closed");
        var unusedFuture = opened.thenAccept(WebSocket::abort);
    }
}
