package io.helmwatch.pipeline.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.helmwatch.config.Backend;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.ModelConfig;
import io.helmwatch.config.StreamConfig;
import io.helmwatch.ingest.ImageFiles;
import io.helmwatch.pipeline.backend.Backends;
import io.helmwatch.pipeline.backend.StageFactory;
import io.helmwatch.pipeline.evaluation.BackendComparison;
import io.helmwatch.pipeline.ring.HelmetPipeline;
import io.helmwatch.pipeline.ring.Stages;
import io.helmwatch.sinks.InMemoryDetectionSink;
import io.helmwatch.vision.Detection;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.StreamStatus;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Whether two backends, or two models, find the same. */
@Command(
        name = "compare",
        description =
                "Runs clips and folders of pictures through two backends (or models) and compares what they find: boxes that match, are"
                        + " missing, extra or too near the threshold to tell, and how far pairs are apart. Exit code 1 beyond the tolerance.")
final class CompareCommand implements Callable<Integer> {
    @Mixin
    private BackendOptions common = new BackendOptions();

    @Mixin
    private GpuOptions gpu = new GpuOptions();

    @Option(
            names = "--reference",
            paramLabel = "BACKEND",
            defaultValue = "cpu",
            description = "The backend to compare with; cpu by default.")
    private Backend reference = Backend.CPU;

    @Option(
            names = "--reference-model",
            paramLabel = "FILE",
            description = "The reference's model; the same by default.")
    private @Nullable Path referenceModel;

    @Mixin
    private ThresholdOptions thresholds = new ThresholdOptions();

    @Option(
            names = "--margin",
            paramLabel = "M",
            defaultValue = "0.05",
            description =
                    "Boxes of one side only, with less confidence than this above the threshold, are counted apart; 0.05 by default.")
    private double margin;

    @Option(
            names = "--tolerance",
            paramLabel = "SHARE",
            defaultValue = "0.01",
            description = "Share of clear boxes that may be missing or extra; 0.01 by default.")
    private double tolerance;

    @Option(names = "--json", description = "Prints JSON in place of a table.")
    private boolean json;

    @Parameters(paramLabel = "PATH", arity = "1..*", description = "Clips, pictures, folders of them.")
    private List<Path> paths = List.of();

    /** What a run found: by source, then by the frame's number. */
    private record Findings(String description, Map<String, SortedMap<Long, List<Detection>>> bySource) {}

    @Override
    public Integer call() throws Exception {
        Main.quiet();
        ThresholdOptions.share("--margin", margin);
        ThresholdOptions.share("--tolerance", tolerance);
        ModelConfig wanted = thresholds.model(margin);
        List<String> sources = new ArrayList<>();
        for (Path path : paths) {
            sources.addAll(sourcesAt(path));
        }
        Path model = common.model();
        Thread self = Thread.currentThread();
        try (Termination.Registration signals = Termination.onSignal(self::interrupt)) {
            return compare(model, wanted, sources);
        } catch (InterruptedException ended) {
            return 1;
        }
    }

    private int compare(Path model, ModelConfig wanted, List<String> sources) throws IOException, InterruptedException {
        Findings expected =
                run(reference, Installation.model(referenceModel == null ? model : referenceModel), wanted, sources);
        Findings found = run(common.backend(), model, wanted, sources);

        BackendComparison total = new BackendComparison(thresholds.confidence(), margin);
        Map<String, BackendComparison.Summary> summaries = new LinkedHashMap<>();
        boolean sameFrames = true;
        for (String source : sources) {
            SortedMap<Long, List<Detection>> one = expected.bySource().getOrDefault(source, new TreeMap<>());
            SortedMap<Long, List<Detection>> other = found.bySource().getOrDefault(source, new TreeMap<>());
            if (!one.keySet().equals(other.keySet())) {
                sameFrames = false;
                Main.say(source + ": the reference analysed " + one.size() + " frames, the other " + other.size()
                        + ": expected the same ones");
            }
            BackendComparison comparison = new BackendComparison(thresholds.confidence(), margin);
            one.forEach((frame, boxes) -> {
                List<Detection> others = other.get(frame);
                if (others != null) {
                    comparison.add(boxes, others);
                }
            });
            total.add(comparison);
            summaries.put(source, comparison.summary());
        }
        summaries.put("all", total.summary());
        System.out.print(json ? json(expected, found, summaries) : table(expected, found, summaries));
        return sameFrames && total.summary().shareAlone() <= tolerance ? 0 : 1;
    }

    /** A folder's clips one by one, its pictures as one source. */
    private static List<String> sourcesAt(Path path) {
        if (!Files.exists(path)) {
            throw CommandFailure.usage(path + " does not exist: expected a clip, a picture or a folder");
        }
        List<String> media = DetectCommand.mediaAt(path.toString());
        List<String> sources = new ArrayList<>();
        if (Files.isDirectory(path) && media.stream().anyMatch(one -> ImageFiles.isImage(Path.of(one)))) {
            sources.add(path.toString());
        }
        media.stream()
                .filter(one -> !Files.isDirectory(path) || !ImageFiles.isImage(Path.of(one)))
                .forEach(sources::add);
        return sources;
    }

    private Findings run(Backend backend, Path model, ModelConfig wanted, List<String> sources)
            throws InterruptedException {
        HelmwatchConfig config = gpu.in(Settings.of(backend, wanted, List.of()));
        Map<String, SortedMap<Long, List<Detection>>> bySource = new LinkedHashMap<>();
        StageFactory factory = Backends.choose(config.backend());
        try (Stages stages = factory.open(config, model)) {
            for (String source : sources) {
                bySource.put(source, analyse(stages, config, source));
            }
            return new Findings(stages.description(), bySource);
        }
    }

    private static SortedMap<Long, List<Detection>> analyse(Stages stages, HelmwatchConfig config, String source)
            throws InterruptedException {
        InMemoryDetectionSink memory = new InMemoryDetectionSink();
        try (HelmetPipeline pipeline = HelmetPipeline.start(
                stages,
                config.pipeline(),
                config.inference(),
                List.of(),
                List.of(memory),
                new SimpleMeterRegistry(),
                1)) {
            pipeline.add(stages.newSource().apply(StreamConfig.of("compare", source)));
            pipeline.awaitStreams();
            if (pipeline.failures().count() > 0) {
                throw CommandFailure.failed(
                        source + ": " + pipeline.failures().count()
                                + " frames could not be analysed; --verbose shows why",
                        null);
            }
        }
        for (StreamStatus status : memory.statuses()) {
            if (status.state() == StreamStatus.State.FAILED) {
                throw CommandFailure.failed(source + ": " + status.reason(), null);
            }
        }
        SortedMap<Long, List<Detection>> byFrame = new TreeMap<>();
        for (FrameDetections frame : memory.detections()) {
            byFrame.put(frame.sequence(), frame.detections());
        }
        return byFrame;
    }

    private static String table(Findings expected, Findings found, Map<String, BackendComparison.Summary> summaries) {
        StringBuilder table = new StringBuilder();
        table.append("reference: ").append(expected.description()).append('\n');
        table.append("compared:  ").append(found.description()).append("\n\n");
        table.append(
                "frames    boxes  matched  missing  extra   near  mean px   max px  mean conf  max conf  source\n");
        summaries.forEach((source, summary) -> table.append(String.format(
                Locale.ROOT,
                "%6d %8d %8d %8d %6d %6d %8.3f %8.2f %10.4f %9.3f  %s%n",
                summary.pictures(),
                summary.referenceBoxes(),
                summary.matched(),
                summary.missing(),
                summary.extra(),
                summary.near(),
                summary.meanPixels(),
                summary.maxPixels(),
                summary.meanConfidence(),
                summary.maxConfidence(),
                source)));
        return table.toString();
    }

    private static String json(Findings expected, Findings found, Map<String, BackendComparison.Summary> summaries)
            throws IOException {
        StringWriter text = new StringWriter();
        try (JsonGenerator out = new JsonFactory().createGenerator(text)) {
            out.writeStartObject();
            out.writeStringField("reference", expected.description());
            out.writeStringField("compared", found.description());
            out.writeArrayFieldStart("sources");
            for (Map.Entry<String, BackendComparison.Summary> entry : summaries.entrySet()) {
                BackendComparison.Summary summary = entry.getValue();
                out.writeStartObject();
                out.writeStringField("source", entry.getKey());
                out.writeNumberField("frames", summary.pictures());
                out.writeNumberField("boxes", summary.referenceBoxes());
                out.writeNumberField("matched", summary.matched());
                out.writeNumberField("missing", summary.missing());
                out.writeNumberField("extra", summary.extra());
                out.writeNumberField("near", summary.near());
                out.writeNumberField("meanPixels", summary.meanPixels());
                out.writeNumberField("maxPixels", summary.maxPixels());
                out.writeNumberField("meanConfidence", summary.meanConfidence());
                out.writeNumberField("maxConfidence", summary.maxConfidence());
                out.writeEndObject();
            }
            out.writeEndArray();
            out.writeEndObject();
        }
        return text.append('\n').toString();
    }
}
