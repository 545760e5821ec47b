package io.helmwatch.ingest.ffmpeg;

import io.helmwatch.ingest.FrameReceiver;
import io.helmwatch.ingest.timing.CorruptionWindow;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.StreamReason;
import io.helmwatch.vision.StreamStatus;
import io.helmwatch.vision.StreamStatus.State;

/**
 * A stream's state as its frames show it, over all connections of a run: {@code ONLINE} with the first good frame,
 * {@code DEGRADED} while too many frames of a live stream are corrupt.
 *
 * <p>Threading: the stream's thread. Allocates only when the state changes.
 */
final class StreamHealth {
    private final String stream;
    private final boolean live;
    private final FrameReceiver receiver;
    private final CorruptionWindow corruption = new CorruptionWindow();
    private State state = State.STARTING;
    private long goodFrames;
    private long corruptFrames;
    private long onlineSinceNanos;
    private boolean online;

    StreamHealth(String stream, boolean live, FrameReceiver receiver) {
        this.stream = stream;
        this.live = live;
        this.receiver = receiver;
    }

    /** A new connection, or a new round of a file: its first good frame decides again. */
    void startConnection() {
        corruption.reset();
        online = false;
    }

    /** Counts a frame that can be analysed. */
    void countGood(long nowNanos) {
        goodFrames++;
        boolean changed = live && corruption.count(false, nowNanos);
        if (!online) {
            online = true;
            onlineSinceNanos = nowNanos;
        }
        if (state != State.ONLINE && (state != State.DEGRADED || changed || !corruption.isDegraded())) {
            enter(State.ONLINE, StreamReason.NONE, "");
        }
    }

    /** Counts a frame or packet that cannot be analysed, and reports the drop. */
    void countCorrupt(long nowNanos) {
        corruptFrames++;
        receiver.onDropped(DropCause.CORRUPT);
        if (live && corruption.count(true, nowNanos) && corruption.isDegraded()) {
            enter(
                    State.DEGRADED,
                    StreamReason.CORRUPT_FRAMES,
                    corruption.corruptFrames() + " of the last " + corruption.frames()
                            + " frames are damaged or have no key frame before them.");
        }
    }

    /** Reports a reason for as long as the stream is online. */
    void note(StreamReason code, String reason) {
        if (state == State.ONLINE) {
            enter(State.ONLINE, code, reason);
        }
    }

    /** Enters a state and reports it. */
    void enter(State next, StreamReason code, String reason) {
        state = next;
        receiver.onStatus(new StreamStatus(stream, next, code, reason, System.currentTimeMillis()));
    }

    /** How long this connection has delivered good frames; 0 when it has not. */
    long onlineMillis() {
        return online ? (System.nanoTime() - onlineSinceNanos) / 1_000_000 : 0;
    }

    /** Whether this connection delivered a good frame. */
    boolean hasBeenOnline() {
        return online;
    }

    /** Good frames of the whole run. */
    long goodFrames() {
        return goodFrames;
    }

    /** Corrupt frames and packets of the whole run. */
    long corruptFrames() {
        return corruptFrames;
    }
}
