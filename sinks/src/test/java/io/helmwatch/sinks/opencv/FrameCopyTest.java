package io.helmwatch.sinks.opencv;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.vision.ColorEncoding;
import io.helmwatch.vision.FrameInfo;
import io.helmwatch.vision.FramePlanes;
import io.helmwatch.vision.Orientation;
import io.helmwatch.vision.PixelFormat;
import io.helmwatch.vision.VideoFrame;
import java.nio.ByteBuffer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FrameCopyTest {

    /** An NV12 frame in device memory. */
    private record Surface(FrameInfo info, FramePlanes planes) implements VideoFrame {
        /** The size is upright, the stride is the surface's. */
        static Surface of(int width, int height, Orientation orientation, int stride) {
            Surface surface = new Surface(new FrameInfo(), new FramePlanes());
            ColorEncoding color = new ColorEncoding(ColorEncoding.Matrix.BT709, false);
            surface.info.setImage(width, height, PixelFormat.NV12, color, orientation);
            surface.planes.setMemory(Memory.CUDA);
            surface.planes.set(0, 0, stride);
            surface.planes.set(1, 0, stride);
            return surface;
        }

        @Override
        public ByteBuffer plane(int plane) {
            throw new IllegalStateException("the frame is in CUDA memory, which the CPU cannot address");
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
    void shouldCountWhatADownloadedImageNeeds(
            int width, int height, Orientation orientation, int stride, int expectedStride) {
        assertThat(FrameCopy.bytes(Surface.of(width, height, orientation, stride)))
                .isEqualTo(expectedStride * height * 3 / 2);
    }
}
