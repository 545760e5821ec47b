package io.helmwatch.ingest.ffmpeg;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.ffmpeg.RecordingReceiver.Seen;
import io.helmwatch.resource.Closer;
import io.helmwatch.vision.StreamStatus.State;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntToLongFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Cameras whose RTP timestamps break after a second of good ones; all at the same time. */
@Timeout(60)
class BrokenTimestampsTest {
    private static final int GOOD_FRAMES = 25;
    private static final int TICKS = 3_600;
    private static final long MEASURED_MILLIS = 2_000;

    private static final Map<String, IntToLongFunction> KINDS = new LinkedHashMap<>();

    static {
        KINDS.put("pass 2^32", bad -> (1L << 32) - 90_000 + (long) (bad + GOOD_FRAMES) * TICKS);
        KINDS.put("run backwards", bad -> 90_000L + (long) (GOOD_FRAMES - bad) * TICKS);
        KINDS.put("jump an hour ahead", bad -> 90_000L * 3_600 + (long) bad * TICKS);
        KINDS.put("jump an hour back", bad -> (1L << 32) - 90_000L * 3_600 + (long) bad * TICKS);
        KINDS.put("stand still", bad -> 90_000L + GOOD_FRAMES * TICKS);
        KINDS.put("are noise", bad -> (bad * 2_654_435_761L) & 0xffff_ffffL);
        KINDS.put("count milliseconds", bad -> 90_000L + GOOD_FRAMES * TICKS + bad * 40L);
        KINDS.put("alternate", bad -> 90_000L + (bad % 2 == 0 ? 0 : 90_000L * 600));
    }

    private static IntToLongFunction after(String kind) {
        return frame -> {
            if (kind.equals("pass 2^32") || frame >= GOOD_FRAMES) {
                return KINDS.get(kind).applyAsLong(frame - GOOD_FRAMES);
            }
            return 90_000L + (long) frame * TICKS;
        };
    }

    @Test
    void shouldGoOnAtTheWantedRateAndNeverGoBack() throws Exception {
        Map<String, RunningSource> sources = new LinkedHashMap<>();
        try (Closer opened = new Closer()) {
            for (String kind : KINDS.keySet()) {
                RtspCamera camera = opened.register(new RtspCamera());
                camera.stampBy(after(kind));
                StreamConfig config =
                        StreamConfig.of(kind.replace(' ', '-').replace('^', '-'), camera.url()).toBuilder()
                                .analyzeFps(5)
                                .build();
                sources.put(kind, opened.register(new RunningSource(config)));
            }
            for (RunningSource source : sources.values()) {
                source.seen()
                        .await(
                                "frames",
                                Duration.ofSeconds(20),
                                seen -> !seen.frames().isEmpty());
            }
            for (String kind : List.of("run backwards", "stand still", "count milliseconds")) {
                RunningSource source = sources.get(kind);
                source.seen()
                        .await(
                                "the verdict on stamps that " + kind,
                                Duration.ofSeconds(20),
                                seen -> source.source().isTimedByArrival());
                int atVerdict = source.seen().frames().size();
                source.seen()
                        .await(
                                "the first frame after it",
                                Duration.ofSeconds(5),
                                seen -> seen.frames().size() > atVerdict);
            }
            Map<String, Integer> before = new LinkedHashMap<>();
            sources.forEach(
                    (kind, source) -> before.put(kind, source.seen().frames().size()));
            long from = System.nanoTime();
            Thread.sleep(MEASURED_MILLIS);
            sources.forEach((kind, source) -> {
                List<Seen> frames = source.seen().frames();
                double seconds = (System.nanoTime() - from) / 1e9;
                assertThat((frames.size() - before.get(kind)) / seconds)
                        .as("frames per second, with stamps that " + kind)
                        .isBetween(3.0, 6.5);
                assertThat(frames).extracting(Seen::ptsNanos).as(kind).isSorted();
                assertThat(source.seen().states()).as(kind).doesNotContain(State.OFFLINE, State.FAILED);
            });
        }
    }
}
