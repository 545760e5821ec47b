package io.helmwatch.ingest.ffmpeg;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.resource.NativeMemory;
import io.helmwatch.vision.StreamStatus;
import io.helmwatch.vision.StreamStatus.State;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class MutatedMediaTest {
    private static final int FILES = Integer.getInteger("helmwatch.mutants", 414);
    private static final long SEED = Long.getLong("helmwatch.mutants.seed", 1);

    @TempDir
    Path folder;

    @Test
    @Timeout(600)
    void shouldNeitherCrashNorHangOnBrokenFiles() throws IOException {
        for (Path original : MutatedMedia.originals()) {
            assertThat(play(original).lastStatus())
                    .as(original.toString())
                    .extracting(StreamStatus::state)
                    .isEqualTo(State.ENDED);
        }
        Map<State, Integer> ends = new EnumMap<>(State.class);
        int frames = 0;
        for (Path mutant : MutatedMedia.write(folder, FILES, SEED)) {
            RecordingReceiver seen = play(mutant);
            State end = seen.lastStatus().state();
            assertThat(end).as("%s: %s", mutant, seen.statuses()).isIn(State.ENDED, State.FAILED);
            if (end == State.FAILED) {
                assertThat(seen.lastStatus().reason())
                        .contains(mutant.getFileName().toString())
                        .endsWith(".");
            }
            ends.merge(end, 1, Integer::sum);
            frames += seen.frames().size();
            Files.delete(mutant);
        }
        assertThat(ends.get(State.ENDED)).as("files that still show something").isGreaterThan(FILES / 4);
        assertThat(ends.get(State.FAILED)).as("files that show nothing").isGreaterThan(FILES / 50);
        assertThat(frames).isGreaterThan(FILES * 2);
        assertThat(NativeMemory.outstanding()).isEmpty();
        System.out.println(FILES + " mutated files: " + ends + ", " + frames + " frames");
    }

    private static RecordingReceiver play(Path file) {
        try (RunningSource source = new RunningSource(StreamConfig.of("mutant", file.toString()))) {
            source.seen()
                    .await(
                            file + " to end",
                            Duration.ofSeconds(15),
                            seen -> !seen.statuses().isEmpty()
                                    && (seen.lastStatus().state() == State.ENDED
                                            || seen.lastStatus().state() == State.FAILED));
            return source.seen();
        }
    }
}
