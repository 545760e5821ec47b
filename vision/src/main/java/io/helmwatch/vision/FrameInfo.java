package io.helmwatch.vision;

/**
 * The metadata of a frame: its size, orientation and format, and its position in the stream. A mutable holder that its owner
 * reuses for one frame after another, so that describing or moving a frame allocates nothing.
 *
 * <p>Threading: owned by one thread at a time, together with its frame. Ownership: only the owner of the frame (the source
 * that decodes it, the lease that takes it) calls the setters; everybody else reads.
 */
public final class FrameInfo {
    /** The camera does not tell its clock. */
    public static final long NO_CAMERA_TIME = Long.MIN_VALUE;

    /** The stream gives its frames no timestamps. */
    public static final long NO_MEDIA_TIME = Long.MIN_VALUE;

    private static final ColorEncoding DEFAULT_COLOR = new ColorEncoding(ColorEncoding.Matrix.BT601, false);

    private int width;
    private int height;
    private PixelFormat format = PixelFormat.I420;
    private ColorEncoding color = DEFAULT_COLOR;
    private Orientation orientation = Orientation.UPRIGHT;
    private long sequence;
    private long ptsNanos;
    private long capturedAtMillis;
    private long receivedNanos;
    private long cameraTimeMillis = NO_CAMERA_TIME;
    private int mediaEpoch;
    private long mediaTimeNanos = NO_MEDIA_TIME;

    /** Creates the metadata of an empty frame: 0 by 0 pixels, everything else zero or its usual value. */
    public FrameInfo() {}

    /** The metadata of an upright frame at the start of its stream. */
    public static FrameInfo of(ImageSize size, PixelFormat format, ColorEncoding color) {
        FrameInfo info = new FrameInfo();
        info.setImage(size.width(), size.height(), format, color, Orientation.UPRIGHT);
        return info;
    }

    /**
     * Describes the samples.
     *
     * @param width in pixels, as displayed
     * @param height in pixels, as displayed
     * @param orientation how the stored samples have to be turned to stand upright
     */
    public void setImage(int width, int height, PixelFormat format, ColorEncoding color, Orientation orientation) {
        this.width = width;
        this.height = height;
        this.format = format;
        this.color = color;
        this.orientation = orientation;
    }

    /** Describes the frame's position in its stream; the parameters are those of the getters of the same names. */
    public void setPosition(long sequence, long ptsNanos, long capturedAtMillis, long receivedNanos) {
        this.sequence = sequence;
        this.ptsNanos = ptsNanos;
        this.capturedAtMillis = capturedAtMillis;
        this.receivedNanos = receivedNanos;
    }

    /** Sets {@link #cameraTimeMillis}. */
    public void setCameraTimeMillis(long cameraTimeMillis) {
        this.cameraTimeMillis = cameraTimeMillis;
    }

    /** Sets {@link #mediaEpoch} and {@link #mediaTimeNanos}. */
    public void setMediaTime(int mediaEpoch, long mediaTimeNanos) {
        this.mediaEpoch = mediaEpoch;
        this.mediaTimeNanos = mediaTimeNanos;
    }

    /** Replaces everything by the values of another frame. */
    public void copyFrom(FrameInfo other) {
        setImage(other.width, other.height, other.format, other.color, other.orientation);
        setPosition(other.sequence, other.ptsNanos, other.capturedAtMillis, other.receivedNanos);
        cameraTimeMillis = other.cameraTimeMillis;
        setMediaTime(other.mediaEpoch, other.mediaTimeNanos);
    }

    /** Width in pixels, as displayed: upright. */
    public int width() {
        return width;
    }

    /** Height in pixels, as displayed: upright. */
    public int height() {
        return height;
    }

    /** Layout of the samples. */
    public PixelFormat format() {
        return format;
    }

    /** How the samples code colours. */
    public ColorEncoding color() {
        return color;
    }

    /** How the stored samples have to be turned to stand upright. */
    public Orientation orientation() {
        return orientation;
    }

    /** Luma samples of a stored row. */
    public int storedWidth() {
        return orientation.swapsSides() ? height : width;
    }

    /** Stored rows of luma samples. */
    public int storedHeight() {
        return orientation.swapsSides() ? width : height;
    }

    /** Number of the frame within the stream's run, from 0, counted over all decoded frames (sampled or not). */
    public long sequence() {
        return sequence;
    }

    /** Presentation time in nanoseconds since the stream's first frame; monotonic even where the stream's own timestamps jump. */
    public long ptsNanos() {
        return ptsNanos;
    }

    /** Time of capture on this machine's clock, in milliseconds since 1970-01-01 UTC; never goes back within a stream. */
    public long capturedAtMillis() {
        return capturedAtMillis;
    }

    /** {@link System#nanoTime()} when the frame left the decoder. */
    public long receivedNanos() {
        return receivedNanos;
    }

    /** The camera's own clock at the time of capture, in milliseconds since 1970-01-01 UTC; {@link #NO_CAMERA_TIME} where it does not tell it. */
    public long cameraTimeMillis() {
        return cameraTimeMillis;
    }

    /**
     * The stretch of the stream in which {@link #mediaTimeNanos} counts: each connection, and each round of a file that starts anew, has its
     * own, from 1.
     */
    public int mediaEpoch() {
        return mediaEpoch;
    }

    /**
     * Presentation time as the stream itself gives it, in nanoseconds and unchanged, so that the compressed packet of this very frame can be
     * found; {@link #NO_MEDIA_TIME} where it gives none. Everything else uses {@link #ptsNanos}.
     */
    public long mediaTimeNanos() {
        return mediaTimeNanos;
    }

    @Override
    public String toString() {
        return "frame " + sequence + " (" + width + "x" + height + " " + format + " " + orientation + ", " + ptsNanos
                + " ns)";
    }
}
