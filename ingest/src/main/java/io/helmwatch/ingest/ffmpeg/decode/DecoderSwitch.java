package io.helmwatch.ingest.ffmpeg.decode;

import org.bytedeco.ffmpeg.avformat.AVStream;
import org.jspecify.annotations.Nullable;

/**
 * The decoder of an input, replaced when the stream moves from a GPU's video engines to the CPU or back.
 *
 * <p>Threading: the stream's thread. Ownership: closes the decoder on {@link #close}.
 */
public final class DecoderSwitch implements AutoCloseable {
    private final AVStream stream;
    private final String displayed;
    private final @Nullable CudaDecoding device;
    private final DecoderPlacement placement;
    private boolean wantsEngines;
    private FfmpegDecoder decoder;

    /** Opens the first decoder; the parameters are those of {@link FfmpegDecoder}. */
    public DecoderSwitch(AVStream stream, String displayed, @Nullable CudaDecoding device, DecoderPlacement placement) {
        this.stream = stream;
        this.displayed = displayed;
        this.device = device;
        this.placement = placement;
        wantsEngines = device != null && placement.usesVideoEngines();
        decoder = open();
    }

    private FfmpegDecoder open() {
        return new FfmpegDecoder(stream, displayed, wantsEngines ? device : null);
    }

    /** The decoder in use. */
    public FfmpegDecoder current() {
        return decoder;
    }

    /** Whether the stream is to be decoded elsewhere, which is possible from a key frame on. */
    public boolean isMisplaced() {
        return device != null && placement.usesVideoEngines() != wantsEngines;
    }

    /**
     * Replaces the decoder, whose last frames were taken.
     *
     * @throws io.helmwatch.ingest.ffmpeg.input.InputLostException when the new one cannot be opened
     */
    public void replace() {
        wantsEngines = !wantsEngines;
        decoder.close();
        decoder = open();
    }

    /** Whether the stream is meant to be decoded on video engines. */
    public boolean wantsVideoEngines() {
        return wantsEngines;
    }

    @Override
    public void close() {
        decoder.close();
    }
}
