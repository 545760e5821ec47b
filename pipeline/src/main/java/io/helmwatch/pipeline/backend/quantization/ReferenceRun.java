package io.helmwatch.pipeline.backend.quantization;

import io.helmwatch.config.inference.ModelConfig;
import io.helmwatch.inference.ModelFile;
import io.helmwatch.inference.ModelInfo;
import io.helmwatch.inference.YoloV5Model;
import io.helmwatch.inference.onnx.OnnxRuntimeEngine;
import io.helmwatch.inference.onnx.OnnxRuntimeLane;
import io.helmwatch.inference.onnx.WorkerPlan;
import java.nio.file.Path;

/** Runs a model in FP32 as the reference of a {@link DetectionComparison}. Threading: one thread per comparison. */
public final class ReferenceRun {
    private ReferenceRun() {}

    /** Runs the model in FP32 with ONNX Runtime, as the reference. */
    public static DetectionScore reference(Path model, ModelConfig config, DetectionComparison comparison) {
        try (OnnxRuntimeEngine engine = openReference(model, config);
                OnnxRuntimeLane lane = engine.openLane(1)) {
            return comparison.reference(lane.input(), 1, size -> {
                lane.run(size);
                return lane.output();
            });
        }
    }

    /** Shapes and labels of a model; a model that declares no output shapes is run once to find them. */
    public static ModelInfo describe(Path model, ModelConfig config) {
        ModelFile file = ModelFile.read(model);
        if (!YoloV5Model.hasOpenOutputs(file)) {
            return YoloV5Model.of(file, config).info("fp32", "cpu");
        }
        try (OnnxRuntimeEngine engine = openReference(model, config)) {
            return engine.model();
        }
    }

    private static OnnxRuntimeEngine openReference(Path model, ModelConfig config) {
        return OnnxRuntimeEngine.open(
                model, config, new WorkerPlan(1, Runtime.getRuntime().availableProcessors(), "comparison"));
    }
}
