package io.helmwatch.vision;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.vision.VideoFrame.Memory;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FrameInfoTest {
    private static final ColorEncoding BT709 = new ColorEncoding(ColorEncoding.Matrix.BT709, true);

    @Test
    void shouldCopyEverythingFromAnotherFrame() {
        FrameInfo from = new FrameInfo();
        from.setImage(1080, 1920, PixelFormat.P010, BT709, Orientation.CLOCKWISE);
        from.setPosition(7, 280_000_000, 1_795_176_000_040L, 99);
        from.setMediaTime(2, 5_280_000_000L);
        FrameInfo to = FrameInfo.of(new ImageSize(2, 3), PixelFormat.GRAY8, BT709);
        to.copyFrom(from);
        assertThat(to).usingRecursiveComparison().isEqualTo(from);
        assertThat(to).hasToString("frame 7 (1080x1920 P010 CLOCKWISE, 280000000 ns)");
    }

    @ParameterizedTest
    @CsvSource({"UPRIGHT, 40, 30", "HALF_TURN, 40, 30", "CLOCKWISE, 30, 40", "TRANSPOSED, 30, 40"})
    void shouldKnowTheStoredSize(Orientation orientation, int storedWidth, int storedHeight) {
        FrameInfo info = new FrameInfo();
        info.setImage(40, 30, PixelFormat.NV12, BT709, orientation);
        assertThat(info.storedWidth()).isEqualTo(storedWidth);
        assertThat(info.storedHeight()).isEqualTo(storedHeight);
    }

    @Test
    void shouldCountThePlaneBytesOfTheStoredFrame() {
        FrameInfo info = new FrameInfo();
        info.setImage(40, 31, PixelFormat.I420, BT709, Orientation.CLOCKWISE);
        FramePlanes planes = new FramePlanes();
        planes.set(0, 4096, 64);
        planes.set(1, 8192, 48);
        // Stored: 31 columns and 40 rows of luma, 16 columns and 20 rows of chroma.
        assertThat(planes.bytes(0, info)).isEqualTo(39 * 64 + 31);
        assertThat(planes.bytes(1, info)).isEqualTo(19 * 48 + 16);
    }

    @Test
    void shouldMoveAndClearPlanes() {
        FramePlanes from = new FramePlanes();
        from.setMemory(Memory.CUDA);
        from.set(2, 4096, 64);
        FramePlanes to = new FramePlanes();
        to.set(0, 1, 1);
        to.copyFrom(from);
        from.clear();
        assertThat(to.memory()).isEqualTo(Memory.CUDA);
        assertThat(to.address(0)).isZero();
        assertThat(to.address(2)).isEqualTo(4096);
        assertThat(to.strideBytes(2)).isEqualTo(64);
        assertThat(from.address(2)).isZero();
        assertThat(from.strideBytes(2)).isZero();
    }

    @Test
    void shouldBeReusedWithoutAllocation() {
        var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        FrameInfo from = FrameInfo.of(new ImageSize(2, 3), PixelFormat.GRAY8, BT709);
        FrameInfo to = new FrameInfo();
        FramePlanes planes = new FramePlanes();
        long before = 0;
        for (int i = 0; i < 20_000; i++) {
            if (i == 10_000) {
                before = threads.getCurrentThreadAllocatedBytes();
            }
            from.setPosition(i, i, i, i);
            planes.set(0, i, i);
            planes.copyFrom(planes);
            to.copyFrom(from);
        }
        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(10_000);
        assertThat(to.sequence()).isEqualTo(19_999);
    }
}
