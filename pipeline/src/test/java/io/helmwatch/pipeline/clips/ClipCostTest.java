package io.helmwatch.pipeline.clips;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.rule.ZoneConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.ffmpeg.TestClips;
import io.helmwatch.pipeline.clips.RecordedStream.Result;
import io.helmwatch.resource.NativeMemory;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a clip costs, with a 1080p video of 4 Mbit/s that is played in real time; the figures of docs/measured/clips.md. */
@Tag("slow")
@Timeout(180)
class ClipCostTest {
    private static final List<List<ZoneConfig.Point>> MASK =
            List.of(List.of(new ZoneConfig.Point(0, 0), new ZoneConfig.Point(0.3, 0), new ZoneConfig.Point(0.3, 0.2)));

    @TempDir
    Path folder;

    private static long processorNanos(String thread) {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        long nanos = 0;
        for (ThreadInfo info : threads.getThreadInfo(threads.getAllThreadIds())) {
            if (info != null && info.getThreadName().equals(thread)) {
                nanos += Math.max(0, threads.getThreadCpuTime(info.getThreadId()));
            }
        }
        return nanos;
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "as it is, clips, false, false, 1",
        "masked, clip-encoder, true, false, 1",
        "blurred, clip-encoder, false, true, 5",
        "Motion JPEG, clip-encoder, false, false, 1"
    })
    void shouldSayWhatAClipCosts(String what, String thread, boolean isMasked, boolean isBlurred, int analyseEvery)
            throws Exception {
        boolean isImages = what.equals("Motion JPEG");
        Path video = TestClips.make(
                isImages ? "cost-1080p.avi" : "cost-1080p.mp4",
                "-i testsrc2=size=1920x1080:rate=25 -frames:v 290 "
                        + (isImages
                                ? "-c:v mjpeg -q:v 5 -pix_fmt yuvj420p"
                                : "-c:v libopenh264 -b 4000k -g 50 -bf 0 -pix_fmt yuv420p"));
        StreamConfig config = RecordedStream.config(video.toString(), isMasked ? MASK : List.of())
                .playing(video.toString(), true, false);
        long[] due = new long[1];
        long[] kept = new long[1];
        try (RecordedStream stream = new RecordedStream(folder, isBlurred, isMasked ? MASK : List.of())) {
            // From the first frame to four seconds after 5 s.
            stream.analysing(analyseEvery)
                    .incident(1, 1_000, 5_000)
                    .at((millis, clips) -> {
                        if (millis >= 9_000 && due[0] == 0) {
                            due[0] = System.nanoTime();
                            kept[0] = NativeMemory.account("ffmpeg.packets").bytes();
                        }
                    })
                    .play(config);
            Result result = stream.await();
            double seconds = (result.clip().toMillis() - result.clip().fromMillis()) / 1000.0;

            assertThat(seconds).isBetween(8.5, 9.5);
            System.out.printf(
                    Locale.ROOT,
                    "%s: %.1f s of video, %.1f MB stored, %.1f MB of packets kept, processor time %.2f s (%.1f %% of a core),"
                            + " stored %.2f s after its last frame%n",
                    what,
                    seconds,
                    result.clip().bytes() / 1e6,
                    kept[0] / 1e6,
                    processorNanos(thread) / 1e9,
                    100 * processorNanos(thread) / 1e9 / seconds,
                    (result.nanos() - due[0]) / 1e9);
        }
    }
}
