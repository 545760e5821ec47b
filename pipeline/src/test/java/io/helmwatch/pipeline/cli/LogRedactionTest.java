package io.helmwatch.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.helmwatch.pipeline.cli.log.RedactedJsonEncoder;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** The real logging configuration: where lines go and what they hide, whichever library writes them. */
class LogRedactionTest {
    @Test
    void shouldHideUserInformationInMessagesArgumentsAndStackTraces() {
        Printed printed = Printed.by(() -> {
            Exception inner = new IllegalStateException("cannot open rtsp://ann:inner-pw@camera/live");
            Exception outer = new IllegalStateException("lost http://bob:outer-pw@nvr/stream", inner);
            outer.addSuppressed(new IllegalArgumentException("rtsp://eve:side-pw@camera"));
            LoggerFactory.getLogger("io.helmwatch.Anything").warn("at {}", "rtsps://cat:arg-pw@camera/x", outer);
            LoggerFactory.getLogger("some.library").error("rtsp://dan:lib-pw@camera");
        });
        assertThat(printed.out()).isEmpty();
        assertThat(printed.err())
                .contains("rtsps://***@camera/x")
                .contains("IllegalStateException")
                .contains("rtsp://***@camera")
                .doesNotContain("-pw");
    }

    @Test
    void shouldKeepLibrariesQuietAndOursTelling() {
        Printed printed = Printed.by(() -> {
            LoggerFactory.getLogger("org.apache.kafka.clients.NetworkClient").warn("kafka chatter");
            LoggerFactory.getLogger("some.library").info("library chatter");
            LoggerFactory.getLogger("io.helmwatch.Anything").info("stream gate online");
        });
        assertThat(printed.err()).contains("stream gate online").doesNotContain("chatter");
    }

    @Test
    void shouldWriteJsonWithoutSecrets() throws Exception {
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        RedactedJsonEncoder encoder = new RedactedJsonEncoder();
        encoder.setContext(context);
        encoder.start();
        LoggingEvent event = new LoggingEvent(
                "ours",
                context.getLogger("io.helmwatch.Anything"),
                Level.WARN,
                "at {}",
                new IllegalStateException("lost http://bob:outer-pw@nvr/stream"),
                new Object[] {"rtsp://ann:arg-pw@camera/live\n\"quoted\""});
        String line = new String(encoder.encode(event), StandardCharsets.UTF_8);

        assertThat(line).endsWith("}\n").doesNotContain("-pw");
        assertThat(line.strip()).doesNotContain("\n");
        JsonNode json = new ObjectMapper().readTree(line);
        assertThat(Instant.parse(json.get("time").asText())).isBeforeOrEqualTo(Instant.now());
        assertThat(json.get("level").asText()).isEqualTo("WARN");
        assertThat(json.get("logger").asText()).isEqualTo("io.helmwatch.Anything");
        assertThat(json.get("message").asText()).isEqualTo("at rtsp://***@camera/live\n\"quoted\"");
        assertThat(json.get("exception").asText()).contains("IllegalStateException", "http://***@nvr/stream");
    }

    private record Printed(String out, String err) {
        static Printed by(Runnable work) {
            ch.qos.logback.classic.Logger ours =
                    (ch.qos.logback.classic.Logger) LoggerFactory.getLogger("io.helmwatch");
            ours.setLevel(Level.INFO);
            PrintStream out = System.out;
            PrintStream err = System.err;
            ByteArrayOutputStream outBytes = new ByteArrayOutputStream();
            ByteArrayOutputStream errBytes = new ByteArrayOutputStream();
            System.setOut(new PrintStream(outBytes, true, StandardCharsets.UTF_8));
            System.setErr(new PrintStream(errBytes, true, StandardCharsets.UTF_8));
            try {
                work.run();
            } finally {
                System.setOut(out);
                System.setErr(err);
            }
            return new Printed(outBytes.toString(StandardCharsets.UTF_8), errBytes.toString(StandardCharsets.UTF_8));
        }
    }
}
