package io.helmwatch.ingest.ffmpeg;

import io.helmwatch.resource.NativeMemory;
import io.helmwatch.vision.Orientation;
import io.helmwatch.vision.PixelFormat;
import java.util.Locale;
import org.bytedeco.ffmpeg.avfilter.AVFilterContext;
import org.bytedeco.ffmpeg.avfilter.AVFilterGraph;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.global.avfilter;
import org.jspecify.annotations.Nullable;

/**
 * Turns pictures upright and converts their format, for the streams that need it: a libavfilter graph (transpose, flip,
 * swscale), built again when the geometry, format or colour coding of its input changes. Its pictures come from the graph's pool.
 *
 * <p>Threading: the stream's thread. Ownership: the graph lives until {@link #close}; pictures that left it live on their own.
 */
final class PictureFilter implements AutoCloseable {
    private static final NativeMemory.Account GRAPHS = NativeMemory.account("ffmpeg.graphs");

    private @Nullable AVFilterGraph graph;
    private @Nullable AVFilterContext source;
    private @Nullable AVFilterContext sink;
    private long countedBytes;
    private int width;
    private int height;
    private int format = -1;
    private int colorSpace;
    private int colorRange;
    private Orientation orientation = Orientation.UPRIGHT;
    private PixelFormat target = PixelFormat.I420;

    /**
     * Moves a picture through the graph.
     *
     * @param input emptied
     * @param output receives the turned and converted picture
     * @return 0, or FFmpeg's error code
     */
    int apply(AVFrame input, AVFrame output, Orientation turn, PixelFormat wanted) {
        if (!fits(input, turn, wanted)) {
            int built = build(input, turn, wanted);
            if (built < 0) {
                close();
                return built;
            }
        }
        int rc = avfilter.av_buffersrc_add_frame(source, input);
        if (rc < 0) {
            return rc;
        }
        return avfilter.av_buffersink_get_frame(sink, output);
    }

    private boolean fits(AVFrame input, Orientation turn, PixelFormat wanted) {
        return graph != null
                && input.width() == width
                && input.height() == height
                && input.format() == format
                && input.colorspace() == colorSpace
                && input.color_range() == colorRange
                && turn == orientation
                && wanted == target;
    }

    private int build(AVFrame input, Orientation turn, PixelFormat wanted) {
        close();
        width = input.width();
        height = input.height();
        format = input.format();
        colorSpace = input.colorspace();
        colorRange = input.color_range();
        orientation = turn;
        target = wanted;
        AVFilterGraph made = avfilter.avfilter_graph_alloc();
        if (made == null) {
            return org.bytedeco.ffmpeg.presets.avutil.AVERROR_ENOMEM();
        }
        graph = made;
        countedBytes = made.sizeof();
        GRAPHS.allocated(countedBytes);
        made.nb_threads(1);
        String arguments = String.format(
                Locale.ROOT,
                "video_size=%dx%d:pix_fmt=%d:time_base=1/1000000:pixel_aspect=1/1:colorspace=%d:range=%d",
                width,
                height,
                format,
                colorSpace,
                colorRange);
        AVFilterContext in = new AVFilterContext(null);
        int rc = avfilter.avfilter_graph_create_filter(
                in, avfilter.avfilter_get_by_name("buffer"), "in", arguments, null, made);
        if (rc < 0) {
            return rc;
        }
        AVFilterContext out = new AVFilterContext(null);
        rc = avfilter.avfilter_graph_create_filter(
                out, avfilter.avfilter_get_by_name("buffersink"), "out", null, null, made);
        if (rc < 0) {
            return rc;
        }
        AVFilterContext last = in;
        String chain = filter(turn);
        // A picture stored bottom-up has a negative stride: copying writes it the other way round.
        if (chain.isEmpty() && input.linesize(0) < 0) {
            chain = "copy";
        }
        if (FfmpegPixelFormats.direct(format) != wanted) {
            // Converted first, so that the turn sees a format that it knows.
            String convert = "format=pix_fmts=" + FfmpegPixelFormats.filterName(wanted);
            chain = chain.isEmpty() ? convert : convert + "," + chain;
        }
        int number = 0;
        int from = 0;
        while (from <= chain.length() && !chain.isEmpty()) {
            int comma = chain.indexOf(',', from);
            String step = chain.substring(from, comma < 0 ? chain.length() : comma);
            int equals = step.indexOf('=');
            AVFilterContext filter = new AVFilterContext(null);
            rc = avfilter.avfilter_graph_create_filter(
                    filter,
                    avfilter.avfilter_get_by_name(equals < 0 ? step : step.substring(0, equals)),
                    "step" + number++,
                    equals < 0 ? null : step.substring(equals + 1),
                    null,
                    made);
            if (rc < 0) {
                return rc;
            }
            rc = avfilter.avfilter_link(last, 0, filter, 0);
            if (rc < 0) {
                return rc;
            }
            last = filter;
            if (comma < 0) {
                break;
            }
            from = comma + 1;
        }
        rc = avfilter.avfilter_link(last, 0, out, 0);
        if (rc < 0) {
            return rc;
        }
        rc = avfilter.avfilter_graph_config(made, null);
        if (rc < 0) {
            return rc;
        }
        source = in;
        sink = out;
        return 0;
    }

    /** The filter chain that turns; empty for {@link Orientation#UPRIGHT}. */
    private static String filter(Orientation turn) {
        return switch (turn) {
            case UPRIGHT -> "";
            case CLOCKWISE -> "transpose=clock";
            // hflip last: vflip alone only turns the stride negative, hflip writes a new picture.
            case HALF_TURN -> "vflip,hflip";
            case COUNTER_CLOCKWISE -> "transpose=cclock";
            case MIRRORED -> "hflip";
            case FLIPPED -> "vflip,copy";
            case TRANSPOSED -> "transpose=cclock_flip";
            case ANTI_TRANSPOSED -> "transpose=clock_flip";
        };
    }

    /** Whether a picture has to go through the graph at all. */
    static boolean needed(AVFrame frame, Orientation turn) {
        return turn != Orientation.UPRIGHT
                || FfmpegPixelFormats.direct(frame.format()) == null
                || frame.linesize(0) < 0;
    }

    @Override
    public void close() {
        AVFilterGraph open = graph;
        if (open != null) {
            graph = null;
            source = null;
            sink = null;
            avfilter.avfilter_graph_free(open);
            GRAPHS.freed(countedBytes);
        }
    }
}
