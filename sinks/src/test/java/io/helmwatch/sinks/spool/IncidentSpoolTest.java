package io.helmwatch.sinks.spool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helmwatch.config.incident.SpoolConfig;
import io.helmwatch.sinks.sqlite.SqliteException;
import io.helmwatch.vision.Incident;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IncidentSpoolTest {
    private static final Clock CLOCK = Clock.fixed(Instant.ofEpochMilli(Incidents.NOON + 5_000), ZoneOffset.UTC);

    @TempDir
    Path folder;

    private IncidentSpool open() {
        return open(64 << 20);
    }

    private IncidentSpool open(long maxBytes) {
        return new IncidentSpool(new SpoolConfig(folder, maxBytes, false), CLOCK);
    }

    private static Incident start(int number) {
        return Incidents.bareHead("gate-3", number, 0, Incident.Phase.START);
    }

    private static List<String> ids(IncidentSpool spool) {
        return spool.next(0, 10_000).stream()
                .map(event -> event.id().substring(event.id().indexOf("pit/") + 4))
                .toList();
    }

    @Test
    void shouldKeepMessagesInOrderOverARestartUntilTheyAreAcknowledged() {
        List<SpooledEvent> before;
        try (IncidentSpool spool = open()) {
            spool.append(List.of(start(1), start(2), Incidents.bareHead("gate-3", 1, 1, Incident.Phase.END)));
            spool.append(List.of(Incidents.bareHead("gate-3", 2, 1, Incident.Phase.END)));
            before = spool.next(0, 10);
            spool.acknowledge(before.subList(0, 1));
        }
        try (IncidentSpool spool = open()) {
            assertThat(ids(spool)).containsExactly("2/0", "1/1", "2/1");
            assertThat(spool.waiting()).isEqualTo(3);
            SpooledEvent first = spool.next(0, 1).get(0);
            assertThat(first.value()).isEqualTo(before.get(1).value());
            assertThat(first.stream()).isEqualTo("gate-3");
            assertThat(first.phase()).isEqualTo("start");
            assertThat(first.atMillis()).isEqualTo(Incidents.NOON + 2_240);
            spool.acknowledge(spool.next(0, 10));
            assertThat(spool.waiting()).isZero();
            assertThat(spool.waitingBytes()).isZero();
        }
    }

    @Test
    void shouldPersistAMessageOnlyOnce() {
        try (IncidentSpool spool = open()) {
            spool.append(List.of(start(1)));
            spool.append(List.of(start(1)));
            assertThat(ids(spool)).containsExactly("1/0");
            assertThat(spool.waiting()).isEqualTo(1);
        }
    }

    @Test
    void shouldEndIncidentsThatWereOpenWhenTheProcessDied() {
        try (IncidentSpool spool = open()) {
            spool.append(List.of(start(1), start(2), Incidents.bareHead("gate-3", 2, 1, Incident.Phase.END)));
            spool.append(List.of(Incidents.bareHead("gate-3", 1, 1, Incident.Phase.UPDATE)));
            spool.acknowledge(spool.next(0, 10));
        }
        try (IncidentSpool spool = open()) {
            List<SpooledEvent> ended = spool.next(0, 10);
            assertThat(ids(spool)).containsExactly("1/2/0");
            assertThat(new String(ended.get(0).value(), StandardCharsets.UTF_8))
                    .contains(
                            "\"phase\":\"end\"",
                            "\"endReason\":\"interrupted\"",
                            "\"recordedAt\":\"2026-11-20T12:00:05.000Z\"");
        }
        try (IncidentSpool spool = open()) {
            assertThat(ids(spool)).containsExactly("1/2/0");
        }
    }

    @Test
    void shouldRefuseUpdatesFirstAndEverythingWhenFull() {
        try (IncidentSpool spool = open(100_000)) {
            int refused = 0;
            int number = 0;
            while (spool.waitingBytes() < 79_000) {
                refused += spool.append(List.of(start(++number)));
            }
            assertThat(refused).isZero();
            assertThat(spool.append(List.of(Incidents.bareHead("gate-3", 1, 1, Incident.Phase.UPDATE))))
                    .isEqualTo(1);
            assertThat(spool.append(List.of(Incidents.bareHead("gate-3", 1, 2, Incident.Phase.END))))
                    .isZero();
            while (spool.append(List.of(start(++number))) == 0) {
                assertThat(spool.waitingBytes()).isLessThanOrEqualTo(100_000);
            }
            spool.acknowledge(spool.next(0, 10));
            assertThat(spool.append(List.of(start(++number)))).isZero();
        }
    }

    @Test
    void shouldMoveWhatTheBrokerRejectsForGoodToTheDeadLetters() throws IOException {
        try (IncidentSpool spool = open()) {
            spool.append(List.of(start(1), start(2)));
            spool.deadLetter(spool.next(0, 1).get(0), "too \"large\"");
            assertThat(ids(spool)).containsExactly("2/0");
            assertThat(spool.deadLetters()).isEqualTo(1);
            assertThat(spool.delivered()).isZero();
        }
        assertThat(Files.readAllLines(folder.resolve("dead-letters.jsonl")))
                .hasSize(1)
                .first()
                .asString()
                .startsWith(
                        "{\"setAsideAt\":\"2026-11-20T12:00:05.000Z\",\"reason\":\"too \\\"large\\\"\",\"event\":{\"schema\":")
                .endsWith("}}");
    }

    @Test
    void shouldRefuseASecondUserWithASentence() {
        try (IncidentSpool spool = open()) {
            spool.append(List.of(start(1)));
            assertThatThrownBy(this::open)
                    .isInstanceOf(SqliteException.class)
                    .hasMessageContaining("is used by another process")
                    .hasMessageContaining("incidents.spool.directory");
        }
    }

    @Test
    void shouldSayWhichFolderCannotBeUsed() throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        assertThatThrownBy(() -> new IncidentSpool(new SpoolConfig(file, 1 << 20, true), CLOCK))
                .isInstanceOf(SqliteException.class)
                .hasMessageContaining("cannot be opened")
                .hasMessageContaining(file + " is no folder")
                .hasMessageContaining("set incidents.spool.directory");
    }

    @Test
    void shouldContinueAfterTheDiskWasFull() {
        // The limit on pages stands for the disk: SQLite reports both as SQLITE_FULL.
        try (IncidentSpool spool = open()) {
            spool.append(List.of(start(1)));
            spool.limitPages(12);
            List<Incident> many = new ArrayList<>();
            for (int i = 2; i <= 200; i++) {
                many.add(start(i));
            }
            assertThatThrownBy(() -> spool.append(many))
                    .isInstanceOf(SqliteException.class)
                    .hasMessageContaining("the disk is full; free space");
            assertThat(ids(spool)).containsExactly("1/0");
            assertThat(spool.waiting()).isEqualTo(1);
            spool.limitPages(100_000);
            assertThat(spool.append(many)).isZero();
            assertThat(spool.waiting()).isEqualTo(200);
        }
    }

    @Test
    void shouldReportHowOldTheOldestWaitingMessageIs() {
        try (IncidentSpool spool = open()) {
            assertThat(spool.oldestMillis()).isZero();
            spool.append(List.of(start(1), start(2)));
            assertThat(spool.oldestMillis()).isEqualTo(CLOCK.millis());
            spool.acknowledge(spool.next(0, 10));
            assertThat(spool.oldestMillis()).isZero();
        }
    }

    @Test
    void shouldKeepEveryFileForItsOwnerOnly() throws IOException {
        Path directory = folder.resolve("new/spool");
        Set<PosixFilePermission> wide = PosixFilePermissions.fromString("rw-rw-rw-");
        SpoolConfig config = new SpoolConfig(directory, 1 << 20, false);
        try (IncidentSpool spool = new IncidentSpool(config, CLOCK)) {
            spool.append(List.of(start(1), start(2)));
            spool.deadLetter(spool.next(0, 1).get(0), "reason");
            for (String name : List.of("incidents.db", "incidents.db-wal", "dead-letters.jsonl")) {
                assertThat(permissions(directory.resolve(name))).as(name).isEqualTo("rw-------");
            }
            assertThat(permissions(directory)).isEqualTo("rwx------");
        }
        Files.setPosixFilePermissions(directory.resolve("incidents.db"), wide);
        Files.setPosixFilePermissions(directory.resolve("dead-letters.jsonl"), wide);
        try (IncidentSpool spool = new IncidentSpool(config, CLOCK)) {
            assertThat(permissions(directory.resolve("incidents.db"))).isEqualTo("rw-------");
            spool.deadLetter(spool.next(0, 1).get(0), "reason");
            assertThat(permissions(directory.resolve("dead-letters.jsonl"))).isEqualTo("rw-------");
        }
    }

    private static String permissions(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    /** Runs the change while another thread waits for a message, and tells whether the wait ended early. */
    private static boolean endsWaiting(IncidentSpool spool, Runnable change) throws InterruptedException {
        Thread waiting = new Thread(() -> {
            try {
                spool.await(60_000);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        waiting.start();
        long until = System.nanoTime() + 10_000_000_000L;
        while (waiting.getState() != Thread.State.TIMED_WAITING && System.nanoTime() < until) {
            Thread.sleep(1);
        }
        change.run();
        waiting.join(10_000);
        boolean ended = !waiting.isAlive();
        waiting.interrupt();
        return ended;
    }

    @Test
    void shouldEndAWaitWhenAMessageArrivesIsReturnedOrTheSpoolIsClosed() throws InterruptedException {
        IncidentSpool spool = open();
        assertThat(endsWaiting(spool, () -> spool.append(List.of(start(1)))))
                .as("appended")
                .isTrue();
        spool.deadLetter(spool.next(0, 1).get(0), "reason");
        assertThat(endsWaiting(spool, () -> spool.resend(id -> true)))
                .as("returned")
                .isTrue();
        assertThat(endsWaiting(spool, spool::close)).as("closed").isTrue();
        spool.await(60_000);
    }

    @Test
    void shouldPersistAMessageThatBelongsToNoIncidentOnce() throws InterruptedException {
        SpooledEvent back = new SpooledEvent(0, "gate-3/back/7", "", "gate-3", "stream.back", 7, new byte[] {'{', '}'});
        try (IncidentSpool spool = open()) {
            assertThat(endsWaiting(spool, () -> spool.enqueue(back))).isTrue();
            spool.enqueue(back);
            assertThat(spool.waiting()).isEqualTo(1);
        }
        try (IncidentSpool spool = open()) {
            assertThat(spool.next(0, 10)).singleElement().satisfies(event -> {
                assertThat(event.id()).isEqualTo("gate-3/back/7");
                assertThat(event.phase()).isEqualTo("stream.back");
                assertThat(event.value()).isEqualTo(back.value());
            });
        }
    }

    @Test
    void shouldReturnADeadLetterThatBelongsToNoIncident() {
        byte[] value = ("{\"id\":\"gate-3/stream.back/7\",\"type\":\"stream.back\",\"at\":\"2026-11-20T12:00:00.000Z\","
                        + "\"stream\":\"gate-3\"}")
                .getBytes(StandardCharsets.UTF_8);
        SpooledEvent back = new SpooledEvent(
                0, "gate-3/stream.back/7", "gate-3/stream.back/7", "gate-3", "stream.back", Incidents.NOON, value);
        try (IncidentSpool spool = open()) {
            spool.enqueue(back);
            spool.deadLetter(spool.next(0, 1).get(0), "answered 413");
            assertThat(spool.resend(id -> true)).isEqualTo(1);
            assertThat(spool.next(0, 10))
                    .singleElement()
                    .usingRecursiveComparison()
                    .ignoringFields("position")
                    .isEqualTo(back);
        }
    }

    @Test
    void shouldWaitForAMessageNoLongerThanAsked() throws InterruptedException {
        try (IncidentSpool spool = open()) {
            long start = System.nanoTime();
            spool.await(100);
            assertThat(System.nanoTime() - start).isBetween(99_000_000L, 30_000_000_000L);
            start = System.nanoTime();
            spool.await(0);
            assertThat(System.nanoTime() - start).isLessThan(30_000_000_000L);
        }
    }

    @Test
    void shouldAcceptAMessageThatFillsTheSpoolExactly() {
        long bytes;
        try (IncidentSpool spool = open()) {
            spool.append(List.of(start(1)));
            bytes = spool.waitingBytes();
            spool.acknowledge(spool.next(0, 1));
        }
        try (IncidentSpool spool = open(3 * bytes)) {
            spool.acknowledge(spool.next(0, 10));
            assertThat(spool.append(List.of(start(2), start(3), start(4)))).isZero();
            assertThat(spool.waitingBytes()).isEqualTo(3 * bytes);
            assertThat(spool.append(List.of(start(5)))).isEqualTo(1);
        }
        try (IncidentSpool spool = open(3 * bytes - 1)) {
            spool.acknowledge(spool.next(0, 10));
            assertThat(spool.append(List.of(start(6), start(7), start(8)))).isEqualTo(1);
        }
    }

    @Test
    void shouldEndAnInterruptedIncidentOnceOnly() {
        try (IncidentSpool spool = open()) {
            spool.append(List.of(start(1)));
        }
        try (IncidentSpool spool = open()) {
            assertThat(ids(spool)).containsExactly("1/0", "1/1/0");
            spool.acknowledge(spool.next(0, 10));
        }
        try (IncidentSpool spool = open()) {
            assertThat(spool.waiting()).isZero();
        }
    }
}
