package io.helmwatch.ingest.ffmpeg.remux;

import io.helmwatch.ingest.PacketReceiver;
import io.helmwatch.ingest.VideoFormat;
import io.helmwatch.ingest.VideoPacket;
import io.helmwatch.ingest.VideoPackets;
import io.helmwatch.ingest.ffmpeg.input.CodecIds;
import io.helmwatch.ingest.ffmpeg.input.VideoTrack;
import io.helmwatch.vision.Orientation;
import java.util.Arrays;
import org.bytedeco.ffmpeg.avcodec.AVCodecParameters;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avcodec.AVPacketSideData;
import org.bytedeco.ffmpeg.avutil.AVRational;
import org.bytedeco.ffmpeg.global.avcodec;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where the video packets of a stream are passed to those who subscribed, over all its connections. Without subscribers nothing is
 * allocated and nothing inspected.
 *
 * <p>Threading: {@link #offer} on the stream's thread; subscriptions by any.
 */
public final class PacketTap implements VideoPackets {
    private static final Logger LOG = LoggerFactory.getLogger(PacketTap.class);
    private static final PacketReceiver[] NOBODY = {};

    private volatile PacketReceiver[] receivers = NOBODY;
    private @Nullable VideoTrack describedTrack;
    private @Nullable VideoFormat format;
    private boolean failed;

    @Override
    public synchronized void subscribe(PacketReceiver receiver) {
        PacketReceiver[] extended = Arrays.copyOf(receivers, receivers.length + 1);
        extended[receivers.length] = receiver;
        receivers = extended;
    }

    @Override
    public synchronized void unsubscribe(PacketReceiver receiver) {
        receivers = Arrays.stream(receivers).filter(other -> other != receiver).toArray(PacketReceiver[]::new);
    }

    /**
     * Passes a packet on.
     *
     * @param pixelAspect shape of the pixels, width by height; 0 where it is not known
     */
    public void offer(AVPacket packet, VideoTrack track, double pixelAspect, int mediaEpoch) {
        PacketReceiver[] now = receivers;
        if (now.length == 0) {
            return;
        }
        VideoPacket shared =
                new FfmpegVideoPacket(packet, format(packet, track, pixelAspect), mediaEpoch, System.nanoTime());
        try {
            for (PacketReceiver receiver : now) {
                receiver.onPacket(shared);
            }
        } catch (RuntimeException e) {
            if (!failed) {
                failed = true;
                LOG.error("A receiver of packets failed; the stream continues", e);
            }
        } finally {
            shared.release();
        }
    }

    private VideoFormat format(AVPacket packet, VideoTrack track, double pixelAspect) {
        VideoFormat known = format;
        byte[] changed = packet.side_data_elems() > 0 ? changedParameters(packet) : null;
        if (known != null && track == describedTrack && changed == null) {
            return known;
        }
        AVCodecParameters parameters = track.stream().codecpar();
        AVRational timeBase = track.stream().time_base();
        VideoFormat described = new VideoFormat(
                CodecIds.codec(parameters.codec_id()),
                parameters.width(),
                parameters.height(),
                track.orientation() == Orientation.UPRIGHT && (pixelAspect == 0 || VideoTrack.isSquare(pixelAspect)),
                timeBase.num(),
                timeBase.den(),
                changed == null ? extradata(parameters) : changed);
        describedTrack = track;
        format = described;
        return described;
    }

    private static byte[] extradata(AVCodecParameters parameters) {
        byte[] bytes = new byte[Math.max(0, parameters.extradata_size())];
        if (bytes.length > 0) {
            parameters.extradata().get(bytes);
        }
        return bytes;
    }

    /** Parameters that hold from this packet on, where the container changes them in mid-stream. */
    private static byte @Nullable [] changedParameters(AVPacket packet) {
        AVPacketSideData all = packet.side_data();
        for (int i = 0; i < packet.side_data_elems(); i++) {
            AVPacketSideData one = all.getPointer(i);
            if (one.type() == avcodec.AV_PKT_DATA_NEW_EXTRADATA && one.size() > 0) {
                byte[] bytes = new byte[(int) one.size()];
                one.data().get(bytes);
                return bytes;
            }
        }
        return null;
    }
}
