package io.helmwatch.ingest;

/**
 * How the packets of a video track are coded, as its container or session description says. Immutable; two packets with the same
 * object are of the same track of the same connection.
 *
 * <p>Threading: any.
 */
public final class VideoFormat {
    private final Codec codec;
    private final int width;
    private final int height;
    private final boolean isShownAsStored;
    private final int timeBaseNumerator;
    private final int timeBaseDenominator;
    private final byte[] parameters;

    /** Codecs that are told apart. */
    public enum Codec {
        /** ITU-T H.264. */
        H264,
        /** ITU-T H.265. */
        HEVC,
        /** Motion JPEG: each frame is an image. */
        MJPEG,
        /** Any other. */
        OTHER
    }

    /**
     * Describes a track.
     *
     * @param width coded width in pixels; 0 where it is not known yet
     * @param height coded height in pixels; 0 where it is not known yet
     * @param isShownAsStored whether the image is upright and its pixels are square
     * @param timeBaseNumerator seconds of a tick, numerator
     * @param timeBaseDenominator seconds of a tick, denominator
     * @param parameters the codec's parameter sets outside the packets, empty where there are none
     */
    public VideoFormat(
            Codec codec,
            int width,
            int height,
            boolean isShownAsStored,
            int timeBaseNumerator,
            int timeBaseDenominator,
            byte[] parameters) {
        this.codec = codec;
        this.width = width;
        this.height = height;
        this.isShownAsStored = isShownAsStored;
        this.timeBaseNumerator = timeBaseNumerator;
        this.timeBaseDenominator = timeBaseDenominator;
        this.parameters = parameters.clone();
    }

    /** The codec. */
    public Codec codec() {
        return codec;
    }

    /** Coded width in pixels; 0 where it is not known. */
    public int width() {
        return width;
    }

    /** Coded height in pixels; 0 where it is not known. */
    public int height() {
        return height;
    }

    /** Whether the image is upright and its pixels are square, so that positions in a decoded frame are positions in this video. */
    public boolean isShownAsStored() {
        return isShownAsStored;
    }

    /** Seconds of a tick of the packets' timestamps, numerator. */
    public int timeBaseNumerator() {
        return timeBaseNumerator;
    }

    /** Seconds of a tick of the packets' timestamps, denominator. */
    public int timeBaseDenominator() {
        return timeBaseDenominator;
    }

    /** The codec's parameter sets outside the packets, in the form of the container; a copy. */
    public byte[] parameters() {
        return parameters.clone();
    }

    @Override
    public String toString() {
        return codec + " " + width + "x" + height;
    }
}
