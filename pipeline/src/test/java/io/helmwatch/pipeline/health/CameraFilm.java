package io.helmwatch.pipeline.health;

import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.FrameReceiver;
import io.helmwatch.ingest.ffmpeg.FfmpegFrameSource;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.FrameLease;
import io.helmwatch.vision.StreamStatus;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Luma of a fixed camera over days: the scene of a clip in the light of the sun, of lamps and of headlights, with clouds, shadows that wander,
 * rain, gain noise, wind and a clock drawn into it; and what can go wrong with the image. Any row of any second, so that a day can be sampled
 * without rendering whole frames.
 *
 * <p>Threading: one thread.
 */
final class CameraFilm {
    static final int WIDTH = 640;
    static final int HEIGHT = 360;
    static final int DAY_SECONDS = 86_400;
    /** Frames that differ by their noise at most. */
    static final int FRAMES_PER_SECOND = 25;

    private static final double GAMMA = 2.2;
    private static final int LEVELS = 4096;
    private static final int NOISE = 1 << 16;
    private static final int CLOCK_WIDTH = 150;
    private static final int CLOCK_HEIGHT = 14;

    /** Light and weather. */
    enum Light {
        /** Sun by day, lamps by night. */
        LAMPS,
        /** Sun by day, the camera's infrared lamps by night. */
        INFRARED,
        /** Sun by day, nothing by night. */
        NONE
    }

    /** What is wrong with the image. */
    enum Fault {
        NONE,
        BLACK,
        OVEREXPOSED,
        FROZEN,
        BLURRED,
        SLIGHTLY_BLURRED,
        SPRAYED,
        HAND,
        TAPE,
        TURNED,
        TURNED_A_LITTLE,
        LAMPS_OUT
    }

    private final float[][] scene;
    private final float[][] elsewhere;
    private final float[][] blurred;
    private final float[][] slightlyBlurred;
    private final byte[] encoded = new byte[LEVELS];
    private final byte[] noise = new byte[NOISE];
    private final float[] light = new float[WIDTH];
    private final float[] lampLight;
    private final Light lamps;
    private final boolean isRaining;
    private final boolean hasTraffic;
    private final long seed;

    private Fault fault = Fault.NONE;
    private double faultSecond;
    private double second;
    private double sun;
    private double gain;
    private double noiseSigma;
    private float[] current;
    private int shake;
    private double headlightX;
    private double headlightPower;
    private int noiseStart;
    private long clockSecond;

    CameraFilm(
            List<float[]> scene,
            List<float[]> elsewhere,
            Light lamps,
            boolean isRaining,
            boolean hasTraffic,
            long seed) {
        this.scene = scene.toArray(float[][]::new);
        this.elsewhere = elsewhere.toArray(float[][]::new);
        this.blurred = blurred(this.scene, 8);
        this.slightlyBlurred = blurred(this.scene, 3);
        this.lamps = lamps;
        this.lampLight = lampLight(lamps);
        this.isRaining = isRaining;
        this.hasTraffic = hasTraffic;
        this.seed = seed;
        this.current = this.scene[0];
        Random random = new Random(seed);
        for (int i = 0; i < NOISE; i++) {
            noise[i] = (byte) Math.max(-127, Math.min(127, Math.round(random.nextGaussian() * 32)));
        }
        for (int i = 0; i < LEVELS; i++) {
            encoded[i] = (byte) Math.round(255 * Math.pow(i / (LEVELS - 1.0), 1 / GAMMA));
        }
    }

    /** A frame a second of a clip, as linear light of {@value #WIDTH} by {@value #HEIGHT} pixels. */
    static List<float[]> decode(Path clip) {
        List<float[]> frames = new ArrayList<>();
        FfmpegFrameSource source = FfmpegFrameSource.create(
                StreamConfig.builder("film", clip.toString()).analyzeFps(1).build());
        source.run(new FrameReceiver() {
            @Override
            public void onFrame(FrameLease frame) {
                frames.add(shrink(frame));
            }

            @Override
            public void onDropped(DropCause cause) {}

            @Override
            public void onStatus(StreamStatus status) {}
        });
        return frames;
    }

    private static float[] shrink(FrameLease frame) {
        ByteBuffer plane = frame.plane(0);
        int stride = frame.strideBytes(0);
        float[] linear = new float[WIDTH * HEIGHT];
        for (int y = 0; y < HEIGHT; y++) {
            int fromY = y * frame.height() / HEIGHT;
            for (int x = 0; x < WIDTH; x++) {
                int fromX = x * frame.width() / WIDTH;
                int value = plane.get(fromY * stride + fromX) & 0xff;
                linear[y * WIDTH + x] = (float) Math.pow(Math.max(0, Math.min(1, (value - 16) / 219.0)), GAMMA);
            }
        }
        return linear;
    }

    private static float[][] blurred(float[][] frames, int radius) {
        float[][] blurred = new float[frames.length][];
        for (int i = 0; i < frames.length; i++) {
            float[] once = box(frames[i], radius, 1, WIDTH, WIDTH, HEIGHT);
            once = box(once, radius, 1, WIDTH, WIDTH, HEIGHT);
            once = box(once, radius, WIDTH, 1, HEIGHT, WIDTH);
            blurred[i] = box(once, radius, WIDTH, 1, HEIGHT, WIDTH);
        }
        return blurred;
    }

    private static float[] box(float[] image, int radius, int step, int lineStep, int length, int lines) {
        float[] result = new float[image.length];
        for (int line = 0; line < lines; line++) {
            int start = line * lineStep;
            for (int i = 0; i < length; i++) {
                float sum = 0;
                for (int j = -radius; j <= radius; j++) {
                    sum += image[start + Math.max(0, Math.min(length - 1, i + j)) * step];
                }
                result[start + i * step] = sum / (2 * radius + 1);
            }
        }
        return result;
    }

    /** From a second on, the image has a fault. */
    void fault(Fault what, double fromSecond) {
        fault = what;
        faultSecond = fromSecond;
    }

    /** Goes to a time, in seconds since midnight of the first day; a frozen image stays. */
    void go(double toSecond) {
        boolean isFrozen = isFaulty(toSecond, Fault.FROZEN);
        second = isFrozen ? faultSecond : toSecond;
        sun = sun(second % DAY_SECONDS);
        Random random = new Random(seed * 31 + Math.round(second * FRAMES_PER_SECOND));
        current = image((long) second);
        shake = isRaining && random.nextInt(4) == 0 ? random.nextInt(3) - 1 : 0;
        noiseStart = random.nextInt(NOISE);
        traffic((long) second);
        double clouds = 0.75 + 0.25 * Math.sin(second / 700) * Math.sin(second / 290);
        double bright = sun * clouds + (isDark() ? artificial() : 0);
        gain = Math.min(12, 0.30 / Math.max(0.001, bright * 0.22 + headlightPower * 0.05));
        noiseSigma = Math.min(7, 1.2 + 0.5 * gain);
        clockSecond = (long) toSecond;
    }

    private float[] image(long frame) {
        float[][] shown = isFaulty(second, Fault.BLURRED)
                ? blurred
                : isFaulty(second, Fault.SLIGHTLY_BLURRED)
                        ? slightlyBlurred
                        : isFaulty(second, Fault.TURNED) ? elsewhere : scene;
        // By night there is nobody.
        return shown[(int) (sun > 0.2 ? frame % shown.length : 0)];
    }

    private boolean isFaulty(double at, Fault what) {
        return fault == what && at >= faultSecond;
    }

    /** 0 by night, 1 by day, half an hour of dusk each. */
    private static double sun(double secondOfDay) {
        double hour = secondOfDay / 3600;
        double up = Math.min((hour - 6.5) / 0.7, (18.5 - hour) / 0.7);
        return Math.pow(Math.max(0, Math.min(1, up)), 2);
    }

    private boolean isDark() {
        return sun < 0.1;
    }

    private double artificial() {
        return lamps == Light.NONE || isFaulty(second, Fault.LAMPS_OUT) ? 0 : 0.25;
    }

    /** A car every few minutes by night, one of which stands for a minute with its lights on. */
    private void traffic(long frame) {
        headlightPower = 0;
        if (!hasTraffic || sun > 0.3) {
            return;
        }
        long slot = frame / 240;
        long at = frame % 240;
        boolean isParked = slot % 5 == 0;
        if (at < 8 || (isParked && at < 70)) {
            headlightPower = 1;
            headlightX = isParked && at >= 4 && at < 66 ? WIDTH * 0.5 : WIDTH * ((at % 66 % 8) / 8.0);
        }
    }

    /** Writes one row of luma, full range. */
    void row(int y, byte[] to) {
        lightOf(y);
        int noiseAt = noiseStart + y * 7919;
        float scale = (float) (noiseSigma / 32);
        boolean isSprayed = isFaulty(second, Fault.SPRAYED);
        for (int x = 0; x < WIDTH; x++) {
            int fromX = Math.max(0, Math.min(WIDTH - 1, x + shake + turned()));
            float linear = current[y * WIDTH + fromX] * light[x];
            if (isRaining) {
                linear = linear * 0.8f + 0.05f * (float) (sun + 0.05);
            }
            if (isSprayed) {
                linear = sprayed(x, y, linear);
            }
            linear *= (float) gain;
            int level = Math.max(0, Math.min(LEVELS - 1, (int) (linear * (LEVELS - 1))));
            float value = (encoded[level] & 0xff) + noise[noiseAt + x & NOISE - 1] * scale;
            to[x] = (byte) Math.max(0, Math.min(255, (int) value));
        }
        streaks(y, to);
        disturb(y, to);
        clock(y, to);
    }

    private int turned() {
        return isFaulty(second, Fault.TURNED_A_LITTLE) ? WIDTH / 8 : 0;
    }

    private void lightOf(int y) {
        double shadowShift = second / 40;
        float night = (float) (isDark() ? artificial() : 0);
        for (int x = 0; x < WIDTH; x++) {
            double band = (x + 0.4 * y - shadowShift) % 430;
            double shade = (band < 0 ? band + 430 : band) < 120 && y > 90 ? 0.55 : 1;
            light[x] = (float) (0.003 + sun * shade) + night * lampLight[y * WIDTH + x];
        }
        if (headlightPower > 0) {
            for (int x = 0; x < WIDTH; x++) {
                double near = square(x - headlightX) + 3 * square(y - 200);
                light[x] += (float)
                        (headlightPower * (0.5 * Math.exp(-near / square(160)) + 12 * Math.exp(-near / square(18))));
            }
        }
    }

    private static float[] lampLight(Light lamps) {
        float[] light = new float[WIDTH * HEIGHT];
        for (int y = 0; y < HEIGHT; y++) {
            for (int x = 0; x < WIDTH; x++) {
                light[y * WIDTH + x] = (float)
                        (lamps == Light.INFRARED
                                ? 2 * pool(x - 320, y - 300, 230)
                                : pool(x - 200, y - 190, 150) + 0.8 * pool(x - 500, y - 230, 130) + 0.03);
            }
        }
        return light;
    }

    private static double pool(int x, int y, double radius) {
        return Math.exp(-(square(x) + square(y)) / square(radius));
    }

    private static double square(double value) {
        return value * value;
    }

    private static float sprayed(int x, int y, float linear) {
        double hole = Math.sqrt(square(x - 560) + square(y - 60)) / 110;
        double paint = Math.max(0, Math.min(1, hole));
        return (float) (linear * (1 - paint) + paint * 0.12);
    }

    private void streaks(int y, byte[] to) {
        if (!isRaining) {
            return;
        }
        Random random = new Random((seed + Math.round(second * FRAMES_PER_SECOND)) * 1000 + y / 24);
        for (int i = 0; i < 25; i++) {
            int x = random.nextInt(WIDTH);
            to[x] = (byte) Math.min(255, (to[x] & 0xff) + 22);
        }
    }

    private void disturb(int y, byte[] to) {
        if (second < faultSecond) {
            return;
        }
        for (int x = 0; x < WIDTH; x++) {
            int random = noise[noiseStart + y * 7919 + x & NOISE - 1];
            switch (fault) {
                case BLACK -> to[x] = (byte) Math.max(0, random / 32);
                case OVEREXPOSED -> to[x] = (byte) Math.min(255, 180 + (to[x] & 0xff) * 6);
                case HAND -> to[x] = (byte) (40 + x / 30 + y / 30 + random / 16);
                case TAPE -> to[x] = (byte) (170 + y / 12 + random / 32);
                default -> {}
            }
        }
    }

    /** Digits that change every second, white on black. */
    private void clock(int y, byte[] to) {
        if (y < 8 || y >= 8 + CLOCK_HEIGHT) {
            return;
        }
        for (int x = 0; x < CLOCK_WIDTH; x++) {
            long digit = x / 15;
            boolean isWhite =
                    ((clockSecond / (long) Math.pow(10, 9 - digit)) * 2654435761L >> (x % 15 / 3 + y / 4)) % 2 != 0;
            to[8 + x] = (byte) (isWhite ? 235 : 16);
        }
    }
}
