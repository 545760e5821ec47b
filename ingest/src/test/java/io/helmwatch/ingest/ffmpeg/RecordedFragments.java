package io.helmwatch.ingest.ffmpeg;

import io.helmwatch.ingest.FragmentReceiver;
import io.helmwatch.ingest.MediaFragment;
import io.helmwatch.ingest.MediaTimeline;
import io.helmwatch.ingest.ffmpeg.input.Ffmpeg;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.ffmpeg.avcodec.AVCodecContext;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avformat.AVFormatContext;
import org.bytedeco.ffmpeg.avformat.AVStream;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avformat;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.javacpp.PointerPointer;

/** Keeps what a remuxer delivers, and reads it back with libavformat as a player would. */
public final class RecordedFragments implements FragmentReceiver {

    /** One timeline with its fragments. */
    public record Timeline(MediaTimeline start, List<MediaFragment> fragments) {}

    /** A packet as it is read back: seconds, whether it is a key frame. */
    public record ReadPacket(double pts, double dts, double duration, boolean key) {}

    /** A file as it is read back. */
    public record ReadFile(
            String codec, int width, int height, int streams, List<ReadPacket> packets, List<Double> decoded) {}

    private final List<Timeline> timelines = new ArrayList<>();

    @Override
    public synchronized void onTimeline(MediaTimeline timeline) {
        timelines.add(new Timeline(timeline, new ArrayList<>()));
    }

    @Override
    public synchronized void onFragment(MediaFragment fragment) {
        timelines.get(timelines.size() - 1).fragments().add(fragment);
    }

    public synchronized List<Timeline> timelines() {
        return List.copyOf(timelines);
    }

    /** Writes a timeline to a file and reads it back, decoding every frame. */
    public static ReadFile read(Timeline timeline, Path folder) throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        append(all, timeline.start().initSegment());
        timeline.fragments().forEach(fragment -> append(all, fragment.bytes()));
        return read(all.toByteArray(), folder);
    }

    /** Reads a whole file back, decoding every frame. */
    public static ReadFile read(byte[] content, Path folder) throws IOException {
        Path file = Files.createTempFile(folder, "timeline", ".mp4");
        Files.write(file, content);
        return read(file);
    }

    private static void append(ByteArrayOutputStream to, ByteBuffer bytes) {
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(copy);
        to.writeBytes(copy);
    }

    private static ReadFile read(Path file) {
        Ffmpeg.load();
        AVFormatContext input = new AVFormatContext(null);
        check(avformat.avformat_open_input(input, file.toString(), null, null));
        check(avformat.avformat_find_stream_info(input, (PointerPointer<?>) null));
        AVStream stream = input.streams(0);
        AVCodecContext decoder = avcodec.avcodec_alloc_context3(
                avcodec.avcodec_find_decoder(stream.codecpar().codec_id()));
        check(avcodec.avcodec_parameters_to_context(decoder, stream.codecpar()));
        decoder.pkt_timebase(stream.time_base());
        decoder.thread_count(1);
        check(avcodec.avcodec_open2(decoder, (org.bytedeco.ffmpeg.avcodec.AVCodec) null, (AVDictionary) null));
        double tick = avutil.av_q2d(stream.time_base());
        List<ReadPacket> packets = new ArrayList<>();
        List<Double> decoded = new ArrayList<>();
        AVPacket packet = avcodec.av_packet_alloc();
        AVFrame frame = avutil.av_frame_alloc();
        while (avformat.av_read_frame(input, packet) >= 0) {
            packets.add(new ReadPacket(
                    packet.pts() * tick,
                    packet.dts() * tick,
                    packet.duration() * tick,
                    (packet.flags() & avcodec.AV_PKT_FLAG_KEY) != 0));
            check(avcodec.avcodec_send_packet(decoder, packet));
            drain(decoder, frame, tick, decoded);
            avcodec.av_packet_unref(packet);
        }
        check(avcodec.avcodec_send_packet(decoder, null));
        drain(decoder, frame, tick, decoded);
        ReadFile read = new ReadFile(
                avcodec.avcodec_get_name(stream.codecpar().codec_id()).getString(),
                stream.codecpar().width(),
                stream.codecpar().height(),
                input.nb_streams(),
                packets,
                decoded);
        avutil.av_frame_free(frame);
        avcodec.av_packet_free(packet);
        avcodec.avcodec_free_context(decoder);
        avformat.avformat_close_input(input);
        return read;
    }

    private static void drain(AVCodecContext decoder, AVFrame frame, double tick, List<Double> decoded) {
        while (avcodec.avcodec_receive_frame(decoder, frame) >= 0) {
            if (frame.decode_error_flags() == 0) {
                decoded.add(frame.best_effort_timestamp() * tick);
            }
            avutil.av_frame_unref(frame);
        }
    }

    private static void check(int rc) {
        if (rc < 0) {
            throw new AssertionError(Ffmpeg.describe(rc));
        }
    }
}
