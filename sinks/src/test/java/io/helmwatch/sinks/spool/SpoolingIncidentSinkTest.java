package io.helmwatch.sinks.spool;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.incident.SpoolConfig;
import io.helmwatch.sinks.IncidentStatistics;
import io.helmwatch.vision.Incident;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpoolingIncidentSinkTest {
    private static final Clock CLOCK = Clock.fixed(Instant.ofEpochMilli(Incidents.NOON + 5_000), ZoneOffset.UTC);

    @TempDir
    Path folder;

    private IncidentSpool spool(long maxBytes) {
        return new IncidentSpool(new SpoolConfig(folder, maxBytes, false), CLOCK);
    }

    private static Incident start(int number) {
        return Incidents.bareHead("gate-3", number, 0, Incident.Phase.START);
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waited too long").isLessThan(until);
            Thread.sleep(5);
        }
    }

    @Test
    void shouldPersistInOrderAndWithSnapshotsBeforeItIsClosed() {
        try (IncidentSpool spool = spool(1 << 20)) {
            SpoolingIncidentSink sink = new SpoolingIncidentSink(spool);
            CompletableFuture<Incident.Snapshot> soon = new CompletableFuture<>();
            soon.completeOnTimeout(
                    new Incident.Snapshot("a.jpg", "0".repeat(64), null, null), 50, TimeUnit.MILLISECONDS);
            sink.publish(start(1), soon);
            for (int i = 2; i <= 100; i++) {
                sink.publish(start(i));
            }
            sink.close();
            sink.close();
            List<SpooledEvent> events = spool.next(0, 1_000);
            assertThat(events).hasSize(100);
            for (int i = 1; i <= 100; i++) {
                assertThat(events.get(i - 1).id()).isEqualTo(start(i).eventId());
            }
            assertThat(new String(events.get(0).value(), StandardCharsets.UTF_8))
                    .contains("a.jpg");
            sink.publish(start(101));
            IncidentStatistics statistics = sink.statistics();
            assertThat(statistics.accepted()).isEqualTo(100);
            assertThat(statistics.refused()).as("after closing").isEqualTo(1);
            assertThat(statistics.waiting()).isEqualTo(100);
            assertThat(statistics.waitingBytes())
                    .isEqualTo(spool.waitingBytes())
                    .isPositive();
            assertThat(statistics.oldestWaitingMillis()).isEqualTo(CLOCK.millis());
            assertThat(statistics.problem()).isEmpty();
            spool.deadLetter(events.get(0), "reason");
            spool.acknowledge(events.subList(1, 3));
            assertThat(statistics.deadLetters()).isEqualTo(1);
            assertThat(statistics.deadLetterBytes())
                    .isEqualTo(spool.deadLetterBytes())
                    .isPositive();
            assertThat(statistics.delivered()).isEqualTo(2);
            assertThat(statistics.salvaged()).isZero();
            assertThat(statistics.lostFiles()).isZero();
        }
    }

    @Test
    void shouldReportAFullSpoolUntilItAcceptsMessagesAgain() throws InterruptedException {
        try (IncidentSpool spool = spool(3_500);
                SpoolingIncidentSink sink = new SpoolingIncidentSink(spool)) {
            IncidentStatistics statistics = sink.statistics();
            for (int i = 1; i <= 5; i++) {
                sink.publish(start(i));
            }
            await(() -> statistics.accepted() + statistics.refused() == 5);
            assertThat(statistics.refused()).isPositive();
            await(() -> !statistics.problem().isEmpty());
            assertThat(statistics.problem()).contains("full", "incidents.spool.max-bytes");
            spool.acknowledge(spool.next(0, 10));
            sink.publish(start(6));
            await(() -> statistics.problem().isEmpty());
            assertThat(spool.waiting()).isEqualTo(1);
        }
    }

    @Test
    void shouldRetryWhileTheDiskIsFullAndLoseNothing() throws InterruptedException {
        try (IncidentSpool spool = spool(1 << 20);
                SpoolingIncidentSink sink = new SpoolingIncidentSink(spool)) {
            IncidentStatistics statistics = sink.statistics();
            spool.limitPages(12);
            for (int i = 1; i <= 60; i++) {
                sink.publish(start(i));
            }
            await(() -> statistics.problem().contains("the disk is full"));
            spool.limitPages(100_000);
            await(() -> statistics.accepted() == 60 && statistics.problem().isEmpty());
            assertThat(statistics.refused()).isZero();
            assertThat(spool.waiting()).isEqualTo(60);
        }
    }

    @Test
    void shouldReportWhatWasSalvagedAndLost() throws IOException {
        try (IncidentSpool spool = spool(1 << 20)) {
            spool.append(List.of(start(1), Incidents.bareHead("gate-3", 1, 1, Incident.Phase.END)));
        }
        Files.move(folder.resolve("incidents.db"), folder.resolve("damaged-7.db"));
        try (IncidentSpool spool = spool(1 << 20);
                SpoolingIncidentSink sink = new SpoolingIncidentSink(spool)) {
            spool.repair();
            assertThat(sink.statistics().salvaged()).isEqualTo(2);
            assertThat(sink.statistics().lostFiles()).isEqualTo(1);
        }
    }

    /** The disk stays full: closing tries for three seconds, then gives up. */
    @Test
    void shouldCloseInBoundedTimeWhileTheDiskIsFull() throws InterruptedException {
        try (IncidentSpool spool = spool(1 << 20)) {
            SpoolingIncidentSink sink = new SpoolingIncidentSink(spool);
            assertThat(Thread.getAllStackTraces().keySet())
                    .filteredOn(thread -> thread.getName().equals("incident-spool"))
                    .isNotEmpty()
                    .allMatch(Thread::isDaemon);
            spool.limitPages(12);
            for (int i = 1; i <= 60; i++) {
                sink.publish(start(i));
            }
            await(() -> sink.statistics().problem().contains("the disk is full"));
            long start = System.nanoTime();
            sink.close();
            assertThat(System.nanoTime() - start).isBetween(2_000_000_000L, 5_900_000_000L);
            assertThat(Thread.getAllStackTraces().keySet())
                    .noneMatch(thread -> thread.getName().equals("incident-spool"));
        }
    }
}
