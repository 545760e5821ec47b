package io.helmwatch.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.helmwatch.pipeline.SampleMedia;
import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A real process and real signals. */
@Timeout(90)
class TerminationTest {
    @TempDir
    Path folder;

    private final List<Process> started = new ArrayList<>();

    @AfterEach
    void endWhatDidNotEnd() {
        started.forEach(Process::destroyForcibly);
    }

    @ParameterizedTest
    @ValueSource(strings = {"TERM", "INT"})
    void shouldDrainAndExitWithZeroWithinTenSecondsOfASignal(String signal) throws Exception {
        Path events = folder.resolve("events.jsonl");
        Process process = start(
                "json-lines:\n  target: " + events + "\n",
                SampleMedia.workerClip().toString());
        awaitLines(process, events, 20);

        long start = System.nanoTime();
        signal(process, signal);
        assertThat(process.waitFor(10, TimeUnit.SECONDS))
                .as("ended within 10 s (a build that a script runs in its background inherits that INT is ignored)")
                .isTrue();
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
        assertThat(process.exitValue()).as(log()).isZero();

        List<JsonNode> lines =
                Files.readAllLines(events).stream().map(TerminationTest::json).toList();
        assertThat(lines.get(lines.size() - 1).get("state").asText()).isEqualTo("ended");
        List<Integer> sequences = lines.stream()
                .filter(line -> line.has("sequence"))
                .map(line -> line.get("sequence").asInt())
                .toList();
        for (int i = 0; i < sequences.size(); i++) {
            assertThat(sequences.get(i)).isEqualTo(i);
        }
        assertThat(log()).doesNotContain("LEAK").doesNotContain("were not analysed");
    }

    @Test
    void shouldExitWithinTenSecondsThoughKafkaAndTheCameraAreAway() throws Exception {
        Path events = folder.resolve("events.jsonl");
        Process process = start(
                "json-lines:\n  target: " + events + "\nkafka:\n  enabled: true\n  bootstrap-servers: 127.0.0.1:1\n",
                "rtsp://127.0.0.1:1/live");
        awaitLines(process, events, 1);
        signal(process, "TERM");
        assertThat(process.waitFor(10, TimeUnit.SECONDS))
                .as("ended within 10 s")
                .isTrue();
        assertThat(process.exitValue()).as(log()).isZero();
        assertThat(log()).doesNotContain("LEAK");
    }

    /** Native libraries refuse to be loaded once the process ends. */
    @Test
    void shouldExitWithZeroAndASentenceWhenItIsStoppedWhileItStarts() throws Exception {
        Process process = start("json-lines:\n  target: lines.jsonl\n", "rtsp://127.0.0.1:1/live", "--verbose");
        await(process, () -> log().contains("settings in force"));
        signal(process, "TERM");
        assertThat(process.waitFor(10, TimeUnit.SECONDS))
                .as("ended within 10 s")
                .isTrue();
        assertThat(process.exitValue()).as(log()).isZero();
        assertThat(log()).contains("Stopp").doesNotContain("helmwatch: ").doesNotContain("LEAK");
    }

    @Test
    void shouldEndDetectWhenNobodyReadsItsLinesAnyMore() throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Main.class.getName(),
                        "detect",
                        "--model",
                        SampleMedia.cocoModel().toString(),
                        SampleMedia.workerClip().toString(),
                        SampleMedia.workerClip().toString())
                .redirectError(folder.resolve("log").toFile())
                .start();
        try (BufferedReader lines = process.inputReader()) {
            assertThat(lines.readLine()).startsWith("{\"source\":");
        }
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        // All lines written would have been 0.
        assertThat(process.exitValue()).as(log()).isEqualTo(1);
        assertThat(log()).doesNotContain("Exception");
    }

    private Process start(String sinks, String url, String... options) throws Exception {
        Path yaml = Files.writeString(
                folder.resolve("site.yaml"),
                "backend: cpu\nmodel:\n  path: " + SampleMedia.cocoModel() + "\ninference:\n  workers: 2\nhttp:\n"
                        + "  enabled: false\n" + sinks + "streams:\n  - id: gate\n    url: " + url
                        + (url.startsWith("rtsp") ? "" : "\n    loop: true") + "\n");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Xmx384m",
                "-Dorg.bytedeco.javacpp.maxBytes=0",
                "-Dorg.bytedeco.javacpp.maxPhysicalBytes=0",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "run",
                "-c",
                yaml.toString()));
        command.addAll(List.of(options));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile())
                .start();
        started.add(process);
        return process;
    }

    private void awaitLines(Process process, Path events, int count) throws Exception {
        await(process, () -> Files.exists(events) && Files.readAllLines(events).size() >= count);
    }

    private void await(Process process, Callable<Boolean> condition) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.call()) {
            assertThat(process.isAlive()).as(log()).isTrue();
            assertThat(System.nanoTime()).as("time; log: " + log()).isLessThan(deadline);
            TimeUnit.MILLISECONDS.sleep(50);
        }
    }

    /** The shell's own command: a bare Debian has no program of this name. */
    private static void signal(Process process, String name) throws Exception {
        Process kill = new ProcessBuilder("sh", "-c", "kill -" + name + " " + process.pid()).start();
        assertThat(kill.waitFor()).isZero();
    }

    private String log() {
        try {
            return Files.readString(folder.resolve("log"));
        } catch (java.io.IOException none) {
            return "no log";
        }
    }

    private static JsonNode json(String text) {
        try {
            return new ObjectMapper().readTree(text);
        } catch (java.io.IOException e) {
            throw new AssertionError("not JSON: " + text, e);
        }
    }
}
