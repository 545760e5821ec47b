package io.helmwatch.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.http.PasswordHash;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class PasswordCommandTest {

    private static CommandRun withInput(String text) {
        InputStream before = System.in;
        System.setIn(new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
        try {
            return CommandRun.of("password");
        } finally {
            System.setIn(before);
        }
    }

    @Test
    void shouldPrintAHashOfThePasswordOnStandardInput() {
        CommandRun run = withInput("pässword of kim\nignored\n");
        assertThat(run.code()).as(run.err()).isZero();
        PasswordHash hash = PasswordHash.parse(run.out());
        assertThat(hash).isNotNull();
        assertThat(hash.matches("pässword of kim".toCharArray())).isTrue();
        assertThat(hash.matches("pässword of kim ".toCharArray())).isFalse();
    }

    @Test
    void shouldRefuseAShortPasswordWithoutShowingIt() {
        CommandRun run = withInput("swordfish\n");
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).contains("9 characters", "10 to 1024").doesNotContain("swordfish");
    }
}
