package io.helmwatch.ingest;

import java.util.concurrent.atomic.AtomicInteger;

/** A packet without bytes, which counts its holds. */
final class ScriptedPacket implements VideoPacket {
    private static final VideoFormat FORMAT =
            new VideoFormat(VideoFormat.Codec.H264, 640, 360, true, 1, 90_000, new byte[0]);

    final AtomicInteger holds = new AtomicInteger();
    private final int epoch;
    private final int number;
    private final boolean key;
    private final int size;

    /** A frame of a stream of 10 frames a second. */
    ScriptedPacket(int epoch, int number, boolean key, int size) {
        this.epoch = epoch;
        this.number = number;
        this.key = key;
        this.size = size;
    }

    int number() {
        return number;
    }

    @Override
    public VideoFormat format() {
        return FORMAT;
    }

    @Override
    public int mediaEpoch() {
        return epoch;
    }

    @Override
    public long mediaTimeNanos() {
        return number * 100_000_000L;
    }

    @Override
    public long receivedNanos() {
        return number * 100_000_000L;
    }

    @Override
    public boolean isKeyFrame() {
        return key;
    }

    @Override
    public int sizeBytes() {
        return size;
    }

    @Override
    public void retain() {
        holds.incrementAndGet();
    }

    @Override
    public void release() {
        holds.decrementAndGet();
    }
}
