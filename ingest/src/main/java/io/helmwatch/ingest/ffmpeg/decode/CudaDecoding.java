package io.helmwatch.ingest.ffmpeg.decode;

import io.helmwatch.ingest.IngestException;
import io.helmwatch.ingest.ffmpeg.input.Ffmpeg;
import io.helmwatch.vision.PixelFormat;
import org.bytedeco.ffmpeg.avcodec.AVCodec;
import org.bytedeco.ffmpeg.avcodec.AVCodecContext;
import org.bytedeco.ffmpeg.avcodec.AVCodecHWConfig;
import org.bytedeco.ffmpeg.avutil.AVBufferRef;
import org.bytedeco.ffmpeg.avutil.AVHWDeviceContext;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.LongPointer;
import org.jspecify.annotations.Nullable;

/**
 * Decoding on a GPU's video engines (NVDEC): one device context of FFmpeg, shared by all decoders of a GPU. Frames stay in device memory and
 * belong to a pool that grows with the frames in flight; what they hold is written in the stream that was given, so that readers wait for
 * that stream.
 *
 * <p>A codec, profile or size that the engines refuse, and a session beyond the limit of {@link VideoEngineSessions}, is decoded on the CPU instead; FFmpeg asks for the format again
 * without the GPU's, which the callback here grants; so is one whose frames the engines would give in a layout that is not ours.
 *
 * <p>Threading: opened and closed by one thread, shared by the threads of all streams. Ownership: frees its device context on close; decoders
 * hold references of their own. The CUDA context and stream belong to the caller and must live longer than the last frame.
 */
public final class CudaDecoding implements AutoCloseable {

    /** One for all decoders: JavaCPP supports few callbacks of a kind, and this one has no state. */
    private static final class FormatChoice extends AVCodecContext.Get_format_AVCodecContext_IntPointer {
        @Override
        public int call(AVCodecContext context, IntPointer offered) {
            return choose(offered);
        }
    }

    private static final class Callback {
        static final FormatChoice INSTANCE = new FormatChoice();
    }

    private final VideoEngineSessions sessions;
    private @Nullable AVBufferRef device;

    private CudaDecoding(AVBufferRef device, int mostSessions) {
        this.device = device;
        sessions = new VideoEngineSessions(mostSessions);
    }

    /**
     * Opens the GPU for decoding.
     *
     * @param cudaContext handle of the CUDA context ({@code CUcontext})
     * @param cudaStream handle of the CUDA stream ({@code CUstream}) that frames are written in
     * @throws IngestException when FFmpeg cannot use it
     */
    public static CudaDecoding open(long cudaContext, long cudaStream) {
        return open(cudaContext, cudaStream, VideoEngineSessions.MOST);
    }

    /** As {@link #open(long, long)} with a limit of decoders on the engines; what is beyond is decoded on the CPU. */
    static CudaDecoding open(long cudaContext, long cudaStream, int mostSessions) {
        Ffmpeg.load();
        AVBufferRef device = avutil.av_hwdevice_ctx_alloc(avutil.AV_HWDEVICE_TYPE_CUDA);
        if (device == null || device.isNull()) {
            throw new IngestException("This build of FFmpeg has no CUDA: expected one with hwaccel cuda.");
        }
        // struct AVCUDADeviceContext of libavutil/hwcontext_cuda.h begins with the context, then the stream.
        new LongPointer(new AVHWDeviceContext(device.data()).hwctx())
                .put(0, cudaContext)
                .put(1, cudaStream);
        int rc = avutil.av_hwdevice_ctx_init(device);
        if (rc < 0) {
            avutil.av_buffer_unref(device);
            throw new IngestException("FFmpeg cannot decode on the GPU (" + Ffmpeg.describe(rc)
                    + "): the driver's libnvcuvid.so.1 must be there (containers: NVIDIA_DRIVER_CAPABILITIES=video).");
        }
        return new CudaDecoding(device, mostSessions);
    }

    /** The sessions of all decoders. */
    VideoEngineSessions sessions() {
        return sessions;
    }

    /**
     * Prepares a decoder that is not open yet and takes a session for it; returns whether its codec can be decoded on a GPU at all and a session was free.
     */
    boolean prepare(AVCodecContext context, AVCodec codec) {
        AVBufferRef shared = device;
        if (shared == null) {
            throw new IllegalStateException("decoding on the GPU was closed");
        }
        for (int i = 0; ; i++) {
            AVCodecHWConfig config = avcodec.avcodec_get_hw_config(codec, i);
            if (config == null || config.isNull()) {
                return false;
            }
            if (config.device_type() == avutil.AV_HWDEVICE_TYPE_CUDA
                    && (config.methods() & avcodec.AV_CODEC_HW_CONFIG_METHOD_HW_DEVICE_CTX) != 0) {
                if (!sessions.take()) {
                    return false;
                }
                context.hw_device_ctx(avutil.av_buffer_ref(shared));
                context.get_format(Callback.INSTANCE);
                return true;
            }
        }
    }

    /**
     * Of the formats that a decoder offers, the GPU's where frames then have a layout of ours, else the software one.
     *
     * @param offered ends with the software format, then {@code AV_PIX_FMT_NONE}
     */
    static int choose(IntPointer offered) {
        int format = avutil.AV_PIX_FMT_NONE;
        boolean device = false;
        for (int i = 0; offered.get(i) != avutil.AV_PIX_FMT_NONE; i++) {
            format = offered.get(i);
            device |= isSurface(format);
        }
        return device && surfaceFormat(format) != null ? avutil.AV_PIX_FMT_CUDA : format;
    }

    /**
     * The layout that NVDEC gives frames coded in a software format; null when it is none of ours.
     *
     * @param codedFormat {@code AVCodecContext.sw_pix_fmt}
     */
    public static @Nullable PixelFormat surfaceFormat(int codedFormat) {
        return switch (codedFormat) {
            case avutil.AV_PIX_FMT_YUV420P, avutil.AV_PIX_FMT_YUVJ420P, avutil.AV_PIX_FMT_NV12 -> PixelFormat.NV12;
            case avutil.AV_PIX_FMT_YUV420P10LE, avutil.AV_PIX_FMT_P010LE -> PixelFormat.P010;
            case avutil.AV_PIX_FMT_YUV444P, avutil.AV_PIX_FMT_YUVJ444P -> PixelFormat.I444;
            default -> null;
        };
    }

    /** Whether a frame of this format lies in device memory. */
    static boolean isSurface(int avFormat) {
        return avFormat == avutil.AV_PIX_FMT_CUDA;
    }

    /** Frees the device context; a second call does nothing. */
    @Override
    public void close() {
        AVBufferRef open = device;
        if (open != null) {
            device = null;
            avutil.av_buffer_unref(open);
        }
    }
}
