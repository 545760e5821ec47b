package io.helmwatch.ingest.ffmpeg.decode;

import io.helmwatch.ingest.ffmpeg.input.Ffmpeg;
import org.bytedeco.ffmpeg.avformat.AVStream;
import org.bytedeco.ffmpeg.global.avcodec;
import org.jspecify.annotations.Nullable;

/**
 * The decoder of an input, replaced when the stream moves from a GPU's video engines to the CPU or back, and closed while the stream's frames are
 * decoded elsewhere ({@link KeyFrameDecoding}).
 *
 * <p>Threading: the stream's thread. Ownership: closes the decoder on {@link #close}.
 */
public final class DecoderSwitch implements AutoCloseable {
    private final AVStream stream;
    private final String displayed;
    private final @Nullable CudaDecoding device;
    private final DecoderPlacement placement;
    private final int codecId;
    private boolean wantsEngines;
    private @Nullable FfmpegDecoder decoder;

    /** Opens nothing yet; the parameters are those of {@link FfmpegDecoder}. */
    public DecoderSwitch(AVStream stream, String displayed, @Nullable CudaDecoding device, DecoderPlacement placement) {
        this.stream = stream;
        this.displayed = displayed;
        this.device = device;
        this.placement = placement;
        codecId = stream.codecpar().codec_id();
    }

    /**
     * The decoder, which is opened where it is not open.
     *
     * @throws io.helmwatch.ingest.ffmpeg.input.InputLostException when it cannot be opened
     */
    public FfmpegDecoder current() {
        FfmpegDecoder open = decoder;
        return open == null ? open(device != null && placement.usesVideoEngines()) : open;
    }

    private FfmpegDecoder open(boolean onEngines) {
        wantsEngines = onEngines;
        FfmpegDecoder opened = new FfmpegDecoder(stream, displayed, onEngines ? device : null);
        decoder = opened;
        return opened;
    }

    /**
     * Replaces the decoder, whose last frames were taken, by one elsewhere.
     *
     * @throws io.helmwatch.ingest.ffmpeg.input.InputLostException when it cannot be opened
     */
    public void replace() {
        close();
        open(!wantsEngines);
    }

    /** Whether the decoder is open. */
    public boolean isOpen() {
        return decoder != null;
    }

    /** What messages call the input. */
    public String displayed() {
        return displayed;
    }

    /** FFmpeg's number of the codec. */
    public int codecId() {
        return codecId;
    }

    /** The codec's name as FFmpeg writes it, {@code h264} for example. */
    public String codecName() {
        return Ffmpeg.string(avcodec.avcodec_get_name(codecId), "unknown");
    }

    /** Whether the open decoder is to be replaced by one elsewhere, which is possible from a key frame on. */
    public boolean isMisplaced() {
        return decoder != null && device != null && placement.usesVideoEngines() != wantsEngines;
    }

    /** Whether the stream is meant to be decoded on video engines. */
    public boolean wantsVideoEngines() {
        return wantsEngines;
    }

    /** Closes the decoder, whose last frames were taken; a further use opens another one. */
    @Override
    public void close() {
        FfmpegDecoder open = decoder;
        if (open != null) {
            decoder = null;
            open.close();
        }
    }
}
