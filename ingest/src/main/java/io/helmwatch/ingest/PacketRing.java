package io.helmwatch.ingest;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * The latest packets of a stream, so that a clip can begin before what caused it. It starts with a key frame, reaches back at least
 * the configured time where the stream is that old, and is bounded in bytes: beyond them the oldest group of frames is dropped, also
 * where that makes it shorter.
 *
 * <p>Threading: {@link #onPacket} on the stream's thread, everything else by any. Ownership: releases what it drops and what is left
 * at {@link #close}; packets that it gives out are retained for the caller.
 */
public final class PacketRing implements PacketReceiver, AutoCloseable {
    private final ArrayDeque<VideoPacket> packets = new ArrayDeque<>();
    private final ArrayDeque<VideoPacket> keyFrames = new ArrayDeque<>();
    private final long keepNanos;
    private final long maxBytes;
    private long bytes;
    private boolean closed;

    /**
     * @param keep how far back the ring reaches, by the time of arrival
     * @param maxBytes largest number of compressed bytes
     */
    public PacketRing(Duration keep, long maxBytes) {
        keepNanos = keep.toNanos();
        this.maxBytes = maxBytes;
    }

    @Override
    public synchronized void onPacket(VideoPacket packet) {
        if (closed || (packets.isEmpty() && !packet.isKeyFrame())) {
            return;
        }
        packet.retain();
        packets.add(packet);
        bytes += packet.sizeBytes();
        if (packet.isKeyFrame()) {
            keyFrames.add(packet);
        }
        while (bytes > maxBytes && !packets.isEmpty()) {
            dropOldestGroup();
        }
        while (keyFrames.size() > 1 && packet.receivedNanos() - secondKeyFrame().receivedNanos() >= keepNanos) {
            dropOldestGroup();
        }
    }

    private VideoPacket secondKeyFrame() {
        Iterator<VideoPacket> keys = keyFrames.iterator();
        keys.next();
        return keys.next();
    }

    private void dropOldestGroup() {
        keyFrames.poll();
        VideoPacket next = keyFrames.peek();
        while (!packets.isEmpty() && packets.peek() != next) {
            VideoPacket oldest = packets.remove();
            bytes -= oldest.sizeBytes();
            oldest.release();
        }
    }

    /**
     * The packets from the key frame before a time to the newest, of one stretch of the stream, retained for the caller; those from the
     * first key frame where the ring does not reach back that far, none where it holds nothing of that stretch.
     *
     * @param mediaEpoch as {@link VideoPacket#mediaEpoch}
     * @param mediaTimeNanos as {@link VideoPacket#mediaTimeNanos}
     */
    public synchronized List<VideoPacket> since(int mediaEpoch, long mediaTimeNanos) {
        VideoPacket start = null;
        for (VideoPacket key : keyFrames) {
            if (key.mediaEpoch() == mediaEpoch && (start == null || key.mediaTimeNanos() <= mediaTimeNanos)) {
                start = key;
            }
        }
        List<VideoPacket> found = new ArrayList<>();
        boolean started = false;
        for (VideoPacket packet : packets) {
            started |= packet == start;
            if (started && packet.mediaEpoch() == mediaEpoch) {
                packet.retain();
                found.add(packet);
            }
        }
        return found;
    }

    /** Compressed bytes held. */
    public synchronized long bytes() {
        return bytes;
    }

    /** Packets held. */
    public synchronized int size() {
        return packets.size();
    }

    /** Releases everything and takes nothing more; a second call does nothing. */
    @Override
    public synchronized void close() {
        closed = true;
        packets.forEach(VideoPacket::release);
        packets.clear();
        keyFrames.clear();
        bytes = 0;
    }
}
