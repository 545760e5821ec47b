package io.helmwatch.vision.health;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.vision.PixelFormat;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a look at a frame of 1080p costs, printed: for {@code docs/measured/health.md}. Means something on a quiet machine only. */
@Tag("slow")
class HealthCostTest {
    private static final int WIDTH = 1920;
    private static final int HEIGHT = 1080;
    private static final int WARM_UP = 3_000;
    private static final int LOOKS = 3_000;
    private static final long SECOND = 1_000_000_000L;

    /** Frames of a yard of boxes with noise, in memory that is not the heap's, more than fit into a cache. */
    private static ByteBuffer[] frames() {
        ByteBuffer[] frames = new ByteBuffer[8];
        Random random = new Random(3);
        byte[] scene = new byte[WIDTH * HEIGHT];
        Arrays.fill(scene, (byte) 110);
        for (int i = 0; i < 400; i++) {
            int left = random.nextInt(WIDTH - 200);
            int top = random.nextInt(HEIGHT - 100);
            byte luma = (byte) (50 + random.nextInt(150));
            for (int y = top; y < top + 100; y++) {
                Arrays.fill(scene, y * WIDTH + left, y * WIDTH + left + 200, luma);
            }
        }
        for (int f = 0; f < frames.length; f++) {
            frames[f] = ByteBuffer.allocateDirect(scene.length);
            for (byte value : scene) {
                frames[f].put((byte) (value + random.nextInt(7) - 3));
            }
            frames[f].rewind();
        }
        return frames;
    }

    @Test
    void shouldSayWhatALookCosts() {
        ByteBuffer[] frames = frames();
        LumaSample sample = new LumaSample();
        CameraHealth health = new CameraHealth(10 * SECOND, 10 * SECOND, Set.of());
        long[] reading = new long[LOOKS];
        long[] judging = new long[LOOKS];
        for (int i = -WARM_UP; i < LOOKS; i++) {
            long start = System.nanoTime();
            sample.read(frames[Math.floorMod(i, frames.length)], WIDTH, WIDTH, HEIGHT, PixelFormat.I420, false);
            long read = System.nanoTime();
            health.update(sample, (i + WARM_UP) * SECOND);
            if (i >= 0) {
                reading[i] = read - start;
                judging[i] = System.nanoTime() - read;
            }
        }
        System.out.printf(
                "1080p: reading %.0f us, judging %.0f us, medians; 90th percentiles %.0f and %.0f us%n",
                at(reading, 0.5), at(judging, 0.5), at(reading, 0.9), at(judging, 0.9));
        assertThat(health.condition()).isNotNull();
    }

    private static double at(long[] nanos, double share) {
        long[] sorted = nanos.clone();
        Arrays.sort(sorted);
        return sorted[(int) (share * (sorted.length - 1))] / 1e3;
    }
}
