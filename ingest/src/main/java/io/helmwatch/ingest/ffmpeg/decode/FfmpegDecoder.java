package io.helmwatch.ingest.ffmpeg.decode;

import io.helmwatch.ingest.ReconnectPolicy.Cause;
import io.helmwatch.ingest.ffmpeg.input.Ffmpeg;
import io.helmwatch.ingest.ffmpeg.input.InputLostException;
import io.helmwatch.resource.NativeMemory;
import io.helmwatch.vision.PixelFormat;
import org.bytedeco.ffmpeg.avcodec.AVCodec;
import org.bytedeco.ffmpeg.avcodec.AVCodecContext;
import org.bytedeco.ffmpeg.avcodec.AVCodecParameters;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avformat.AVStream;
import org.bytedeco.ffmpeg.avutil.AVBufferRef;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.global.avcodec;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One decoder: in software with one thread, which adds no latency, or on a GPU's video engines where they support
 * the codec.
 *
 * <p>Damaged frames are delivered and flagged rather than dropped silently, so that the source can count them. Cropping is
 * applied exactly, rows may therefore start unaligned.
 *
 * <p>Threading: the stream's thread. Ownership: frees the codec context on {@link #close}, also when opening fails.
 */
public final class FfmpegDecoder implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(FfmpegDecoder.class);
    private static final NativeMemory.Account DECODERS = NativeMemory.account("ffmpeg.decoders");

    private @Nullable AVCodecContext context;
    private final long countedBytes;
    private final int codecId;
    private final String codecName;
    private final String displayed;
    private final boolean wantsDevice;
    /** Where the decoder has a session on video engines; null in software. */
    private @Nullable VideoEngineSessions sessions;

    /** Whether the session is there, which the first frame opens. */
    private boolean opened;

    private @Nullable AVPacket empty;
    private boolean softwareLogged;
    private boolean onVideoEngine;

    /**
     * @param stream the video stream to decode
     * @param displayed the input's name for errors
     * @param device where to decode; null decodes in software
     * @throws InputLostException when there is no decoder for it: the camera's codec may be changed
     */
    FfmpegDecoder(AVStream stream, String displayed, @Nullable CudaDecoding device) {
        this(stream.codecpar(), displayed, device);
        AVCodecContext opened = context;
        if (opened != null) {
            opened.pkt_timebase(stream.time_base());
        }
    }

    /** As the other constructor, for packets whose times are not looked at. */
    FfmpegDecoder(AVCodecParameters parameters, String displayed, @Nullable CudaDecoding device) {
        this.displayed = displayed;
        codecId = parameters.codec_id();
        codecName = Ffmpeg.string(avcodec.avcodec_get_name(codecId), "unknown");
        AVCodec codec = avcodec.avcodec_find_decoder(codecId);
        if (codec == null) {
            throw new InputLostException(
                    Cause.NOT_FOUND,
                    displayed + " is coded as '" + codecName
                            + "', which cannot be decoded: expected H.264, HEVC, AV1, VP8, VP9, MPEG-4 or MJPEG; convert it or change the camera's codec.");
        }
        AVCodecContext allocated = avcodec.avcodec_alloc_context3(codec);
        if (allocated == null) {
            throw new OutOfMemoryError("FFmpeg could not allocate a decoder");
        }
        context = allocated;
        countedBytes = allocated.sizeof();
        DECODERS.allocated(countedBytes);
        try {
            check(avcodec.avcodec_parameters_to_context(allocated, parameters), displayed);
            allocated.thread_count(1);
            allocated.flags(allocated.flags() | avcodec.AV_CODEC_FLAG_OUTPUT_CORRUPT | avcodec.AV_CODEC_FLAG_UNALIGNED);
            sessions = device != null && device.prepare(allocated, codec) ? device.sessions() : null;
            wantsDevice = sessions != null;
            if (device != null && !wantsDevice) {
                logSoftware();
            }
            check(avcodec.avcodec_open2(allocated, codec, (AVDictionary) null), displayed);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private void check(int rc, String displayed) {
        if (rc < 0) {
            throw new InputLostException(
                    Cause.NOT_FOUND,
                    "The " + codecName + " decoder refuses " + displayed + " (" + Ffmpeg.describe(rc)
                            + "): the stream's parameters are damaged or of a profile that is not supported.");
        }
    }

    /** FFmpeg's number of the codec. */
    public int codecId() {
        return codecId;
    }

    /** Gives a packet to the decoder, null for the end of the stream; returns FFmpeg's code. */
    public int send(@Nullable AVPacket packet) {
        VideoEngineSessions opening = sessions;
        if (opening == null || opened) {
            return avcodec.avcodec_send_packet(context, packet);
        }
        int rc = opening.open(() -> avcodec.avcodec_send_packet(context, packet));
        AVBufferRef frames = context == null ? null : context.hw_frames_ctx();
        opened = frames != null && !frames.isNull();
        return rc;
    }

    /** Asks for a frame; returns 0, {@link Ffmpeg#EAGAIN}, {@link Ffmpeg#EOF} or an error. */
    public int receive(AVFrame frame) {
        int rc = avcodec.avcodec_receive_frame(context, frame);
        if (rc >= 0 && wantsDevice) {
            onVideoEngine = CudaDecoding.isSurface(frame.format());
        }
        if (rc >= 0 && wantsDevice && !softwareLogged && !CudaDecoding.isSurface(frame.format())) {
            logSoftware();
            giveBackSession();
        }
        return rc;
    }

    /**
     * Makes the decoder give the frames that it would order behind later ones. H.264 goes on as it is, while flushing would open a video engine's
     * session anew; other codecs need {@link #restart} before the next packet.
     */
    public void releaseDelayed() {
        if (codecId != avcodec.AV_CODEC_ID_H264) {
            send(null);
            return;
        }
        AVPacket packet = empty;
        if (packet == null) {
            packet = emptyPacket();
            empty = packet;
        }
        send(packet);
    }

    /** A packet without data: to FFmpeg's H.264 decoder the end of what it has got, but not of the stream. One without side data would be the latter. */
    private static AVPacket emptyPacket() {
        AVPacket packet = avcodec.av_packet_alloc();
        if (packet == null || avcodec.av_packet_new_side_data(packet, avcodec.AV_PKT_DATA_CPB_PROPERTIES, 1) == null) {
            avcodec.av_packet_free(packet);
            throw new OutOfMemoryError("FFmpeg could not allocate a packet");
        }
        return packet;
    }

    /** Whether the latest frame came from a GPU's video engines. */
    public boolean isOnVideoEngine() {
        return onVideoEngine;
    }

    /** Resets the state of the stream, also its end: the next packet is the first of a round. */
    public void restart() {
        avcodec.avcodec_flush_buffers(context);
    }

    private void logSoftware() {
        softwareLogged = true;
        LOG.info(
                "{} is decoded on the CPU: the GPU's video engines do not support this {} stream (codec, profile, size or too many sessions)",
                displayed,
                codecName);
    }

    /** The layout of frames that stay in device memory; null when it is none of ours. */
    @Nullable
    public PixelFormat surfaceFormat() {
        AVCodecContext open = context;
        return open == null ? null : CudaDecoding.surfaceFormat(open.sw_pix_fmt());
    }

    private void giveBackSession() {
        VideoEngineSessions taken = sessions;
        if (taken != null) {
            sessions = null;
            taken.giveBack();
        }
    }

    @Override
    public void close() {
        AVCodecContext open = context;
        if (open != null) {
            context = null;
            avcodec.avcodec_free_context(open);
            DECODERS.freed(countedBytes);
        }
        AVPacket packet = empty;
        if (packet != null) {
            empty = null;
            avcodec.av_packet_free(packet);
        }
        giveBackSession();
    }
}
