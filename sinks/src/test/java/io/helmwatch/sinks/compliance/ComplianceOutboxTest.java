package io.helmwatch.sinks.compliance;

import static io.helmwatch.sinks.compliance.Minutes.NOON;
import static io.helmwatch.sinks.compliance.Minutes.minute;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helmwatch.config.incident.SpoolConfig;
import io.helmwatch.sinks.SchemaFiles;
import io.helmwatch.sinks.sqlite.SqliteException;
import io.helmwatch.vision.ComplianceMinute;
import io.helmwatch.vision.NodeEpoch;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ComplianceOutboxTest {
    @TempDir
    Path folder;

    private ComplianceOutbox open(long maxBytes) {
        return new ComplianceOutbox(
                new SpoolConfig(folder, maxBytes, false),
                Clock.fixed(Instant.parse("2026-11-20T12:01:10.200Z"), ZoneOffset.UTC));
    }

    @Test
    void shouldWriteTheDocumentedMessageAndReadItBack() throws IOException {
        byte[] written = ComplianceJson.write(
                Minutes.documented(), Instant.parse("2026-11-20T12:01:10.200Z").toEpochMilli());
        try (var golden = ComplianceOutboxTest.class.getResourceAsStream("/golden/compliance.json")) {
            assertThat(new String(written, StandardCharsets.UTF_8))
                    .isEqualTo(new String(golden.readAllBytes(), StandardCharsets.UTF_8).strip());
        }
        assertThat(SchemaFiles.compliance().complaints(new String(written, StandardCharsets.UTF_8)))
                .isEmpty();
        assertThat(ComplianceJson.read(written)).isEqualTo(Minutes.documented());
        ComplianceMinute whole = minute("gate", "", NOON, 2, 3, 4);
        byte[] ofWhole = ComplianceJson.write(whole, NOON);
        assertThat(SchemaFiles.compliance().complaints(new String(ofWhole, StandardCharsets.UTF_8)))
                .isEmpty();
        assertThat(ComplianceJson.read(ofWhole)).isEqualTo(whole);
        ComplianceMinute ofNode = Minutes.by(new NodeEpoch("n1", 4), true, NOON - 1, whole);
        byte[] marked = ComplianceJson.superseded(ComplianceJson.write(ofNode, NOON));
        assertThat(SchemaFiles.compliance().complaints(new String(marked, StandardCharsets.UTF_8)))
                .isEmpty();
        assertThat(ComplianceJson.read(marked)).isEqualTo(ofNode.superseded());
        assertThatThrownBy(() ->
                        ComplianceJson.read("{\"schema\":\"helmwatch.events/1\"}".getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("helmwatch.events/1");
        assertThatThrownBy(() ->
                        ComplianceJson.read("{\"schema\":\"helmwatch.compliance/1\"}".getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("damaged");
        String impossible = new String(written, StandardCharsets.UTF_8)
                .replaceFirst("\"minute\":\"[^\"]*\"", "\"minute\":\"+1000000000-12-31T23:59:00Z\"");
        assertThatThrownBy(() -> ComplianceJson.read(impossible.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("damaged");
    }

    @Test
    void shouldKeepWhatWaitsOverARestartInOrder() {
        try (ComplianceOutbox outbox = open(1 << 24)) {
            outbox.store(List.of(minute("gate", "", NOON, 0, 1, 0), minute("gate", "pit", NOON, 0, 1, 0)));
            outbox.store(List.of(minute("gate", "", NOON + 60_000, 0, 1, 0)));
        }
        try (ComplianceOutbox outbox = open(1 << 24)) {
            assertThat(outbox.waiting()).isEqualTo(3);
            assertThat(outbox.next(2))
                    .extracting(ComplianceOutbox.Message::id)
                    .containsExactly("gate/1795175999999/1795176000/0", "gate/1795175999999/1795176000/pit/0");
            outbox.remove(outbox.next(2));
            assertThat(outbox.next(10))
                    .extracting(ComplianceOutbox.Message::minuteMillis)
                    .containsExactly(NOON + 60_000);
        }
    }

    @Test
    void shouldLetTheLatestRevisionWaitAndNotRemoveACorrectionOfWhatIsInFlight() {
        try (ComplianceOutbox outbox = open(1 << 24)) {
            outbox.store(List.of(minute("gate", "", NOON, 0, 1, 0)));
            List<ComplianceOutbox.Message> inFlight = outbox.next(10);
            outbox.store(List.of(minute("gate", "", NOON, 1, 2, 0)));
            assertThat(outbox.waiting()).isEqualTo(1);
            outbox.remove(inFlight);
            assertThat(outbox.next(10))
                    .extracting(ComplianceOutbox.Message::id)
                    .containsExactly(inFlight.get(0).key() + "/1");
        }
    }

    @Test
    void shouldRefuseMoreThanItsSizeAndASecondProcess() {
        try (ComplianceOutbox outbox = open(1 << 18)) {
            int refused = 0;
            for (int i = 0; i < 40; i++) {
                List<ComplianceMinute> minutes = new ArrayList<>();
                for (int n = 0; n < 50; n++) {
                    minutes.add(minute("gate", "", NOON + 60_000L * (50 * i + n), 0, 1, 0));
                }
                refused += outbox.store(minutes);
            }
            assertThat(refused).isPositive();
            assertThat(outbox.waiting()).isEqualTo(2_000 - refused).isPositive();
            assertThatThrownBy(() -> open(1 << 18))
                    .isInstanceOf(SqliteException.class)
                    .hasMessageContaining("another process");
        }
    }
}
