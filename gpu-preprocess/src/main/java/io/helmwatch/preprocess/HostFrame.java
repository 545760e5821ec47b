package io.helmwatch.preprocess;

import io.helmwatch.vision.ColorEncoding;
import io.helmwatch.vision.FrameLease;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.PixelFormat;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.bytedeco.javacpp.BytePointer;
import org.jspecify.annotations.Nullable;

/**
 * A picture in host memory of its own, for pictures that no decoder made.
 *
 * <p>Planes start at multiples of 64 bytes and are followed by 64 unused bytes, so that vector code may read past the end of
 * a row.
 *
 * <p>Threading: owned by one thread at a time. Ownership: the memory is freed on {@link #close}; {@link #release} and
 * {@link #take} drop or exchange it as for any lease.
 */
public final class HostFrame implements FrameLease {

    private static final int ALIGNMENT = 64;

    private ImageSize size;
    private PixelFormat format;
    private ColorEncoding color;
    private long[] offsets;
    private int[] strides;
    private @Nullable BytePointer memory;
    private long sequence;
    private long ptsNanos;
    private long capturedAtMillis;
    private long receivedNanos;

    private HostFrame(ImageSize size, PixelFormat format, ColorEncoding color, int extraStrideBytes) {
        this.size = size;
        this.format = format;
        this.color = color;
        offsets = new long[format.planes()];
        strides = new int[format.planes()];
        long end = 0;
        for (int plane = 0; plane < format.planes(); plane++) {
            offsets[plane] = end;
            strides[plane] = format.planeRowBytes(plane, size.width()) + extraStrideBytes;
            long bytes = (long) strides[plane] * format.planeRows(plane, size.height());
            end += (bytes + 2L * ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        }
        BytePointer allocated = new BytePointer(end + ALIGNMENT);
        allocated.fill(0);
        long misaligned = allocated.address() % ALIGNMENT;
        if (misaligned != 0) {
            for (int plane = 0; plane < offsets.length; plane++) {
                offsets[plane] += ALIGNMENT - misaligned;
            }
        }
        memory = allocated;
    }

    /** Allocates a picture whose rows follow each other without a gap; all samples are zero. */
    public static HostFrame allocate(ImageSize size, PixelFormat format, ColorEncoding color) {
        return allocate(size, format, color, 0);
    }

    /**
     * Allocates a picture; all samples are zero.
     *
     * @param extraStrideBytes unused bytes after each row
     */
    public static HostFrame allocate(ImageSize size, PixelFormat format, ColorEncoding color, int extraStrideBytes) {
        if (extraStrideBytes < 0) {
            throw new IllegalArgumentException("extra stride of " + extraStrideBytes + " bytes: must be at least 0");
        }
        return new HostFrame(size, format, color, extraStrideBytes);
    }

    @Override
    public int width() {
        return size.width();
    }

    @Override
    public int height() {
        return size.height();
    }

    @Override
    public PixelFormat format() {
        return format;
    }

    @Override
    public ColorEncoding color() {
        return color;
    }

    @Override
    public Memory memory() {
        return Memory.HOST;
    }

    @Override
    public long planeAddress(int plane) {
        return held().address() + offsets[plane];
    }

    @Override
    public int strideBytes(int plane) {
        return strides[plane];
    }

    @Override
    public ByteBuffer plane(int plane) {
        BytePointer whole = held();
        int bytes = Math.multiplyExact(strides[plane], format.planeRows(plane, size.height()));
        return whole.getPointer(offsets[plane]).limit(bytes).asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public long sequence() {
        return sequence;
    }

    @Override
    public long ptsNanos() {
        return ptsNanos;
    }

    @Override
    public long capturedAtMillis() {
        return capturedAtMillis;
    }

    @Override
    public long receivedNanos() {
        return receivedNanos;
    }

    /** Says where the picture stands in its stream. */
    public void describe(long sequence, long ptsNanos, long capturedAtMillis, long receivedNanos) {
        this.sequence = sequence;
        this.ptsNanos = ptsNanos;
        this.capturedAtMillis = capturedAtMillis;
        this.receivedNanos = receivedNanos;
    }

    @Override
    public void take(FrameLease other) {
        if (!(other instanceof HostFrame frame)) {
            throw new IllegalArgumentException("a host frame takes host frames only, found "
                    + other.getClass().getSimpleName());
        }
        if (frame == this) {
            return;
        }
        release();
        size = frame.size;
        format = frame.format;
        color = frame.color;
        offsets = frame.offsets;
        strides = frame.strides;
        describe(frame.sequence, frame.ptsNanos, frame.capturedAtMillis, frame.receivedNanos);
        memory = frame.memory;
        frame.memory = null;
    }

    @Override
    public boolean isHeld() {
        return memory != null;
    }

    @Override
    public void release() {
        BytePointer old = memory;
        memory = null;
        if (old != null) {
            old.deallocate();
        }
    }

    @Override
    public void close() {
        release();
    }

    private BytePointer held() {
        BytePointer current = memory;
        if (current == null) {
            throw new IllegalStateException("the frame's picture was released");
        }
        return current;
    }
}
