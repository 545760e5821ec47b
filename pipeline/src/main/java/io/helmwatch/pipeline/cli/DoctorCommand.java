package io.helmwatch.pipeline.cli;

import io.helmwatch.config.ConfigLoader;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.inference.ModelConfig;
import io.helmwatch.config.yaml.ConfigException;
import io.helmwatch.inference.InferenceEngine;
import io.helmwatch.inference.InferenceLane;
import io.helmwatch.inference.ModelInfo;
import io.helmwatch.inference.onnx.OnnxRuntimeEngine;
import io.helmwatch.inference.onnx.WorkerPlan;
import io.helmwatch.pipeline.cli.option.Installation;
import io.helmwatch.pipeline.cli.option.ModelLabels;
import io.helmwatch.pipeline.cli.process.Console;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Checks what a run needs; one line for each result on standard output. */
@Command(
        name = "doctor",
        description = "Checks Java, CPU, GPU, libraries, model, and with a configuration Kafka and every stream.")
final class DoctorCommand implements Callable<Integer> {
    @Option(
            names = {"-c", "--config"},
            paramLabel = "FILE",
            description = "Configuration (YAML).")
    private @Nullable Path config;

    @Option(
            names = "--model",
            paramLabel = "FILE",
            description = "ONNX export of YOLOv5; the configured or the shipped one by default.")
    private @Nullable Path model;

    @Override
    public Integer call() throws Exception {
        Console.quiet();
        CheckReport report = new CheckReport();
        MachineCheck.run(report);
        HelmwatchConfig settings = null;
        Path file = config;
        if (file != null) {
            try {
                settings = ConfigLoader.load(file);
                report.good("configuration", file + " is valid");
            } catch (ConfigException wrong) {
                wrong.problems().forEach(problem -> report.bad("configuration", problem.toString()));
            }
        }
        model(settings, report);
        if (settings != null) {
            new SiteCheck(settings, report).run();
        }
        return report.isHealthy() ? 0 : 1;
    }

    private void model(@Nullable HelmwatchConfig settings, CheckReport report) {
        ModelConfig wanted = settings == null ? ModelConfig.DEFAULT : settings.model();
        try {
            Path file = Installation.model(model == null ? wanted.path() : model);
            WorkerPlan plan = new WorkerPlan(1, Runtime.getRuntime().availableProcessors(), "doctor");
            try (InferenceEngine engine = OnnxRuntimeEngine.open(file, wanted, plan);
                    InferenceLane lane = engine.openLane(1)) {
                lane.run(1);
                long start = System.nanoTime();
                lane.run(1);
                ModelInfo info = engine.model();
                report.good(
                        "model",
                        String.format(
                                Locale.ROOT,
                                "%s: %s %s, input %s, labels %s; one run on all cores takes %.1f ms",
                                file,
                                info.identity().name(),
                                info.identity().version(),
                                info.sizing().isFitting() ? info.sizing() : info.input(),
                                labels(info.labels()),
                                (System.nanoTime() - start) / 1e6));
                if (settings != null) {
                    ModelLabels.problem(settings, info.labels()).ifPresent(problem -> report.bad("rules", problem));
                }
            }
        } catch (RuntimeException | LinkageError refused) {
            report.bad("model", String.valueOf(refused.getMessage()));
        }
    }

    private static String labels(List<String> labels) {
        return labels.size() <= 8 ? labels.toString() : labels.subList(0, 3) + " and " + (labels.size() - 3) + " more";
    }
}
