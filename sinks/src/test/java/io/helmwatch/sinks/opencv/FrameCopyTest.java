package io.helmwatch.sinks.opencv;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.vision.ColorEncoding;
import io.helmwatch.vision.Orientation;
import io.helmwatch.vision.PixelFormat;
import io.helmwatch.vision.VideoFrame;
import java.nio.ByteBuffer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FrameCopyTest {

    /** An NV12 picture in device memory; sizes are upright, the stride is the surface's. */
    private record Surface(int width, int height, Orientation orientation, int stride) implements VideoFrame {
        @Override
        public PixelFormat format() {
            return PixelFormat.NV12;
        }

        @Override
        public ColorEncoding color() {
            return new ColorEncoding(ColorEncoding.Matrix.BT709, false);
        }

        @Override
        public Memory memory() {
            return Memory.CUDA;
        }

        @Override
        public long planeAddress(int plane) {
            return 0;
        }

        @Override
        public int strideBytes(int plane) {
            return stride;
        }

        @Override
        public ByteBuffer plane(int plane) {
            throw new IllegalStateException("the picture is in CUDA memory, which the CPU cannot address");
        }

        @Override
        public long sequence() {
            return 0;
        }

        @Override
        public long ptsNanos() {
            return 0;
        }

        @Override
        public long capturedAtMillis() {
            return 0;
        }

        @Override
        public long receivedNanos() {
            return 0;
        }
    }

    @ParameterizedTest
    @CsvSource({
        // A camera mounted on its side: rows of the surface are shorter than those of the upright picture.
        "1280, 720, CLOCKWISE, 768, 1280",
        "720, 1280, CLOCKWISE, 1536, 1536",
        "1280, 720, UPRIGHT, 1536, 1536",
        // FFmpeg rounds the rows of a download up to 64 bytes.
        "1290, 720, CLOCKWISE, 768, 1344",
    })
    void shouldCountWhatADownloadedPictureNeeds(
            int width, int height, Orientation orientation, int stride, int expectedStride) {
        assertThat(FrameCopy.bytes(new Surface(width, height, orientation, stride)))
                .isEqualTo(expectedStride * height * 3 / 2);
    }
}
