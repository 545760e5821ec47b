package io.helmwatch.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.Backend;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.pipeline.cli.option.Installation;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The configuration behind {@code demo --page}. */
class PageDemoTest {
    @TempDir
    Path folder;

    @Test
    void shouldPlayTheBundledClipsAsCamerasWithRulesAndKeepEverythingInOneFolder() {
        Path strange = folder.resolve("it's # here");

        HelmwatchConfig config = PageDemo.configuration(Backend.CPU, Installation.demoClip(), strange);

        assertThat(config.streams()).extracting(StreamConfig::id).containsExactly("yard", "ramp");
        assertThat(config.streams()).allSatisfy(stream -> {
            assertThat(stream.realtime()).isTrue();
            assertThat(stream.loop()).isTrue();
            assertThat(stream.rules().rules()).isNotEmpty();
        });
        assertThat(config.http().enabled()).isTrue();
        assertThat(config.http().host()).isEqualTo("127.0.0.1");
        assertThat(config.incidents().snapshots().enabled()).isTrue();
        // Folders that the service will create.
        assertThat(config.incidents().snapshots().directory()).startsWithRaw(strange);
        assertThat(config.incidents().spool().directory()).startsWithRaw(strange);
        assertThat(config.desk().directory()).startsWithRaw(strange);
    }
}
