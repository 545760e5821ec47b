package io.helmwatch.inference;

import io.helmwatch.config.inference.ModelConfig;
import io.helmwatch.inference.onnx.OnnxRuntimeEngine;
import io.helmwatch.inference.onnx.OnnxRuntimeLane;
import io.helmwatch.inference.onnx.WorkerPlan;
import io.helmwatch.vision.tensor.HalfFloat;
import io.helmwatch.vision.tensor.HostTensorBatch;
import io.helmwatch.vision.tensor.TensorType;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.Random;

/** Runs a model on an image of noise, the same at each call. */
final class ModelRun {

    private ModelRun() {}

    /** The first output. */
    static float[] onNoise(Path model) {
        try (OnnxRuntimeEngine engine =
                        OnnxRuntimeEngine.open(model, ModelConfig.DEFAULT, new WorkerPlan(1, 2, "test"));
                OnnxRuntimeLane lane = engine.openLane(1)) {
            HostTensorBatch input = lane.input();
            Random random = new Random(3);
            boolean half = input.type() == TensorType.FP16;
            for (int i = 0; i < input.shape().elementsPerImage(); i++) {
                float sample = random.nextInt(256) / 256f;
                if (half) {
                    input.buffer().putShort(2 * i, HalfFloat.fromFloat(sample));
                } else {
                    input.buffer().putFloat(4 * i, sample);
                }
            }
            lane.run(1);
            FloatBuffer output = lane.output().tensors().get(0);
            float[] values = new float[output.capacity()];
            output.get(0, values);
            return values;
        }
    }
}
