package io.helmwatch.preprocess;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.PixelFormat;
import io.helmwatch.vision.VideoFrame;
import java.nio.ByteBuffer;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class HostFrameTest {

    private static final ImageSize SIZE = new ImageSize(13, 7);

    @ParameterizedTest
    @EnumSource(PixelFormat.class)
    void shouldKeepItsPlanesApartAndAligned(PixelFormat format) {
        try (HostFrame frame = HostFrame.allocate(SIZE, format, TestPictures.BT709, 3)) {
            for (int plane = 0; plane < format.planes(); plane++) {
                ByteBuffer samples = frame.plane(plane);
                assertThat(samples.capacity()).isEqualTo(frame.strideBytes(plane) * format.planeRows(plane, 7));
                assertThat(frame.planeAddress(plane) % 64).isZero();
                for (int i = 0; i < samples.capacity(); i++) {
                    assertThat(samples.get(i)).isZero();
                    samples.put(i, (byte) (plane + 1));
                }
            }
            for (int plane = 0; plane < format.planes(); plane++) {
                ByteBuffer samples = frame.plane(plane);
                for (int i = 0; i < samples.capacity(); i++) {
                    assertThat(samples.get(i)).isEqualTo((byte) (plane + 1));
                }
            }
            assertThat(frame.memory()).isEqualTo(VideoFrame.Memory.HOST);
        }
    }

    @Test
    void shouldMoveTheImageWhenTaken() {
        try (HostFrame from = HostFrame.allocate(SIZE, PixelFormat.NV12, TestPictures.BT709);
                HostFrame to = HostFrame.allocate(new ImageSize(2, 2), PixelFormat.GRAY8, TestPictures.BT601)) {
            from.info().setPosition(4, 5, 6, 7);
            long address = from.planeAddress(1);
            to.take(from);
            assertThat(from.isHeld()).isFalse();
            assertThat(to.isHeld()).isTrue();
            assertThat(to.planeAddress(1)).isEqualTo(address);
            assertThat(to.format()).isEqualTo(PixelFormat.NV12);
            assertThat(to.color()).isEqualTo(TestPictures.BT709);
            assertThat(new ImageSize(to.width(), to.height())).isEqualTo(SIZE);
            assertThat(to.sequence()).isEqualTo(4);
            assertThat(to.ptsNanos()).isEqualTo(5);
            assertThat(to.capturedAtMillis()).isEqualTo(6);
            assertThat(to.receivedNanos()).isEqualTo(7);
            assertThat(from.planeAddress(0)).isZero();
            to.take(to);
            assertThat(to.isHeld()).isTrue();
        }
    }

    @Test
    void shouldFreeItsMemoryOnceAndForAll() {
        long before = Pointer.totalBytes();
        HostFrame frame = HostFrame.allocate(SIZE, PixelFormat.I420, TestPictures.BT709);
        assertThat(Pointer.totalBytes()).isGreaterThan(before);
        frame.close();
        frame.release();
        frame.close();
        assertThat(Pointer.totalBytes()).isEqualTo(before);
        assertThatThrownBy(() -> frame.plane(0)).hasMessageContaining("released");
    }
}
