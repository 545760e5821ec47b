package io.helmwatch.pipeline.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.helmwatch.config.ConfigLoader;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.incident.SpoolConfig;
import io.helmwatch.config.yaml.ConfigException;
import io.helmwatch.pipeline.cli.CommandRun;
import io.helmwatch.pipeline.ring.StreamFeed;
import io.helmwatch.pipeline.ring.failure.FatalErrorHandler;
import io.helmwatch.sinks.spool.IncidentSpool;
import io.helmwatch.web.Compliance;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The demonstration clip through everything, from the decoder to a consumer of the broker. */
@Timeout(240)
class IncidentServiceTest {
    private static final Path HOME = Path.of(System.getProperty("helmwatch.home"));
    private static final Path CLIP = HOME.resolve("models/demo-clip/yard.mp4");
    private static final Path MODEL = HOME.resolve("models/helmet-yolov5n.onnx");

    @TempDir
    Path folder;

    private String yaml(String more) {
        return more + """
                streams:
                  - id: yard
                    url: %s
                    analyze-fps: 5
                    rules:
                      - {name: bare, kind: no-helmet}
                """.formatted(CLIP);
    }

    private HelmwatchConfig config(String more) {
        return ConfigLoader.parse(yaml(more), "site.yaml", folder, name -> null);
    }

    @Test
    void shouldDeliverTheIncidentsOfTheClipWithSnapshotsToAConsumerThatDropsRepeats() throws Exception {
        HelmwatchConfig config = config("""
                kafka: {embedded: true}
                http: {port: 0}
                incidents:
                  snapshots: {enabled: true, directory: pictures}
                """);
        try (DetectionService service = DetectionService.start(config, MODEL, List.of(), FatalErrorHandler.LOG)) {
            service.awaitEnd();
            service.closePipelineAndSinks();
            assertThat(sums(service.embeddedBootstrapServers())).isEqualTo(sumsOfHistory(service));
            String said = consume(service.embeddedBootstrapServers());
            assertThat(said.lines().filter(line -> line.startsWith("ALARM on  yard yard/")))
                    .hasSize(4)
                    .doesNotHaveDuplicates();
            assertThat(said.lines().filter(line -> line.startsWith("ALARM off yard yard/")))
                    .hasSize(4)
                    .doesNotHaveDuplicates();
            assertThat(said).contains("repeats dropped: 0");
            List<Path> pictures = said.lines()
                    .filter(line -> line.startsWith("  picture "))
                    .map(line -> folder.resolve("pictures").resolve(line.substring(10)))
                    .toList();
            assertThat(pictures)
                    .hasSizeBetween(3, 4)
                    .allSatisfy(picture -> assertThat(picture).exists());
        }
    }

    /** What the example makes of the topic of counts. */
    private static List<String> sums(String bootstrapServers) throws IOException, InterruptedException {
        return run("ComplianceSums", bootstrapServers, "helmwatch.compliance", "")
                .lines()
                .toList();
    }

    /** The same lines, from the history of the desk. */
    private static List<String> sumsOfHistory(DetectionService service) {
        List<Compliance.Row> rows =
                service.desk().compliance().between(Instant.EPOCH, Instant.now().plus(Duration.ofDays(1)));
        assertThat(rows).isNotEmpty().allMatch(row -> row.zone() == null);
        assertThat(rows.stream().mapToLong(Compliance.Row::frames).sum()).isEqualTo(125);
        return rows.stream()
                .map(row -> "%s yard (all) helmet=%d bare=%d uncertain=%d frames=%d"
                        .formatted(
                                row.hour().toString().substring(0, 13),
                                row.helmet(),
                                row.bare(),
                                row.uncertain(),
                                row.frames()))
                .toList();
    }

    private static String consume(String bootstrapServers) throws IOException, InterruptedException {
        return run("IncidentConsumer", bootstrapServers, "helmwatch.events", "5");
    }

    private static String run(String example, String bootstrapServers, String topic, String idleSeconds)
            throws IOException, InterruptedException {
        Process consumer = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-Xmx128m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        HOME.resolve("examples/" + example + ".java").toString(),
                        bootstrapServers,
                        topic,
                        idleSeconds)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String said = new String(consumer.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(consumer.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return said;
    }

    @Test
    void shouldReplayAClipToTheSameBytes() throws Exception {
        Path file = Files.writeString(folder.resolve("site.yaml"), yaml("json-lines: {target: \"-\"}\n"));
        CommandRun first = CommandRun.of("replay", CLIP, "-c", file);
        assertThat(first.code()).as(first.err()).isZero();
        List<String> lines = first.out().lines().toList();
        assertThat(lines.get(lines.size() - 1)).startsWith("{\"incidents\":4,\"messages\":8,\"sha256\":\"");
        String messages = String.join("\n", lines.subList(0, lines.size() - 1)) + "\n";
        String digest = HexFormat.of()
                .formatHex(MessageDigest.getInstance("SHA-256").digest(messages.getBytes(StandardCharsets.UTF_8)));
        assertThat(lines.get(lines.size() - 1)).endsWith("\"" + digest + "\"}");
        assertThat(CommandRun.of("replay", CLIP, "-c", file).out()).isEqualTo(first.out());
    }

    @Test
    void shouldSayWhatIsWrongWithAReplay() throws IOException {
        Path file = Files.writeString(folder.resolve("site.yaml"), yaml("json-lines: {target: \"-\"}\n"));
        CommandRun noClip = CommandRun.of("replay", "nosuch.mp4", "-c", file);
        assertThat(noClip.code()).isEqualTo(2);
        assertThat(noClip.err()).contains("clip nosuch.mp4: there is no such file");
        CommandRun noStream = CommandRun.of("replay", CLIP, "-c", file, "--stream", "gate");
        assertThat(noStream.code()).isEqualTo(2);
        assertThat(noStream.err()).contains("--stream gate: is not among the configured streams [yard]");
        CommandRun noTime = CommandRun.of("replay", CLIP, "-c", file, "--start", "noon");
        assertThat(noTime.err()).contains("--start noon: must be a time such as 2026-11-20T12:00:00Z");
    }

    @Test
    void shouldApplyRulesWhileRunningAndKeepThemWhenTheNewOnesAreWrong() throws Exception {
        String sinks = "json-lines: {target: lines.jsonl}\nhttp: {enabled: false}\n";
        try (DetectionService service =
                DetectionService.start(config(sinks), MODEL, List.of(), FatalErrorHandler.LOG)) {
            service.reloadFrom(() -> config(sinks));
            assertThat(service.reload()).isEqualTo("Reloaded streams, zones, masks and rules");
            service.reloadFrom(() -> config("json-lines: {target: other.jsonl}\nhttp: {enabled: false}\n"));
            assertThat(service.reload()).contains("zones, masks and rules", "restart");
            service.reloadFrom(() -> config(sinks + "nonsense: 1\n"));
            assertThatThrownBy(service::reload)
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining("nonsense");
            service.awaitEnd();
        }
        List<String> incidents = Files.readAllLines(folder.resolve("lines.jsonl")).stream()
                .filter(line -> line.startsWith("{\"schema\":\"helmwatch.events/1\""))
                .toList();
        assertThat(incidents).hasSize(8);
    }

    private static String streams(String more) {
        return """
                streams:
                  - {id: gate, url: "%1$s", analyze-fps: 1, loop: true}
                  - {id: yard, url: "%1$s", analyze-fps: 5, loop: true%2$s}
                """.formatted(CLIP, more);
    }

    @Test
    void shouldApplyRulesThatAreAddedToAServiceThatRunsWithoutAnyAndDropNoFrame() throws Exception {
        String sinks = "kafka: {embedded: true}\njson-lines: {target: lines.jsonl}\nhttp: {enabled: false}\n";
        String kept = "incidents: {spool: {directory: spool}, snapshots: {enabled: true, directory: pictures},"
                + " clips: {enabled: true, directory: clips}}\n";
        String rules = ", rules: [{name: bare, kind: no-helmet}]";
        HelmwatchConfig without = ConfigLoader.parse(sinks + streams(""), "site.yaml", folder, name -> null);
        HelmwatchConfig with = ConfigLoader.parse(sinks + kept + streams(rules), "site.yaml", folder, name -> null);
        try (DetectionService service = DetectionService.start(without, MODEL, List.of(), FatalErrorHandler.LOG)) {
            service.reloadFrom(() -> without);
            assertThat(service.reload()).isEqualTo("Reloaded streams, zones, masks and rules");
            assertThat(folder.resolve("spool")).doesNotExist();
            assertThat(folder.resolve("helmwatch-spool/incidents.db")).doesNotExist();

            SpoolConfig taken = with.incidents().spool();
            service.reloadFrom(() -> with);
            try (IncidentSpool somebodyElses = new IncidentSpool(taken, Clock.systemUTC())) {
                assertThat(somebodyElses.waiting()).isZero();
                assertThatThrownBy(service::reload).hasMessageContaining("is used by another process");
            }
            await(() -> analysed(service, "yard") > 20);
            assertThat(service.reload()).isEqualTo("Reloaded streams, zones, masks and rules");
            // One round of the clip is 125 frames of one stream and 25 of the other.
            await(() ->
                    analysed(service, "yard") > 126 && analysed(service, "gate") > 26 && isTold("\"phase\":\"end\""));
            service.stop();
            service.awaitEnd();
            service.closePipelineAndSinks();
            assertThat(consume(service.embeddedBootstrapServers())).contains("ALARM on  yard yard/");
        }
        List<String> lines = Files.readAllLines(folder.resolve("lines.jsonl"));
        for (String stream : List.of("gate", "yard")) {
            int every = stream.equals("yard") ? 5 : 25;
            List<Integer> sequences = lines.stream()
                    .filter(line -> line.startsWith("{\"schema\":\"helmwatch.detections/1\""))
                    .filter(line -> line.contains("\"stream\":\"" + stream + "\""))
                    .map(line -> Integer.valueOf(line.replaceAll(".*\"sequence\":(\\d+),.*", "$1")))
                    .toList();
            assertThat(sequences)
                    .as("frames of " + stream)
                    .hasSizeGreaterThan(every == 5 ? 126 : 26)
                    .containsExactlyElementsOf(IntStream.range(0, sequences.size())
                            .map(i -> every * i)
                            .boxed()
                            .toList());
        }
        List<String> incidents = lines.stream()
                .filter(line -> line.startsWith("{\"schema\":\"helmwatch.events/1\""))
                .toList();
        assertThat(incidents).hasSizeGreaterThan(2).allMatch(line -> line.contains("\"stream\":\"yard\""));
        assertThat(incidents).anyMatch(line -> line.contains("\"snapshot\":{\"path\":\"yard/"));
        assertThat(folder.resolve("pictures/yard")).isNotEmptyDirectory();
        checkEvidence(incidents);
    }

    /** Every clip exists as its message says, and messages of an incident are numbered without a gap. */
    private void checkEvidence(List<String> incidents) throws IOException {
        ObjectMapper mapper = new ObjectMapper();
        Map<String, Integer> next = new HashMap<>();
        int clips = 0;
        for (String line : incidents) {
            JsonNode message = mapper.readTree(line);
            assertThat(message.path("revision").intValue())
                    .isEqualTo(next.merge(message.path("incident").textValue(), 1, Integer::sum) - 1);
            if (message.path("phase").textValue().equals("evidence")) {
                Path clip = folder.resolve("clips")
                        .resolve(message.path("clip").path("path").textValue());
                assertThat(clip).hasSize(message.path("clip").path("bytes").longValue());
                assertThat(clip.resolveSibling(clip.getFileName().toString().replace(".mp4", ".json")))
                        .exists();
                clips++;
            }
        }
        assertThat(clips).isEqualTo(next.size());
    }

    private boolean isTold(String part) {
        try {
            return Files.readString(folder.resolve("lines.jsonl")).contains(part);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long analysed(DetectionService service, String stream) {
        DevicePipelines running = service.pipelines();
        return running == null
                ? 0
                : running.feeds().stream()
                        .filter(feed -> feed.id().equals(stream))
                        .mapToLong(StreamFeed::analysed)
                        .sum();
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(100);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waited too long").isLessThan(until);
            TimeUnit.MILLISECONDS.sleep(5);
        }
    }
}
