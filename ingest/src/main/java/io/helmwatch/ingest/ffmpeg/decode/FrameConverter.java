package io.helmwatch.ingest.ffmpeg.decode;

import io.helmwatch.resource.NativeMemory;
import io.helmwatch.vision.Orientation;
import io.helmwatch.vision.PixelFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.bytedeco.ffmpeg.avfilter.AVFilterContext;
import org.bytedeco.ffmpeg.avfilter.AVFilterGraph;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.global.avfilter;
import org.jspecify.annotations.Nullable;

/**
 * Turns frames upright, makes their pixels square and converts their pixel format, for the streams that need it: a libavfilter graph (transpose, flip,
 * swscale), built again when the geometry, format or colour coding of its input changes. Its frames come from the graph's pool.
 *
 * <p>Threading: the stream's thread. Ownership: the graph lives until {@link #close}; frames that left it are independent of it.
 */
final class FrameConverter implements AutoCloseable {
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
    private int squareWidth;
    private int squareHeight;
    private Orientation orientation = Orientation.UPRIGHT;
    private PixelFormat target = PixelFormat.I420;

    /**
     * Moves a frame through the graph.
     *
     * @param input emptied
     * @param output receives the turned and converted frame
     * @return 0, or FFmpeg's error code
     */
    int apply(AVFrame input, AVFrame output, Orientation turn, PixelFormat wanted) {
        return apply(input, output, turn, wanted, input.width(), input.height());
    }

    /**
     * As {@link #apply(AVFrame, AVFrame, Orientation, PixelFormat)}, scaling the stored frame first.
     *
     * @param wantedWidth of the stored frame with square pixels
     * @param wantedHeight of the stored frame with square pixels
     */
    int apply(AVFrame input, AVFrame output, Orientation turn, PixelFormat wanted, int wantedWidth, int wantedHeight) {
        if (!fits(input, turn, wanted) || wantedWidth != squareWidth || wantedHeight != squareHeight) {
            squareWidth = wantedWidth;
            squareHeight = wantedHeight;
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
        AVFilterGraph allocated = avfilter.avfilter_graph_alloc();
        if (allocated == null) {
            return org.bytedeco.ffmpeg.presets.avutil.AVERROR_ENOMEM();
        }
        graph = allocated;
        countedBytes = allocated.sizeof();
        GRAPHS.allocated(countedBytes);
        allocated.nb_threads(1);
        Chain chain = new Chain(allocated);
        chain.append(
                "buffer",
                "in",
                String.format(
                        Locale.ROOT,
                        "video_size=%dx%d:pix_fmt=%d:time_base=1/1000000:pixel_aspect=1/1:colorspace=%d:range=%d",
                        width,
                        height,
                        format,
                        colorSpace,
                        colorRange));
        source = chain.last;
        int number = 0;
        for (String filter : filters(turn, wanted, input.linesize(0) < 0)) {
            int equals = filter.indexOf('=');
            chain.append(
                    equals < 0 ? filter : filter.substring(0, equals),
                    "filter" + number++,
                    equals < 0 ? null : filter.substring(equals + 1));
        }
        chain.append("buffersink", "out", null);
        sink = chain.last;
        return chain.result < 0 ? chain.result : avfilter.avfilter_graph_config(allocated, null);
    }

    private List<String> filters(Orientation turn, PixelFormat wanted, boolean bottomUp) {
        List<String> filters = new ArrayList<>();
        if (FfmpegPixelFormats.direct(format) != wanted) {
            // Converted first, so that the turn gets a format that it supports.
            filters.add("format=pix_fmts=" + FfmpegPixelFormats.filterName(wanted));
        }
        if (squareWidth != width || squareHeight != height) {
            filters.add("scale=w=" + squareWidth + ":h=" + squareHeight + ":flags=bilinear");
        }
        filters.addAll(turning(turn));
        // A frame stored bottom-up has a negative stride: copying writes it the other way round.
        if (filters.isEmpty() && bottomUp) {
            filters.add("copy");
        }
        return filters;
    }

    /** Filters linked one behind the other; after the first failure nothing is appended. */
    private static final class Chain {
        private final AVFilterGraph graph;
        private @Nullable AVFilterContext last;
        private int result;

        Chain(AVFilterGraph graph) {
            this.graph = graph;
        }

        void append(String filter, String name, @Nullable String arguments) {
            if (result < 0) {
                return;
            }
            AVFilterContext created = new AVFilterContext(null);
            result = avfilter.avfilter_graph_create_filter(
                    created, avfilter.avfilter_get_by_name(filter), name, arguments, null, graph);
            if (result >= 0 && last != null) {
                result = avfilter.avfilter_link(last, 0, created, 0);
            }
            last = created;
        }
    }

    /** The filters that turn; none for {@link Orientation#UPRIGHT}. */
    private static List<String> turning(Orientation turn) {
        return switch (turn) {
            case UPRIGHT -> List.of();
            case CLOCKWISE -> List.of("transpose=clock");
            // hflip last: vflip alone only makes the stride negative, hflip writes a new frame.
            case HALF_TURN -> List.of("vflip", "hflip");
            case COUNTER_CLOCKWISE -> List.of("transpose=cclock");
            case MIRRORED -> List.of("hflip");
            case FLIPPED -> List.of("vflip", "copy");
            case TRANSPOSED -> List.of("transpose=cclock_flip");
            case ANTI_TRANSPOSED -> List.of("transpose=clock_flip");
        };
    }

    /** Whether a frame has to go through the graph at all. */
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
