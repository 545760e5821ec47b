package io.helmwatch.sinks.opencv;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helmwatch.config.rule.ZoneConfig.Point;
import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.ColorEncoding;
import io.helmwatch.vision.ColorEncoding.Matrix;
import io.helmwatch.vision.FrameInfo;
import io.helmwatch.vision.FramePlanes;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.PixelFormat;
import io.helmwatch.vision.VideoFrame;
import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LiveJpegTest {
    private static final ColorEncoding BT709 = new ColorEncoding(Matrix.BT709, false);

    /** A frame whose samples follow a pattern; vertical stripes of 8 pixels in luma where they are wanted. */
    private record Pattern(FrameInfo info, FramePlanes planes, boolean striped) implements VideoFrame {
        static Pattern of(int width, int height, PixelFormat format, ColorEncoding color, boolean striped) {
            FrameInfo info = FrameInfo.of(new ImageSize(width, height), format, color);
            FramePlanes planes = new FramePlanes();
            for (int plane = 0; plane < format.planes(); plane++) {
                planes.set(plane, 0, format.planeRowBytes(plane, width) + 32);
            }
            return new Pattern(info, planes, striped);
        }

        @Override
        public ByteBuffer plane(int plane) {
            int rows = format().planeRows(plane, height());
            ByteBuffer samples = ByteBuffer.allocate(rows * strideBytes(plane)).order(ByteOrder.LITTLE_ENDIAN);
            for (int y = 0; y < rows; y++) {
                for (int x = 0; x < strideBytes(plane); x++) {
                    samples.put(y * strideBytes(plane) + x, (byte) sample(plane, x, y));
                }
            }
            return samples;
        }

        private int sample(int plane, int x, int y) {
            if (striped) {
                return plane > 0 ? 128 : x / 8 % 2 == 0 ? 235 : 16;
            }
            return 16 + (x * 7 + y * 13 + plane * 31) % 220;
        }
    }

    private static BufferedImage encode(
            VideoFrame frame, int maxWidth, List<List<Point>> masks, List<BoundingBox> blurred) throws IOException {
        LiveJpeg jpeg = new LiveJpeg(maxWidth);
        assertThat(jpeg.capture(frame)).as("memory is not there yet").isFalse();
        jpeg.prepare();
        assertThat(jpeg.capture(frame)).isTrue();
        assertThat(jpeg.capture(frame)).as("the first one is still in work").isFalse();
        BufferedImage image = ImageIO.read(new ByteArrayInputStream(jpeg.encode(masks, blurred)));
        assertThat(jpeg.capture(frame)).isTrue();
        return image;
    }

    private static int brightness(BufferedImage image, int x, int y) {
        return new Color(image.getRGB(x, y)).getGreen();
    }

    @Test
    void shouldBlackenMasksAndBlurHeadsBeforeAnythingIsEncoded() throws IOException {
        Pattern frame = Pattern.of(320, 240, PixelFormat.I420, BT709, true);
        List<Point> mask = List.of(new Point(0.5, 0.5), new Point(1, 0.5), new Point(1, 1), new Point(0.5, 1));

        BufferedImage image = encode(frame, 1280, List.of(mask), List.of(new BoundingBox(40, 40, 100, 100)));

        for (int x = 170; x < 320; x += 3) {
            assertThat(brightness(image, x, 200)).isLessThan(12);
        }
        assertThat(brightness(image, 20, 20)).isGreaterThan(240);
        assertThat(brightness(image, 28, 20)).isLessThan(12);
        for (int x = 50; x < 90; x++) {
            assertThat(brightness(image, x, 70)).isBetween(70, 190);
        }
    }

    @Test
    void shouldScaleLargeFramesDownToTheWidth() throws IOException {
        BufferedImage image = encode(Pattern.of(640, 360, PixelFormat.NV12, BT709, true), 320, List.of(), List.of());

        assertThat(List.of(image.getWidth(), image.getHeight())).containsExactly(320, 180);
    }

    @Test
    void shouldRefuseToEncodeWhatWasNotCaptured() {
        LiveJpeg jpeg = new LiveJpeg(320);
        assertThatThrownBy(() -> jpeg.encode(List.of(), List.of())).isInstanceOf(IllegalStateException.class);
    }

    /** The formula of ITU-T H.273 for 8 bits against the tables, for every format that has them. */
    @ParameterizedTest
    @EnumSource(
            value = PixelFormat.class,
            names = {"I420", "I422", "I444", "NV12", "GRAY8"})
    void shouldConvertAsTheFormulaSays(PixelFormat format) {
        for (boolean full : new boolean[] {false, true}) {
            Pattern frame = Pattern.of(31, 17, format, new ColorEncoding(Matrix.BT709, full), false);
            FrameCopy copy = new FrameCopy();
            copy.take(frame);
            byte[] bgr = new byte[3 * 31 * 17];
            copy.toBgr(bgr);
            for (int y = 0; y < 17; y++) {
                for (int x = 0; x < 31; x++) {
                    double[] expected = expected(frame, x, y, full);
                    for (int i = 0; i < 3; i++) {
                        int found = bgr[3 * (y * 31 + x) + i] & 0xff;
                        assertThat(Math.abs(found - expected[i])).isLessThanOrEqualTo(0.51);
                    }
                }
            }
        }
    }

    private static double[] expected(Pattern frame, int x, int y, boolean full) {
        double luma = (frame.sample(0, x, y) - (full ? 0 : 16)) * (full ? 1 : 255.0 / 219);
        double scale = full ? 1 : 255.0 / 224;
        int column = x >> frame.format().chromaShiftX();
        int row = y >> frame.format().chromaShiftY();
        double cb = 0;
        double cr = 0;
        if (frame.format().planes() == 2) {
            cb = (frame.sample(1, 2 * column, row) - 128) * scale;
            cr = (frame.sample(1, 2 * column + 1, row) - 128) * scale;
        } else if (frame.format().planes() == 3) {
            cb = (frame.sample(1, column, row) - 128) * scale;
            cr = (frame.sample(2, column, row) - 128) * scale;
        }
        double red = luma + 1.5748 * cr;
        double blue = luma + 1.8556 * cb;
        double green = (luma - 0.2126 * red - 0.0722 * blue) / 0.7152;
        return new double[] {limit(blue), limit(green), limit(red)};
    }

    private static double limit(double value) {
        return Math.max(0, Math.min(255, value));
    }
}
