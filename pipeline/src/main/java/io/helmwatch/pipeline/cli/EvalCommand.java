package io.helmwatch.pipeline.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.StreamConfig;
import io.helmwatch.pipeline.backend.Backends;
import io.helmwatch.pipeline.backend.StageFactory;
import io.helmwatch.pipeline.backend.cuda.quantization.JsonNumber;
import io.helmwatch.pipeline.ring.HelmetPipeline;
import io.helmwatch.pipeline.ring.Stages;
import io.helmwatch.postprocess.AveragePrecision;
import io.helmwatch.postprocess.DetectionEvaluation;
import io.helmwatch.postprocess.DetectionEvaluator;
import io.helmwatch.postprocess.LabelledBox;
import io.helmwatch.postprocess.LabelledPictures;
import io.helmwatch.postprocess.NmsSettings;
import io.helmwatch.postprocess.ObjectSize;
import io.helmwatch.sinks.InMemoryDetectionSink;
import io.helmwatch.vision.FrameDetections;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How well a model does on labelled pictures. */
@Command(
        name = "eval",
        description =
                "Runs the model over labelled pictures (YOLO folders images/ and labels/) and prints average precision at"
                        + " IoU 0.5 and 0.5:0.95, per class and object size.")
final class EvalCommand implements Callable<Integer> {
    private static final int PICTURES_AT_ONCE = 8;

    @Mixin
    private BackendOptions common = new BackendOptions();

    @Mixin
    private GpuOptions gpu = new GpuOptions();

    @Option(
            names = "--data",
            required = true,
            paramLabel = "DIR",
            description = "Folder with images/ and labels/ (YOLO text files: class cx cy w h, as fractions).")
    private Path data = Path.of("");

    @Option(names = "--json", description = "Prints JSON in place of a table.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        Main.quiet();
        List<LabelledPictures.Entry> entries;
        try {
            entries = LabelledPictures.list(data);
        } catch (IllegalArgumentException refused) {
            throw CommandFailure.usage(String.valueOf(refused.getMessage()));
        } catch (IOException unreadable) {
            throw CommandFailure.failed(data + " cannot be read: " + unreadable.getMessage(), unreadable);
        }
        HelmwatchConfig config = gpu.in(Settings.of(
                common.backend(),
                Settings.model(NmsSettings.EVALUATION.confidence(), NmsSettings.EVALUATION.iou()),
                List.of()));
        StageFactory factory = Backends.choose(config.backend());
        DetectionEvaluation evaluation;
        try (Stages stages = factory.open(config, common.model())) {
            evaluation = evaluate(stages, config, entries);
        }
        System.out.print(json ? json(evaluation) : table(evaluation));
        return 0;
    }

    private static DetectionEvaluation evaluate(
            Stages stages, HelmwatchConfig config, List<LabelledPictures.Entry> entries) throws Exception {
        Map<String, FrameDetections> found = detections(stages, config, entries);
        List<String> labels = stages.engine().model().labels();
        DetectionEvaluator evaluator = new DetectionEvaluator(labels);
        for (int i = 0; i < entries.size(); i++) {
            FrameDetections frame = found.get(id(i));
            if (frame == null) {
                throw CommandFailure.failed(
                        entries.get(i).picture() + " could not be analysed: mend it or take it out of the folder",
                        null);
            }
            List<LabelledBox> objects;
            try {
                objects = LabelledBox.read(entries.get(i).labels(), frame.size(), labels.size());
            } catch (IllegalArgumentException wrong) {
                throw CommandFailure.failed(String.valueOf(wrong.getMessage()), wrong);
            }
            evaluator.add(frame.detections(), objects);
        }
        return evaluator.evaluate();
    }

    private static Map<String, FrameDetections> detections(
            Stages stages, HelmwatchConfig config, List<LabelledPictures.Entry> entries) throws Exception {
        InMemoryDetectionSink memory = new InMemoryDetectionSink();
        try (HelmetPipeline pipeline = HelmetPipeline.start(
                stages,
                config.pipeline(),
                config.inference(),
                List.of(),
                List.of(memory),
                new SimpleMeterRegistry(),
                PICTURES_AT_ONCE)) {
            for (int i = 0; i < entries.size() + PICTURES_AT_ONCE; i++) {
                if (i >= PICTURES_AT_ONCE) {
                    String earlier = id(i - PICTURES_AT_ONCE);
                    pipeline.awaitStream(earlier);
                    if (i - PICTURES_AT_ONCE < entries.size()) {
                        pipeline.remove(earlier);
                    }
                }
                if (i < entries.size()) {
                    pipeline.add(stages.newSource()
                            .apply(StreamConfig.of(
                                    id(i), entries.get(i).picture().toString())));
                }
            }
        }
        Map<String, FrameDetections> found = new HashMap<>();
        memory.detections().forEach(frame -> found.put(frame.stream(), frame));
        return found;
    }

    private static String id(int picture) {
        return "picture-" + picture;
    }

    private static String table(DetectionEvaluation evaluation) {
        StringBuilder table = new StringBuilder();
        table.append(String.format(Locale.ROOT, "%-20s %8s %8s %12s%n", "class", "objects", "AP@0.5", "AP@0.5:0.95"));
        evaluation.classes().forEach((label, precision) -> row(table, label, precision));
        table.append(String.format(
                Locale.ROOT,
                "%-20s %8d %8.3f %12.3f%n",
                "mean of classes",
                evaluation.classes().values().stream()
                        .mapToInt(AveragePrecision::objects)
                        .sum(),
                evaluation.meanAt50(),
                evaluation.meanAt50To95()));
        for (Map.Entry<ObjectSize, Map<String, AveragePrecision>> size :
                evaluation.sizes().entrySet()) {
            size.getValue()
                    .forEach((label, precision) ->
                            row(table, size.getKey().name().toLowerCase(Locale.ROOT) + " " + label, precision));
        }
        table.append(evaluation.pictures()).append(" pictures\n");
        return table.toString();
    }

    private static void row(StringBuilder table, String label, AveragePrecision precision) {
        if (precision.objects() > 0) {
            table.append(String.format(
                    Locale.ROOT,
                    "%-20s %8d %8.3f %12.3f%n",
                    label,
                    precision.objects(),
                    precision.at50(),
                    precision.at50To95()));
        }
    }

    private static String json(DetectionEvaluation evaluation) throws IOException {
        StringWriter text = new StringWriter();
        try (JsonGenerator out = new JsonFactory().createGenerator(text)) {
            out.writeStartObject();
            out.writeNumberField("pictures", evaluation.pictures());
            JsonNumber.write(out, "meanAt50", evaluation.meanAt50());
            JsonNumber.write(out, "meanAt50To95", evaluation.meanAt50To95());
            classes(out, "classes", evaluation.classes());
            out.writeObjectFieldStart("sizes");
            for (Map.Entry<ObjectSize, Map<String, AveragePrecision>> size :
                    evaluation.sizes().entrySet()) {
                classes(out, size.getKey().name().toLowerCase(Locale.ROOT), size.getValue());
            }
            out.writeEndObject();
            out.writeEndObject();
        }
        return text.append('\n').toString();
    }

    private static void classes(JsonGenerator out, String name, Map<String, AveragePrecision> classes)
            throws IOException {
        out.writeObjectFieldStart(name);
        for (Map.Entry<String, AveragePrecision> entry : classes.entrySet()) {
            out.writeObjectFieldStart(entry.getKey());
            out.writeNumberField("objects", entry.getValue().objects());
            JsonNumber.write(out, "at50", entry.getValue().at50());
            JsonNumber.write(out, "at50To95", entry.getValue().at50To95());
            out.writeEndObject();
        }
        out.writeEndObject();
    }
}
