package io.helmwatch.inference;

import io.helmwatch.inference.proto.AttributeProto;
import io.helmwatch.inference.proto.NodeProto;
import io.helmwatch.inference.proto.TensorProto;
import io.helmwatch.inference.proto.TensorProto.DataType;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Weights that a file stores as 8-bit integers with a scale for each output channel, each followed by a DequantizeLinear, in a model that
 * computes in floating-point numbers. They take a quarter of the space of FP32. Runtimes would expand them at every run, or refuse them,
 * so they are expanded when the model is read.
 *
 * <p>A model that also has QuantizeLinear computes in integers; its weights stay as they are.
 */
final class StoredWeights {

    private static final String DEQUANTIZE = "DequantizeLinear";
    private static final String QUANTIZE = "QuantizeLinear";

    private StoredWeights() {}

    /** Whether a model with these operators stores weights so. */
    static boolean among(Set<String> operators) {
        return operators.contains(DEQUANTIZE) && !operators.contains(QUANTIZE);
    }

    /**
     * Replaces each DequantizeLinear of weights by its result, and drops what no other node reads. Scales of other types than FP32,
     * integers of other widths and scales for blocks are left to the runtime.
     */
    static void expand(List<NodeProto> nodes, Map<String, TensorProto> weights) {
        if (!among(nodes.stream().map(NodeProto::getOpType).collect(Collectors.toSet()))) {
            return;
        }
        List<NodeProto> kept = new ArrayList<>();
        Set<String> stored = new HashSet<>();
        for (NodeProto node : nodes) {
            TensorProto expanded = node.getOpType().equals(DEQUANTIZE) ? expanded(node, weights) : null;
            if (expanded == null) {
                kept.add(node);
            } else {
                weights.put(expanded.getName(), expanded);
                stored.addAll(node.getInputList());
            }
        }
        kept.forEach(node -> node.getInputList().forEach(stored::remove));
        weights.keySet().removeAll(stored);
        nodes.clear();
        nodes.addAll(kept);
    }

    private static @Nullable TensorProto expanded(NodeProto node, Map<String, TensorProto> weights) {
        if (node.getInputCount() < 2 || node.getOutputCount() < 1) {
            return null;
        }
        TensorProto steps = weights.get(node.getInput(0));
        TensorProto scale = weights.get(node.getInput(1));
        boolean shifted = node.getInputCount() > 2 && !node.getInput(2).isEmpty();
        TensorProto zero = shifted ? weights.get(node.getInput(2)) : null;
        if (steps == null
                || scale == null
                || (shifted && zero == null)
                || !isByte(steps)
                || scale.getDataType() != DataType.FLOAT_VALUE
                || attribute(node, "block_size", 0) != 0) {
            return null;
        }
        int rank = steps.getDimsCount();
        int axis = (int) attribute(node, "axis", 1);
        axis = axis < 0 ? axis + rank : axis;
        float[] scales = TensorElements.floats(scale);
        int[] zeros = zero == null ? new int[scales.length] : TensorElements.bytes(zero);
        // One scale for all, or one for each index of the axis.
        boolean fits = scales.length == zeros.length
                && (scales.length == 1 || (axis >= 0 && axis < rank && steps.getDims(axis) == scales.length));
        if (!fits) {
            return null;
        }
        int inner = 1;
        for (int i = axis + 1; i < rank; i++) {
            inner *= (int) steps.getDims(i);
        }
        int[] values = TensorElements.bytes(steps);
        float[] result = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            int channel = scales.length == 1 ? 0 : i / inner % scales.length;
            result[i] = (values[i] - zeros[channel]) * scales[channel];
        }
        return TensorElements.ofFloats(node.getOutput(0), result, steps.getDimsList());
    }

    private static boolean isByte(TensorProto tensor) {
        return tensor.getDataType() == DataType.INT8_VALUE || tensor.getDataType() == DataType.UINT8_VALUE;
    }

    private static long attribute(NodeProto node, String name, long otherwise) {
        return node.getAttributeList().stream()
                .filter(attribute -> attribute.getName().equals(name))
                .mapToLong(AttributeProto::getI)
                .findFirst()
                .orElse(otherwise);
    }
}
