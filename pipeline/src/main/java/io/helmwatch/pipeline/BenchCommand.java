package io.helmwatch.pipeline;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.ModelConfig;
import io.helmwatch.config.StreamConfig;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** How fast the pipeline is, and what share of its slowest part it reaches. */
@Command(
        name = "bench",
        description =
                "Measures each stage alone and the whole pipeline on a clip, in turn on the same cores: frames per second,"
                        + " latency, and the share of min(decode, inference) that the whole reaches.")
final class BenchCommand implements Callable<Integer> {
    private static final int ROUNDS = 3;

    @Mixin
    private CommonOptions common = new CommonOptions();

    @Option(
            names = "--streams",
            paramLabel = "N",
            defaultValue = "1",
            description = "How many streams play the clip; 1 by default.")
    private int streams;

    @Option(
            names = "--seconds",
            paramLabel = "S",
            defaultValue = "5",
            description = "How long each stage is measured in all; 5 by default.")
    private double seconds;

    @Option(names = "--json", description = "Prints JSON in place of a table.")
    private boolean json;

    @Parameters(paramLabel = "CLIP", arity = "0..1", description = "The clip; the bundled one by default.")
    private @Nullable Path clip;

    @Override
    public Integer call() throws Exception {
        Main.quiet();
        if (streams < 1 || streams > 256) {
            throw CommandFailure.usage("--streams " + streams + ": must be 1..256");
        }
        if (!(seconds >= 0.3 && seconds <= 3600)) {
            throw CommandFailure.usage("--seconds " + seconds + ": must be 0.3..3600");
        }
        Path file = clip == null ? Installation.demoClip() : clip;
        if (!Files.isRegularFile(file)) {
            throw CommandFailure.usage(file + " does not exist: expected a clip");
        }
        List<StreamConfig> looped = new ArrayList<>();
        for (int i = 0; i < streams; i++) {
            looped.add(Settings.file("bench-" + i, file, true));
        }
        HelmwatchConfig config = Settings.of(common.backend(), ModelConfig.DEFAULT, looped);
        StageFactory factory = Backends.choose(config.backend());
        try (Stages stages = factory.open(config, common.model())) {
            StageBenchmark.Result result = new StageBenchmark(stages, config, looped, seconds / ROUNDS).run(ROUNDS);
            System.out.print(json ? json(file, stages, result) : table(file, stages, result));
        }
        return 0;
    }

    private String table(Path file, Stages stages, StageBenchmark.Result result) {
        StringBuilder table = new StringBuilder();
        table.append(stages.description()).append('\n');
        table.append(String.format(
                Locale.ROOT, "%s, %d %s%n%n", file.getFileName(), streams, streams == 1 ? "stream" : "streams"));
        row(table, "decode alone", result.decode(), streams == 1 ? "1 thread" : streams + " threads");
        row(table, "preprocess alone", result.preprocess(), "1 thread");
        row(
                table,
                "inference alone",
                result.inference(),
                stages.workers() + (stages.workers() == 1 ? " worker" : " workers"));
        row(table, "postprocess alone", result.postprocess(), "1 thread");
        row(
                table,
                "whole pipeline",
                result.whole(),
                String.format(Locale.ROOT, "%.2f of the bound min(decode, inference)", result.share()));
        table.append(String.format(
                Locale.ROOT,
                "%nlatency decoder to sinks: p50 %.1f ms, p99 %.1f ms (files fill the ring: mostly waiting)%n",
                result.latencyP50Millis(),
                result.latencyP99Millis()));
        return table.toString();
    }

    private static void row(StringBuilder table, String what, StageBenchmark.Speed speed, String how) {
        table.append(String.format(
                Locale.ROOT,
                "%-18s %9.1f fps %9.2f ms CPU per frame   %s%n",
                what,
                speed.fps(),
                speed.cpuMillis(),
                how));
    }

    private String json(Path file, Stages stages, StageBenchmark.Result result) throws IOException {
        StringWriter text = new StringWriter();
        try (JsonGenerator out = new JsonFactory().createGenerator(text)) {
            out.writeStartObject();
            out.writeStringField("clip", file.toString());
            out.writeStringField("stages", stages.description());
            out.writeNumberField("streams", streams);
            speed(out, "decode", result.decode());
            speed(out, "preprocess", result.preprocess());
            speed(out, "inference", result.inference());
            speed(out, "postprocess", result.postprocess());
            speed(out, "whole", result.whole());
            out.writeNumberField("shareOfBound", result.share());
            out.writeNumberField("latencyP50Millis", result.latencyP50Millis());
            out.writeNumberField("latencyP99Millis", result.latencyP99Millis());
            out.writeEndObject();
        }
        return text.append('\n').toString();
    }

    private static void speed(JsonGenerator out, String what, StageBenchmark.Speed speed) throws IOException {
        out.writeNumberField(what + "Fps", speed.fps());
        out.writeNumberField(what + "CpuMillis", speed.cpuMillis());
    }
}
