package io.helmwatch.vision.health;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.vision.PixelFormat;
import io.helmwatch.vision.StreamReason;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import java.util.Set;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.Test;

/** A scene of random boxes, one sample a second, 640 samples wide; what happens to it is in each test. */
class CameraHealthTest {
    private static final long SECOND = 1_000_000_000L;
    private static final int WIDTH = 640;
    private static final int CLOCK = 40;
    private static final int[] NOISE = new Random(5)
            .doubles(1 << 12)
            .mapToInt(uniform -> (int) Math.round((uniform - 0.5) * 10))
            .toArray();

    private final byte[] scene = boxes(1);
    private final byte[] shown = new byte[scene.length];
    private final LumaSample sample = new LumaSample();
    private int noiseAt = 5;
    private CameraHealth health = health(Set.of());
    private int second;

    private static CameraHealth health(Set<StreamReason> ignored) {
        return new CameraHealth(10 * SECOND, 10 * SECOND, ignored);
    }

    private static byte[] boxes(long seed) {
        byte[] boxes = new byte[WIDTH * LumaSample.ROWS];
        Arrays.fill(boxes, (byte) 120);
        Random random = new Random(seed);
        for (int i = 0; i < 60; i++) {
            int left = random.nextInt(WIDTH);
            int top = random.nextInt(LumaSample.ROWS);
            int luma = 60 + random.nextInt(130);
            for (int y = top; y < Math.min(LumaSample.ROWS, top + 5); y++) {
                int right = Math.min(WIDTH, left + 50);
                Arrays.fill(boxes, y * WIDTH + left, y * WIDTH + right, (byte) luma);
            }
        }
        return boxes;
    }

    private int noise() {
        noiseAt = noiseAt * 1_103_515_245 + 12_345;
        return NOISE[noiseAt >>> 20];
    }

    /** The next seconds; the image gives each sample by its index. */
    private StreamReason show(int seconds, IntUnaryOperator image) {
        for (int i = 0; i < seconds; i++) {
            for (int at = 0; at < shown.length; at++) {
                shown[at] = (byte) Math.max(0, Math.min(255, image.applyAsInt(at)));
            }
            sample.read(ByteBuffer.wrap(shown), WIDTH, WIDTH, LumaSample.ROWS, PixelFormat.GRAY8, true);
            health.update(sample, second++ * SECOND);
        }
        return health.condition();
    }

    private int usual(int at) {
        return (scene[at] & 0xff) + noise();
    }

    private StreamReason showUsual(int seconds) {
        return show(seconds, this::usual);
    }

    @Test
    void shouldFindNothingWrongWithAScene() {
        assertThat(showUsual(300)).isEqualTo(StreamReason.NONE);
        assertThat(health.brightness()).isBetween(0.4, 0.6);
    }

    @Test
    void shouldReportABlackPictureAfterTenSecondsAndItsEndAfterTenMore() {
        showUsual(60);
        assertThat(show(10, at -> noise())).isEqualTo(StreamReason.NONE);
        assertThat(show(1, at -> noise())).isEqualTo(StreamReason.BLACK);
        assertThat(showUsual(10)).isEqualTo(StreamReason.BLACK);
        assertThat(showUsual(1)).isEqualTo(StreamReason.NONE);
    }

    @Test
    void shouldReportAPictureThatIsWhite() {
        showUsual(60);
        assertThat(show(15, at -> 254 + noise() / 3)).isEqualTo(StreamReason.OVEREXPOSED);
    }

    @Test
    void shouldNotReportASkyThatIsWhite() {
        assertThat(show(120, at -> at < shown.length * 0.6 ? 255 : usual(at))).isEqualTo(StreamReason.NONE);
    }

    @Test
    void shouldReportDarknessInWhichNobodyIsVisible() {
        showUsual(60);
        assertThat(show(60, at -> usual(at) / 10 + noise())).isEqualTo(StreamReason.NONE);
        assertThat(show(2, at -> usual(at) / 10 + noise())).isEqualTo(StreamReason.TOO_DARK);
    }

    @Test
    void shouldNotReportANightWithALitPlace() {
        showUsual(60);
        assertThat(show(600, at -> at % WIDTH < 120 ? usual(at) : usual(at) / 10 + noise()))
                .isEqualTo(StreamReason.NONE);
    }

    @Test
    void shouldReportAFrozenPictureWhoseClockGoesOn() {
        showUsual(60);
        byte[] last = shown.clone();
        IntUnaryOperator frozen = at -> at % WIDTH < CLOCK ? (noise() + 128) & 0xff : last[at] & 0xff;
        assertThat(show(60, frozen)).isEqualTo(StreamReason.NONE);
        assertThat(show(2, frozen)).isEqualTo(StreamReason.FROZEN);
        assertThat(showUsual(11)).isEqualTo(StreamReason.NONE);
    }

    /** Of which every image is another one, as of a camera that hangs while its encoder goes on. */
    @Test
    void shouldReportAFrozenPictureThatIsEncodedAgainAndAgain() {
        showUsual(90);
        byte[] last = shown.clone();
        IntUnaryOperator frozen =
                at -> at % WIDTH < CLOCK ? (noise() + 128) & 0xff : (last[at] & 0xff) + noise() * 2 / 3;
        assertThat(show(60, frozen)).isEqualTo(StreamReason.NONE);
        assertThat(show(30, frozen)).isEqualTo(StreamReason.FROZEN);
        assertThat(showUsual(11)).isEqualTo(StreamReason.NONE);
    }

    @Test
    void shouldReportAHandOnALensWhoseSceneHasFewEdges() {
        IntUnaryOperator clock = at -> at % WIDTH < 150 && at / WIDTH == 1 ? (at * 7 + second) % 200 : 0;
        IntUnaryOperator fewEdges = at -> Math.max(clock.applyAsInt(at), at / WIDTH < 4 ? usual(at) : 90 + noise());
        assertThat(show(90, fewEdges)).isEqualTo(StreamReason.NONE);
        assertThat(show(12, at -> Math.max(clock.applyAsInt(at), 40 + at % WIDTH / 30 + noise())))
                .isEqualTo(StreamReason.COVERED);
    }

    @Test
    void shouldReportABlurredPictureBehindNoise() {
        IntUnaryOperator noisy = at -> (scene[at] & 0xff) + 4 * noise();
        assertThat(show(90, noisy)).isEqualTo(StreamReason.NONE);
        assertThat(show(45, at -> blurred(at, 6) + 4 * noise())).isEqualTo(StreamReason.BLURRED);
    }

    @Test
    void shouldNotMistakeWindForBlur() {
        showUsual(90);
        int[] shake = {0, 2, -1, 3, -3, 1, -2};
        assertThat(show(300, at -> {
                    int x = Math.max(0, Math.min(WIDTH - 1, at % WIDTH + shake[second % shake.length]));
                    return usual(at / WIDTH * WIDTH + x);
                }))
                .isEqualTo(StreamReason.NONE);
    }

    @Test
    void shouldReportACoveredLens() {
        showUsual(60);
        assertThat(show(12, at -> 60 + at % WIDTH / 40 + noise())).isEqualTo(StreamReason.COVERED);
    }

    @Test
    void shouldReportALensThatWasCoveredFromTheStart() {
        assertThat(show(12, at -> 60 + at % WIDTH / 40 + noise())).isEqualTo(StreamReason.COVERED);
    }

    @Test
    void shouldNotReportALorryThatStandsInHalfOfThePicture() {
        showUsual(60);
        assertThat(show(300, at -> at % WIDTH < WIDTH / 2 ? 90 + noise() : usual(at)))
                .isEqualTo(StreamReason.NONE);
    }

    @Test
    void shouldReportACameraThatWasTurned() {
        showUsual(60);
        byte[] other = boxes(2);
        IntUnaryOperator turned = at -> (other[at] & 0xff) + noise();
        assertThat(show(30, turned)).isEqualTo(StreamReason.NONE);
        assertThat(show(1, turned)).isEqualTo(StreamReason.MOVED);
        assertThat(showUsual(11)).isEqualTo(StreamReason.NONE);
    }

    @Test
    void shouldReportACameraThatWasTurnedALittle() {
        showUsual(60);
        assertThat(show(31, at -> usual(at % WIDTH < WIDTH - 80 ? at + 80 : at)))
                .isEqualTo(StreamReason.MOVED);
    }

    @Test
    void shouldAcceptWhatAMovedCameraShowsAfterADay() {
        showUsual(60);
        byte[] other = boxes(2);
        IntUnaryOperator turned = at -> (other[at] & 0xff) + noise();
        assertThat(show(40, turned)).isEqualTo(StreamReason.MOVED);
        second += 86_400;
        show(1, turned);
        assertThat(show(60, turned)).isEqualTo(StreamReason.NONE);
        assertThat(showUsual(40)).isEqualTo(StreamReason.MOVED);
    }

    private int blurred(int at, int radius) {
        int sum = 0;
        int line = at / WIDTH * WIDTH;
        for (int x = -radius; x <= radius; x++) {
            sum += scene[line + Math.max(0, Math.min(WIDTH - 1, at - line + x))] & 0xff;
        }
        return sum / (2 * radius + 1);
    }

    @Test
    void shouldReportABlurredPicture() {
        showUsual(60);
        IntUnaryOperator blurred = at -> blurred(at, 12) + noise();
        assertThat(show(40, blurred)).isEqualTo(StreamReason.BLURRED);
    }

    @Test
    void shouldFollowTheLightOfADay() {
        showUsual(60);
        for (int step = 0; step < 60; step++) {
            int percent = 100 - step;
            int shadow = step * 8;
            IntUnaryOperator dusk = at -> {
                int lit = usual(at) * percent / 100;
                return at % WIDTH > shadow && at % WIDTH < shadow + 100 ? lit / 2 : lit;
            };
            assertThat(show(30, dusk)).as("light at " + percent + " %").isEqualTo(StreamReason.NONE);
        }
    }

    @Test
    void shouldNotCountTimeWithoutFrames() {
        showUsual(60);
        show(5, at -> noise());
        second += 3_600;
        assertThat(show(5, at -> noise())).isEqualTo(StreamReason.NONE);
        assertThat(show(10, at -> noise())).isEqualTo(StreamReason.BLACK);
    }

    @Test
    void shouldNotReportWhatIsIgnored() {
        health = health(Set.of(StreamReason.BLACK, StreamReason.TOO_DARK));
        showUsual(60);
        assertThat(show(50, at -> noise())).isEqualTo(StreamReason.NONE);
    }

    @Test
    void shouldSayEachConditionInWords() {
        for (StreamReason condition : CameraHealth.CONDITIONS) {
            assertThat(CameraHealth.describe(condition)).isNotEmpty().doesNotEndWith(".");
        }
        assertThat(CameraHealth.describe(StreamReason.NONE)).isEmpty();
    }

    @Test
    void shouldAllocateNothingBesideTheSample() {
        showUsual(120);
        com.sun.management.ThreadMXBean threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < 1000; i++) {
            health.update(sample, (second + i) * SECOND);
        }
        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(10_000);
    }
}
