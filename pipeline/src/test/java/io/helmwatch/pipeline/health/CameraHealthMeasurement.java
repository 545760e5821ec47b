package io.helmwatch.pipeline.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.FrameReceiver;
import io.helmwatch.ingest.ffmpeg.FfmpegFrameSource;
import io.helmwatch.ingest.ffmpeg.transcode.Mp4Writer;
import io.helmwatch.pipeline.health.CameraFilm.Fault;
import io.helmwatch.pipeline.health.CameraFilm.Light;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.FrameLease;
import io.helmwatch.vision.PixelFormat;
import io.helmwatch.vision.StreamReason;
import io.helmwatch.vision.StreamStatus;
import io.helmwatch.vision.health.CameraHealth;
import io.helmwatch.vision.health.LumaSample;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.bytedeco.javacpp.BytePointer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Days without a fault, and every fault at several times of day: the tables of docs/measured/health.md. */
@Tag("slow")
class CameraHealthMeasurement {
    private static final Path CLIPS = Path.of(System.getProperty("helmwatch.home"), "models/demo-clip");
    private static final long SECOND = 1_000_000_000L;
    private static final long LEARNING_SECONDS = 600;
    private static final long FAULT_SECONDS = 300;
    private static final int ENCODED_LEARNING_SECONDS = 90;
    private static final int ENCODED_FAULT_SECONDS = 120;
    private static final int ENCODED_FPS = 5;
    private static final Path FFMPEG = Path.of("/usr/bin/ffmpeg");

    private final List<float[]> yard = CameraFilm.decode(CLIPS.resolve("yard.mp4"));
    private final List<float[]> ramp = CameraFilm.decode(CLIPS.resolve("ramp.mp4"));
    private final LumaSample sample = new LumaSample();
    private final byte[] rows = new byte[CameraFilm.WIDTH * LumaSample.ROWS];
    private final byte[] row = new byte[CameraFilm.WIDTH];
    private long judgedNanos;
    private long judged;

    private static CameraHealth health() {
        return new CameraHealth(10 * SECOND, 10 * SECOND, Set.of());
    }

    private StreamReason check(CameraFilm film, CameraHealth health, double second) {
        film.go(second);
        for (int r = 0; r < LumaSample.ROWS; r++) {
            film.row((2 * r + 1) * CameraFilm.HEIGHT / (2 * LumaSample.ROWS), row);
            System.arraycopy(row, 0, rows, r * CameraFilm.WIDTH, CameraFilm.WIDTH);
        }
        sample.read(
                ByteBuffer.wrap(rows), CameraFilm.WIDTH, CameraFilm.WIDTH, LumaSample.ROWS, PixelFormat.GRAY8, true);
        long began = System.nanoTime();
        StreamReason condition = health.update(sample, (long) (second * SECOND));
        judgedNanos += System.nanoTime() - began;
        judged++;
        return condition;
    }

    private CameraFilm film(boolean isYard, Light light, boolean isRaining, boolean hasTraffic) {
        return new CameraFilm(isYard ? yard : ramp, isYard ? ramp : yard, light, isRaining, hasTraffic, 7);
    }

    /** A day of a scene. */
    private record Day(boolean isYard, Light light, boolean isRaining) {}

    @Test
    void shouldRaiseNothingInDaysWithoutAFault() {
        List<Day> days = List.of(
                new Day(true, Light.LAMPS, false),
                new Day(true, Light.LAMPS, true),
                new Day(true, Light.INFRARED, false),
                new Day(true, Light.INFRARED, true),
                new Day(false, Light.LAMPS, false),
                new Day(true, Light.NONE, false),
                new Day(false, Light.INFRARED, true));
        days.forEach(day -> day(day.isYard(), day.light(), day.isRaining()));
    }

    private void day(boolean isYard, Light light, boolean isRaining) {
        CameraFilm film = film(isYard, light, isRaining, true);
        CameraHealth health = health();
        StringBuilder raised = new StringBuilder();
        StreamReason before = StreamReason.NONE;
        double start = 9.0 * 3600;
        for (int second = 0; second < CameraFilm.DAY_SECONDS; second++) {
            StreamReason now = check(film, health, start + second);
            if (now != before) {
                raised.append(String.format(Locale.ROOT, " %s@%05.2f", now.code(), (start + second) / 3600 % 24));
                before = now;
            }
        }
        System.out.printf(
                "day %s %s rain=%s:%s (%.3f ms a sample)%n",
                isYard ? "yard" : "ramp", light, isRaining, raised, judgedNanos / 1e6 / judged);
    }

    /** What an encoder makes of the image: H.264 of one frame a second, decoded again. */
    @Test
    void shouldJudgeWhatAnEncoderLeaves(@TempDir Path folder) throws IOException {
        for (Fault fault : Fault.values()) {
            for (double hour : new double[] {12, 2}) {
                if (fault == Fault.LAMPS_OUT && hour == 12) {
                    continue;
                }
                Path clip = folder.resolve(fault + "-" + hour + ".mp4");
                CameraFilm film = film(true, Light.LAMPS, false, false);
                film.fault(fault, hour * 3600 + ENCODED_LEARNING_SECONDS);
                encode(film, hour * 3600, clip);
                System.out.printf(
                        "encoded %s at %.0f h, %d KB: %s%n", fault, hour, Files.size(clip) / 1024, decode(clip));
            }
        }
    }

    private void encode(CameraFilm film, double start, Path clip) throws IOException {
        int pixels = CameraFilm.WIDTH * CameraFilm.HEIGHT;
        byte[] bgr = new byte[3 * pixels];
        try (Mp4Writer writer = new Mp4Writer(clip);
                BytePointer image = new BytePointer(bgr.length)) {
            for (int second = 0; second < ENCODED_LEARNING_SECONDS + ENCODED_FAULT_SECONDS; second++) {
                film.go(start + second);
                for (int y = 0; y < CameraFilm.HEIGHT; y++) {
                    film.row(y, row);
                    for (int x = 0; x < CameraFilm.WIDTH; x++) {
                        Arrays.fill(bgr, 3 * (y * CameraFilm.WIDTH + x), 3 * (y * CameraFilm.WIDTH + x) + 3, row[x]);
                    }
                }
                image.position(0).put(bgr);
                writer.write(image, CameraFilm.WIDTH, CameraFilm.HEIGHT, second * SECOND);
            }
            writer.finish();
        }
    }

    private String decode(Path clip) {
        CameraHealth health = health();
        StringBuilder raised = new StringBuilder();
        FfmpegFrameSource.create(StreamConfig.of("clip", clip.toString())).run(new FrameReceiver() {
            private StreamReason before = StreamReason.NONE;
            private long nextNanos;

            @Override
            public void onFrame(FrameLease frame) {
                if (frame.ptsNanos() < nextNanos) {
                    return;
                }
                nextNanos = frame.ptsNanos() + SECOND - SECOND / 100;
                sample.read(frame);
                StreamReason now = health.update(sample, frame.ptsNanos());
                if (now != before) {
                    raised.append(' ')
                            .append(now.code())
                            .append('+')
                            .append(frame.ptsNanos() / SECOND - ENCODED_LEARNING_SECONDS);
                    before = now;
                }
            }

            @Override
            public void onDropped(DropCause cause) {}

            @Override
            public void onStatus(StreamStatus status) {}
        });
        return raised.toString();
    }

    /** A camera that hangs while its encoder goes on, at five frames a second with key frames two seconds apart: by encoders of Debian's ffmpeg. */
    @Test
    void shouldDetectAFrozenImageBehindALiveEncoder(@TempDir Path folder) throws Exception {
        assumeTrue(Files.isExecutable(FFMPEG), "there is no /usr/bin/ffmpeg: install Debian's package ffmpeg");
        List<String> encoders = List.of(
                "libx264 -preset veryfast -tune zerolatency -b:v 300k -maxrate 300k -bufsize 600k",
                "libx264 -preset veryfast -tune zerolatency -b:v 80k -maxrate 80k -bufsize 160k",
                "mpeg4 -b:v 400k");
        for (Fault fault : List.of(Fault.NONE, Fault.FROZEN)) {
            for (double hour : new double[] {12, 2}) {
                for (Light light : List.of(Light.LAMPS, Light.INFRARED)) {
                    Path raw = folder.resolve("raw");
                    CameraFilm film = film(light == Light.LAMPS, light, false, false);
                    film.fault(fault, hour * 3600 + ENCODED_LEARNING_SECONDS);
                    render(film, hour * 3600, raw);
                    for (String encoder : encoders) {
                        Path clip = folder.resolve("clip.mkv");
                        encode(raw, encoder, clip);
                        System.out.printf("%s, %s at %.0f h, %s:%s%n", fault, light, hour, encoder, decode(clip));
                    }
                }
            }
        }
    }

    private void render(CameraFilm film, double start, Path raw) throws IOException {
        int frames = (ENCODED_LEARNING_SECONDS + ENCODED_FAULT_SECONDS) * ENCODED_FPS;
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(raw))) {
            for (int frame = 0; frame < frames; frame++) {
                film.go(start + (double) frame / ENCODED_FPS);
                for (int y = 0; y < CameraFilm.HEIGHT; y++) {
                    film.row(y, row);
                    out.write(row);
                }
            }
        }
    }

    private static void encode(Path raw, String encoder, Path clip) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                FFMPEG.toString(),
                "-v",
                "error",
                "-y",
                "-f",
                "rawvideo",
                "-pix_fmt",
                "gray",
                "-s",
                CameraFilm.WIDTH + "x" + CameraFilm.HEIGHT,
                "-r",
                Integer.toString(ENCODED_FPS),
                "-i",
                raw.toString(),
                "-pix_fmt",
                "yuv420p",
                "-g",
                Integer.toString(2 * ENCODED_FPS),
                "-c:v"));
        command.addAll(List.of(encoder.split(" ")));
        command.add(clip.toString());
        assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
    }

    @Test
    void shouldDetectEachFault() {
        double[] hours = {12, 18, 2};
        for (Fault fault : Fault.values()) {
            if (fault == Fault.NONE) {
                continue;
            }
            int detected = 0;
            int films = 0;
            StringBuilder line = new StringBuilder();
            for (boolean isYard : new boolean[] {true, false}) {
                for (boolean isRaining : new boolean[] {false, true}) {
                    Light light = isYard == isRaining ? Light.INFRARED : Light.LAMPS;
                    for (double hour : hours) {
                        if (fault != Fault.LAMPS_OUT || hour < 6) {
                            String found = detect(fault, film(isYard, light, isRaining, true), hour);
                            films++;
                            detected += found.equals("-") ? 0 : 1;
                            line.append(' ').append(found);
                        }
                    }
                }
            }
            System.out.printf("fault %s: %d of %d:%s%n", fault, detected, films, line);
        }
        assertThat(hours).isNotEmpty();
    }

    private String detect(Fault fault, CameraFilm film, double hour) {
        CameraHealth health = health();
        double start = hour * 3600;
        film.fault(fault, start + LEARNING_SECONDS);
        for (int second = 0; second < LEARNING_SECONDS + FAULT_SECONDS; second++) {
            StreamReason now = check(film, health, start + second);
            if (now != StreamReason.NONE) {
                return (second < LEARNING_SECONDS ? "EARLY-" : "") + now.code() + "+" + (second - LEARNING_SECONDS);
            }
        }
        return "-";
    }
}
