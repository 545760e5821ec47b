package io.helmwatch.sinks.history;

import static io.helmwatch.sinks.spool.Incidents.NOON;
import static io.helmwatch.sinks.spool.Incidents.bareHead;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helmwatch.config.http.DeskConfig;
import io.helmwatch.sinks.sqlite.SqliteException;
import io.helmwatch.vision.ComplianceMinute;
import io.helmwatch.vision.HeadCounts;
import io.helmwatch.vision.Incident;
import io.helmwatch.vision.Incident.EndReason;
import io.helmwatch.vision.Incident.Phase;
import io.helmwatch.vision.ModelIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IncidentHistoryTest {
    private static final long HOUR = Duration.ofHours(1).toMillis();
    private static final IncidentQuery EVERYTHING = query(IncidentQuery.State.ALL, null);

    @TempDir
    Path folder;

    private static IncidentQuery query(IncidentQuery.State state, @Nullable String stream) {
        return new IncidentQuery(null, null, stream, null, null, state, 100, null);
    }

    private IncidentHistory open() {
        return open(Clock.fixed(Instant.ofEpochMilli(NOON), ZoneOffset.UTC), 1L << 30);
    }

    private IncidentHistory open(Clock clock, long maxBytes) {
        return new IncidentHistory(new DeskConfig(folder.resolve("data"), Duration.ofDays(1), maxBytes), clock);
    }

    private static void record(IncidentHistory history, Incident... messages) {
        history.record(List.of(messages));
    }

    @Test
    void shouldRemoveAnIncidentThatIsWithdrawnOnceItIsWritten() throws Exception {
        try (IncidentHistory history = open()) {
            Incident doubtful = bareHead("gate", 1, 0, Phase.START);
            Incident other = bareHead("gate", 2, 0, Phase.START);
            try (HistoryIncidentSink sink = new HistoryIncidentSink(history)) {
                sink.publish(doubtful);
                sink.publish(other);
                sink.withdraw(doubtful.id());
            }
            assertThat(history.search(EVERYTHING))
                    .extracting(RecordedIncident::id)
                    .containsExactly(other.id());
            assertThat(history.find(doubtful.id())).isEmpty();
        }
    }

    @Test
    void shouldKeepAnIncidentWithItsPositionsOverARestart() {
        Incident.Corner corner = new Incident.Corner(0.25, 0.5);
        Incident start = bareHead("gate", 1, 0, Phase.START)
                .withSnapshot(new Incident.Snapshot("gate/a.jpg", "00", null, null))
                .withZonePolygon(List.of(corner));
        try (IncidentHistory history = open()) {
            record(history, start, bareHead("gate", 1, 1, Phase.UPDATE));
            assertThat(history.search(query(IncidentQuery.State.OPEN, null))).hasSize(1);
            record(history, bareHead("gate", 1, 2, Phase.END));
            // A repeat of a message changes nothing.
            record(history, start);
        }
        try (IncidentHistory history = open()) {
            RecordedIncident found = history.find(start.id()).orElseThrow();
            assertThat(found.endReason()).isEqualTo(EndReason.COMPLIANCE);
            assertThat(found.startedMillis()).isEqualTo(start.startedAtMillis());
            assertThat(found.lastMillis()).isEqualTo(NOON + 4_240);
            assertThat(found.snapshotPath()).isEqualTo("gate/a.jpg");
            assertThat(found.zonePolygon()).containsExactly(corner);
            assertThat(found.size()).isEqualTo(start.size());
            assertThat(found.positions())
                    .hasSize(3)
                    .allSatisfy(position ->
                            assertThat(position).isEqualTo(start.positions().get(0)));
            assertThat(history.search(EVERYTHING))
                    .singleElement()
                    .satisfies(incident -> assertThat(incident.positions()).isEmpty());
            assertThat(history.find("nobody")).isEmpty();
        }
    }

    @Test
    void shouldFindPageByPageByEveryFilterNewestFirst() {
        try (IncidentHistory history = open()) {
            for (int i = 1; i <= 25; i++) {
                record(history, bareHead(i % 2 == 0 ? "gate" : "yard", i, 0, Phase.START));
            }
            record(history, bareHead("gate", 2, 1, Phase.END));
            List<String> ids = new ArrayList<>();
            IncidentQuery.@Nullable Cursor cursor = null;
            do {
                List<RecordedIncident> page = history.search(
                        new IncidentQuery(null, null, null, null, null, IncidentQuery.State.ALL, 10, cursor));
                page.forEach(incident -> ids.add(incident.id()));
                cursor = page.size() < 10 ? null : page.get(9).cursor();
            } while (cursor != null);
            assertThat(ids).hasSize(25).doesNotHaveDuplicates();
            assertThat(ids.get(0)).endsWith("/25");
            assertThat(history.search(query(IncidentQuery.State.ALL, "gate"))).hasSize(12);
            assertThat(history.search(query(IncidentQuery.State.OPEN, "gate"))).hasSize(11);
            assertThat(history.search(
                            new IncidentQuery(NOON, NOON + 40, null, null, null, IncidentQuery.State.ALL, 10, null)))
                    .isEmpty();
            assertThat(history.search(new IncidentQuery(
                            NOON + 40, NOON + 41, null, "pit", "no-helmet-in-pit", IncidentQuery.State.ALL, 100, null)))
                    .hasSize(25);
            assertThat(history.search(
                            new IncidentQuery(null, null, null, "dock", null, IncidentQuery.State.ALL, 100, null)))
                    .isEmpty();
            assertThat(history.search(new IncidentQuery(
                            null, null, "' or 1=1 --", null, null, IncidentQuery.State.ALL, 100, null)))
                    .isEmpty();
        }
    }

    @Test
    void shouldAcknowledgeWithANoteAndTakeItBack() {
        Incident start = bareHead("gate", 1, 0, Phase.START);
        try (IncidentHistory history = open()) {
            record(history, start);
            var note = new RecordedIncident.Acknowledgement(NOON, "anna", "spoke to him <b>");
            assertThat(history.acknowledge(start.id(), note)).isTrue();
            assertThat(history.acknowledge("nobody", note)).isFalse();
            record(history, bareHead("gate", 1, 1, Phase.END));
            assertThat(history.find(start.id()).orElseThrow().acknowledgement()).isEqualTo(note);
            assertThat(history.search(query(IncidentQuery.State.NEW, null))).isEmpty();
            assertThat(history.search(query(IncidentQuery.State.ACKNOWLEDGED, null)))
                    .hasSize(1);
            assertThat(history.acknowledge(start.id(), null)).isTrue();
            assertThat(history.search(query(IncidentQuery.State.NEW, null))).hasSize(1);
        }
    }

    private static ComplianceMinute minute(String zone, long minuteMillis, int revision, int heads) {
        return new ComplianceMinute(
                "gate",
                NOON,
                zone,
                minuteMillis,
                revision,
                new HeadCounts(9 * heads, heads, heads / 2, 25, 100 * heads),
                new ModelIdentity("m", "1", "fp32", "cpu"),
                null);
    }

    @Test
    void shouldSumCountsByHourWithIncidentsAndTheMedianTimeToCompliance() {
        try (IncidentHistory history = open()) {
            history.store(List.of(minute("", NOON, 0, 10), minute("pit", NOON, 0, 1)));
            history.store(List.of(minute("", NOON + HOUR / 2, 0, 10), minute("", NOON + HOUR, 0, 1)));
            for (int i = 1; i <= 3; i++) {
                record(history, bareHead("gate", i, 0, Phase.START), bareHead("gate", i, 2 * i, Phase.END));
            }
            record(history, bareHead("gate", 4, 0, Phase.START), bareHead("gate", 4, 20, Phase.END, EndReason.ABSENCE));
            List<HeadHour> hours = history.hours(NOON, NOON + HOUR);
            assertThat(hours)
                    .containsExactly(
                            new HeadHour("gate", "", NOON, new HeadCounts(180, 20, 10, 50, 2_000), 4, 6_200L),
                            new HeadHour("gate", "pit", NOON, new HeadCounts(9, 1, 0, 25, 100), 4, 6_200L));
            assertThat(history.hours(NOON, NOON + 2 * HOUR)).hasSize(3);
            assertThat(history.hours(NOON + 1, NOON + HOUR)).isEmpty();
        }
    }

    @Test
    void shouldReplaceAMinuteThatComesAgainInsteadOfAddingIt() {
        try (IncidentHistory history = open()) {
            history.store(List.of(minute("", NOON, 0, 10)));
            history.store(List.of(minute("", NOON, 0, 10)));
            history.store(List.of(minute("", NOON, 1, 20)));
            history.store(List.of(minute("", NOON, 0, 10)));
            assertThat(history.hours(NOON, NOON + HOUR))
                    .extracting(HeadHour::counts)
                    .containsExactly(new HeadCounts(180, 20, 10, 25, 2_000));
        }
    }

    @Test
    void shouldEndWhatWasOpenWhenTheProcessDied() {
        try (IncidentHistory history = open()) {
            record(history, bareHead("gate", 1, 0, Phase.START));
        }
        try (IncidentHistory history = open()) {
            assertThat(history.search(EVERYTHING))
                    .singleElement()
                    .satisfies(incident -> assertThat(incident.endReason()).isEqualTo(EndReason.INTERRUPTED));
        }
    }

    @Test
    void shouldDeleteWhatIsTooOldAndThenTheOldestBeyondItsSize() {
        Clock later =
                Clock.fixed(Instant.ofEpochMilli(NOON + Duration.ofHours(25).toMillis()), ZoneOffset.UTC);
        try (IncidentHistory history = open()) {
            history.store(List.of(minute("", NOON, 0, 1)));
            record(history, bareHead("gate", 1, 0, Phase.START), bareHead("gate", 1, 1, Phase.END));
            history.prune();
            assertThat(history.size()).isEqualTo(1);
        }
        try (IncidentHistory history = open(later, 1L << 30)) {
            record(history, bareHead("yard", 1, 0, Phase.START));
            history.prune();
            assertThat(history.search(EVERYTHING))
                    .as("an open incident stays")
                    .extracting(RecordedIncident::stream)
                    .containsExactly("yard");
            assertThat(history.hours(0, Long.MAX_VALUE - HOUR))
                    .extracting(HeadHour::stream)
                    .containsExactly("yard", "yard");
        }
        try (IncidentHistory history = open(Clock.fixed(Instant.ofEpochMilli(NOON), ZoneOffset.UTC), 1L << 20)) {
            for (int i = 0; i < 40; i++) {
                List<Incident> batch = new ArrayList<>();
                for (int n = 100 * i + 2; n < 100 * i + 102; n++) {
                    batch.add(bareHead("dock", n, 0, Phase.START));
                    batch.add(bareHead("dock", n, 1, Phase.END));
                }
                history.record(batch);
            }
            history.prune();
            assertThat(history.size()).isBetween(500L, 3_500L);
            assertThat(history.search(query(IncidentQuery.State.ALL, "dock"))
                            .get(0)
                            .id())
                    .as("the newest stay")
                    .endsWith("/4001");
        }
    }

    @Test
    void shouldKnowTheClipOfAnIncidentOnceItIsStored() {
        Incident.Clip stored = new Incident.Clip(
                "gate/x.mp4",
                "0".repeat(64),
                "file:///gate/x.mp4",
                1,
                NOON,
                NOON + 9_000,
                true,
                new Incident.Sidecar("gate/x.json", "1".repeat(64), "file:///gate/x.json"));
        Incident end = bareHead("gate", 1, 1, Phase.END);
        try (IncidentHistory history = open()) {
            record(history, bareHead("gate", 1, 0, Phase.START), bareHead("yard", 1, 0, Phase.START));
            assertThat(history.find(end.id()).orElseThrow().clip()).isNull();
            record(history, end, end.evidence(stored), end.evidence(stored));
        }
        try (IncidentHistory history = open()) {
            RecordedIncident found = history.find(end.id()).orElseThrow();
            assertThat(found.clip())
                    .isEqualTo(new RecordedIncident.Clip("gate/x.mp4", "gate/x.json", NOON, NOON + 9_000, true));
            assertThat(found.endReason()).isEqualTo(Incident.EndReason.COMPLIANCE);
            assertThat(history.search(EVERYTHING)).hasSize(2).anyMatch(incident -> incident.clip() != null);
        }
        Clock later = Clock.fixed(Instant.ofEpochMilli(NOON + 25 * HOUR), ZoneOffset.UTC);
        try (IncidentHistory history = open(later, 1L << 30)) {
            history.prune();
            assertThat(history.search(EVERYTHING)).isEmpty();
            record(history, bareHead("gate", 2, 0, Phase.START));
            assertThat(history.search(EVERYTHING).get(0).clip()).isNull();
        }
    }

    @Test
    void shouldPutADamagedFileAsideAndStartAgain() throws IOException {
        try (IncidentHistory history = open()) {
            record(history, bareHead("gate", 1, 0, Phase.START));
        }
        Path file = folder.resolve("data/history.db");
        byte[] bytes = Files.readAllBytes(file);
        for (int i = 100; i < bytes.length; i++) {
            bytes[i] = (byte) (31 * i);
        }
        Files.write(file, bytes);
        try (IncidentHistory history = open()) {
            assertThat(history.size()).isZero();
            record(history, bareHead("gate", 2, 0, Phase.START));
            assertThat(history.size()).isEqualTo(1);
        }
        try (Stream<Path> files = Files.list(folder.resolve("data"))) {
            assertThat(files.map(path -> path.getFileName().toString()))
                    .anyMatch(name -> name.startsWith("damaged-") && name.endsWith("history.db"));
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
    }

    @Test
    void shouldRefuseASecondProcessANewerFileAndAFolderThatCannotBeUsed() throws Exception {
        try (IncidentHistory history = open()) {
            assertThat(history.size()).isZero();
            assertThatThrownBy(this::open).isInstanceOf(SqliteException.class).hasMessageContaining("another process");
        }
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("data/history.db"));
                Statement statement = connection.createStatement()) {
            statement.execute("pragma user_version=99");
        }
        assertThatThrownBy(this::open).hasMessageContaining("newer version").hasMessageContaining("desk.directory");
        Files.createFile(folder.resolve("file"));
        assertThatThrownBy(() -> new IncidentHistory(
                        DeskConfig.DEFAULT.withDirectory(folder.resolve("file/data")), Clock.systemUTC()))
                .isInstanceOf(SqliteException.class)
                .hasMessageContaining("desk.directory");
    }

    @Test
    void shouldWriteIncidentsOnAThreadOfItsOwnAndEverythingBeforeItCloses() {
        try (IncidentHistory history = open()) {
            HistoryIncidentSink sink = new HistoryIncidentSink(history);
            for (int i = 1; i <= 200; i++) {
                sink.publish(
                        bareHead("gate", i, 0, Phase.START),
                        CompletableFuture.completedFuture(new Incident.Snapshot(i + ".jpg", "00", null, null)));
            }
            sink.close();
            sink.publish(bareHead("gate", 201, 0, Phase.START));
            assertThat(history.size()).isEqualTo(200);
            assertThat(sink.statistics().accepted()).isEqualTo(200);
            assertThat(sink.statistics().refused()).isEqualTo(1);
            assertThat(history.search(EVERYTHING).get(0).snapshotPath()).isEqualTo("200.jpg");
        }
    }

    @Test
    void shouldOpenAFileOfTheVersionBeforeWithItsIncidents() throws Exception {
        try (IncidentHistory history = open()) {
            record(history, bareHead("gate", 1, 0, Phase.START));
        }
        try (Connection file =
                        DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("data/" + HistoryTables.FILE));
                Statement statement = file.createStatement()) {
            for (String column : List.of("node", "epoch", "superseded")) {
                statement.execute("alter table incident drop column " + column);
            }
            statement.execute("drop table topic_offset");
            statement.execute("pragma user_version=1");
        }

        try (IncidentHistory history = open()) {
            assertThat(history.search(EVERYTHING)).singleElement().satisfies(incident -> {
                assertThat(incident.node()).isNull();
                assertThat(incident.isSuperseded()).isFalse();
            });
            assertThat(history.offsets("events")).isEmpty();
        }
    }
}
