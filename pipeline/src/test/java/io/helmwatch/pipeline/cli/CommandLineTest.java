package io.helmwatch.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.helmwatch.pipeline.Archive;
import io.helmwatch.pipeline.SampleMedia;
import io.helmwatch.pipeline.cli.option.Installation;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands as a user types them: exit code, standard output, standard error. */
@Timeout(90)
class CommandLineTest {
    @TempDir
    Path folder;

    private static CommandRun helmwatch(Object... arguments) {
        return CommandRun.of(arguments);
    }

    private static JsonNode json(String text) {
        return CommandRun.json(text);
    }

    private Path file(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    @ParameterizedTest(name = "helmwatch {0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "''                        | no command was given: expected one of demo, run,",
                "fly                       | there is no command fly: expected one of demo, run,",
                "detect                    | Missing required parameter: 'PATH'",
                "detect --confidence 2 x   | --confidence 2.0: must be 0..1",
                "detect --confidence x y   | Invalid value for option '--confidence'",
                "detect --iou -1 x         | --iou -1.0: must be 0..1",
                "detect --model nosuch x   | model nosuch: there is no such file",
                "detect --backend tpu x    | Invalid value for option '--backend'",
                "run                       | Missing required option: '--config=FILE'",
                "run -c nosuch.yaml        | nosuch.yaml",
                "validate -c nosuch.yaml   | nosuch.yaml",
                "bench --streams 8,0 x     | --streams 0: must be 1..256",
                "bench --rounds 0 x        | --rounds 0: must be 1..100",
                "bench --live --decode i-frames x | expected auto, all, key-frames, found 'i-frames'",
                "bench --live --analyze-fps -1 x | --analyze-fps -1.0: must be 0..1000",
                "bench --soak -1 x         | --soak -1.0: must be 0..10080 minutes",
                "bench --level 6           | --level 6: must be 0..5",
                "eval --data x --precision | Missing required parameter for option '--precision'",
                "bench nosuch.mp4          | nosuch.mp4 does not exist",
                "compare nosuch.mp4        | nosuch.mp4 does not exist",
                "compare --margin 2 x      | --margin 2.0: must be 0..1",
                "eval --data nosuch        | with images/ and labels/",
            })
    void shouldRefuseWrongUsageWithTwoAndASentence(String words, String sentence) {
        CommandRun run = helmwatch((Object[]) (words.isEmpty() ? new String[0] : words.split(" ")));
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).contains(sentence).doesNotContain("\tat ");
    }

    @Test
    void shouldReportTheVersion() {
        CommandRun run = helmwatch("--version");
        assertThat(run.code()).isZero();
        assertThat(run.out()).matches("helmwatch (\\d+\\.\\d+\\S*|\\(not packaged\\))\\R");
    }

    @Test
    void shouldShowHelpOfEveryCommand() {
        CommandRun all = helmwatch("--help");
        assertThat(all.code()).isZero();
        for (String command : List.of(
                "demo", "run", "detect", "replay", "validate", "doctor", "eval", "bench", "compare", "quantize")) {
            assertThat(all.out()).contains("  " + command + " ");
            CommandRun one = helmwatch(command, "--help");
            assertThat(one.code()).isZero();
            assertThat(one.out()).contains("Usage: helmwatch " + command).contains("--model");
        }
    }

    @Test
    void shouldPrintALinePerFrameInOrder() {
        CommandRun run = helmwatch("detect", "--model", SampleMedia.cocoModel(), SampleMedia.shortWorkerClip());
        assertThat(run.code()).isZero();
        assertThat(run.err()).isEmpty();
        assertThat(run.lines().stream().map(line -> line.get("frame").asInt()))
                .containsExactlyElementsOf(IntStream.range(0, SampleMedia.SHORT_WORKER_FRAMES)
                        .boxed()
                        .toList());
        assertThat(run.out().lines().findFirst().orElseThrow())
                .startsWith("{\"source\":\"" + SampleMedia.shortWorkerClip()
                        + "\",\"frame\":0,\"ptsMillis\":0,\"width\":480,\"height\":270,\"detections\":[");
        assertThat(run.out()).contains("\"label\":\"person\"");
        double strict = helmwatch(
                        "detect",
                        "--confidence",
                        "0.8",
                        "--model",
                        SampleMedia.cocoModel(),
                        SampleMedia.shortWorkerClip())
                .out()
                .length();
        assertThat(strict).isLessThan(run.out().length());
    }

    @Test
    void shouldContinueAfterABadPathAndReportItInTheEnd() throws Exception {
        Path broken = file("broken.mp4", "this is not a video");
        Files.createDirectory(folder.resolve("empty"));
        Path picture = pictures(1).get(0);
        CommandRun run = helmwatch(
                "detect",
                "--model",
                SampleMedia.cocoModel(),
                folder.resolve("missing.jpg"),
                broken,
                folder.resolve("empty"),
                "concat:a|b",
                picture);
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.lines()).hasSize(1);
        assertThat(run.lines().get(0).get("source").asText()).isEqualTo(picture.toString());
        assertThat(run.err().lines())
                .hasSize(4)
                .allMatch(line -> line.startsWith("helmwatch: "))
                .anyMatch(line -> line.contains("missing.jpg"))
                .anyMatch(line -> line.contains("broken.mp4"))
                .anyMatch(line -> line.contains("empty"))
                .anyMatch(line -> line.contains("concat:"));
    }

    @Test
    void shouldListAFoldersImagesInNaturalOrder() throws Exception {
        List<Path> pictures = pictures(3);
        Files.move(pictures.get(0), folder.resolve("p10.jpg"));
        Files.move(pictures.get(1), folder.resolve("p9.jpg"));
        Files.move(pictures.get(2), folder.resolve("P1.JPG"));
        file("notes.txt", "no picture");
        CommandRun run = helmwatch("detect", "--model", SampleMedia.cocoModel(), folder);
        assertThat(run.code()).isZero();
        assertThat(run.lines().stream()
                        .map(line -> Path.of(line.get("source").asText())
                                .getFileName()
                                .toString()))
                .containsExactly("P1.JPG", "p9.jpg", "p10.jpg");
    }

    @ParameterizedTest
    @ValueSource(strings = {"not a network at all", ""})
    void shouldRefuseAModelThatIsNone(String content) throws Exception {
        Path model = file("model.onnx", content);
        CommandRun run = helmwatch("detect", "--model", model, "x.jpg");
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).contains("model.onnx").doesNotContain("\tat ");
        assertThat(run.err().lines()).hasSize(1);
        assertThat(helmwatch("detect", "--verbose", "--model", model, "x.jpg").err())
                .contains("\tat ");
    }

    @Test
    void shouldListEveryProblemOfAConfiguration() throws Exception {
        Path wrong = file("wrong.yaml", "streams:\n  - id: 'a b'\n    urll: x\nkafka:\n  queue-capacity: -1\n");
        CommandRun run = helmwatch("validate", "-c", wrong);
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).contains("a b").contains("urll").contains("queue-capacity");
        assertThat(run.err().lines().count()).isGreaterThanOrEqualTo(3);
    }

    @Test
    void shouldAcceptAGoodConfigurationAndMissTheFilesThatAreNotThere() throws Exception {
        String yaml = "json-lines:\n  target: '-'\nmodel:\n  path: " + SampleMedia.cocoModel()
                + "\nstreams:\n  - id: gate\n    url: ";
        CommandRun good =
                helmwatch("validate", "-c", file("good.yaml", yaml + "rtsp://ann:sekr8t@camera.example/live\n"));
        assertThat(good.code()).isZero();
        assertThat(good.err()).contains("good.yaml is valid: 1 stream");
        assertThat(good.out()).contains("gate").doesNotContain("sekr8t");
        CommandRun missing = helmwatch("validate", "-c", file("missing.yaml", yaml + "nosuch.mp4\n"));
        assertThat(missing.code()).isEqualTo(2);
        assertThat(missing.err()).contains("nosuch.mp4: there is no such file");
    }

    @Test
    void shouldRunAConfigurationToTheEndOfItsFiles() throws Exception {
        Path events = folder.resolve("events.jsonl");
        Path yaml = file(
                "site.yaml",
                "backend: cpu\nmodel:\n  path: " + SampleMedia.cocoModel() + "\ninference:\n  workers: 2\nhttp:\n"
                        + "  enabled: false\njson-lines:\n  target: " + events + "\nstreams:\n  - id: gate\n    url: "
                        + SampleMedia.shortWorkerClip() + "\n");
        CommandRun run = helmwatch("run", "-c", yaml);
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out()).isEmpty();
        assertThat(run.err())
                .contains("model 7.9 MB", "gate: 480x270 I420, 0.2 MB")
                .doesNotContain("LEAK");
        List<JsonNode> lines =
                Files.readAllLines(events).stream().map(CommandLineTest::json).toList();
        assertThat(lines).hasSize(SampleMedia.SHORT_WORKER_FRAMES + 3);
        assertThat(lines.get(lines.size() - 1).get("state").asText()).isEqualTo("ended");
    }

    @Test
    void shouldFailWhenAStreamCanNeverRun() throws Exception {
        Path yaml = file(
                "site.yaml",
                "backend: cpu\nmodel:\n  path: " + SampleMedia.cocoModel()
                        + "\ninference:\n  workers: 1\nhttp:\n  enabled: false\njson-lines:\n  target: '-'\nstreams:\n"
                        + "  - id: gate\n    url: " + file("noise.mp4", "this is not a video") + "\n");
        CommandRun run = helmwatch("run", "-c", yaml);
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.err()).contains("helmwatch: stream gate: ").contains("noise.mp4");
        assertThat(run.lines()).anyMatch(line -> line.path("state").asText().equals("failed"));
    }

    @Test
    void shouldPlayTheDemonstrationThroughARealBroker() throws Exception {
        Path model = folder.resolve("models/helmet-yolov5n.onnx");
        Path clip = folder.resolve("models/demo-clip/yard.mp4");
        Files.createDirectories(clip.getParent());
        Files.createSymbolicLink(model, Path.of(System.getProperty("helmwatch.home"), "models/helmet-yolov5n.onnx"));
        Files.createSymbolicLink(clip, SampleMedia.shortWorkerClip());
        String home = System.getProperty("helmwatch.home");
        System.setProperty("helmwatch.home", folder.toString());
        try {
            CommandRun run = helmwatch("demo");
            assertThat(run.code()).as(run.err()).isZero();
            assertThat(run.lines().stream()
                            .filter(line -> line.has("detections"))
                            .map(line -> line.get("sequence").asInt()))
                    .containsExactlyElementsOf(IntStream.range(0, SampleMedia.SHORT_WORKER_FRAMES)
                            .boxed()
                            .toList());
            assertThat(run.err())
                    .containsPattern("events are on 127\\.0\\.0\\.1:\\d+")
                    .contains(run.lines().size() + " events read from the broker")
                    .doesNotContain("LEAK");
        } finally {
            System.setProperty("helmwatch.home", home);
        }
    }

    @Test
    void shouldSayWhatIsThereAndWhatIsNot() throws Exception {
        CommandRun run = helmwatch("doctor", "--model", SampleMedia.cocoModel());
        assertThat(run.code()).as(run.out()).isZero();
        assertThat(run.out())
                .contains("ok    java: ")
                .contains("ok    cpu: ")
                .contains("ok    gpu: ")
                .containsPattern("ok    ffmpeg: .*LGPL")
                .contains("input [1, 3, 640, 640]")
                .doesNotContain("WRONG");
        Path yaml = file(
                "site.yaml",
                "kafka:\n  enabled: true\n  bootstrap-servers: 127.0.0.1:1\nstreams:\n  - id: clip\n    url: "
                        + SampleMedia.workerClip() + "\n    rules: [{name: a, kind: no-helmet}]"
                        + "\n  - id: gate\n    url: rtsp://127.0.0.1:1/live\n"
                        + "incidents: {spool: {directory: site.yaml/spool}, snapshots: {enabled: true, directory: new}}\n"
                        + "desk: {directory: site.yaml/desk}\njson-lines: {target: site.yaml/lines.jsonl}\n");
        CommandRun sick = helmwatch("doctor", "-c", yaml, "--model", SampleMedia.cocoModel());
        assertThat(sick.code()).isEqualTo(1);
        assertThat(sick.out())
                .containsPattern("ok    stream clip: h264 480x270, 15.00 fps")
                .contains("WRONG stream gate: ")
                .contains("WRONG incidents.spool.directory: " + yaml + "/spool: " + yaml + " is no folder")
                .contains("WRONG desk.directory: " + yaml + "/desk: " + yaml + " is no folder")
                .contains("WRONG json-lines.target: " + yaml + ": " + yaml + " is no folder")
                .containsPattern("ok    incidents.snapshots.directory: .*/new can be written")
                .contains("WRONG kafka: 127.0.0.1:1");
    }

    @Test
    void shouldEvaluateAModelOnLabelledImages() throws Exception {
        int objects = labelledPictures(24);
        CommandRun run = helmwatch("eval", "--data", folder, "--model", shippedModel(), "--json");
        assertThat(run.code()).as(run.err()).isZero();
        JsonNode result = json(run.out());
        assertThat(result.get("pictures").asInt()).isEqualTo(24);
        int counted = 0;
        for (JsonNode label : result.get("classes")) {
            counted += label.get("objects").asInt();
        }
        assertThat(counted).isEqualTo(objects);
        assertThat(result.get("meanAt50").asDouble()).isBetween(0.3, 1.0);
        assertThat(result.get("meanAt50To95").asDouble())
                .isLessThan(result.get("meanAt50").asDouble());
        assertThat(helmwatch("eval", "--data", folder, "--model", shippedModel())
                        .out())
                .contains("mean of classes")
                .contains("24 images");
    }

    @Test
    void shouldFindNoDifferenceBetweenABackendAndItself() throws IOException {
        pictures(3);
        CommandRun run = helmwatch(
                "compare",
                "--backend",
                "cpu",
                "--json",
                "--model",
                SampleMedia.cocoModel(),
                SampleMedia.shortWorkerClip(),
                folder);
        assertThat(run.code()).as(run.err()).isZero();
        JsonNode sources = json(run.out()).get("sources");
        assertThat(sources).hasSize(3);
        assertThat(sources.get(0).get("frames").asInt()).isEqualTo(SampleMedia.SHORT_WORKER_FRAMES);
        assertThat(sources.get(1).get("frames").asInt()).isEqualTo(3);
        JsonNode all = sources.get(2);
        assertThat(all.get("matched").asInt())
                .isGreaterThanOrEqualTo(all.get("boxes").asInt())
                .isGreaterThan(SampleMedia.SHORT_WORKER_FRAMES / 2);
        for (String difference : List.of("missing", "extra", "near", "maxPixels", "maxConfidence")) {
            assertThat(all.get(difference).asDouble()).as(difference).isZero();
        }
    }

    @Test
    void shouldEndWithOneWhereModelsFindDifferentThings() {
        CommandRun run = helmwatch(
                "compare",
                "--backend",
                "cpu",
                "--model",
                shippedModel(),
                "--reference-model",
                SampleMedia.cocoModel(),
                SampleMedia.shortWorkerClip());
        assertThat(run.code()).isEqualTo(1);
        assertThat(run.out()).contains("matched  missing  extra").contains("  all\n");
    }

    @Test
    void shouldMeasureEachStageAndTheWhole() {
        CommandRun run = helmwatch(
                "bench",
                "--seconds",
                "1",
                "--rounds",
                "2",
                "--streams",
                "2,1",
                "--json",
                "--model",
                SampleMedia.cocoModel(),
                SampleMedia.workerClip());
        assertThat(run.code()).as(run.err()).isZero();
        JsonNode result = json(run.out()).get("clips").get(0);
        for (String stage : List.of("preprocess", "inference", "postprocess")) {
            assertThat(result.get(stage + "Fps").asDouble()).as(stage).isPositive();
        }
        assertThat(result.get("runs")).hasSize(2);
        for (JsonNode one : result.get("runs")) {
            assertThat(one.get("decodeFps").asDouble()).isPositive();
            assertThat(one.get("wholeFps").asDouble()).isPositive();
            assertThat(one.get("wholeFpsOfRounds")).hasSize(2);
            assertThat(one.get("shareOfBound").asDouble()).isPositive();
            assertThat(one.get("latencyP99Millis").asDouble())
                    .isGreaterThanOrEqualTo(one.get("latencyP50Millis").asDouble())
                    .isPositive();
            assertThat(one.get("heapBytesPerFrame").fieldNames())
                    .toIterable()
                    .contains("decode", "infer", "postprocess", "preprocess", "release", "sink");
            assertThat(one.get("gpuPercent").isNull()).isTrue();
        }
        assertThat(result.get("runs").get(0).get("streams").asInt()).isEqualTo(2);
    }

    @Test
    void shouldWatchSpeedAndMemoryOfALongRun() throws IOException {
        Path file = folder.resolve("soak.json");
        CommandRun run = helmwatch(
                "bench",
                "--soak",
                "0.1",
                "--json-file",
                file,
                "--model",
                SampleMedia.cocoModel(),
                SampleMedia.workerClip());
        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out()).contains("after s").containsPattern("from \\d+ s to \\d+ s: fps [+-]\\d");
        JsonNode samples = json(Files.readString(file)).get("clips").get(0).get("samples");
        assertThat(samples).hasSize(2);
        assertThat(samples.get(1).get("heapBytes").asLong()).isPositive();
    }

    @Test
    void shouldShowNoPasswordAnywhere() throws Exception {
        List<String> passwords = List.of("hunter2-xyz", "p@ss:w/rd?#q", "ünï çødé$(x)", "%41%42zz9", "a'b\"c\\d");
        List<String> urls = passwords.stream()
                .map(password -> "rtsp://ann:" + encoded(password) + "@127.0.0.1:1/live")
                .toList();
        StringBuilder text = new StringBuilder("model:\n  path: " + SampleMedia.cocoModel()
                + "\nkafka:\n  enabled: true\n  bootstrap-servers: 127.0.0.1:1\n"
                + "  properties:\n    sasl.jaas.config: 'org.apache.kafka.common.security.plain.PlainLoginModule"
                + " required username=\"u\" password=\"jaas-sekr8t\";'\nstreams:\n");
        for (int i = 0; i < urls.size(); i++) {
            text.append("  - id: gate-%d\n    url: '%s'\n    open-timeout: 1s\n".formatted(i, urls.get(i)));
        }
        Path good = file("good.yaml", text.toString());
        Path wrong = file("wrong.yaml", text + "    unknown-key: '" + urls.get(4) + "'\n");
        List<CommandRun> runs = new ArrayList<>();
        for (String url : urls) {
            runs.add(helmwatch("detect", "--verbose", "--model", SampleMedia.cocoModel(), url));
            runs.add(helmwatch("detect", "--verbose", url, "--no-such-option=" + url));
            runs.add(helmwatch("run", "--verbose", "-c", wrong, url));
        }
        runs.add(helmwatch("validate", "--verbose", "-c", wrong));
        runs.add(helmwatch("doctor", "--verbose", "-c", good));
        assertThat(runs.get(runs.size() - 1).out()).contains("stream gate-0", "stream gate-4");
        for (CommandRun run : runs) {
            assertThat(run.code()).isNotZero();
            for (String shown : List.of(run.out(), run.err())) {
                assertThat(shown).doesNotContain("jaas-sekr8t");
                assertThat(passwords)
                        .noneMatch(password -> shown.contains(password) || shown.contains(encoded(password)));
            }
        }
    }

    private static String encoded(String password) {
        return URLEncoder.encode(password, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private static Path shippedModel() {
        return Installation.home().resolve("models/helmet-yolov5n.onnx");
    }

    /** Pictures of the helmet data's validation part. */
    private List<Path> pictures(int count) throws IOException {
        List<Path> pictures = new ArrayList<>();
        for (Archive.Entry entry : Archive.read(SampleMedia.data("helmet/val.tar"))) {
            if (entry.name().endsWith(".jpg") && pictures.size() < count) {
                pictures.add(Files.write(folder.resolve("picture-" + pictures.size() + ".jpg"), entry.content()));
            }
        }
        return pictures;
    }

    /** The same with their labels, as YOLO folders; returns the number of objects. */
    private int labelledPictures(int count) throws IOException {
        Files.createDirectories(folder.resolve("images"));
        Files.createDirectories(folder.resolve("labels"));
        List<Archive.Entry> entries = Archive.read(SampleMedia.data("helmet/val.tar"));
        List<String> names = entries.stream()
                .map(Archive.Entry::fileName)
                .filter(name -> name.endsWith(".jpg"))
                .limit(count)
                .map(name -> name.substring(0, name.length() - 4))
                .toList();
        int objects = 0;
        for (Archive.Entry entry : entries) {
            String name = entry.fileName();
            int dot = name.lastIndexOf('.');
            if (dot > 0 && names.contains(name.substring(0, dot))) {
                boolean labels = name.endsWith(".txt");
                Files.write(folder.resolve(labels ? "labels" : "images").resolve(name), entry.content());
                if (labels) {
                    objects += (int) new String(entry.content(), StandardCharsets.UTF_8)
                            .lines()
                            .filter(line -> !line.isBlank())
                            .count();
                }
            }
        }
        return objects;
    }
}
