package io.helmwatch.ingest.ffmpeg.input;

import io.helmwatch.ingest.timing.PresentationClock;
import io.helmwatch.vision.Orientation;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avcodec.AVPacketSideData;
import org.bytedeco.ffmpeg.avformat.AVFormatContext;
import org.bytedeco.ffmpeg.avformat.AVStream;
import org.bytedeco.ffmpeg.avutil.AVRational;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avformat;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.PointerPointer;
import org.jspecify.annotations.Nullable;

/**
 * The video stream of an input that is decoded, and what its container says of it. The other streams are discarded.
 *
 * <p>Threading: the stream's thread. Ownership: valid while the input is open.
 */
public final class VideoTrack {
    private static final long DEFAULT_FRAME_NANOS = 40_000_000L;

    /** Deviation from a square that is not worth scaling. */
    private static final double SQUARE_TOLERANCE = 0.005;

    private static final double MAX_PIXEL_ASPECT = 8;

    private final AVStream stream;
    private final int index;
    private final int timeBaseNumerator;
    private final int timeBaseDenominator;
    private final double framesPerSecond;
    private final Orientation orientation;
    private final double pixelAspect;

    private VideoTrack(AVStream stream, int index, @Nullable Orientation known) {
        this.stream = stream;
        this.index = index;
        AVRational timeBase = stream.time_base();
        timeBaseNumerator = timeBase.num();
        timeBaseDenominator = timeBase.den();
        framesPerSecond = framesPerSecond(stream);
        double container = pixelAspect(stream.sample_aspect_ratio());
        pixelAspect = container > 0 ? container : pixelAspect(stream.codecpar().sample_aspect_ratio());
        AVPacketSideData matrix = avcodec.av_packet_side_data_get(
                stream.codecpar().coded_side_data(),
                stream.codecpar().nb_coded_side_data(),
                avcodec.AV_PKT_DATA_DISPLAYMATRIX);
        if (known != null) {
            orientation = known;
        } else {
            orientation = matrix != null && matrix.size() >= 36 ? orientation(matrix.data()) : Orientation.UPRIGHT;
        }
    }

    /**
     * Chooses the best video stream and discards the others.
     *
     * @param infoResult what FFmpeg answered when it looked into the streams
     */
    public static VideoTrack choose(AVFormatContext input, String displayed, int infoResult, OpenFailure failure) {
        int best = avformat.av_find_best_stream(input, avutil.AVMEDIA_TYPE_VIDEO, -1, -1, (PointerPointer<?>) null, 0);
        if (best >= 0 && (input.streams(best).disposition() & avformat.AV_DISPOSITION_ATTACHED_PIC) != 0) {
            best = -1;
        }
        if (best < 0) {
            if (infoResult < 0 && input.nb_streams() == 0) {
                throw failure.unusable(displayed + " holds no video that can be read (" + Ffmpeg.describe(infoResult)
                        + "): it may be truncated or damaged.");
            }
            throw failure.unusable(displayed + " holds no video stream: found " + streamsFound(input)
                    + "; give a file or camera with video.");
        }
        for (int i = 0; i < input.nb_streams(); i++) {
            if (i != best) {
                input.streams(i).discard(avcodec.AVDISCARD_ALL);
            }
        }
        return new VideoTrack(input.streams(best), best, null);
    }

    /** The first tile of an image, which stands for all of them; discards streams that are no tiles, such as previews. */
    static VideoTrack ofTiles(AVFormatContext input, TileGrid grid) {
        for (int i = 0; i < input.nb_streams(); i++) {
            if (!grid.contains(i)) {
                input.streams(i).discard(avcodec.AVDISCARD_ALL);
            }
        }
        return new VideoTrack(input.streams(grid.firstStream()), grid.firstStream(), grid.orientation());
    }

    private static double framesPerSecond(AVStream stream) {
        AVRational rate = stream.avg_frame_rate();
        if (rate.num() <= 0 || rate.den() <= 0) {
            rate = stream.codecpar().framerate();
        }
        if (rate.num() <= 0 || rate.den() <= 0) {
            rate = stream.r_frame_rate();
        }
        double fps = rate.num() > 0 && rate.den() > 0 ? (double) rate.num() / rate.den() : 0;
        return fps >= 0.01 && fps <= 1000 ? fps : 0;
    }

    private static String streamsFound(AVFormatContext input) {
        if (input.nb_streams() == 0) {
            return "no streams at all";
        }
        StringBuilder found = new StringBuilder();
        for (int i = 0; i < Math.min(input.nb_streams(), 4); i++) {
            if (i > 0) {
                found.append(", ");
            }
            int type = input.streams(i).codecpar().codec_type();
            found.append(Ffmpeg.string(avutil.av_get_media_type_string(type), "data"))
                    .append(' ')
                    .append(Ffmpeg.string(
                            avcodec.avcodec_get_name(input.streams(i).codecpar().codec_id()), "unknown"));
        }
        return found.toString();
    }

    /** From nine 16.16 and 2.30 fixed-point numbers. */
    public static Orientation orientation(BytePointer matrix) {
        IntPointer numbers = new IntPointer(matrix);
        return Orientation.of(numbers.get(0), numbers.get(1), numbers.get(3), numbers.get(4));
    }

    /** Width of a pixel by its height; 0 where it is not given or not credible. */
    public static double pixelAspect(AVRational ratio) {
        if (ratio.num() <= 0 || ratio.den() <= 0) {
            return 0;
        }
        double aspect = (double) ratio.num() / ratio.den();
        return aspect > MAX_PIXEL_ASPECT || aspect < 1 / MAX_PIXEL_ASPECT ? 0 : aspect;
    }

    /** Whether a pixel aspect is so near to a square that nothing is scaled. */
    public static boolean isSquare(double aspect) {
        return Math.abs(aspect - 1) <= SQUARE_TOLERANCE;
    }

    /** The shape of the pixels as container or codec give it, width by height; 0 where they do not. */
    public double pixelAspect() {
        return pixelAspect;
    }

    public AVStream stream() {
        return stream;
    }

    public boolean contains(AVPacket packet) {
        return packet.stream_index() == index;
    }

    public int index() {
        return index;
    }

    /** The orientation that the container gives. */
    public Orientation orientation() {
        return orientation;
    }

    /** The stream's own claim; 0 when it makes none. */
    public double framesPerSecond() {
        return framesPerSecond;
    }

    /** Nominal duration of a frame; 40 ms where the stream does not say. */
    public long frameDurationNanos() {
        return framesPerSecond > 0 ? Math.round(1e9 / framesPerSecond) : DEFAULT_FRAME_NANOS;
    }

    /** Nanoseconds as a timestamp of the stream, rounded. */
    public long toTicks(long nanos) {
        return Math.round(nanos / 1e9 * timeBaseDenominator / timeBaseNumerator);
    }

    /** A timestamp of the stream in nanoseconds, or {@link PresentationClock#NONE}. */
    public long toNanos(long timestamp) {
        return timestamp == Ffmpeg.NO_TIMESTAMP
                ? PresentationClock.NONE
                : PresentationClock.toNanos(timestamp, timeBaseNumerator, timeBaseDenominator);
    }
}
