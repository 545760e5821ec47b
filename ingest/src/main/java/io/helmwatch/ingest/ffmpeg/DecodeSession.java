package io.helmwatch.ingest.ffmpeg;

import io.helmwatch.config.stream.DecodeMode;
import io.helmwatch.config.stream.PixelAspect;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.StreamAddress;
import io.helmwatch.ingest.StreamAddress.Kind;
import io.helmwatch.ingest.ffmpeg.decode.DecoderSwitch;
import io.helmwatch.ingest.ffmpeg.input.Ffmpeg;
import io.helmwatch.ingest.ffmpeg.input.FfmpegInput;
import io.helmwatch.ingest.ffmpeg.input.Interrupt;
import io.helmwatch.ingest.ffmpeg.input.OpenFailure;
import io.helmwatch.ingest.ffmpeg.input.TileGrid;
import io.helmwatch.ingest.ffmpeg.input.VideoTrack;
import io.helmwatch.ingest.timing.DecodePlan;
import io.helmwatch.ingest.timing.PresentationClock;
import io.helmwatch.resource.Closer;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avutil;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One opened input with its decoder: reads packets and delivers their frames until the input ends, breaks, falls silent or is
 * stopped. Every packet of the video track passes {@link #onVideoPacket}, in the order of the stream and before it is decoded.
 *
 * <p>Threading: the stream's thread. Ownership: closes the decoder and the input on {@link #close}.
 */
final class DecodeSession implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DecodeSession.class);

    /** Errors in a row after which a file counts as damaged to its end. */
    private static final int MAX_READ_ERRORS = 64;

    /** A minute at 25 frames a second. */
    private static final int MANY_PACKETS = 1500;

    private static final long RETRY_READ_NANOS = 5_000_000L;

    private final StreamConfig config;
    private final StreamAddress address;
    private final Interrupt interrupt;
    private final FfmpegInput input;
    private final DecoderSwitch decoders;
    private final AVPacket packet;
    private final Closer closer = new Closer();
    private final boolean images;
    private final double pixelAspect;
    private final DecodePlan plan;
    private final PacketReferences references;
    private DecodePlan.Level level = DecodePlan.Level.ALL;
    private int packetsWithoutKey;

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

    /** Owns the input and the decoder from here on. */
    DecodeSession(
            StreamConfig config,
            StreamAddress address,
            Interrupt interrupt,
            FfmpegInput input,
            DecoderSwitch decoders) {
        this.config = config;
        this.address = address;
        this.interrupt = interrupt;
        this.input = closer.register(input);
        this.decoders = closer.register(decoders);
        images = input.isImages();
        plan = new DecodePlan(decodeMode(), config.analyzeFps());
        references = new PacketReferences(input.video().stream());
        AVPacket allocated = avcodec.av_packet_alloc();
        if (allocated == null) {
            decoders.close();
            throw new OutOfMemoryError("FFmpeg could not allocate a packet");
        }
        packet = allocated;
        pixelAspect = pixelAspect(config, input);
        closer.register(() -> avcodec.av_packet_free(allocated));
    }

    /** Files that are read as fast as possible give the same frames on every run: all are decoded unless configured otherwise. */
    private DecodeMode decodeMode() {
        boolean isFile = address.isFinite() && !config.realtime();
        return images || (isFile && config.decode() == DecodeMode.AUTO) ? DecodeMode.ALL : config.decode();
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
        delivery.observe(packet, input.video());
        delivery.packets().offer(packet, input.video(), pixelAspect, delivery.mediaEpoch());
        if (isTruncated()) {
            delivery.undecodable();
        } else if (isDecoded(delivery)) {
            if (isKey() && decoders.isMisplaced()) {
                moveDecoder(delivery);
            }
            if (plan.isSampled() || plan.isStandAlone()) {
                decodeStandAlone(delivery);
            } else {
                delivery.sampled(false);
                decodePacket(packet, delivery);
            }
        } else {
            delivery.skip(packetNanos());
        }
    }

    private boolean isDecoded(FrameDelivery delivery) {
        long time = delivery.packetTime(packetNanos(), input.video().frameDurationNanos());
        boolean key = isKey();
        packetsWithoutKey = key ? 0 : packetsWithoutKey + 1;
        if (packetsWithoutKey == MANY_PACKETS && plan.level() == DecodePlan.Level.KEY_FRAMES) {
            LOG.warn(
                    "Stream {} sent no key frame in {} packets: none of them is analysed; set its decode to auto or all",
                    config.id(),
                    packetsWithoutKey);
        }
        boolean admitted = plan.admits(time, key, !key && references.isDisposable(packet));
        if (plan.level() != level) {
            level = plan.level();
            LOG.info(
                    "Stream {} decodes {}: analyzeFps={} keyFrameInterval={} s",
                    config.id(),
                    switch (level) {
                        case ALL -> "all frames";
                        case REFERENCES -> "frames that others refer to";
                        case KEY_FRAMES -> "key frames only";
                    },
                    config.analyzeFps(),
                    String.format(Locale.ROOT, "%.2f", plan.keyIntervalNanos() / 1e9));
        }
        return admitted;
    }

    private boolean isKey() {
        return (packet.flags() & avcodec.AV_PKT_FLAG_KEY) != 0;
    }

    /** Takes what the decoder still holds and goes on with another one, from the packet at hand on. */
    private void moveDecoder(FrameDelivery delivery) {
        decodePacket(null, delivery);
        decoders.replace();
        LOG.info(
                "Stream {} is decoded on the {} from now on",
                config.id(),
                decoders.wantsVideoEngines() ? "GPU's video engines" : "CPU: the GPU's video engines are full");
    }

    /** Time of the packet in the order of decoding; {@link PresentationClock#NONE} where it has none. */
    private long packetNanos() {
        VideoTrack video = input.video();
        long decoding = video.toNanos(packet.dts());
        return decoding != PresentationClock.NONE ? decoding : video.toNanos(packet.pts());
    }

    /**
     * Decodes a key frame after a gap, or one that gaps follow. The decoder gives the frames that it still holds and forgets them; one that
     * would order this frame behind later ones is emptied again where those are not decoded. H.264 on a video engine is neither, since its session
     * would be opened anew.
     */
    private void decodeStandAlone(FrameDelivery delivery) {
        boolean keepsSession =
                decoders.current().isOnVideoEngine() && decoders.current().codecId() == avcodec.AV_CODEC_ID_H264;
        if (!keepsSession) {
            decodePacket(null, delivery);
            decoders.current().restart();
        }
        delivery.sampled(plan.isSampled());
        long before = delivery.delivered();
        decodePacket(packet, delivery);
        if (plan.isSampled()) {
            if (!keepsSession && delivery.delivered() == before) {
                decodePacket(null, delivery);
                decoders.current().restart();
            }
            plan.keyFrameDecoded(delivery.delivered() > before);
        }
    }

    /** Whether the packet is an image that is cut off, which decoders fill up and report as good. */
    private boolean isTruncated() {
        int codec = decoders.current().codecId();
        return (images || codec == avcodec.AV_CODEC_ID_GIF)
                && !ImageData.isComplete(codec, packet.data(), packet.size());
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
                decodePacket(null, delivery);
                return Ending.lost(address + " closed the connection.");
            }
            return Ending.lost("The connection to " + address + " broke (" + Ffmpeg.describe(rc) + ").");
        }
        decodePacket(null, delivery);
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
            TileGrid grid = input.grid();
            int rc = grid == null ? decodeWhole(delivery.target()) : decodeTiles(grid, delivery.target());
            if (rc >= 0) {
                delivery.deliver(timestampNanos, durationNanos, input.video().orientation());
            }
            return rc;
        } finally {
            interrupt.disarm();
        }
    }

    private int decodeWhole(AVFrame target) {
        int rc = input.read(packet);
        if (rc >= 0) {
            rc = isTruncated() ? Ffmpeg.EOF : decoders.current().send(packet);
        }
        if (rc >= 0) {
            decoders.current().send(null);
            rc = decoders.current().receive(target);
        }
        return rc;
    }

    /** Every tile is a stream with one packet; all of them are coded alike. */
    private int decodeTiles(TileGrid grid, AVFrame canvas) {
        AVFrame tile = avutil.av_frame_alloc();
        try {
            int placed = 0;
            while (placed < grid.tiles()) {
                avcodec.av_packet_unref(packet);
                decoders.current().restart();
                int rc = decodeWhole(tile);
                if (rc >= 0) {
                    rc = grid.place(tile, packet.stream_index(), canvas);
                }
                if (rc < 0) {
                    return rc;
                }
                placed += rc;
                avutil.av_frame_unref(tile);
            }
            return grid.crop(canvas);
        } finally {
            avutil.av_frame_free(tile);
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
        decoders.current().restart();
        return true;
    }

    private void decodePacket(@Nullable AVPacket next, FrameDelivery delivery) {
        int sent = decoders.current().send(next);
        if (sent < 0 && sent != Ffmpeg.EAGAIN && sent != Ffmpeg.EOF) {
            delivery.undecodable();
        }
        while (!interrupt.isStopped()) {
            int rc = decoders.current().receive(delivery.target());
            if (rc == Ffmpeg.EAGAIN || rc == Ffmpeg.EOF) {
                return;
            }
            if (rc < 0) {
                delivery.undecodable();
                return;
            }
            delivery.surfaceFormat(decoders.current().surfaceFormat());
            VideoTrack video = input.video();
            delivery.deliver(
                    video.toNanos(delivery.target().best_effort_timestamp()),
                    video.frameDurationNanos(),
                    video.orientation());
        }
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
