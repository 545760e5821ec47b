package io.helmwatch.ingest.ffmpeg.transcode;

import io.helmwatch.vision.ImageSize;
import java.nio.ByteBuffer;

/**
 * The samples of an image that may be changed: 8 bits, chroma at half the width and height.
 *
 * <p>Threading: as the call that passes it, during which it is valid.
 *
 * @param size of the luma plane in pixels, even
 * @param luma direct memory, rows {@code lumaStride} bytes apart
 * @param lumaStride bytes
 * @param cb direct memory, rows {@code chromaStride} bytes apart
 * @param cr direct memory, rows {@code chromaStride} bytes apart
 * @param chromaStride bytes
 */
public record ImagePlanes(
        ImageSize size, ByteBuffer luma, int lumaStride, ByteBuffer cb, ByteBuffer cr, int chromaStride) {}
