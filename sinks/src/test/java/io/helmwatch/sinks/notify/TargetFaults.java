package io.helmwatch.sinks.notify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.helmwatch.config.incident.SpoolConfig;
import io.helmwatch.config.sink.NotifyConfig;
import io.helmwatch.sinks.FullDisk;
import io.helmwatch.sinks.spool.Incidents;
import io.helmwatch.vision.Incident;
import io.helmwatch.vision.StreamStatus;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What delivery to a target promises, against a real server behind a {@link FaultyRelay}: nothing that was accepted is lost, the order stays, and
 * messages repeat only where an answer was cut off or our process killed.
 */
@Timeout(300)
public abstract class TargetFaults {
    /** Incidents of two messages for each fault; more to measure than to test, since GreenMail takes two mails a second. */
    private static final int INCIDENTS = Integer.getInteger("helmwatch.proof.incidents", 2);

    private static final int KILLS = Integer.getInteger("helmwatch.proof.kills", 10);

    /** Longest wait for an answer in these tests. */
    protected static final Duration ANSWER = Duration.ofSeconds(1);

    @TempDir
    protected Path folder;

    /** In front of the server. */
    protected FaultyRelay relay;

    private Notification target;
    private int number;
    private final List<String> sent = new ArrayList<>();

    /** The target, behind the relay. */
    protected abstract NotifyConfig.Target target();

    /** A client of the target. */
    protected abstract Notifier notifier();

    /** Ids of the messages that the server received, in their order, repeats included. */
    protected abstract List<String> receivedMessages() throws Exception;

    /** The server refuses our password, or takes it again. */
    protected abstract void refuse(boolean isRefused) throws Exception;

    /** Class with a main method that opens the target and notifies it without end: {@code PORT SPOOL_DIR ACCEPTED_FILE RUN}. */
    protected abstract Class<?> process();

    @AfterEach
    void close() throws IOException {
        if (target != null) {
            target.close();
        }
        if (relay != null) {
            relay.close();
        }
    }

    /** Those of incidents. */
    private List<String> received() throws Exception {
        return receivedMessages().stream().filter(id -> id.startsWith("gate/")).toList();
    }

    private Notification open(Path spool) {
        NotifyConfig config = new NotifyConfig(
                "guards",
                target(),
                Set.of(NotifyConfig.Phase.START, NotifyConfig.Phase.END),
                List.of(),
                List.of(),
                List.of(),
                null,
                Duration.ZERO,
                Duration.ZERO,
                Duration.ofMillis(100),
                true,
                null);
        target = new Notification(
                config, SpoolConfig.DEFAULT.withDirectory(spool), notifier(), incident -> false, Clock.systemUTC());
        return target;
    }

    /** Notifies of incidents, and returns the longest time that this held up the caller. */
    private Duration publish(int incidents) {
        long longest = 0;
        for (int end = number + incidents; number < end; number++) {
            for (Incident incident : List.of(
                    Incidents.bareHead("gate", number, 0, Incident.Phase.START),
                    Incidents.bareHead("gate", number, 1, Incident.Phase.END))) {
                long begun = System.nanoTime();
                target.publish(incident);
                longest = Math.max(longest, System.nanoTime() - begun);
                sent.add(incident.eventId());
            }
        }
        return Duration.ofNanos(longest);
    }

    private int awaitAll() {
        await().atMost(30, TimeUnit.SECONDS)
                .untilAsserted(() -> assertThat(new LinkedHashSet<>(received())).hasSameSizeAs(sent));
        await().untilAsserted(() -> assertThat(target.statistics().waiting()).isZero());
        try {
            assertThat(new LinkedHashSet<>(received())).containsExactlyElementsOf(sent);
            return received().size() - sent.size();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private static void print(String fault, int accepted, int repeats) {
        System.out.printf("%s: %d accepted, 0 lost, %d repeats%n", fault, accepted, repeats);
    }

    @Test
    void shouldLoseNothingWhenTheServerFails() throws Exception {
        open(folder.resolve("spool"));
        publish(1);
        awaitAll();
        for (FaultyRelay.Fault fault : FaultyRelay.Fault.values()) {
            int before = received().size() - sent.size();
            relay.fail(fault);
            publish(INCIDENTS);
            boolean isAway = fault == FaultyRelay.Fault.DOWN
                    || fault == FaultyRelay.Fault.CLOSED
                    || fault == FaultyRelay.Fault.SILENT;
            if (isAway) {
                await().untilAsserted(() -> assertThat(target.problem()).isNotEmpty());
                assertThat(target.problem()).contains("127.0.0.1:" + relay.port());
                relay.fail(FaultyRelay.Fault.NONE);
            }
            int repeats = awaitAll() - before;
            assertThat(repeats).as("%s", fault).isEqualTo(fault == FaultyRelay.Fault.CUT ? 1 : 0);
            assertThat(target.problem()).isEmpty();
            print(getClass().getSimpleName() + " " + fault, 2 * INCIDENTS, repeats);
        }
    }

    @Test
    void shouldLoseNothingWhileThePasswordIsRefused() throws Exception {
        open(folder.resolve("spool"));
        publish(1);
        awaitAll();
        refuse(true);
        publish(INCIDENTS);
        await().untilAsserted(() -> assertThat(target.problem()).contains("127.0.0.1:" + relay.port()));
        System.out.println(target.problem());
        refuse(false);
        print(getClass().getSimpleName() + " refused", 2 * INCIDENTS, awaitAll());
        assertThat(received()).hasSameSizeAs(sent);
    }

    @Test
    void shouldLoseNothingWhenTheServerIsAwayWhileTheProcessRestartsOrIsKilled() throws Exception {
        relay.fail(FaultyRelay.Fault.DOWN);
        open(folder.resolve("running"));
        publish(INCIDENTS);
        await().untilAsserted(() -> assertThat(target.statistics().accepted()).isEqualTo(sent.size()));
        Path crashed = copy(folder.resolve("running"), folder.resolve("crashed"));
        target.close();
        relay.fail(FaultyRelay.Fault.NONE);
        open(folder.resolve("running"));
        print(getClass().getSimpleName() + " restarted", sent.size(), awaitAll());
        target.close();
        // The same messages again: those that a killed process left on disk.
        open(crashed);
        assertThat(target.statistics().waiting()).isEqualTo(sent.size());
        await().untilAsserted(() -> assertThat(received()).hasSize(2 * sent.size()));
    }

    private static Path copy(Path from, Path to) throws Exception {
        assertThat(new ProcessBuilder("cp", "-r", from.toString(), to.toString())
                        .start()
                        .waitFor())
                .isZero();
        return to;
    }

    /** A disk that really is full: a tmpfs of 2 MB, which only root may mount. */
    @Test
    void shouldLoseAndRepeatNothingWhileTheDiskIsFull() throws Exception {
        Path disk = Files.createDirectories(folder.resolve("disk"));
        assumeTrue(
                new ProcessBuilder("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", disk.toString())
                                .start()
                                .waitFor()
                        == 0,
                "may not mount a tmpfs");
        try {
            open(disk);
            publish(1);
            awaitAll();
            relay.fail(FaultyRelay.Fault.DOWN);
            publish(INCIDENTS);
            await().untilAsserted(
                            () -> assertThat(target.statistics().accepted()).isEqualTo(sent.size()));
            Path ballast = disk.resolve("ballast");
            FullDisk.fill(ballast);
            assertThat(publish(INCIDENTS)).as("time that the caller waits").isLessThan(Duration.ofMillis(500));
            target.streams().publish(new StreamStatus("yard", StreamStatus.State.OFFLINE, "no route to host", 0));
            // What waits is sent all the same, and cannot be removed.
            relay.fail(FaultyRelay.Fault.NONE);
            await().untilAsserted(() -> assertThat(received()).hasSizeGreaterThan(2));
            await().untilAsserted(() -> assertThat(target.problem()).contains("the disk is full", "notify/guards"));
            System.out.println(target.problem());
            Files.delete(ballast);
            print(getClass().getSimpleName() + " disk full", sent.size(), awaitAll());
            assertThat(received()).containsExactlyElementsOf(sent);
            await().untilAsserted(() -> assertThat(target.problem()).isEmpty());
            await().untilAsserted(
                            () -> assertThat(target.statistics().delivered()).isEqualTo(sent.size() + 1));
            target.streams().publish(new StreamStatus("yard", StreamStatus.State.ONLINE, "", 1_000));
            await().untilAsserted(
                            () -> assertThat(target.statistics().delivered()).isEqualTo(sent.size() + 2));
        } finally {
            target.close();
            assertThat(new ProcessBuilder("umount", disk.toString()).start().waitFor())
                    .isZero();
        }
    }

    /** Killed at random moments: what comes twice is what was taken just before. Minutes long, so not in the default run. */
    @Test
    @Tag("slow")
    void shouldLoseNothingWhenTheProcessIsKilledAtRandomMoments() throws Exception {
        Random random = new Random(20261130);
        Path accepted = folder.resolve("accepted");
        Path spool = folder.resolve("spool");
        for (int run = 0; run < KILLS; run++) {
            Process process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-XX:TieredStopAtLevel=1",
                            "-Xmx128m",
                            "-cp",
                            System.getProperty("java.class.path"),
                            process().getName(),
                            Integer.toString(relay.port()),
                            spool.toString(),
                            accepted.toString(),
                            Integer.toString(run))
                    .redirectErrorStream(true)
                    .start();
            assertThat(process.inputReader(StandardCharsets.UTF_8).readLine()).isNotNull();
            Thread.sleep(200 + random.nextInt(2_000));
            process.destroyForcibly();
            assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
        }
        Set<String> promised = new LinkedHashSet<>(Files.readAllLines(accepted));
        open(spool);
        await().atMost(150, TimeUnit.SECONDS).until(() -> new HashSet<>(received()).containsAll(promised));
        Set<String> all = new LinkedHashSet<>(received());
        print(
                getClass().getSimpleName() + " killed " + KILLS + " times",
                promised.size(),
                received().size() - all.size());
        assertThat(received().size() - all.size()).isLessThanOrEqualTo(KILLS);
    }

    /** The process that is killed. */
    protected static void notifyWithoutEnd(NotifyConfig.Target target, Notifier notifier, String... arguments)
            throws IOException, InterruptedException {
        Path accepted = Path.of(arguments[2]);
        int run = Integer.parseInt(arguments[3]);
        try (Notification guards = new Notification(
                NotifyConfig.of("guards", target),
                SpoolConfig.DEFAULT.withDirectory(Path.of(arguments[1])),
                notifier,
                incident -> false,
                Clock.systemUTC())) {
            System.out.println("running");
            for (int number = 0; ; number++) {
                Incident start = Incidents.bareHead("gate", run * 100_000 + number, 0, Incident.Phase.START);
                Incident end = Incidents.bareHead("gate", run * 100_000 + number, 1, Incident.Phase.END);
                guards.publish(start);
                guards.publish(end);
                while (guards.statistics().accepted() < 2L * (number + 1)) {
                    Thread.sleep(1);
                }
                Files.write(
                        accepted,
                        List.of(start.eventId(), end.eventId()),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.APPEND);
                Thread.sleep(200);
            }
        }
    }
}
