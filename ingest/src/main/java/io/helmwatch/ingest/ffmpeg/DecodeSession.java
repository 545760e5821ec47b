package io.helmwatch.ingest.ffmpeg;

import io.helmwatch.config.stream.DecodeMode;
import io.helmwatch.config.stream.PixelAspect;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.StreamAddress;
import io.helmwatch.ingest.StreamAddress.Kind;
import io.helmwatch.ingest.ffmpeg.decode.DecoderSwitch;
import io.helmwatch.ingest.ffmpeg.decode.KeyFrameDecoding;
import io.helmwatch.ingest.ffmpeg.input.Ffmpeg;
import io.helmwatch.ingest.ffmpeg.input.FfmpegInput;
import io.helmwatch.ingest.ffmpeg.input.Interrupt;
import io.helmwatch.ingest.ffmpeg.input.OpenFailure;
import io.helmwatch.resource.Closer;
import java.util.concurrent.locks.LockSupport;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.global.avcodec;
import org.jspecify.annotations.Nullable;

/**
 * One opened input with its decoder: reads packets and delivers their frames until the input ends, breaks, falls silent or is
 * stopped. Every packet of the video track passes {@link #onVideoPacket}, in the order of the stream and before it is decoded.
 *
 * <p>Threading: the stream's thread. Ownership: closes the decoders and the input on {@link #close}.
 */
final class DecodeSession implements AutoCloseable {
    /** Errors in a row after which a file counts as damaged to its end. */
    private static final int MAX_READ_ERRORS = 64;

    private static final long RETRY_READ_NANOS = 5_000_000L;

    private final StreamConfig config;
    private final StreamAddress address;
    private final Interrupt interrupt;
    private final FfmpegInput input;
    private final DecoderSwitch decoders;
    private final AVPacket packet;
    private final Closer closer = new Closer();
    private final double pixelAspect;
    private final PacketDecoding decoding;
    private final ImageDecoding image;
    private final boolean isUntimed;
    private final long openedNanos = System.nanoTime();
    private long lastTicks = -1;

    /** Why decoding returned. */
    enum Cause {
        /** A finite stream was read to its end. */
        COMPLETE,
        /** {@link Interrupt#stop} was called. */
        STOPPED,
        /** The connection broke or fell silent, or the file is damaged from here on. */
        LOST
    }

    /**
     * How decoding ended.
     *
     * @param cause why
     * @param reason one sentence without secrets; empty when complete
     */
    record Ending(Cause cause, String reason) {
        static final Ending COMPLETE = new Ending(Cause.COMPLETE, "");
        static final Ending STOPPED = new Ending(Cause.STOPPED, "Stopped.");

        static Ending lost(String reason) {
            return new Ending(Cause.LOST, reason);
        }
    }

    /** Owns the input and the decoders from here on; {@code keyFrames} as for {@link PacketDecoding}. */
    DecodeSession(
            StreamConfig config,
            StreamAddress address,
            Interrupt interrupt,
            FfmpegInput input,
            DecoderSwitch decoders,
            @Nullable KeyFrameDecoding keyFrames) {
        this.config = config;
        this.address = address;
        this.interrupt = interrupt;
        this.input = closer.register(input);
        this.decoders = closer.register(decoders);
        if (keyFrames != null) {
            closer.register(keyFrames);
        }
        pixelAspect = pixelAspect(config, input);
        AVPacket allocated = avcodec.av_packet_alloc();
        if (allocated == null) {
            OutOfMemoryError failure = new OutOfMemoryError("FFmpeg could not allocate a packet");
            closer.closeAfter(failure);
            throw failure;
        }
        packet = allocated;
        closer.register(() -> avcodec.av_packet_free(allocated));
        decoding = new PacketDecoding(config, decodeMode(), interrupt, input.video(), decoders, keyFrames);
        image = new ImageDecoding(input, decoders, packet);
        isUntimed = input.isMultipart();
    }

    /** Files that are read as fast as possible give the same frames on every run: all are decoded unless configured otherwise. */
    private DecodeMode decodeMode() {
        boolean isFile = address.isFinite() && !config.realtime();
        return input.isImages() || (isFile && config.decode() == DecodeMode.AUTO) ? DecodeMode.ALL : config.decode();
    }

    /**
     * The shape of the pixels, width by height: the configured one, else the stream's. Images are shown as they are, since the
     * resolution of an image file is that of its printing.
     */
    static double pixelAspect(StreamConfig config, FfmpegInput input) {
        PixelAspect configured = config.pixelAspect();
        if (configured != null) {
            return configured.ratio();
        }
        return input.isImages() ? 1 : input.video().pixelAspect();
    }

    FfmpegInput input() {
        return input;
    }

    /** Decodes until the input ends, breaks, falls silent or is stopped. */
    Ending decode(FrameDelivery delivery) {
        long goodBefore = delivery.health().goodFrames();
        int errors = 0;
        delivery.pixelAspect(pixelAspect);
        armForReading();
        try {
            while (!isStopped()) {
                int rc = input.read(packet);
                if (rc >= 0) {
                    errors = 0;
                    // An interrupted parser still returns the frame that it held back.
                    boolean last = interrupt.wasEnded();
                    boolean video = input.video().contains(packet);
                    if (video) {
                        onVideoPacket(delivery);
                    }
                    avcodec.av_packet_unref(packet);
                    if (video && last) {
                        return silent();
                    }
                    if (video) {
                        // Only video counts as a sign of life, and waiting for the receiver does not count as silence.
                        armForReading();
                    }
                } else if (rc == Ffmpeg.EAGAIN && !interrupt.isExpired()) {
                    LockSupport.parkNanos(this, RETRY_READ_NANOS);
                } else if (rc == Ffmpeg.EOF
                        && !isStopped()
                        && !interrupt.isExpired()
                        && delivery.health().goodFrames() > goodBefore
                        && input.startNextRound()) {
                    goodBefore = delivery.health().goodFrames();
                } else if (isStopped()
                        || interrupt.isExpired()
                        || rc == Ffmpeg.EOF
                        || address.kind() != Kind.FILE
                        || ++errors > MAX_READ_ERRORS) {
                    return ending(rc, delivery);
                }
            }
            return Ending.STOPPED;
        } finally {
            interrupt.disarm();
        }
    }

    /** The one place that every video packet passes, before it is decoded. */
    private void onVideoPacket(FrameDelivery delivery) {
        if (isUntimed) {
            timeByArrival();
        }
        delivery.timing().observe(packet, input.video());
        delivery.packets().offer(packet, input.video(), pixelAspect, delivery.mediaEpoch());
        if (image.isTruncated()) {
            delivery.undecodable();
        } else {
            decoding.decode(packet, delivery);
        }
    }

    /** Images over HTTP have no times of their own; FFmpeg would count them as 25 a second. */
    private void timeByArrival() {
        lastTicks = Math.max(lastTicks + 1, input.video().toTicks(System.nanoTime() - openedNanos));
        packet.pts(lastTicks);
        packet.dts(lastTicks);
    }

    private Ending ending(int rc, FrameDelivery delivery) {
        if (isStopped()) {
            return Ending.STOPPED;
        }
        if (interrupt.isExpired()) {
            return silent();
        }
        if (!address.isFinite()) {
            if (rc == Ffmpeg.EOF) {
                decoding.drain(delivery);
                return Ending.lost(address + " closed the connection.");
            }
            return Ending.lost("The connection to " + address + " broke (" + Ffmpeg.describe(rc) + ").");
        }
        decoding.drain(delivery);
        return rc == Ffmpeg.EOF
                ? Ending.COMPLETE
                : Ending.lost(address + " cannot be read to its end (" + Ffmpeg.describe(rc) + ").");
    }

    private Ending silent() {
        return Ending.lost(address + " sent no video for " + OpenFailure.seconds(config.readTimeout()) + ".");
    }

    /**
     * Decodes an image and delivers it.
     *
     * @param timestampNanos its time
     * @return FFmpeg's code: below 0 when it could not be decoded, {@link Ffmpeg#EOF} when it is cut off
     */
    int decodeImage(FrameDelivery delivery, long timestampNanos, long durationNanos) {
        delivery.pixelAspect(pixelAspect);
        armForReading();
        try {
            int rc = image.decode(delivery.target());
            if (rc >= 0) {
                delivery.deliver(timestampNanos, durationNanos, input.video().orientation());
            }
            return rc;
        } finally {
            interrupt.disarm();
        }
    }

    /**
     * Goes back to the beginning of a looped file where that is exact: a video engine's session takes long to open anew.
     *
     * @return whether it did
     */
    boolean restart() {
        if (!input.rewind()) {
            return false;
        }
        if (decoders.isOpen()) {
            decoders.current().restart();
        }
        return true;
    }

    private void armForReading() {
        interrupt.arm(config.readTimeout().toNanos());
    }

    private boolean isStopped() {
        if (Thread.currentThread().isInterrupted()) {
            interrupt.stop();
        }
        return interrupt.isStopped();
    }

    @Override
    public void close() {
        closer.close();
    }
}
