package io.helmwatch.pipeline.bench.cuda;

import io.helmwatch.vision.PixelFormat;
import io.helmwatch.vision.tensor.Letterbox;
import java.util.BitSet;

/**
 * Least traffic of a bilinear letterbox: source sectors that contain at least one sample with a weight other than zero, each read
 * once. A two-tap filter that shrinks an image skips rows and columns, so that this is less than the whole frame.
 */
final class LetterboxTraffic {
    /** Granularity of device memory accesses. */
    private static final int SECTOR_BYTES = 32;

    private LetterboxTraffic() {}

    /** Bytes of the source frame that are read, in whole sectors; rows start at sector boundaries. */
    static long sourceBytes(PixelFormat format, Letterbox letterbox) {
        long bytes = 0;
        for (int plane = 0; plane < format.planes(); plane++) {
            int shiftX = plane == 0 ? 0 : format.chromaShiftX();
            int shiftY = plane == 0 ? 0 : format.chromaShiftY();
            int columns = -(-letterbox.source().width() >> shiftX);
            int rows = -(-letterbox.source().height() >> shiftY);
            BitSet neededRows =
                    taps(letterbox.scaledHeight(), letterbox.source().height(), shiftY, rows);
            BitSet neededColumns =
                    taps(letterbox.scaledWidth(), letterbox.source().width(), shiftX, columns);
            int columnBytes = format.planeRowBytes(plane, letterbox.source().width()) / columns;
            BitSet sectors = new BitSet();
            for (int x = neededColumns.nextSetBit(0); x >= 0; x = neededColumns.nextSetBit(x + 1)) {
                sectors.set(x * columnBytes / SECTOR_BYTES, ((x + 1) * columnBytes - 1) / SECTOR_BYTES + 1);
            }
            bytes += (long) neededRows.cardinality() * sectors.cardinality() * SECTOR_BYTES;
        }
        return bytes;
    }

    /** Samples of an axis that have a weight, computed as the kernel does. */
    private static BitSet taps(int scaled, int source, int shift, int samples) {
        BitSet needed = new BitSet(samples);
        float ratio = (float) ((double) source / scaled);
        float chromaScale = 1f / (1 << shift);
        float chromaOffset = 0.5f / (1 << shift) - 0.5f;
        for (int i = 0; i < scaled; i++) {
            float position = (i + 0.5f) * ratio - 0.5f;
            if (shift > 0) {
                position = position * chromaScale + chromaOffset;
            }
            int low = (int) Math.floor(position);
            needed.set(Math.max(0, Math.min(samples - 1, low)));
            if (position > low) {
                needed.set(Math.max(0, Math.min(samples - 1, low + 1)));
            }
        }
        return needed;
    }
}
