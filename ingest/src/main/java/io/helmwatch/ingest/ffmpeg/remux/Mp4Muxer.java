package io.helmwatch.ingest.ffmpeg.remux;

import io.helmwatch.ingest.IngestException;
import io.helmwatch.ingest.VideoFormat;
import io.helmwatch.ingest.VideoFormat.Codec;
import io.helmwatch.ingest.ffmpeg.input.CodecIds;
import io.helmwatch.ingest.ffmpeg.input.Ffmpeg;
import io.helmwatch.resource.NativeMemory;
import io.helmwatch.vision.ImageSize;
import java.nio.ByteBuffer;
import org.bytedeco.ffmpeg.avcodec.AVCodecParameters;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avformat.AVFormatContext;
import org.bytedeco.ffmpeg.avformat.AVIOContext;
import org.bytedeco.ffmpeg.avformat.AVStream;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.avutil.AVRational;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avformat;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.jspecify.annotations.Nullable;

/**
 * libavformat's MP4 muxer, writing one fragment for each packet into memory. A fragment is complete when the next packet is known, since
 * only then its duration is: players of fragments take a gap for the end of what they can decode.
 *
 * <p>Threading: one thread. Ownership: frees the muxer on {@link #close}, also when opening fails.
 */
final class Mp4Muxer implements AutoCloseable {
    private static final NativeMemory.Account MUXERS = NativeMemory.account("ffmpeg.muxers");

    /** No index at the end, which would grow with every fragment; timestamps as they are given, without edit lists. */
    private static final String FLAGS = "empty_moov+default_base_moof+frag_every_frame+skip_trailer";

    /** Tag of HEVC with its parameter sets in the header only, which browsers require. */
    private static final int HVC1 = 'h' | 'v' << 8 | 'c' << 16 | '1' << 24;

    private final AVRational packetTimeBase;
    private final AVPacket scratch;
    private final AVStream stream;
    private final ByteBuffer initSegment;
    private final long countedBytes;
    private @Nullable AVFormatContext context;

    /**
     * Opens the muxer.
     *
     * @param parameters the codec's parameter sets, with start codes or in the form of MP4
     * @throws IngestException when libavformat refuses them
     */
    Mp4Muxer(VideoFormat format, ImageSize size, byte[] parameters) {
        Ffmpeg.load();
        AVFormatContext allocated = new AVFormatContext(null);
        check(avformat.avformat_alloc_output_context2(allocated, null, "mp4", (String) null), format);
        context = allocated;
        countedBytes = allocated.sizeof();
        MUXERS.allocated(countedBytes);
        packetTimeBase = new AVRational().num(format.timeBaseNumerator()).den(format.timeBaseDenominator());
        scratch = avcodec.av_packet_alloc();
        try {
            stream = avformat.avformat_new_stream(allocated, null);
            if (scratch == null || stream == null) {
                throw new OutOfMemoryError("FFmpeg could not allocate a muxer");
            }
            stream.time_base(packetTimeBase);
            describe(stream.codecpar(), format.codec(), size, parameters);
            openBuffer(allocated);
            AVDictionary options = new AVDictionary(null);
            avutil.av_dict_set(options, "movflags", FLAGS, 0);
            avutil.av_dict_set(options, "avoid_negative_ts", "disabled", 0);
            avutil.av_dict_set(options, "use_editlist", "0", 0);
            int rc = avformat.avformat_write_header(allocated, options);
            avutil.av_dict_free(options);
            check(rc, format);
            initSegment = take();
        } catch (RuntimeException | Error e) {
            close();
            throw e;
        }
    }

    private static void describe(AVCodecParameters to, Codec codec, ImageSize size, byte[] parameters) {
        to.codec_type(avutil.AVMEDIA_TYPE_VIDEO);
        to.codec_id(CodecIds.id(codec));
        to.codec_tag(codec == Codec.HEVC ? HVC1 : 0);
        to.width(size.width());
        to.height(size.height());
        Pointer copy = avutil.av_mallocz(parameters.length + avcodec.AV_INPUT_BUFFER_PADDING_SIZE);
        BytePointer bytes = new BytePointer(copy);
        bytes.put(parameters, 0, parameters.length);
        to.extradata(bytes);
        to.extradata_size(parameters.length);
    }

    private static void openBuffer(AVFormatContext to) {
        AVIOContext buffer = new AVIOContext(null);
        if (avformat.avio_open_dyn_buf(buffer) < 0) {
            throw new OutOfMemoryError("FFmpeg could not allocate a buffer");
        }
        to.pb(buffer);
    }

    private static void check(int rc, VideoFormat format) {
        if (rc < 0) {
            throw new IngestException("Video cannot be written as MP4: " + format + ", " + Ffmpeg.describe(rc) + ".");
        }
    }

    /** The {@code ftyp} and {@code moov} boxes. */
    ByteBuffer initSegment() {
        return initSegment;
    }

    /**
     * Adds a packet.
     *
     * @param pts presentation time in ticks of the format, not before {@code dts}
     * @param dts decoding time in ticks of the format, after that of the packet before
     * @return the fragment of the packet before; empty for the first
     */
    ByteBuffer write(FfmpegVideoPacket packet, long pts, long dts) {
        AVFormatContext open = context;
        if (open == null) {
            throw new IllegalStateException("the muxer is closed");
        }
        check(avcodec.av_packet_ref(scratch, packet.packet()), packet.format());
        try {
            // Changed parameters are a new timeline, and the camera's clock is of no use to a player.
            avcodec.av_packet_free_side_data(scratch);
            scratch.pts(pts);
            scratch.dts(dts);
            scratch.stream_index(0);
            avcodec.av_packet_rescale_ts(scratch, packetTimeBase, stream.time_base());
            check(avformat.av_write_frame(open, scratch), packet.format());
        } finally {
            avcodec.av_packet_unref(scratch);
        }
        return take();
    }

    /** The fragment of the last packet; empty where there is none. */
    ByteBuffer finish() {
        AVFormatContext open = context;
        if (open == null) {
            throw new IllegalStateException("the muxer is closed");
        }
        avformat.av_write_frame(open, null);
        return take();
    }

    /** Takes what was written since the last call. */
    private ByteBuffer take() {
        AVFormatContext open = context;
        if (open == null) {
            throw new IllegalStateException("the muxer is closed");
        }
        BytePointer bytes = new BytePointer((Pointer) null);
        int length = avformat.avio_close_dyn_buf(open.pb(), bytes);
        open.pb(null);
        byte[] copy = new byte[Math.max(0, length)];
        bytes.get(copy);
        avutil.av_free(bytes);
        openBuffer(open);
        return ByteBuffer.wrap(copy);
    }

    @Override
    public void close() {
        AVFormatContext open = context;
        if (open == null) {
            return;
        }
        context = null;
        if (scratch != null) {
            avcodec.av_packet_free(scratch);
        }
        AVIOContext buffer = open.pb();
        if (buffer != null) {
            BytePointer bytes = new BytePointer((Pointer) null);
            avformat.avio_close_dyn_buf(buffer, bytes);
            avutil.av_free(bytes);
            open.pb(null);
        }
        avformat.avformat_free_context(open);
        MUXERS.freed(countedBytes);
    }
}
