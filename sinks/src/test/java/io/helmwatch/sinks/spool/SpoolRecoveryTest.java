package io.helmwatch.sinks.spool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helmwatch.config.incident.SpoolConfig;
import io.helmwatch.sinks.IncidentJson;
import io.helmwatch.sinks.SchemaFiles;
import io.helmwatch.sinks.sqlite.SqliteException;
import io.helmwatch.vision.Incident;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that are damaged, empty, older or newer, and messages that the broker rejected. */
class SpoolRecoveryTest {
    private static final Clock CLOCK = Clock.fixed(Instant.ofEpochMilli(Incidents.NOON + 5_000), ZoneOffset.UTC);
    private static final int PAGE = 4_096;
    private static final int MESSAGES = 200;

    @TempDir
    Path folder;

    private SpoolConfig config() {
        return new SpoolConfig(folder, 64 << 20, false);
    }

    private IncidentSpool open() {
        return new IncidentSpool(config(), CLOCK);
    }

    private Path file() {
        return folder.resolve("incidents.db");
    }

    private static Incident start(int number) {
        return Incidents.bareHead("gate-3", number, 0, Incident.Phase.START);
    }

    private static Incident end(int number) {
        return Incidents.bareHead("gate-3", number, 1, Incident.Phase.END);
    }

    private static List<Integer> numbers(List<SpooledEvent> events) {
        return events.stream()
                .map(event -> Integer.valueOf(event.incident().replaceAll(".*/", "")))
                .toList();
    }

    /** Incidents 1 to 200, started and ended, with messages of some 1,100 bytes each. */
    private void fill() {
        try (IncidentSpool spool = open()) {
            List<Incident> messages = new ArrayList<>();
            for (int i = 1; i <= MESSAGES / 2; i++) {
                messages.add(start(i));
                messages.add(end(i));
            }
            spool.append(messages);
        }
    }

    private void damage(int from, int length) throws IOException {
        byte[] bytes = Files.readAllBytes(file());
        Arrays.fill(bytes, from, Math.min(bytes.length, from + length), (byte) 0xA5);
        Files.write(file(), bytes);
    }

    private void assertMostSalvaged(int atLeast) {
        try (IncidentSpool spool = open()) {
            List<SpooledEvent> events = spool.next(0, 10_000);
            assertThat(events).hasSizeBetween(atLeast, MESSAGES);
            assertThat(numbers(events)).isSorted();
            assertThat(spool.salvaged()).isEqualTo(events.size());
            assertThat(spool.waiting()).isEqualTo(events.size());
            assertThat(spool.lostFiles()).isEqualTo(1);
            for (SpooledEvent event : events) {
                int number = numbers(List.of(event)).get(0);
                Incident incident = event.phase().equals("start") ? start(number) : end(number);
                assertThat(event.id()).isEqualTo(incident.eventId());
                assertThat(event.stream()).isEqualTo("gate-3");
                assertThat(event.atMillis()).isEqualTo(incident.decidedAtMillis());
                assertThat(event.value()).isEqualTo(IncidentJson.incident(incident, CLOCK.millis()));
            }
            spool.append(List.of(start(1_000)));
            assertThat(numbers(spool.next(0, 10_000))).endsWith(1_000);
        }
        assertThat(folder.resolve("damaged-" + CLOCK.millis() + ".db")).exists();
        try (IncidentSpool spool = open()) {
            assertThat(spool.salvaged()).isZero();
            assertThat(spool.lostFiles()).as("the damaged file is still there").isEqualTo(1);
        }
    }

    /** An incident whose clip is stored after its end is not open again; one whose clip is stored before goes on after that number. */
    @Test
    void shouldEndOnlyOpenIncidentsWhoseClipIsStored() throws IOException {
        Incident.Clip clip = new Incident.Clip(
                "gate-3/x.mp4",
                "0".repeat(64),
                "file:///x.mp4",
                1,
                Incidents.NOON,
                Incidents.NOON + 9_000,
                false,
                new Incident.Sidecar("gate-3/x.json", "1".repeat(64), "file:///x.json"));
        try (IncidentSpool spool = open()) {
            spool.append(List.of(start(1), end(1), end(1).evidence(clip), start(2), start(2).evidence(clip)));
        }
        try (IncidentSpool spool = open()) {
            List<SpooledEvent> events = spool.next(0, 10);
            assertThat(events)
                    .extracting(SpooledEvent::phase)
                    .containsExactly("start", "end", "evidence", "start", "evidence", "end");
            assertThat(events.get(5).id()).endsWith("/2/2/0");
            String end = new String(events.get(5).value(), StandardCharsets.UTF_8);
            assertThat(end).contains("interrupted").doesNotContain("clip");
            assertThat(SchemaFiles.events().complaints(end)).isEmpty();
        }
    }

    @Test
    void shouldSalvageTheRowsAroundADamagedPage() throws IOException {
        fill();
        byte[] bytes = Files.readAllBytes(file());
        int page = bytes.length / PAGE / 2;
        // A leaf of a table, as it holds messages.
        while (bytes[page * PAGE] != 0x0D) {
            page++;
        }
        damage(page * PAGE, PAGE);
        assertMostSalvaged(MESSAGES - 4);
        assertThat(SpoolMaintenance.list(config()).waiting()).hasSizeLessThan(MESSAGES + 1);
    }

    @Test
    void shouldSalvageTheRowsBeforeTheEndOfATruncatedFile() throws IOException {
        fill();
        byte[] bytes = Files.readAllBytes(file());
        Files.write(file(), Arrays.copyOf(bytes, bytes.length / PAGE * 3 / 4 * PAGE));
        assertMostSalvaged(MESSAGES / 2);
    }

    @Test
    void shouldSalvageAllRowsOfAFileWithoutItsHeader() throws IOException {
        fill();
        damage(0, 100);
        assertMostSalvaged(MESSAGES);
    }

    @Test
    void shouldSalvageAllRowsOfAFileWithoutItsFirstPage() throws IOException {
        fill();
        damage(0, PAGE);
        assertMostSalvaged(MESSAGES);
    }

    @Test
    void shouldSalvageNothingOfNoiseAndStartEmpty() throws IOException {
        fill();
        byte[] bytes = Files.readAllBytes(file());
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] ^= (byte) (i * 31);
        }
        Files.write(file(), bytes);
        try (IncidentSpool spool = open()) {
            assertThat(spool.waiting()).isLessThan(MESSAGES);
            spool.append(List.of(start(1_000)));
            assertThat(numbers(spool.next(0, 10_000))).endsWith(1_000);
        }
    }

    /** As after a power cut: what is only in the log counts, too. */
    @Test
    void shouldSalvageWhatIsOnlyInTheLogWithOverflowPagesAndOpenIncidents() throws IOException {
        Incident large = withPath(start(7), 60);
        Path crashed = Files.createDirectory(folder.resolve("crashed"));
        try (IncidentSpool spool = open()) {
            spool.append(List.of(start(1), end(1), large));
            Files.copy(file(), crashed.resolve("incidents.db"));
            Files.copy(folder.resolve("incidents.db-wal"), crashed.resolve("incidents.db-wal"));
        }
        try (var channel = Files.newByteChannel(crashed.resolve("incidents.db"), StandardOpenOption.WRITE)) {
            channel.truncate(0);
        }
        try (IncidentSpool spool = new IncidentSpool(new SpoolConfig(crashed, 64 << 20, false), CLOCK)) {
            List<SpooledEvent> events = spool.next(0, 100);
            assertThat(events)
                    .extracting(SpooledEvent::id)
                    .containsExactly(start(1).eventId(), end(1).eventId(), large.eventId(), large.id() + "/1/0");
            assertThat(events.get(2).value()).isEqualTo(IncidentJson.incident(large, CLOCK.millis()));
            assertThat(new String(events.get(3).value(), StandardCharsets.UTF_8))
                    .contains("interrupted");
            assertThat(spool.salvaged()).isEqualTo(3);
        }
    }

    private static Incident withPath(Incident plain, int positions) {
        List<Incident.Position> path = new ArrayList<>();
        for (int i = 0; i < positions; i++) {
            path.add(new Incident.Position(17, i, plain.positions().get(0).sourceBox()));
        }
        return Incidents.withPositions(plain, path);
    }

    @Test
    void shouldSayThatAFileOfZeroLengthLostItsMessages() throws IOException {
        Files.createFile(file());
        try (IncidentSpool spool = open()) {
            assertThat(spool.lostFiles()).isEqualTo(1);
            assertThat(spool.salvaged()).isZero();
            assertThat(spool.append(List.of(start(1)))).isZero();
        }
        try (IncidentSpool spool = open()) {
            assertThat(spool.lostFiles()).isZero();
        }
    }

    @Test
    void shouldRefuseAFileOfANewerVersionAndLeaveItAsItIs() throws IOException, SQLException {
        fill();
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file());
                Statement statement = connection.createStatement()) {
            statement.execute("pragma user_version=99");
        }
        byte[] before = Files.readAllBytes(file());
        assertThatThrownBy(this::open)
                .isInstanceOf(SqliteException.class)
                .hasMessageContaining("newer version")
                .hasMessageContaining("schema 99")
                .hasMessageContaining("at most 2");
        assertThat(Files.readAllBytes(file())).isEqualTo(before);
    }

    @Test
    void shouldMigrateAFileOfTheFirstVersion() throws SQLException {
        try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file());
                Statement statement = connection.createStatement()) {
            statement.execute("create table event(position integer primary key autoincrement,"
                    + " id text not null unique, incident text not null, stream text not null, phase text not null,"
                    + " at_millis integer not null, value blob not null)");
            statement.execute("create table open_incident(incident text primary key,"
                    + " stream text not null, revision integer not null, value blob not null)");
            try (PreparedStatement insert = connection.prepareStatement(
                    "insert into event(id, incident, stream, phase, at_millis, value) values(?,?,?,?,?,?)")) {
                insert.setString(1, start(1).eventId());
                insert.setString(2, start(1).id());
                insert.setString(3, "gate-3");
                insert.setString(4, "start");
                insert.setLong(5, 1_234);
                insert.setBytes(6, IncidentJson.incident(start(1), 1));
                insert.executeUpdate();
            }
        }
        for (int i = 0; i < 2; i++) {
            try (IncidentSpool spool = open()) {
                assertThat(spool.oldestMillis()).isEqualTo(1_234);
                assertThat(spool.lostFiles()).isZero();
                assertThat(numbers(spool.next(0, 10))).startsWith(1);
                spool.append(List.of(start(2)));
            }
        }
    }

    @Test
    void shouldSendDeadLettersAgainWithTheirBytesAndKeepTheOthers() throws IOException {
        byte[] value;
        try (IncidentSpool spool = open()) {
            spool.append(List.of(start(1), start(2), end(1), end(2)));
            for (SpooledEvent event : spool.next(0, 4)) {
                spool.deadLetter(event, "too \"large\" \\ é");
            }
            value = IncidentJson.incident(end(1), CLOCK.millis());
        }
        Path letters = folder.resolve("dead-letters.jsonl");
        Files.writeString(letters, "{\"setAsideAt\":\"cut o\n", StandardOpenOption.APPEND);
        assertThat(SpoolMaintenance.resend(config(), CLOCK, end(1).eventId()::equals))
                .isEqualTo(1);
        assertThat(SpoolMaintenance.resend(config(), CLOCK, "nobody"::equals)).isZero();
        assertThat(Files.readAllLines(letters)).hasSize(4).last().isEqualTo("{\"setAsideAt\":\"cut o");
        SpoolMaintenance.Contents contents = SpoolMaintenance.list(config());
        assertThat(contents.waiting()).singleElement().satisfies(event -> {
            assertThat(event.id()).isEqualTo(end(1).eventId());
            assertThat(event.value()).isEqualTo(value);
            assertThat(event.phase()).isEqualTo("end");
            assertThat(event.stream()).isEqualTo("gate-3");
            assertThat(event.incident()).isEqualTo(end(1).id());
            assertThat(event.atMillis()).isEqualTo(end(1).decidedAtMillis());
        });
        assertThat(contents.deadLetters())
                .hasSize(3)
                .allSatisfy(letter -> {
                    assertThat(letter.reason()).isEqualTo("too \"large\" \\ é");
                    assertThat(letter.setAsideAt()).isEqualTo("2026-11-20T12:00:05.000Z");
                })
                .extracting(letter -> letter.event().id())
                .containsExactly(start(1).eventId(), start(2).eventId(), end(2).eventId());
        assertThat(SpoolMaintenance.resend(config(), CLOCK, id -> true)).isEqualTo(3);
        assertThat(Files.readAllLines(letters)).hasSize(1);
        try (IncidentSpool spool = open()) {
            assertThat(spool.waiting()).isEqualTo(4);
        }
    }

    @Test
    void shouldListAndExportWhileTheSpoolIsInUseAndRefuseToChangeIt() {
        assertThat(SpoolMaintenance.list(config()).waiting()).isEmpty();
        try (IncidentSpool spool = open()) {
            spool.append(List.of(start(1), start(2), end(1)));
            spool.acknowledge(spool.next(0, 1));
            spool.deadLetter(spool.next(0, 1).get(0), "reason");
            SpoolMaintenance.Contents contents = SpoolMaintenance.list(config());
            assertThat(contents.waiting()).extracting(SpooledEvent::id).containsExactly(end(1).eventId());
            assertThat(contents.deadLetters()).hasSize(1);
            assertThat(spool.deadLetterBytes())
                    .isEqualTo(folder.resolve("dead-letters.jsonl").toFile().length());
            assertThat(contents.damagedFiles()).isEmpty();
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            assertThat(SpoolMaintenance.export(config(), out)).isEqualTo(2);
            assertThat(out.toString(StandardCharsets.UTF_8))
                    .isEqualTo(new String(IncidentJson.incident(end(1), CLOCK.millis()), StandardCharsets.UTF_8)
                            + "\n"
                            + new String(IncidentJson.incident(start(2), CLOCK.millis()), StandardCharsets.UTF_8)
                            + "\n");
        }
    }

    @Test
    void shouldRepairFromFilesThatWereMovedAside() throws IOException {
        fill();
        Files.move(file(), folder.resolve("damaged-7.db"));
        try (IncidentSpool spool = open()) {
            spool.append(List.of(start(1_000), Incidents.bareHead("gate-3", 1_000, 1, Incident.Phase.END)));
            assertThat(spool.lostFiles()).isEqualTo(1);
        }
        assertThat(SpoolMaintenance.repair(config(), CLOCK)).isEqualTo(MESSAGES);
        assertThat(SpoolMaintenance.repair(config(), CLOCK)).as("all are there").isZero();
        SpoolMaintenance.Contents contents = SpoolMaintenance.list(config());
        assertThat(contents.waiting()).hasSize(MESSAGES + 2);
        assertThat(contents.damagedFiles()).containsExactly(folder.resolve("damaged-7.db"));
    }

    @Test
    void shouldRepairFromSeveralFilesAndEndTheirOpenIncidents() throws IOException {
        try (IncidentSpool spool = open()) {
            spool.append(List.of(start(1), end(1)));
        }
        Files.move(file(), folder.resolve("damaged-7.db"));
        try (IncidentSpool spool = open()) {
            spool.append(List.of(start(2), start(3), end(3)));
        }
        Files.move(file(), folder.resolve("damaged-8.db"));
        try (IncidentSpool spool = open()) {
            assertThat(spool.repair()).isEqualTo(5);
            assertThat(spool.salvaged()).isEqualTo(5);
            assertThat(spool.waiting()).isEqualTo(6);
            List<SpooledEvent> events = spool.next(0, 10);
            assertThat(events).hasSize(6);
            assertThat(events.get(5).id()).isEqualTo(start(2).id() + "/1/0");
            assertThat(new String(events.get(5).value(), StandardCharsets.UTF_8))
                    .contains("interrupted");
            assertThat(spool.waitingBytes())
                    .isEqualTo(events.stream()
                            .mapToLong(event -> SpoolTransaction.sizeOnDisk(event.value()))
                            .sum());
        }
    }

    @Test
    void shouldExportThroughABuffer() {
        try (IncidentSpool spool = open()) {
            spool.append(List.of(start(1)));
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        assertThat(SpoolMaintenance.export(config(), new BufferedOutputStream(out, 1 << 20)))
                .isEqualTo(1);
        assertThat(out.size()).isPositive();
    }
}
