package io.helmwatch.preprocess;

import io.helmwatch.vision.ColorEncoding;
import io.helmwatch.vision.FrameInfo;
import io.helmwatch.vision.FrameLease;
import io.helmwatch.vision.FramePlanes;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.PixelFormat;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.bytedeco.javacpp.BytePointer;
import org.jspecify.annotations.Nullable;

/**
 * A frame in host memory of its own, filled by a test.
 *
 * <p>Planes start at multiples of 64 bytes and are followed by 64 unused bytes, so that vector code may read past the end of
 * a row.
 */
public final class HostFrame implements FrameLease {

    private static final int ALIGNMENT = 64;

    private final FrameInfo info;
    private final FramePlanes planes = new FramePlanes();
    private @Nullable BytePointer memory;

    private HostFrame(ImageSize size, PixelFormat format, ColorEncoding color, int extraStrideBytes) {
        info = FrameInfo.of(size, format, color);
        long[] offsets = new long[format.planes()];
        long end = 0;
        for (int plane = 0; plane < format.planes(); plane++) {
            offsets[plane] = end;
            int stride = format.planeRowBytes(plane, size.width()) + extraStrideBytes;
            planes.set(plane, 0, stride);
            long bytes = (long) stride * format.planeRows(plane, size.height());
            end += (bytes + 2L * ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        }
        BytePointer allocated = new BytePointer(end + ALIGNMENT);
        allocated.fill(0);
        long first = (allocated.address() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        for (int plane = 0; plane < format.planes(); plane++) {
            planes.set(plane, first + offsets[plane], planes.strideBytes(plane));
        }
        memory = allocated;
    }

    /** Allocates a frame whose rows follow each other without a gap; all samples are zero. */
    public static HostFrame allocate(ImageSize size, PixelFormat format, ColorEncoding color) {
        return allocate(size, format, color, 0);
    }

    /**
     * Allocates a frame; all samples are zero.
     *
     * @param extraStrideBytes unused bytes after each row
     */
    public static HostFrame allocate(ImageSize size, PixelFormat format, ColorEncoding color, int extraStrideBytes) {
        return new HostFrame(size, format, color, extraStrideBytes);
    }

    @Override
    public FrameInfo info() {
        return info;
    }

    @Override
    public FramePlanes planes() {
        return planes;
    }

    @Override
    public ByteBuffer plane(int plane) {
        BytePointer whole = memory;
        if (whole == null) {
            throw new IllegalStateException("the frame was released");
        }
        int bytes = Math.multiplyExact(strideBytes(plane), format().planeRows(plane, height()));
        return whole.getPointer(planeAddress(plane) - whole.address())
                .limit(bytes)
                .asByteBuffer()
                .order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public void take(FrameLease other) {
        HostFrame frame = (HostFrame) other;
        if (frame == this) {
            return;
        }
        release();
        info.copyFrom(frame.info);
        planes.copyFrom(frame.planes);
        memory = frame.memory;
        frame.memory = null;
        frame.planes.clear();
    }

    @Override
    public boolean isHeld() {
        return memory != null;
    }

    @Override
    public void release() {
        BytePointer old = memory;
        memory = null;
        planes.clear();
        if (old != null) {
            old.deallocate();
        }
    }

    @Override
    public void close() {
        release();
    }
}
