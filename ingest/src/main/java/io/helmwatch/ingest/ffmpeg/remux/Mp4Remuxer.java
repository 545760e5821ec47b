package io.helmwatch.ingest.ffmpeg.remux;

import io.helmwatch.ingest.FragmentReceiver;
import io.helmwatch.ingest.IngestException;
import io.helmwatch.ingest.MediaFragment;
import io.helmwatch.ingest.MediaTimeline;
import io.helmwatch.ingest.VideoFormat;
import io.helmwatch.ingest.VideoFormat.Codec;
import io.helmwatch.ingest.VideoPacket;
import io.helmwatch.ingest.ffmpeg.input.CodecIds;
import io.helmwatch.ingest.ffmpeg.input.Ffmpeg;
import io.helmwatch.ingest.nal.KeyFrameHeader;
import io.helmwatch.ingest.nal.NalUnits;
import io.helmwatch.ingest.timing.PresentationClock;
import io.helmwatch.vision.ImageSize;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.jspecify.annotations.Nullable;

/**
 * Writes the packets of a stream as fragmented MP4 without encoding them again, one fragment for each frame; there is no sound.
 *
 * <p>A timeline begins with a key frame. A new one begins with the next key frame after a new connection, after a change of the
 * parameter sets (in the container or in front of a key frame) and after a jump of time. Presentation times are those of the stream,
 * moved by a constant; decoding times that are missing or contradict them are replaced.
 *
 * <p>A fragment is delivered when the packet after it arrives. The last one of a timeline lasts as long as the one before.
 *
 * <p>Threading: one thread. Ownership: frees the muxer on {@link #close}; packets stay the caller's. Memory: one muxer,
 * {@code ffmpeg.muxers}; nothing is allocated before the first packet.
 */
public final class Mp4Remuxer implements AutoCloseable {
    /** A gap between two packets after which time starts anew. */
    private static final double MAX_GAP_SECONDS = 10;

    /** Room between the decoding and the presentation of a key frame where the stream's decoding times leave too little, and its limit. */
    private static final double HEADROOM_SECONDS = 0.25;

    private static final double MAX_HEADROOM_SECONDS = 1;

    private final FragmentReceiver receiver;
    private @Nullable Mp4Muxer muxer;
    private @Nullable VideoFormat format;
    private byte[] parameters = {};
    private int mediaEpoch;
    private int epoch;
    private String refusal = "";
    private long baseTicks;
    private long headroomTicks;
    private long lastDts;

    /** The packet whose fragment is not delivered yet: its times in ticks since the start of the timeline. */
    private boolean pending;

    private long pendingPts;
    private long pendingDts;
    private boolean pendingKey;
    private long pendingReceivedNanos;
    private long lastDuration;

    /** Creates a remuxer that waits for its first key frame. */
    public Mp4Remuxer(FragmentReceiver receiver) {
        this.receiver = receiver;
    }

    /** Why packets of a format cannot be shown as MP4, as a phrase; empty when they can. */
    public static String refusal(VideoFormat format) {
        if (format.codec() != Codec.H264 && format.codec() != Codec.HEVC) {
            return "the codec is neither H.264 nor HEVC";
        }
        if (!format.isShownAsStored()) {
            return "the video is stored rotated or with pixels that are not square";
        }
        return "";
    }

    /** Why the latest packets could not be written, as a phrase; empty when they could, or while a key frame is awaited. */
    public String refusal() {
        return refusal;
    }

    /** Adds the next packet of the stream. */
    public void add(VideoPacket packet) {
        if (!(packet instanceof FfmpegVideoPacket next)) {
            throw new IllegalArgumentException(
                    "packets of FFmpeg expected, found " + packet.getClass().getSimpleName());
        }
        if (muxer != null && (next.format() != format || next.mediaEpoch() != mediaEpoch)) {
            endTimeline();
        }
        if (next.isKeyFrame() && !startsAnew(next)) {
            return;
        }
        if (muxer == null) {
            return;
        }
        if (next.presentationTicks() == Ffmpeg.NO_TIMESTAMP) {
            refusal = "the stream has no timestamps";
            endTimeline();
            return;
        }
        write(next);
    }

    /** A key frame: starts a timeline where one is needed; returns whether there is one. */
    private boolean startsAnew(FfmpegVideoPacket key) {
        refusal = refusal(key.format());
        byte[] found = refusal.isEmpty() ? parameters(key) : new byte[0];
        if (muxer != null && Arrays.equals(found, parameters)) {
            return true;
        }
        endTimeline();
        if (refusal.isEmpty() && found.length == 0) {
            refusal = "the stream's parameter sets are not known";
        }
        if (refusal.isEmpty() && key.presentationTicks() == Ffmpeg.NO_TIMESTAMP) {
            refusal = "the stream has no timestamps";
        }
        return refusal.isEmpty() && startTimeline(key, found);
    }

    /** The parameter sets that hold from a key frame on: its own, else those of the container. */
    private static byte[] parameters(FfmpegVideoPacket key) {
        byte[] outside = key.format().parameters();
        boolean lengthPrefixed = outside.length > 0 && outside[0] == 1;
        if (lengthPrefixed) {
            return outside;
        }
        AVPacket packet = key.packet();
        ByteBuffer bytes = packet.data().capacity(packet.size()).asByteBuffer();
        KeyFrameHeader header = new KeyFrameHeader(new NalUnits(key.format().codec(), 0));
        header.read(bytes::get, bytes.limit());
        byte[] inside = header.parameterSets();
        return inside.length > 0 ? inside : outside;
    }

    private boolean startTimeline(FfmpegVideoPacket key, byte[] found) {
        VideoFormat described = key.format();
        ImageSize size = KeyFrameSize.of(key, CodecIds.id(described.codec()), found);
        if (size == null) {
            refusal = "the video's size is not known";
            return false;
        }
        Mp4Muxer opened;
        try {
            opened = new Mp4Muxer(described, size, found);
        } catch (IngestException e) {
            refusal = String.valueOf(e.getMessage());
            return false;
        }
        ByteBuffer initSegment = opened.initSegment();
        String codec = CodecNames.ofInitSegment(initSegment);
        if (codec.isEmpty()) {
            opened.close();
            refusal = "the stream's parameter sets cannot be read";
            return false;
        }
        muxer = opened;
        format = described;
        parameters = found;
        mediaEpoch = key.mediaEpoch();
        long dts = key.packet().dts();
        long pts = key.presentationTicks();
        baseTicks = (dts == Ffmpeg.NO_TIMESTAMP ? pts : Math.min(dts, pts)) - headroomTicks;
        lastDts = -1;
        lastDuration = 0;
        epoch++;
        receiver.onTimeline(new MediaTimeline(
                epoch,
                "video/mp4; codecs=\"" + codec + "\"",
                size,
                mediaEpoch,
                PresentationClock.toNanos(baseTicks, described.timeBaseNumerator(), described.timeBaseDenominator()),
                initSegment));
        return true;
    }

    private void write(FfmpegVideoPacket packet) {
        Mp4Muxer open = muxer;
        if (open == null) {
            return;
        }
        long pts = packet.presentationTicks() - baseTicks;
        long dts = Math.max(lastDts + 1, Math.min(pts, decodingTime(packet, pts)));
        if (pts < dts) {
            // Frames are reordered further than the decoding times of the stream say: the next timeline leaves room for
            // it.
            headroomTicks =
                    Math.min(toTicks(MAX_HEADROOM_SECONDS), Math.max(toTicks(HEADROOM_SECONDS), 2 * headroomTicks));
            endTimeline();
            return;
        }
        if (toSeconds(dts - lastDts) > MAX_GAP_SECONDS) {
            endTimeline();
            return;
        }
        ByteBuffer fragment;
        try {
            fragment = open.write(packet, pts, dts);
        } catch (IngestException e) {
            refusal = String.valueOf(e.getMessage());
            endTimeline();
            return;
        }
        deliver(fragment, dts - pendingDts);
        pending = true;
        pendingPts = pts;
        pendingDts = dts;
        pendingKey = packet.isKeyFrame();
        pendingReceivedNanos = packet.receivedNanos();
        lastDts = dts;
    }

    /** The stream's own decoding time on the timeline; where it is missing, that of the frame before plus a duration. */
    private long decodingTime(FfmpegVideoPacket packet, long pts) {
        long dts = packet.packet().dts();
        if (dts != Ffmpeg.NO_TIMESTAMP) {
            return dts - baseTicks - headroomTicks;
        }
        if (headroomTicks == 0) {
            return pts;
        }
        long duration = packet.packet().duration();
        return lastDts + Math.max(1, duration > 0 ? duration : lastDuration);
    }

    private void deliver(ByteBuffer fragment, long duration) {
        if (!pending) {
            return;
        }
        pending = false;
        lastDuration = duration;
        receiver.onFragment(new MediaFragment(
                toSeconds(pendingPts), toSeconds(duration), pendingKey, pendingReceivedNanos, fragment));
    }

    private double toSeconds(long ticks) {
        VideoFormat described = format;
        return described == null ? 0 : (double) ticks * described.timeBaseNumerator() / described.timeBaseDenominator();
    }

    private long toTicks(double seconds) {
        VideoFormat described = format;
        return described == null
                ? 0
                : Math.round(seconds * described.timeBaseDenominator() / described.timeBaseNumerator());
    }

    /** Delivers the last frame of the timeline; the next key frame starts another. */
    private void endTimeline() {
        Mp4Muxer open = muxer;
        if (open == null) {
            return;
        }
        muxer = null;
        try {
            if (pending) {
                deliver(open.finish(), lastDuration);
            }
        } finally {
            pending = false;
            open.close();
        }
    }

    /** Delivers the last frame and frees the muxer; a second call does nothing. */
    @Override
    public void close() {
        endTimeline();
    }
}
