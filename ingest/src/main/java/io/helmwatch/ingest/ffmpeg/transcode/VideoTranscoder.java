package io.helmwatch.ingest.ffmpeg.transcode;

import io.helmwatch.ingest.PacketReceiver;
import io.helmwatch.ingest.VideoFormat;
import io.helmwatch.ingest.VideoFormat.Codec;
import io.helmwatch.ingest.VideoPacket;
import io.helmwatch.ingest.ffmpeg.decode.FfmpegFrameLease;
import io.helmwatch.ingest.ffmpeg.decode.FrameNormalizer;
import io.helmwatch.ingest.ffmpeg.input.Ffmpeg;
import io.helmwatch.ingest.ffmpeg.remux.FfmpegVideoPacket;
import io.helmwatch.ingest.ffmpeg.transcode.OpenH264Encoder.Quality;
import io.helmwatch.ingest.timing.PresentationClock;
import io.helmwatch.resource.Closer;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.Orientation;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.avutil.AVRational;
import org.bytedeco.ffmpeg.global.avutil;
import org.jspecify.annotations.Nullable;

/**
 * Decodes packets, lets somebody change the frames, and encodes them again as H.264 with the same presentation times. For clips of video that may
 * not be stored as it is; not for the hot path: a core is busy for about as long as the video lasts.
 *
 * <p>The first packet determines the format of the video, and the first frame its size.
 *
 * <p>Threading: one thread. Ownership: packets stay the caller's; everything else is freed on {@link #close}.
 */
public final class VideoTranscoder implements PacketReceiver, AutoCloseable {
    private final FrameEditor editor;
    private final PacketReceiver output;
    private final double framesPerSecond;
    private final Closer opened = new Closer();
    private final FrameNormalizer normalizer = opened.register(new FrameNormalizer());
    private final FfmpegFrameLease lease = opened.register(FfmpegFrameLease.create());
    private final AVFrame decoded = avutil.av_frame_alloc();
    private @Nullable PacketDecoder decoder;
    private @Nullable OpenH264Encoder encoder;
    private @Nullable VideoFormat format;
    private int mediaEpoch;
    private long receivedNanos;
    private long lastTicks = Long.MIN_VALUE;

    /**
     * Nothing is opened before the first packet.
     *
     * @param framesPerSecond expected rate of the frames that are encoded
     * @param output receives the encoded packets, on the thread of this one
     */
    public VideoTranscoder(FrameEditor editor, double framesPerSecond, PacketReceiver output) {
        this.editor = editor;
        this.framesPerSecond = framesPerSecond;
        this.output = output;
        opened.register(() -> avutil.av_frame_free(decoded));
    }

    /** Why packets of a format cannot be transcoded, as a phrase; empty when they can. */
    public static String refusal(VideoFormat format) {
        if (format.codec() == Codec.OTHER) {
            return "the codec is none of H.264, HEVC and Motion JPEG";
        }
        return format.isShownAsStored() ? "" : "the video is stored rotated or with pixels that are not square";
    }

    /**
     * Adds the next packet.
     *
     * @throws io.helmwatch.ingest.IngestException when the video cannot be decoded or encoded
     */
    @Override
    public void onPacket(VideoPacket packet) {
        if (!(packet instanceof FfmpegVideoPacket next)) {
            throw new IllegalArgumentException(
                    "packets of FFmpeg expected, found " + packet.getClass().getSimpleName());
        }
        PacketDecoder open = decoder;
        if (open == null) {
            open = opened.register(new PacketDecoder(next.format()));
            decoder = open;
            format = next.format();
            mediaEpoch = next.mediaEpoch();
        }
        receivedNanos = next.receivedNanos();
        open.send(next.packet());
        encodeFrames(open);
    }

    /** Encodes what the decoder still holds. */
    public void finish() {
        PacketDecoder open = decoder;
        if (open == null) {
            return;
        }
        open.send(null);
        encodeFrames(open);
        OpenH264Encoder last = encoder;
        if (last != null) {
            last.end();
            deliver(last);
        }
    }

    private void encodeFrames(PacketDecoder from) {
        while (from.receive(decoded)) {
            long ticks = decoded.best_effort_timestamp();
            if (ticks != Ffmpeg.NO_TIMESTAMP && normalizer.move(decoded, lease, Orientation.UPRIGHT)) {
                try {
                    encode(lease.frame(), ticks);
                } finally {
                    lease.release();
                }
            } else {
                avutil.av_frame_unref(decoded);
            }
        }
    }

    private void encode(AVFrame image, long ticks) {
        VideoFormat described = format;
        if (described == null || ticks <= lastTicks) {
            return;
        }
        OpenH264Encoder open = encoder;
        if (open == null) {
            AVRational timeBase =
                    new AVRational().num(described.timeBaseNumerator()).den(described.timeBaseDenominator());
            open = opened.register(new OpenH264Encoder(image, timeBase, framesPerSecond, Quality.VIDEO));
            encoder = open;
        }
        ImagePlanes planes = open.load(image);
        long nanos = PresentationClock.toNanos(ticks, described.timeBaseNumerator(), described.timeBaseDenominator());
        if (!editor.edit(nanos, new ImageSize(image.width(), image.height()), planes)) {
            return;
        }
        lastTicks = ticks;
        open.encode(ticks);
        deliver(open);
    }

    private void deliver(OpenH264Encoder from) {
        AVPacket encoded = from.receive();
        while (encoded != null) {
            VideoPacket packet = new FfmpegVideoPacket(encoded, from.format(), mediaEpoch, receivedNanos);
            try {
                output.onPacket(packet);
            } finally {
                packet.release();
            }
            encoded = from.receive();
        }
    }

    @Override
    public void close() {
        opened.close();
    }
}
