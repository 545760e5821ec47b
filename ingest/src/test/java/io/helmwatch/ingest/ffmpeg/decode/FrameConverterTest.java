package io.helmwatch.ingest.ffmpeg.decode;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.ingest.ffmpeg.input.Ffmpeg;
import io.helmwatch.resource.NativeMemory;
import io.helmwatch.vision.Orientation;
import io.helmwatch.vision.PixelFormat;
import java.util.Random;
import org.bytedeco.ffmpeg.avutil.AVFrame;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.javacpp.BytePointer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** FFmpeg's filters turn frames as {@link Orientation} says, in every format that a GPU decodes to. */
class FrameConverterTest {
    private static final int WIDTH = 10;
    private static final int HEIGHT = 6;

    @ParameterizedTest
    @EnumSource(Orientation.class)
    void shouldTurnFramesAsTheOrientationSays(Orientation orientation) {
        Ffmpeg.load();
        for (PixelFormat format :
                new PixelFormat[] {PixelFormat.I420, PixelFormat.NV12, PixelFormat.P010, PixelFormat.I444}) {
            AVFrame stored = picture(format);
            AVFrame input = avutil.av_frame_clone(stored);
            AVFrame upright = avutil.av_frame_alloc();
            try (FrameConverter filter = new FrameConverter()) {
                int rc = filter.apply(input, upright, orientation, format);

                assertThat(rc)
                        .as("%s %s: %s", orientation, format, Ffmpeg.describe(rc))
                        .isZero();
                assertThat(FfmpegPixelFormats.direct(upright.format())).isEqualTo(format);
                assertThat(upright.width()).isEqualTo(orientation.swapsSides() ? HEIGHT : WIDTH);
                assertThat(upright.height()).isEqualTo(orientation.swapsSides() ? WIDTH : HEIGHT);
                for (int plane = 0; plane < format.planes(); plane++) {
                    compare(stored, upright, format, plane, orientation);
                }
            } finally {
                avutil.av_frame_free(input);
                avutil.av_frame_free(upright);
                avutil.av_frame_free(stored);
            }
        }
        assertThat(NativeMemory.account("ffmpeg.graphs").bytes()).isZero();
    }

    private static AVFrame picture(PixelFormat format) {
        AVFrame frame = avutil.av_frame_alloc();
        frame.format(avutil.av_get_pix_fmt(FfmpegPixelFormats.filterName(format)));
        frame.width(WIDTH);
        frame.height(HEIGHT);
        assertThat(avutil.av_frame_get_buffer(frame, 0)).isZero();
        Random random = new Random(20261120);
        for (int plane = 0; plane < format.planes(); plane++) {
            BytePointer samples = frame.data(plane);
            for (int i = 0; i < frame.linesize(plane) * format.planeRows(plane, HEIGHT); i++) {
                samples.put(i, (byte) random.nextInt(256));
            }
        }
        return frame;
    }

    private static void compare(AVFrame stored, AVFrame upright, PixelFormat format, int plane, Orientation turn) {
        int pixel = format.sampleBytes() * (format.planes() == 2 && plane == 1 ? 2 : 1);
        int columns = format.planeRowBytes(plane, WIDTH) / pixel;
        int rows = format.planeRows(plane, HEIGHT);
        for (int y = 0; y < format.planeRows(plane, upright.height()); y++) {
            for (int x = 0; x < format.planeRowBytes(plane, upright.width()) / pixel; x++) {
                long from = (long) turn.storedY(x, y, rows) * stored.linesize(plane)
                        + (long) turn.storedX(x, y, columns) * pixel;
                long to = (long) y * upright.linesize(plane) + (long) x * pixel;
                for (int i = 0; i < pixel; i++) {
                    assertThat(upright.data(plane).get(to + i))
                            .as("%s %s plane %d at %d,%d", turn, format, plane, x, y)
                            .isEqualTo(stored.data(plane).get(from + i));
                }
            }
        }
    }
}
