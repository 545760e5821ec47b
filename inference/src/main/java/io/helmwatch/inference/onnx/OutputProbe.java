package io.helmwatch.inference.onnx;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.helmwatch.config.inference.InputSize;
import io.helmwatch.config.inference.ModelConfig;
import io.helmwatch.inference.ModelException;
import io.helmwatch.inference.ModelFile;
import io.helmwatch.inference.TensorInfo;
import io.helmwatch.inference.YoloV5Model;
import io.helmwatch.vision.tensor.TensorShape;
import io.helmwatch.vision.tensor.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds the shapes of outputs that a model leaves open, by running it on an empty image. Threading: any thread. */
final class OutputProbe {
    private static final Logger LOG = LoggerFactory.getLogger(OutputProbe.class);

    private OutputProbe() {}

    /**
     * Interprets a model.
     *
     * @param session with the model
     */
    static YoloV5Model interpret(OrtEnvironment environment, OrtSession session, ModelFile file, ModelConfig config)
            throws OrtException {
        if (!YoloV5Model.hasDynamicSides(file)) {
            return ofOneSize(environment, session, file, config);
        }
        TensorShape small = YoloV5Model.probeShapeOf(file);
        Map<String, List<Long>> shapes;
        try {
            shapes = probe(environment, session, file, small);
            YoloV5Model.ofAnySize(file, config.withInput(InputSize.FIT), small, shapes);
        } catch (OrtException | ModelException e) {
            // Throws the error of a model that fails at every size.
            YoloV5Model model = ofOneSize(environment, session, file, config);
            LOG.info(
                    "Model {} declares dynamic height and width, but has one size only: {}",
                    file.path(),
                    e instanceof OrtException refused ? OnnxRuntime.reason(refused) : e.getMessage());
            return model;
        }
        return YoloV5Model.ofAnySize(file, config, small, shapes);
    }

    private static YoloV5Model ofOneSize(
            OrtEnvironment environment, OrtSession session, ModelFile file, ModelConfig config) throws OrtException {
        return YoloV5Model.of(file, config, probe(environment, session, file, YoloV5Model.inputShapeOf(file)));
    }

    /** Shapes of the outputs for one empty image. */
    private static Map<String, List<Long>> probe(
            OrtEnvironment environment, OrtSession session, ModelFile file, TensorShape shape) throws OrtException {
        TensorInfo input = file.inputs().get(0);
        if (input.type() == null) {
            return Map.of();
        }
        boolean half = input.type() == TensorType.FP16;
        ByteBuffer zeros = ByteBuffer.allocateDirect(shape.batch() * shape.elementsPerImage() * (half ? 2 : 4))
                .order(ByteOrder.nativeOrder());
        long[] sizes = {shape.batch(), 3, shape.height(), shape.width()};
        try (OnnxTensor tensor = OnnxTensor.createTensor(
                        environment, zeros, sizes, half ? OnnxJavaType.FLOAT16 : OnnxJavaType.FLOAT);
                OrtSession.Result result = session.run(Map.of(input.name(), tensor))) {
            Map<String, List<Long>> shapes = new HashMap<>();
            for (Map.Entry<String, OnnxValue> output : result) {
                if (output.getValue() instanceof OnnxTensor value) {
                    List<Long> found = new ArrayList<>();
                    for (long size : value.getInfo().getShape()) {
                        found.add(size);
                    }
                    shapes.put(output.getKey(), found);
                }
            }
            return shapes;
        }
    }
}
