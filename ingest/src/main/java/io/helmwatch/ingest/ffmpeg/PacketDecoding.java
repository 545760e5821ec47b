package io.helmwatch.ingest.ffmpeg;

import io.helmwatch.config.stream.DecodeMode;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.ffmpeg.decode.DecoderSwitch;
import io.helmwatch.ingest.ffmpeg.decode.KeyFrameDecoding;
import io.helmwatch.ingest.ffmpeg.decode.PacketReferences;
import io.helmwatch.ingest.ffmpeg.input.Ffmpeg;
import io.helmwatch.ingest.ffmpeg.input.Interrupt;
import io.helmwatch.ingest.ffmpeg.input.VideoTrack;
import io.helmwatch.ingest.timing.DecodePlan;
import io.helmwatch.ingest.timing.PresentationClock;
import java.util.Locale;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.global.avcodec;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Decodes the packets of a video track that the {@link DecodePlan} chooses and delivers their frames; the others are skipped.
 *
 * <p>Threading: the stream's thread. Ownership: borrows the decoders.
 */
final class PacketDecoding {
    private static final Logger LOG = LoggerFactory.getLogger(PacketDecoding.class);

    /** A minute at 25 frames a second. */
    private static final int MANY_PACKETS = 1500;

    private final StreamConfig config;
    private final Interrupt interrupt;
    private final VideoTrack video;
    private final DecoderSwitch decoders;
    private final @Nullable KeyFrameDecoding keyFrames;
    private final DecodePlan plan;
    private final PacketReferences references;
    private DecodePlan.Level level = DecodePlan.Level.ALL;
    private int packetsWithoutKey;

    /**
     * @param mode which packets are decoded; {@link DecodeMode#AUTO} leaves it to the plan
     * @param keyFrames decodes key frames while only these are decoded; null leaves them to the decoder
     */
    PacketDecoding(
            StreamConfig config,
            DecodeMode mode,
            Interrupt interrupt,
            VideoTrack video,
            DecoderSwitch decoders,
            @Nullable KeyFrameDecoding keyFrames) {
        this.config = config;
        this.interrupt = interrupt;
        this.video = video;
        this.decoders = decoders;
        this.keyFrames = keyFrames;
        plan = new DecodePlan(mode, config.analyzeFps());
        references = new PacketReferences(video.stream());
    }

    /** Decodes the packet, or skips it. */
    void decode(AVPacket packet, FrameDelivery delivery) {
        if (!isChosen(packet, delivery)) {
            delivery.skip(packetNanos(packet));
            return;
        }
        if (plan.isSampled() && keyFrames != null && keyFrames.accepts(packet)) {
            decodeShared(keyFrames, packet, delivery);
            return;
        }
        if (isKey(packet) && decoders.isMisplaced()) {
            moveDecoder(delivery);
        }
        if (plan.isSampled() || plan.isStandAlone()) {
            decodeStandAlone(packet, delivery);
        } else {
            delivery.sampled(false);
            send(packet, delivery);
        }
    }

    /** Delivers the frames that the decoder still holds; it must be restarted before it gets another packet. */
    void drain(FrameDelivery delivery) {
        if (decoders.isOpen()) {
            send(null, delivery);
        }
    }

    private boolean isChosen(AVPacket packet, FrameDelivery delivery) {
        long time = delivery.timing().packetTime(packetNanos(packet), video.frameDurationNanos());
        boolean key = isKey(packet);
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
                    "Stream {} decodes {}: analyzeFps={} keyFrameInterval={}",
                    config.id(),
                    switch (level) {
                        case ALL -> "all frames";
                        case REFERENCES -> "frames that others refer to";
                        case KEY_FRAMES -> "key frames only";
                    },
                    config.analyzeFps(),
                    plan.keyIntervalNanos() == 0
                            ? "unknown"
                            : String.format(Locale.ROOT, "%.2f s", plan.keyIntervalNanos() / 1e9));
        }
        return admitted;
    }

    private static boolean isKey(AVPacket packet) {
        return (packet.flags() & avcodec.AV_PKT_FLAG_KEY) != 0;
    }

    /** Time of the packet in the order of decoding; {@link PresentationClock#NONE} where it has none. */
    private long packetNanos(AVPacket packet) {
        long decoding = video.toNanos(packet.dts());
        return decoding != PresentationClock.NONE ? decoding : video.toNanos(packet.pts());
    }

    /** Takes what the decoder still holds and goes on with another one, from the packet at hand on. */
    private void moveDecoder(FrameDelivery delivery) {
        drain(delivery);
        decoders.replace();
        LOG.info(
                "Stream {} is decoded on the {} from now on",
                config.id(),
                decoders.wantsVideoEngines() ? "GPU's video engines" : "CPU: the GPU's video engines are full");
    }

    /** Decodes a key frame in a decoder that other streams use, too; the stream's own is closed. */
    private void decodeShared(KeyFrameDecoding shared, AVPacket packet, FrameDelivery delivery) {
        drain(delivery);
        decoders.close();
        delivery.sampled(true);
        long before = delivery.delivered();
        int rc = shared.decode(packet, delivery.target());
        if (rc >= 0) {
            delivery.surfaceFormat(shared.surfaceFormat());
            deliver(delivery);
        } else {
            delivery.undecodable();
        }
        plan.keyFrameDecoded(delivery.delivered() > before);
    }

    /**
     * Decodes a key frame after a gap, or one that gaps follow. The decoder gives the frames that it still holds and forgets them; one that
     * would order this frame behind later ones is emptied again where those are not decoded. H.264 on a video engine does not forget, since its session
     * would be opened anew.
     */
    private void decodeStandAlone(AVPacket packet, FrameDelivery delivery) {
        boolean keepsSession = decoders.isOpen()
                && decoders.current().isOnVideoEngine()
                && decoders.codecId() == avcodec.AV_CODEC_ID_H264;
        if (!keepsSession && decoders.isOpen()) {
            drain(delivery);
            decoders.current().restart();
        }
        delivery.sampled(plan.isSampled());
        long before = delivery.delivered();
        send(packet, delivery);
        if (plan.isSampled()) {
            if (delivery.delivered() == before) {
                decoders.current().releaseDelayed();
                receive(delivery);
                if (decoders.codecId() != avcodec.AV_CODEC_ID_H264) {
                    decoders.current().restart();
                }
            }
            plan.keyFrameDecoded(delivery.delivered() > before);
        }
    }

    private void send(@Nullable AVPacket next, FrameDelivery delivery) {
        int sent = decoders.current().send(next);
        if (sent < 0 && sent != Ffmpeg.EAGAIN && sent != Ffmpeg.EOF) {
            delivery.undecodable();
        }
        receive(delivery);
    }

    private void receive(FrameDelivery delivery) {
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
            deliver(delivery);
        }
    }

    private void deliver(FrameDelivery delivery) {
        delivery.deliver(
                video.toNanos(delivery.target().best_effort_timestamp()),
                video.frameDurationNanos(),
                video.orientation());
    }
}
