package io.helmwatch.ingest.ffmpeg.decode;

import io.helmwatch.ingest.ffmpeg.input.InputLostException;
import io.helmwatch.ingest.nal.KeyFrameHeader;
import io.helmwatch.ingest.nal.NalUnits;
import io.helmwatch.vision.PixelFormat;
import java.nio.charset.StandardCharsets;
import org.bytedeco.ffmpeg.avcodec.AVCodecParameters;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avformat.AVStream;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.javacpp.BytePointer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The key frames of one input, decoded by {@link SharedDecoders} together with those of other streams of the same format. Follows the parameter sets
 * that the stream carries, and the placement, to the pool where they belong.
 *
 * <p>Threading: the stream's thread. Ownership: leaves its pool on {@link #close}. Valid while the input is open.
 */
public final class KeyFrameDecoding implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(KeyFrameDecoding.class);

    /** Key frames in a row without a picture after which the stream uses a decoder of its own. */
    private static final int MAX_FAILURES = 3;

    private final SharedDecoders shared;
    private final AVCodecParameters parameters;
    private final String displayed;
    private final DecoderPlacement placement;
    private final PacketBytes bytes = new PacketBytes();
    private final KeyFrameHeader header;
    private final boolean startCodes;
    private final int width;
    private final int height;
    private final String extradata;
    private @Nullable DecoderPool pool;
    private boolean onEngines;
    private String inBand = "";
    private long inBandHash;
    private int failures;
    private @Nullable PixelFormat surfaceFormat;

    private KeyFrameDecoding(
            SharedDecoders shared,
            AVCodecParameters parameters,
            NalUnits units,
            boolean startCodes,
            String displayed,
            DecoderPlacement placement) {
        this.shared = shared;
        this.parameters = parameters;
        this.displayed = displayed;
        this.placement = placement;
        header = new KeyFrameHeader(units);
        this.startCodes = startCodes;
        width = parameters.width();
        height = parameters.height();
        extradata = extradata();
    }

    private String extradata() {
        BytePointer configuration = parameters.extradata();
        int size = configuration == null ? 0 : parameters.extradata_size();
        if (configuration == null) {
            return "";
        }
        if (startCodes) {
            header.read(configuration::get, size);
            return text(header.parameterSets());
        }
        byte[] copy = new byte[size];
        configuration.get(copy, 0, size);
        return text(copy);
    }

    /** The key frames of an input; null where nothing is shared, or the codec or interlacing does not allow it. */
    public static @Nullable KeyFrameDecoding create(
            @Nullable SharedDecoders shared, AVStream stream, String displayed, DecoderPlacement placement) {
        AVCodecParameters parameters = stream.codecpar();
        int order = parameters.field_order();
        boolean progressive = order == avcodec.AV_FIELD_UNKNOWN || order == avcodec.AV_FIELD_PROGRESSIVE;
        Framing framing = Framing.of(parameters);
        NalUnits units = framing.units();
        return shared == null || !progressive || units == null
                ? null
                : new KeyFrameDecoding(shared, parameters, units, framing.lengthBytes() == 0, displayed, placement);
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    /** Whether a shared decoder can decode the key frame; else the stream needs one of its own. */
    public boolean accepts(AVPacket packet) {
        if (failures >= MAX_FAILURES
                || !bytes.pointTo(packet)
                || !header.read(bytes, Math.min(packet.size(), Framing.MAX_SCANNED_BYTES))) {
            return false;
        }
        boolean moved = false;
        if (header.hasParameterSets()) {
            if (inBand.isEmpty() || header.parameterSetsHash() != inBandHash) {
                inBandHash = header.parameterSetsHash();
                String sets = text(header.parameterSets());
                moved = !sets.equals(inBand);
                inBand = sets;
            }
        } else if (startCodes ? extradata.isEmpty() && inBand.isEmpty() : !inBand.isEmpty()) {
            // Nobody knows its parameter sets; or a decoder opened with the container's would not know these.
            return false;
        }
        boolean engines = shared.hasVideoEngines() && placement.usesVideoEngines();
        if (pool == null || moved || engines != onEngines) {
            onEngines = engines;
            join();
        }
        return true;
    }

    private void join() {
        String opening = startCodes && !inBand.isEmpty() ? inBand : extradata;
        SharedFormat format =
                new SharedFormat(parameters.codec_id(), width, height, onEngines, opening, startCodes ? "" : inBand);
        DecoderPool before = pool;
        pool = shared.join(format);
        if (before != null) {
            shared.leave(before);
        }
    }

    /**
     * Decodes a key frame that was accepted.
     *
     * @param frame empty before; holds the frame, with the packet's time, when the result is 0
     * @return 0, or FFmpeg's code
     * @throws InputLostException when no decoder can be opened
     */
    public int decode(AVPacket packet, AVFrame frame) {
        DecoderPool own = pool;
        if (own == null) {
            throw new IllegalStateException("no key frame was accepted");
        }
        SharedDecoder decoder = own.take(parameters);
        int rc;
        try {
            rc = decoder.decode(packet, frame);
            surfaceFormat = decoder.surfaceFormat();
        } finally {
            own.giveBack(decoder);
        }
        failures = rc < 0 ? failures + 1 : 0;
        if (failures == MAX_FAILURES) {
            LOG.info("{} gets a decoder of its own: {} of its key frames in a row gave no frame", displayed, failures);
            close();
        }
        return rc;
    }

    /** The layout of the latest frame if it lies in device memory; null when it is none of ours. */
    @Nullable
    public PixelFormat surfaceFormat() {
        return surfaceFormat;
    }

    @Override
    public void close() {
        DecoderPool left = pool;
        if (left != null) {
            pool = null;
            shared.leave(left);
        }
    }
}
