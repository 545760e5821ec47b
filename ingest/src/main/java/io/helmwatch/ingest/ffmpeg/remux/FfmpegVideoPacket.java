package io.helmwatch.ingest.ffmpeg.remux;

import io.helmwatch.ingest.VideoFormat;
import io.helmwatch.ingest.VideoPacket;
import io.helmwatch.ingest.ffmpeg.input.Ffmpeg;
import io.helmwatch.ingest.timing.PresentationClock;
import io.helmwatch.resource.NativeMemory;
import java.util.concurrent.atomic.AtomicInteger;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.global.avcodec;

/**
 * A second reference to the bytes of a packet that the demuxer read; no byte is copied. Held bytes count as {@code ffmpeg.packets},
 * once for each packet however many hold it.
 *
 * <p>Threading and ownership: as {@link VideoPacket}; created with one hold, that of the creator.
 */
public final class FfmpegVideoPacket implements VideoPacket {
    private static final NativeMemory.Account PACKETS = NativeMemory.account("ffmpeg.packets");

    private final AVPacket packet;
    private final VideoFormat format;
    private final int mediaEpoch;
    private final long mediaTimeNanos;
    private final long receivedNanos;
    private final int sizeBytes;
    private final boolean keyFrame;
    private final AtomicInteger holds = new AtomicInteger(1);

    /**
     * A packet with one hold.
     *
     * @param read stays the caller's
     * @param receivedNanos {@link System#nanoTime()} when it was read
     */
    public FfmpegVideoPacket(AVPacket read, VideoFormat format, int mediaEpoch, long receivedNanos) {
        AVPacket cloned = avcodec.av_packet_clone(read);
        if (cloned == null) {
            throw new OutOfMemoryError("FFmpeg could not allocate a packet");
        }
        packet = cloned;
        this.format = format;
        this.mediaEpoch = mediaEpoch;
        this.receivedNanos = receivedNanos;
        long time = presentationTicks(cloned);
        mediaTimeNanos = time == Ffmpeg.NO_TIMESTAMP
                ? NO_TIME
                : PresentationClock.toNanos(time, format.timeBaseNumerator(), format.timeBaseDenominator());
        sizeBytes = cloned.size();
        keyFrame = (cloned.flags() & avcodec.AV_PKT_FLAG_KEY) != 0;
        PACKETS.allocated(sizeBytes);
    }

    private static long presentationTicks(AVPacket packet) {
        long pts = packet.pts();
        return pts == Ffmpeg.NO_TIMESTAMP ? packet.dts() : pts;
    }

    /** The packet itself, valid while it is held. */
    public AVPacket packet() {
        return packet;
    }

    /** Presentation time in the format's ticks, that of decoding where there is none; {@link Ffmpeg#NO_TIMESTAMP} without both. */
    long presentationTicks() {
        return presentationTicks(packet);
    }

    @Override
    public VideoFormat format() {
        return format;
    }

    @Override
    public int mediaEpoch() {
        return mediaEpoch;
    }

    @Override
    public long mediaTimeNanos() {
        return mediaTimeNanos;
    }

    @Override
    public long receivedNanos() {
        return receivedNanos;
    }

    @Override
    public boolean isKeyFrame() {
        return keyFrame;
    }

    @Override
    public int sizeBytes() {
        return sizeBytes;
    }

    @Override
    public void retain() {
        if (holds.getAndUpdate(count -> count == 0 ? 0 : count + 1) == 0) {
            throw new IllegalStateException("the packet was freed before it was retained");
        }
    }

    @Override
    public void release() {
        int left = holds.decrementAndGet();
        if (left == 0) {
            avcodec.av_packet_free(packet);
            PACKETS.freed(sizeBytes);
        } else if (left < 0) {
            throw new IllegalStateException("the packet was released more often than retained");
        }
    }
}
