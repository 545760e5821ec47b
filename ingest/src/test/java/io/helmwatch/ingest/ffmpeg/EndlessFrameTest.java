package io.helmwatch.ingest.ffmpeg;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.ffmpeg.input.Ffmpeg;
import io.helmwatch.vision.StreamStatus.State;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A hostile or broken camera sends a frame that never ends. */
@Timeout(60)
class EndlessFrameTest {
    private static final long SENT_BYTES = 450_000_000;

    @Test
    void shouldBoundTheMemoryOfAFrameWithoutEndAndGiveTheCameraUp() throws Exception {
        try (RtspCamera camera = new RtspCamera()) {
            camera.sendWithoutEndAfter(10);
            StreamConfig config = StreamConfig.of("hostile", camera.url()).toBuilder()
                    .readTimeout(Duration.ofSeconds(3))
                    .build();
            try (RunningSource source = new RunningSource(config)) {
                source.seen()
                        .await(
                                "frames",
                                Duration.ofSeconds(10),
                                seen -> !seen.frames().isEmpty());
                long before = residentBytes();
                long most = before;
                while (camera.endlessBytes() < SENT_BYTES
                        && !source.seen().states().contains(State.OFFLINE)) {
                    most = Math.max(most, residentBytes());
                    Thread.sleep(10);
                }
                // While a block grows, it is there twice.
                assertThat(most - before).isLessThan(2L * Ffmpeg.MAX_ALLOCATION_BYTES + (64L << 20));
                source.seen()
                        .await(
                                "refusal",
                                Duration.ofSeconds(20),
                                seen -> seen.states().contains(State.OFFLINE));
            }
        }
    }

    private static long residentBytes() throws IOException {
        Matcher resident =
                Pattern.compile("VmRSS:\\s+(\\d+) kB").matcher(Files.readString(Path.of("/proc/self/status")));
        assertThat(resident.find()).isTrue();
        return Long.parseLong(resident.group(1)) << 10;
    }
}
