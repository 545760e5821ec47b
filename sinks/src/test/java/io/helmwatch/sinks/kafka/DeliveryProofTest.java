package io.helmwatch.sinks.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.helmwatch.config.incident.SpoolConfig;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.sinks.FullDisk;
import io.helmwatch.sinks.spool.IncidentSpool;
import io.helmwatch.sinks.spool.Incidents;
import io.helmwatch.sinks.spool.SpoolingIncidentSink;
import io.helmwatch.vision.Incident;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What delivery promises, against a broker in a process of its own and a sender in another one. Minutes long, so not in the default run:
 * {@code ./mvnw -pl sinks -am test -DexcludedGroups=gpu -Dgroups=slow}.
 */
@Tag("slow")
@Timeout(900)
class DeliveryProofTest {
    private static final String TOPIC = "helmwatch.events";
    private static final int KILLS = Integer.getInteger("helmwatch.proof.kills", 30);
    private static final int OUTAGE_SECONDS = Integer.getInteger("helmwatch.proof.outage", 60);

    @TempDir
    Path folder;

    private final List<Process> processes = new ArrayList<>();
    private PasswordListener listener;
    private Process broker;

    @BeforeEach
    void startBroker() throws IOException {
        listener = PasswordListener.onFreePorts();
        broker = startBrokerProcess();
    }

    @AfterEach
    void end() {
        processes.forEach(Process::destroyForcibly);
    }

    private Process startBrokerProcess() throws IOException {
        Process started = java(
                "BrokerProcess",
                folder.resolve("kafka").toString(),
                Integer.toString(listener.plainPort()),
                Integer.toString(listener.controllerPort()),
                Integer.toString(listener.port()));
        awaitLine(started, "ready");
        return started;
    }

    private Process java(String main, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx384m",
                "-cp",
                System.getProperty("java.class.path"),
                "io.helmwatch.sinks.kafka." + main));
        command.addAll(Arrays.asList(arguments));
        Process process = new ProcessBuilder(command)
                .redirectError(folder.resolve(main + ".log").toFile())
                .start();
        processes.add(process);
        return process;
    }

    private static void awaitLine(Process process, String beginning) throws IOException {
        BufferedReader lines = process.inputReader(StandardCharsets.UTF_8);
        String line = lines.readLine();
        while (line != null && !line.startsWith(beginning)) {
            line = lines.readLine();
        }
        assertThat(line).as("the process says " + beginning).isNotNull();
    }

    private String bootstrap() {
        return listener.plainServers();
    }

    private static void signal(Process process, String name) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder("sh", "-c", "kill -" + name + " " + process.pid())
                        .start()
                        .waitFor())
                .isZero();
    }

    /** Killed at random moments while incidents flow: nothing accepted is lost, and what comes twice is the same. */
    @Test
    void shouldLoseNoAcceptedIncidentWhenTheProcessIsKilledAtRandomMoments() throws Exception {
        Random random = new Random(20261120);
        Path accepted = folder.resolve("accepted");
        Path spoolFolder = folder.resolve("spool");
        for (int run = 0; run < KILLS; run++) {
            Process producer = java(
                    "IncidentProducerProcess",
                    bootstrap(),
                    TOPIC,
                    spoolFolder.toString(),
                    accepted.toString(),
                    Integer.toString(run));
            awaitLine(producer, "running");
            Thread.sleep(200 + random.nextInt(2_500));
            producer.destroyForcibly();
            assertThat(producer.waitFor(10, TimeUnit.SECONDS)).isTrue();
        }
        try (IncidentSpool spool = new IncidentSpool(new SpoolConfig(spoolFolder, 64 << 20, true), Clock.systemUTC());
                KafkaIncidentSender sender = new KafkaIncidentSender(config(), spool)) {
            await(() -> spool.waiting() == 0);
            assertThat(sender.isConnected()).isTrue();
        }
        Set<String> promised = new HashSet<>(Files.readAllLines(accepted));
        check("SIGKILL " + KILLS + " times", promised);
    }

    @Test
    void shouldLoseNothingWhileTheBrokerIsStoppedPausedAndItsTopicDeleted() throws Exception {
        Set<String> promised = new HashSet<>();
        Set<String> beforeDeletion = new HashSet<>();
        try (IncidentSpool spool =
                        new IncidentSpool(new SpoolConfig(folder.resolve("spool"), 64 << 20, true), Clock.systemUTC());
                SpoolingIncidentSink sink = new SpoolingIncidentSink(spool);
                KafkaIncidentSender sender = new KafkaIncidentSender(config(), spool)) {
            flow(sink, promised, 0, 5);

            signal(broker, "TERM");
            broker.waitFor();
            flow(sink, promised, 1, OUTAGE_SECONDS);
            broker = startBrokerProcess();
            flow(sink, promised, 2, 5);
            await(() -> spool.waiting() == 0);

            signal(broker, "STOP");
            flow(sink, promised, 3, OUTAGE_SECONDS);
            signal(broker, "CONT");
            flow(sink, promised, 4, 5);
            await(() -> spool.waiting() == 0);
            beforeDeletion.addAll(promised);
            check("stopped and paused for " + OUTAGE_SECONDS + " s each", promised);

            try (Admin admin = Admin.create(Map.of("bootstrap.servers", (Object) bootstrap()))) {
                admin.deleteTopics(List.of(TOPIC)).all().get();
            }
            flow(sink, promised, 5, 5);
            await(() -> spool.waiting() == 0);
            promised.removeAll(beforeDeletion);
            // What was under way at the moment of deletion may have gone with the topic after its acknowledgement.
            check("topic deleted", promised);
            assertThat(sink.statistics().refused()).isZero();
            assertThat(sender.problem()).isEmpty();
        }
    }

    @Test
    void shouldLoseNothingWhileOurPasswordIsRefused() throws Exception {
        Set<String> promised = new HashSet<>();
        listener.setPassword("right-0n3");
        try (IncidentSpool spool =
                        new IncidentSpool(new SpoolConfig(folder.resolve("spool"), 64 << 20, true), Clock.systemUTC());
                SpoolingIncidentSink sink = new SpoolingIncidentSink(spool);
                KafkaIncidentSender sender = new KafkaIncidentSender(listener.client(TOPIC, "right-0n3"), spool)) {
            flow(sink, promised, 0, 5);
            await(() -> spool.waiting() == 0);

            listener.setPassword("an0ther-one");
            flow(sink, promised, 1, OUTAGE_SECONDS);
            assertThat(sender.problem()).contains("denies access (Authentication failed");
            System.out.println("wait while we are refused: " + spool.waiting());
            listener.setPassword("right-0n3");
            long mended = System.nanoTime();
            await(() -> spool.waiting() == 0);
            System.out.printf("all delivered %.1f s after it was mended%n", (System.nanoTime() - mended) / 1e9);
            flow(sink, promised, 2, 5);
            await(() -> spool.waiting() == 0);
            check("refused for " + OUTAGE_SECONDS + " s", promised);
            assertThat(sink.statistics().refused()).isZero();
            assertThat(sender.problem()).isEmpty();
        }
    }

    /** A disk that really is full: a tmpfs of 4 MB, which only root may mount. */
    @Test
    void shouldLoseNothingWhileTheDiskIsFull() throws Exception {
        Path disk = Files.createDirectories(folder.resolve("disk"));
        assumeTrue(
                new ProcessBuilder("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk.toString())
                                .start()
                                .waitFor()
                        == 0,
                "skipped: may not mount a tmpfs");
        Set<String> promised = new HashSet<>();
        try (IncidentSpool spool = new IncidentSpool(new SpoolConfig(disk, 64 << 20, true), Clock.systemUTC());
                SpoolingIncidentSink sink = new SpoolingIncidentSink(spool);
                KafkaIncidentSender sender = new KafkaIncidentSender(config(), spool)) {
            flow(sink, promised, 0, 5);
            FullDisk.fill(disk.resolve("ballast"));
            flow(sink, promised, 1, 20);
            assertThat(sink.statistics().problem()).contains("the disk is full");
            Files.delete(disk.resolve("ballast"));
            flow(sink, promised, 2, 5);
            await(() -> sink.statistics().accepted() == promised.size() && spool.waiting() == 0);
            check("disk full for 20 s", promised);
            assertThat(sink.statistics().refused()).isZero();
            assertThat(sink.statistics().problem()).isEmpty();
            assertThat(sender.problem()).isEmpty();
        } finally {
            assertThat(new ProcessBuilder("umount", disk.toString()).start().waitFor())
                    .isZero();
        }
    }

    private KafkaConfig config() {
        return TestConfigs.events(bootstrap(), TOPIC, Map.of());
    }

    /** Twenty incidents a second, as fast as they are wanted whatever the broker does. */
    private static void flow(SpoolingIncidentSink sink, Set<String> promised, int part, int seconds)
            throws InterruptedException {
        long longest = 0;
        for (int number = 1; number <= 20 * seconds; number++) {
            Incident incident =
                    Incidents.bareHead("gate-" + number % 4, part * 100_000 + number, 0, Incident.Phase.START);
            long begun = System.nanoTime();
            sink.publish(incident);
            longest = Math.max(longest, System.nanoTime() - begun);
            promised.add(incident.eventId());
            Thread.sleep(50);
        }
        System.out.printf("part %d: %d s, publish held the caller for at most %.2f ms%n", part, seconds, longest / 1e6);
    }

    /** Reads the whole topic. */
    private void check(String fault, Set<String> promised) {
        List<ConsumerRecord<String, String>> records = readAll();
        Map<String, String> values = new HashMap<>();
        Map<String, List<Integer>> orders = new HashMap<>();
        int repeats = 0;
        for (ConsumerRecord<String, String> record : records) {
            String id = new String(record.headers().lastHeader("ce_id").value(), StandardCharsets.UTF_8);
            String earlier = values.putIfAbsent(id, record.value());
            if (earlier != null) {
                repeats++;
                assertThat(record.value())
                        .as("a repeat is the same to the last byte")
                        .isEqualTo(earlier);
            } else if (id.endsWith("/0")) {
                String[] parts = id.split("/", -1);
                orders.computeIfAbsent(record.key(), key -> new ArrayList<>()).add(Integer.valueOf(parts[3]));
            }
        }
        Set<String> lost = new HashSet<>(promised);
        lost.removeAll(values.keySet());
        System.out.printf("%s: %d accepted, %d lost, %d repeats%n", fault, promised.size(), lost.size(), repeats);
        assertThat(lost).isEmpty();
        orders.forEach((stream, numbers) -> assertThat(numbers).as(stream).isSorted());
    }

    private List<ConsumerRecord<String, String>> readAll() {
        List<ConsumerRecord<String, String>> records = new ArrayList<>();
        try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(
                Map.of("bootstrap.servers", bootstrap()), new StringDeserializer(), new StringDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(TOPIC).stream()
                    .map(info -> new TopicPartition(TOPIC, info.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (partitions.stream().anyMatch(one -> consumer.position(one) < ends.get(one))) {
                consumer.poll(Duration.ofMillis(500)).forEach(records::add);
            }
        }
        return records;
    }

    private static void await(java.util.function.BooleanSupplier condition) throws InterruptedException {
        long until = System.nanoTime() + Duration.ofSeconds(180).toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waited too long").isLessThan(until);
            Thread.sleep(50);
        }
    }
}
