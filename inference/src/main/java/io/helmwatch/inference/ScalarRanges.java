package io.helmwatch.inference;

import io.helmwatch.inference.proto.NodeProto;
import io.helmwatch.inference.proto.TensorProto;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes the constant bounds of {@code Range} scalars, as ONNX defines them. Some exports, and the shipped helmet-yolov5n 2.0.0, declare them as vectors of
 * one element, which ONNX Runtime accepts and TensorRT refuses.
 *
 * <p>Threading: one thread.
 */
public final class ScalarRanges {
    private static final String RANGE = "Range";
    private static final String SUFFIX = ".scalar";

    private ScalarRanges() {}

    /** Changes the model in place; a vector that other nodes read, too, stays as it is for them. */
    public static void in(OnnxModel model) {
        List<NodeProto> nodes = new ArrayList<>();
        for (NodeProto node : model.nodes()) {
            nodes.add(node.getOpType().equals(RANGE) ? OnnxModel.withInputs(node, scalars(model, node)) : node);
        }
        model.setNodes(nodes);
        model.removeUnused();
    }

    private static List<String> scalars(OnnxModel model, NodeProto range) {
        List<String> inputs = new ArrayList<>();
        for (String input : range.getInputList()) {
            TensorProto bound = model.weight(input);
            if (bound == null || bound.getDimsCount() != 1 || bound.getDims(0) != 1) {
                inputs.add(input);
                continue;
            }
            String name = input + SUFFIX;
            model.put(bound.toBuilder().setName(name).clearDims().build());
            inputs.add(name);
        }
        return inputs;
    }
}
