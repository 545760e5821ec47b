package io.helmwatch.ingest.ffmpeg;

import io.helmwatch.ingest.ffmpeg.input.Ffmpeg;
import io.helmwatch.resource.Closer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.bytedeco.ffmpeg.avcodec.AVCodec;
import org.bytedeco.ffmpeg.avcodec.AVCodecContext;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avcodec.AVPacketSideData;
import org.bytedeco.ffmpeg.avfilter.AVFilterContext;
import org.bytedeco.ffmpeg.avfilter.AVFilterGraph;
import org.bytedeco.ffmpeg.avfilter.AVFilterInOut;
import org.bytedeco.ffmpeg.avformat.AVFormatContext;
import org.bytedeco.ffmpeg.avformat.AVIOContext;
import org.bytedeco.ffmpeg.avformat.AVStream;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.avutil.AVDictionaryEntry;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avfilter;
import org.bytedeco.ffmpeg.global.avformat;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;

/**
 * Encodes what a filter graph generates, or copies a video with another orientation.
 *
 * <p>Arguments are {@code -name value} pairs, split at blanks: {@code -i GRAPH -c:v ENCODER}, or {@code -i FILE -c copy} with
 * {@code -display_rotation DEGREES}, {@code -display_hflip} or {@code -display_vflip}; {@code -frames:v}, {@code -pix_fmt}, {@code -q:v},
 * {@code -colorspace}, {@code -color_range}; every other option goes to the encoder, and what it does not know to the container.
 */
final class TestEncoder {
    private static final int MATRIX_INTS = 9;

    private final Map<String, String> arguments = new LinkedHashMap<>();
    private final Closer opened = new Closer();

    private TestEncoder(String text) {
        String[] words = text.trim().split(" +");
        for (int i = 0; i < words.length; i++) {
            boolean flag = i + 1 == words.length || isOption(words[i + 1]);
            arguments.put(words[i], flag ? "" : words[++i]);
        }
    }

    private static boolean isOption(String word) {
        return word.length() > 1 && word.charAt(0) == '-' && Character.isLetter(word.charAt(1));
    }

    /**
     * Writes the clip; its container is chosen by the file's ending. Encodes on a thread of its own: for root, SVT-AV1 gives the calling
     * thread the highest real-time priority, which every thread that it starts later would inherit.
     */
    static void encode(String arguments, Path output) {
        FutureTask<Void> work = new FutureTask<>(() -> encodeHere(arguments, output), null);
        Thread thread = new Thread(work, "test-encoder");
        thread.start();
        try {
            work.get();
        } catch (ExecutionException failure) {
            throw new AssertionError("encoding failed: " + arguments, failure.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while encoding", e);
        }
    }

    private static void encodeHere(String arguments, Path output) {
        Ffmpeg.load();
        TestEncoder encoder = new TestEncoder(arguments);
        try (Closer closer = encoder.opened) {
            if ("copy".equals(encoder.arguments.get("-c"))) {
                encoder.copy(output);
            } else {
                encoder.generate(output);
            }
        }
    }

    private String take(String name, String otherwise) {
        String value = arguments.remove(name);
        return value == null ? otherwise : value;
    }

    private void generate(Path output) {
        int frames = Integer.parseInt(take("-frames:v", "2147483647"));
        boolean audio = arguments.containsKey("-c:a");
        AVCodec codec = avcodec.avcodec_find_encoder_by_name(audio ? take("-c:a", "") : take("-c:v", ""));
        if (codec == null || codec.isNull()) {
            throw new AssertionError("this FFmpeg has no such encoder");
        }
        String format = take("-pix_fmt", audio ? "" : pixelFormats(codec));
        String last = audio
                ? "aformat=sample_fmts=fltp,asetnsamples=n=1024,abuffersink@out"
                : (format.isEmpty() ? "" : "format=pix_fmts=" + format + ",") + "buffersink@out";
        AVFilterContext sink = openGraph(take("-i", "") + "," + last, audio ? "abuffersink@out" : "buffersink@out");
        AVFrame frame = avutil.av_frame_alloc();
        opened.register(() -> avutil.av_frame_free(frame));
        check("first frame", avfilter.av_buffersink_get_frame(sink, frame));

        AVFormatContext container = openContainer(output);
        AVCodecContext context = openEncoder(codec, sink, frame, container);
        AVStream stream = avformat.avformat_new_stream(container, null);
        stream.time_base(context.time_base());
        stream.avg_frame_rate(context.framerate());
        check("parameters", avcodec.avcodec_parameters_from_context(stream.codecpar(), context));
        writeHeader(container);
        int rc = 0;
        for (int i = 0; i < frames && rc >= 0; i++) {
            frame.pict_type(avutil.AV_PICTURE_TYPE_NONE);
            check("send", avcodec.avcodec_send_frame(context, frame));
            avutil.av_frame_unref(frame);
            drain(context, container, stream);
            rc = i + 1 < frames ? avfilter.av_buffersink_get_frame(sink, frame) : 0;
        }
        check("flush", avcodec.avcodec_send_frame(context, null));
        drain(context, container, stream);
        check("trailer", avformat.av_write_trailer(container));
    }

    /** The encoder's formats, so that the graph converts to the nearest; empty where it takes any. */
    private static String pixelFormats(AVCodec codec) {
        try (PointerPointer<Pointer> list = new PointerPointer<>(1);
                IntPointer count = new IntPointer(1)) {
            avcodec.avcodec_get_supported_config(null, codec, avcodec.AV_CODEC_CONFIG_PIX_FORMAT, 0, list, count);
            StringBuilder names = new StringBuilder();
            for (int i = 0; i < count.get() && list.get(0) != null; i++) {
                BytePointer name = avutil.av_get_pix_fmt_name(new IntPointer(list.get(0)).get(i));
                names.append(i == 0 ? "" : "|").append(name.getString());
            }
            return names.toString();
        }
    }

    private AVFilterContext openGraph(String description, String sink) {
        AVFilterGraph graph = avfilter.avfilter_graph_alloc();
        opened.register(() -> avfilter.avfilter_graph_free(graph));
        AVFilterInOut inputs = new AVFilterInOut(null);
        AVFilterInOut outputs = new AVFilterInOut(null);
        check(description, avfilter.avfilter_graph_parse2(graph, description, inputs, outputs));
        check(description, avfilter.avfilter_graph_config(graph, null));
        return avfilter.avfilter_graph_get_filter(graph, sink);
    }

    private AVCodecContext openEncoder(AVCodec codec, AVFilterContext sink, AVFrame first, AVFormatContext container) {
        AVCodecContext context = avcodec.avcodec_alloc_context3(codec);
        opened.register(() -> avcodec.avcodec_free_context(context));
        context.time_base(avfilter.av_buffersink_get_time_base(sink));
        if (first.nb_samples() > 0) {
            context.sample_fmt(first.format());
            context.sample_rate(first.sample_rate());
            context.ch_layout(first.ch_layout());
        } else {
            context.framerate(avfilter.av_buffersink_get_frame_rate(sink));
            context.width(first.width());
            context.height(first.height());
            context.pix_fmt(first.format());
            context.sample_aspect_ratio(first.sample_aspect_ratio());
            context.colorspace(first.colorspace());
            context.color_range(first.color_range());
            String space = take("-colorspace", "");
            if (!space.isEmpty()) {
                context.colorspace(avutil.av_color_space_from_name(space));
            }
            String range = take("-color_range", "");
            if (!range.isEmpty()) {
                context.color_range(avutil.av_color_range_from_name(range));
            }
        }
        context.strict_std_compliance(avcodec.FF_COMPLIANCE_UNOFFICIAL);
        String quality = take("-q:v", "");
        if (!quality.isEmpty()) {
            context.flags(context.flags() | avcodec.AV_CODEC_FLAG_QSCALE);
            context.global_quality(Integer.parseInt(quality) * avutil.FF_QP2LAMBDA);
        }
        if ((container.oformat().flags() & avformat.AVFMT_GLOBALHEADER) != 0) {
            context.flags(context.flags() | avcodec.AV_CODEC_FLAG_GLOBAL_HEADER);
        }
        AVDictionary options = new AVDictionary(null);
        arguments.forEach((name, value) -> {
            if (!name.equals("-f")) {
                avutil.av_dict_set(options, name.substring(1), value, 0);
            }
        });
        check("encoder", avcodec.avcodec_open2(context, codec, options));
        arguments.keySet().removeIf(name -> avutil.av_dict_get(options, name.substring(1), null, 0) == null);
        avutil.av_dict_free(options);
        return context;
    }

    private AVFormatContext openContainer(Path output) {
        AVFormatContext container = new AVFormatContext(null);
        check(output + " container", avformat.avformat_alloc_output_context2(container, null, null, output.toString()));
        opened.register(() -> avformat.avformat_free_context(container));
        AVIOContext file = new AVIOContext(null);
        check(
                output.toString(),
                avformat.avio_open2(file, "file:" + output, avformat.AVIO_FLAG_WRITE, null, (AVDictionary) null));
        opened.register(() -> avformat.avio_closep(file));
        container.pb(file);
        return container;
    }

    private void writeHeader(AVFormatContext container) {
        AVDictionary options = new AVDictionary(null);
        if (container.oformat().name().getString().equals("image2")) {
            avutil.av_dict_set(options, "update", "1", 0);
        }
        arguments.forEach((name, value) -> avutil.av_dict_set(options, name.substring(1), value, 0));
        check("header", avformat.avformat_write_header(container, options));
        AVDictionaryEntry unknown = avutil.av_dict_get(options, "", null, avutil.AV_DICT_IGNORE_SUFFIX);
        if (unknown != null && !unknown.isNull()) {
            throw new AssertionError("nobody knows the option -" + unknown.key().getString());
        }
        avutil.av_dict_free(options);
    }

    private static void drain(AVCodecContext context, AVFormatContext container, AVStream stream) {
        AVPacket packet = avcodec.av_packet_alloc();
        try {
            while (avcodec.avcodec_receive_packet(context, packet) >= 0) {
                if (packet.duration() == 0) {
                    packet.duration(1);
                }
                avcodec.av_packet_rescale_ts(packet, context.time_base(), stream.time_base());
                packet.stream_index(stream.index());
                check("write", avformat.av_interleaved_write_frame(container, packet));
            }
        } finally {
            avcodec.av_packet_free(packet);
        }
    }

    private void copy(Path output) {
        AVFormatContext input = new AVFormatContext(null);
        check("input", avformat.avformat_open_input(input, take("-i", ""), null, null));
        opened.register(() -> avformat.avformat_close_input(input));
        check("streams", avformat.avformat_find_stream_info(input, (PointerPointer<?>) null));
        AVStream from = input.streams(0);
        AVFormatContext container = openContainer(output);
        AVStream to = avformat.avformat_new_stream(container, null);
        check("parameters", avcodec.avcodec_parameters_copy(to.codecpar(), from.codecpar()));
        to.codecpar().codec_tag(0);
        to.time_base(from.time_base());
        to.sample_aspect_ratio(from.sample_aspect_ratio());
        int[] matrix = new int[MATRIX_INTS];
        avutil.av_display_rotation_set(matrix, -Double.parseDouble(take("-display_rotation", "0")));
        avutil.av_display_matrix_flip(
                matrix,
                arguments.containsKey("-display_hflip") ? 1 : 0,
                arguments.containsKey("-display_vflip") ? 1 : 0);
        arguments.clear();
        orient(to, matrix);
        writeHeader(container);
        AVPacket packet = avcodec.av_packet_alloc();
        opened.register(() -> avcodec.av_packet_free(packet));
        while (avformat.av_read_frame(input, packet) >= 0) {
            avcodec.av_packet_rescale_ts(packet, from.time_base(), to.time_base());
            packet.stream_index(0);
            check("write", avformat.av_interleaved_write_frame(container, packet));
        }
        check("trailer", avformat.av_write_trailer(container));
    }

    private static void orient(AVStream stream, int[] matrix) {
        try (PointerPointer<AVPacketSideData> list = new PointerPointer<>(1);
                IntPointer count = new IntPointer(1)) {
            list.put(0, stream.codecpar().coded_side_data());
            count.put(0, stream.codecpar().nb_coded_side_data());
            AVPacketSideData added = avcodec.av_packet_side_data_new(
                    list, count, avcodec.AV_PKT_DATA_DISPLAYMATRIX, MATRIX_INTS * Integer.BYTES, 0);
            new IntPointer(added.data()).put(matrix, 0, MATRIX_INTS);
            stream.codecpar().coded_side_data(new AVPacketSideData(list.get(0)));
            stream.codecpar().nb_coded_side_data(count.get());
        }
    }

    private static void check(String what, int rc) {
        if (rc < 0) {
            throw new AssertionError("test clip: " + what + " failed: " + Ffmpeg.describe(rc));
        }
    }
}
