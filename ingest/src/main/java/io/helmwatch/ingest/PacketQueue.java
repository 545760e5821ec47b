package io.helmwatch.ingest;

import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Packets on their way from a stream's thread to one other. Bounded: when the other thread is too slow, everything that waits is
 * dropped, and what follows up to the next key frame, so that what comes out can always be decoded and is never old.
 *
 * <p>Threading: {@link #onPacket} on the stream's thread, which waits for nothing but the other thread taking one packet;
 * everything else by any. Ownership: releases what it drops and what is left at {@link #close}.
 */
public final class PacketQueue implements PacketReceiver, AutoCloseable {
    private final ArrayDeque<VideoPacket> waiting = new ArrayDeque<>();
    private final int maxPackets;
    private final long maxBytes;
    private final Runnable arrived;
    private long waitingBytes;
    private long dropped;
    private boolean awaitsKeyFrame = true;
    private boolean closed;

    /**
     * @param maxPackets largest number of packets that wait
     * @param maxBytes largest number of compressed bytes that wait
     * @param arrived called on the stream's thread after a packet was added, to wake the other thread; must not block
     */
    public PacketQueue(int maxPackets, long maxBytes, Runnable arrived) {
        this.maxPackets = maxPackets;
        this.maxBytes = maxBytes;
        this.arrived = arrived;
    }

    @Override
    public void onPacket(VideoPacket packet) {
        if (add(packet)) {
            arrived.run();
        }
    }

    private synchronized boolean add(VideoPacket packet) {
        if (closed || (awaitsKeyFrame && !packet.isKeyFrame())) {
            return false;
        }
        if (waiting.size() >= maxPackets || waitingBytes + packet.sizeBytes() > maxBytes) {
            dropped += waiting.size();
            clear();
            if (!packet.isKeyFrame() || packet.sizeBytes() > maxBytes) {
                dropped++;
                awaitsKeyFrame = true;
                return false;
            }
        }
        awaitsKeyFrame = false;
        packet.retain();
        waiting.add(packet);
        waitingBytes += packet.sizeBytes();
        return true;
    }

    /** The next packet, which the caller releases; null when none waits. */
    public synchronized @Nullable VideoPacket poll() {
        VideoPacket next = waiting.poll();
        if (next != null) {
            waitingBytes -= next.sizeBytes();
        }
        return next;
    }

    /** Packets dropped because the queue was full; those before the first key frame do not count. */
    public synchronized long dropped() {
        return dropped;
    }

    private void clear() {
        waiting.forEach(VideoPacket::release);
        waiting.clear();
        waitingBytes = 0;
    }

    /** Releases what waits and takes nothing more; a second call does nothing. */
    @Override
    public synchronized void close() {
        closed = true;
        clear();
    }
}
