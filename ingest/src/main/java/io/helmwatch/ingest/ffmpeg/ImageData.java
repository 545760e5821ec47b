package io.helmwatch.ingest.ffmpeg;

import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.javacpp.BytePointer;

/**
 * Whether the bytes of an image are all there. Decoders fill what is missing with grey or with the row above and report nothing.
 *
 * <p>Threading: any thread. Allocates nothing.
 */
final class ImageData {
    private static final int MARKER = 0xff;
    private static final int END_OF_IMAGE = 0xd9;
    private static final int START_OF_SCAN = 0xda;
    private static final int FIRST_RESTART = 0xd0;
    private static final int LAST_RESTART = 0xd7;
    private static final int PNG_SIGNATURE_BYTES = 8;
    private static final int PNG_CHUNK_OVERHEAD = 12;
    private static final int RIFF_HEADER_BYTES = 8;
    private static final int VP8X = 'V' << 24 | 'P' << 16 | '8' << 8 | 'X';
    private static final int WEBP_CHUNK_AT = 12;
    private static final int WEBP_FLAGS_AT = 20;
    private static final int WEBP_ANIMATION = 0x02;
    private static final int GIF_HEADER_BYTES = 13;
    private static final int GIF_COLOR_TABLE = 0x80;
    private static final int GIF_EXTENSION = 0x21;
    private static final int GIF_IMAGE = 0x2c;
    private static final int GIF_IMAGE_BYTES = 10;
    private static final int IEND = 'I' << 24 | 'E' << 16 | 'N' << 8 | 'D';

    private ImageData() {}

    /** False when the image is cut off; true for codecs that are not known here. */
    static boolean isComplete(int codecId, BytePointer data, long size) {
        return switch (codecId) {
            case avcodec.AV_CODEC_ID_MJPEG -> isCompleteJpeg(data, size);
            case avcodec.AV_CODEC_ID_PNG -> isCompletePng(data, size);
            case avcodec.AV_CODEC_ID_WEBP -> isCompleteWebp(data, size);
            case avcodec.AV_CODEC_ID_GIF -> isCompleteGif(data, size);
            default -> true;
        };
    }

    private static boolean isCompleteJpeg(BytePointer data, long size) {
        long end = size;
        while (end > 2 && isPadding(at(data, end - 1))) {
            end--;
        }
        // The end marker cannot occur inside of the coded samples, so that one at the end needs no further look.
        return (end >= 4 && at(data, end - 2) == MARKER && at(data, end - 1) == END_OF_IMAGE)
                || endsWithinJpeg(data, size);
    }

    private static boolean isPadding(int value) {
        return value == 0 || value == '\r' || value == '\n' || value == ' ';
    }

    /** Walks from segment to segment: an end marker in an embedded preview does not count. ITU-T T.81, annex B. */
    private static boolean endsWithinJpeg(BytePointer data, long size) {
        long position = 2;
        while (position + 1 < size) {
            if (at(data, position) != MARKER) {
                return false;
            }
            int marker = at(data, position + 1);
            if (marker == MARKER) {
                position++;
            } else if (marker == END_OF_IMAGE) {
                return true;
            } else if ((marker >= FIRST_RESTART && marker <= LAST_RESTART) || marker == 1) {
                position += 2;
            } else {
                if (position + 3 >= size) {
                    return false;
                }
                position += 2 + (at(data, position + 2) << 8 | at(data, position + 3));
                if (marker == START_OF_SCAN) {
                    position = endOfScan(data, position, size);
                }
            }
        }
        return false;
    }

    private static long endOfScan(BytePointer data, long from, long size) {
        long position = from;
        while (position + 1 < size) {
            if (at(data, position) == MARKER) {
                int next = at(data, position + 1);
                if (next != 0 && next != MARKER && !(next >= FIRST_RESTART && next <= LAST_RESTART)) {
                    return position;
                }
            }
            position++;
        }
        return size;
    }

    /** ISO/IEC 15948, chunks up to IEND. */
    private static boolean isCompletePng(BytePointer data, long size) {
        long position = PNG_SIGNATURE_BYTES;
        while (position + PNG_CHUNK_OVERHEAD <= size) {
            long length = bigEndian(data, position) & 0xffffffffL;
            int type = bigEndian(data, position + 4);
            position += PNG_CHUNK_OVERHEAD + length;
            if (type == IEND) {
                return position <= size;
            }
        }
        return false;
    }

    private static boolean isCompleteWebp(BytePointer data, long size) {
        if (size < RIFF_HEADER_BYTES) {
            return false;
        }
        long length = Integer.reverseBytes(bigEndian(data, 4)) & 0xffffffffL;
        return RIFF_HEADER_BYTES + length <= size;
    }

    /** Whether a WebP file is an animation: the flag of its extended header, RFC 9649, section 2.7. */
    static boolean isAnimatedWebp(BytePointer data, long size) {
        return size > WEBP_FLAGS_AT
                && bigEndian(data, WEBP_CHUNK_AT) == VP8X
                && (at(data, WEBP_FLAGS_AT) & WEBP_ANIMATION) != 0;
    }

    /** One image with the blocks before it (GIF89a, sections 20 to 22); the first of a file has the file's header before it. */
    private static boolean isCompleteGif(BytePointer data, long size) {
        long position = 0;
        if (size >= GIF_HEADER_BYTES && at(data, 0) == 'G' && at(data, 1) == 'I' && at(data, 2) == 'F') {
            position = GIF_HEADER_BYTES + colorTableBytes(at(data, GIF_HEADER_BYTES - 3));
        }
        while (position < size) {
            int block = at(data, position);
            if (block == GIF_EXTENSION) {
                position = endOfGifData(data, position + 2, size);
            } else if (block == GIF_IMAGE && position + GIF_IMAGE_BYTES < size) {
                long codes = position + GIF_IMAGE_BYTES + colorTableBytes(at(data, position + GIF_IMAGE_BYTES - 1));
                return endOfGifData(data, codes + 1, size) <= size;
            } else {
                return false;
            }
        }
        return false;
    }

    private static long colorTableBytes(int flags) {
        return (flags & GIF_COLOR_TABLE) == 0 ? 0 : 3L << ((flags & 7) + 1);
    }

    /** The position behind a series of blocks, each with its length before it; beyond the size where the last, of length 0, is missing. */
    private static long endOfGifData(BytePointer data, long from, long size) {
        long position = from;
        while (position < size) {
            int length = at(data, position);
            position += 1 + length;
            if (length == 0) {
                return position;
            }
        }
        return size + 1;
    }

    private static int bigEndian(BytePointer data, long position) {
        return at(data, position) << 24
                | at(data, position + 1) << 16
                | at(data, position + 2) << 8
                | at(data, position + 3);
    }

    private static int at(BytePointer data, long position) {
        return data.get(position) & 0xff;
    }
}
