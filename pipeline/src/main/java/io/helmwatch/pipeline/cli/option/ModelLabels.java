package io.helmwatch.pipeline.cli.option;

import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.inference.ModelFile;
import io.helmwatch.inference.YoloV5Model;
import io.helmwatch.postprocess.rules.RuleLabels;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** The labels of a model against the rules of a configuration, before anything is opened. Threading: any thread. */
public final class ModelLabels {
    private ModelLabels() {}

    /**
     * Why rules can never fire with a model; empty when they can. A model that declares neither the shape of its output nor labels is
     * checked when it is opened.
     *
     * @throws RuntimeException in one sentence, when the file is not a YOLOv5 detector
     */
    public static Optional<String> problem(HelmwatchConfig config, Path model) {
        ModelFile file = ModelFile.read(model);
        if (YoloV5Model.hasOpenOutputs(file)) {
            List<String> declared = YoloV5Model.declaredLabels(file, config.model());
            return declared.isEmpty() ? Optional.empty() : problem(config, declared);
        }
        return problem(
                config, YoloV5Model.of(file, config.model()).info("fp32", "cpu").labels());
    }

    /** Why rules can never fire with these labels; empty when they can. */
    public static Optional<String> problem(HelmwatchConfig config, List<String> labels) {
        return RuleLabels.problem(config.streams(), config.incidents().tracking(), labels);
    }

    /** Refuses a configuration with rules that can never fire, as wrong usage. */
    public static void check(Path file, Optional<String> problem) {
        if (problem.isPresent()) {
            throw CommandFailure.usage(file + ": " + problem.get());
        }
    }
}
