package io.helmwatch.inference.onnx;

import io.helmwatch.inference.GraphAnalysis;
import io.helmwatch.inference.ModelException;
import io.helmwatch.inference.OnnxModel;
import io.helmwatch.inference.QuantizedWeights;
import io.helmwatch.inference.proto.NodeProto;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Inserts QuantizeLinear and DequantizeLinear so that ONNX Runtime computes a model in INT8 on a CPU. Activations are unsigned
 * with one scale per tensor, weights signed with one scale per output channel, biases 32-bit.
 *
 * <p>The layout differs from TensorRT's: ONNX Runtime fuses an operation with the pairs around it, so the results of
 * convolutions, sigmoids, products, sums, concatenations, pooling and resizing are all quantised. With pairs at the inputs of
 * convolutions only, INT8 takes twice the time of FP32. The first convolutions with their activation, the last ones, the
 * decoding of boxes, and the convolutions that the caller keeps with theirs stay in floating point.
 *
 * <p>Threading: used by one thread.
 */
final class QdqQuantizer {

    /** Version of the layout: ranges of another one are not used. */
    static final int LAYOUT = 1;

    /** Scales per channel exist from this version of ONNX's operators on. */
    private static final long MIN_OPERATOR_SET = 13;

    private static final Set<String> SAME_RANGE = Set.of("MaxPool", "Resize");
    private static final Set<String> QUANTIZED =
            Set.of("Conv", "Sigmoid", "Mul", "Add", "Concat", "MaxPool", "Resize", "Relu", "LeakyRelu");
    private static final float SMALLEST_SCALE = 1e-8f / 127;

    private final OnnxModel model;
    private final GraphAnalysis analysis;
    private final GraphAnalysis.Tail tail;
    private final Set<NodeProto> first;
    private final Set<String> kept;
    /** The node of each tensor that is quantised, in the file's order. */
    private final Map<String, NodeProto> quantized = new LinkedHashMap<>();

    /**
     * Analyses a model.
     *
     * @param model in FP32 throughout; {@link #quantize} changes it
     * @param kept labels of convolutions that stay in floating point
     * @throws ModelException when its operators are older than scales per channel, or nothing can be quantised
     */
    QdqQuantizer(OnnxModel model, String source, Set<String> kept) {
        this.model = model;
        this.kept = Set.copyOf(kept);
        analysis = GraphAnalysis.of(model);
        tail = analysis.tail();
        first = analysis.firstConvolutions();
        if (model.operatorSet() < MIN_OPERATOR_SET) {
            throw new ModelException(source + ": expected operator set " + MIN_OPERATOR_SET
                    + " or later for INT8, found " + model.operatorSet() + ": export it with --opset 13 or later");
        }
        Set<String> features = featureTensors();
        for (NodeProto node : model.nodes()) {
            if (isQuantized(node) && features.contains(node.getOutput(0))) {
                quantized.put(node.getOutput(0), node);
            }
        }
        if (convolutions().isEmpty()) {
            throw new ModelException(source + ": has no convolution that can run in INT8");
        }
    }

    /** Tensors computed from convolutions by operations that are quantised. */
    private Set<String> featureTensors() {
        Set<String> features = new HashSet<>();
        Deque<String> pending = new ArrayDeque<>();
        for (NodeProto node : model.nodes()) {
            if (node.getOpType().equals("Conv") && features.add(node.getOutput(0))) {
                pending.add(node.getOutput(0));
            }
        }
        while (!pending.isEmpty()) {
            for (NodeProto node : analysis.consumers(pending.remove())) {
                if (QUANTIZED.contains(node.getOpType()) && features.add(node.getOutput(0))) {
                    pending.add(node.getOutput(0));
                }
            }
        }
        return features;
    }

    private boolean isQuantized(NodeProto node) {
        if (!QUANTIZED.contains(node.getOpType())
                || node.getOutputCount() == 0
                || isFloat(node)
                || isReadByKeptOnly(node)
                || tail.convolutions().contains(node)
                || tail.decoding().contains(node)) {
            return false;
        }
        boolean activationOfFloat = node.getOpType().equals("Sigmoid") && isFloat(producerOf(node, 0));
        return !activationOfFloat && (!node.getOpType().equals("Conv") || hasConstantWeights(node));
    }

    private boolean isFloat(NodeProto node) {
        return first.contains(node) || isKept(node);
    }

    private boolean isKept(NodeProto node) {
        return node.getOpType().equals("Conv") && kept.contains(OnnxModel.label(node));
    }

    private boolean isReadByKeptOnly(NodeProto node) {
        List<NodeProto> readers = analysis.consumers(node.getOutput(0));
        return !readers.isEmpty() && readers.stream().allMatch(this::isKept);
    }

    private NodeProto producerOf(NodeProto node, int input) {
        NodeProto producer = node.getInputCount() > input ? analysis.producer(node.getInput(input)) : null;
        return producer == null ? NodeProto.getDefaultInstance() : producer;
    }

    private boolean hasConstantWeights(NodeProto node) {
        if (node.getInputCount() < 2 || model.weightValues(weightOf(node)) == null) {
            return false;
        }
        List<Long> dimensions = model.weightDimensions(weightOf(node));
        boolean bias = node.getInputCount() < 3 || model.weightValues(node.getInput(2)) != null;
        return bias && dimensions != null && dimensions.size() == 4 && dimensions.get(0) > 0;
    }

    private String weightOf(NodeProto convolution) {
        return analysis.withoutCasts(convolution.getInput(1));
    }

    /** The convolutions that run in INT8: those whose input and output are quantised. */
    private Set<NodeProto> convolutions() {
        Set<NodeProto> convolutions = new LinkedHashSet<>();
        for (NodeProto node : quantized.values()) {
            if (node.getOpType().equals("Conv") && quantized.containsKey(node.getInput(0))) {
                convolutions.add(node);
            }
        }
        return convolutions;
    }

    /** The tensors whose ranges have to be measured. */
    List<String> tensors() {
        return quantized.entrySet().stream()
                .filter(entry -> !hasKnownRange(entry.getValue()))
                .map(Map.Entry::getKey)
                .toList();
    }

    /** Labels of the convolutions that run in INT8, those first that lose most when their weights are rounded. */
    List<String> layers() {
        Map<String, Double> noise = new LinkedHashMap<>();
        for (NodeProto node : convolutions()) {
            noise.put(OnnxModel.label(node), weightsOf(node).noise());
        }
        return noise.entrySet().stream()
                .sorted(Map.Entry.<String, Double>comparingByValue().reversed())
                .map(Map.Entry::getKey)
                .toList();
    }

    private static boolean hasKnownRange(NodeProto node) {
        return node.getOpType().equals("Sigmoid") || SAME_RANGE.contains(node.getOpType());
    }

    /**
     * Quantises the model.
     *
     * @param measured range of each of {@link #tensors}
     * @return number of convolutions that run in INT8
     * @throws ModelException when a range is missing
     */
    int quantize(Map<String, ValueRange> measured) {
        Map<String, ValueRange> ranges = new HashMap<>();
        quantized.keySet().forEach(tensor -> ranges.put(tensor, rangeOf(tensor, measured)));
        Set<NodeProto> convolutions = convolutions();
        Set<String> weights = new HashSet<>();
        List<NodeProto> replacement = new ArrayList<>();
        for (NodeProto node : model.nodes()) {
            List<String> inputs = new ArrayList<>(node.getInputList());
            if (!tail.decoding().contains(node)) {
                inputs.replaceAll(tensor -> quantized.containsKey(tensor) ? tensor + ".dequantized" : tensor);
            }
            if (convolutions.contains(node)) {
                quantizeWeights(node, inputs, ranges, weights, replacement);
            }
            replacement.add(inputs.equals(node.getInputList()) ? node : OnnxModel.withInputs(node, inputs));
            for (String output : node.getOutputList()) {
                if (quantized.containsKey(output)) {
                    addPair(output, ranges.getOrDefault(output, ValueRange.UNIT), replacement);
                }
            }
        }
        model.setNodes(replacement);
        model.removeUnused();
        return convolutions.size();
    }

    private ValueRange rangeOf(String tensor, Map<String, ValueRange> measured) {
        String origin = tensor;
        Set<String> seen = new HashSet<>();
        NodeProto node = quantized.get(origin);
        // Pooling and resizing have the range of what they read.
        while (node != null && SAME_RANGE.contains(node.getOpType()) && seen.add(origin)) {
            origin = node.getInput(0);
            node = quantized.get(origin);
        }
        if (node != null && node.getOpType().equals("Sigmoid")) {
            return ValueRange.UNIT;
        }
        ValueRange range = measured.get(origin);
        if (range == null) {
            throw new ModelException("INT8 ranges: expected one of tensor " + origin + ", found none: quantize again");
        }
        return range;
    }

    private void addPair(String tensor, ValueRange range, List<NodeProto> to) {
        model.putFloats(tensor + ".scale", new float[] {range.scale()});
        model.putUint8(tensor + ".zero", new byte[] {(byte) range.zeroPoint()});
        List<String> parameters = List.of(tensor + ".scale", tensor + ".zero");
        to.add(OnnxModel.node(
                "QuantizeLinear",
                tensor + ".quantize",
                List.of(tensor, parameters.get(0), parameters.get(1)),
                List.of(tensor + ".quantized"),
                Map.of()));
        addDequantize(tensor, Map.of(), to);
    }

    private static void addDequantize(String tensor, Map<String, Long> attributes, List<NodeProto> to) {
        to.add(OnnxModel.node(
                "DequantizeLinear",
                tensor + ".dequantize",
                List.of(tensor + ".quantized", tensor + ".scale", tensor + ".zero"),
                List.of(tensor + ".dequantized"),
                attributes));
    }

    private void quantizeWeights(
            NodeProto node, List<String> inputs, Map<String, ValueRange> ranges, Set<String> done, List<NodeProto> to) {
        String weight = weightOf(node);
        QuantizedWeights quantizedWeights = weightsOf(node);
        float[] scales = quantizedWeights.scales();
        if (done.add(weight)) {
            model.putInt8(weight + ".quantized", quantizedWeights.levels(), quantizedWeights.sizes());
            model.putFloats(weight + ".scale", scales, scales.length);
            model.putInt8(weight + ".zero", new byte[scales.length], scales.length);
            addDequantize(weight, Map.of("axis", 0L), to);
        }
        inputs.set(1, weight + ".dequantized");
        if (inputs.size() > 2) {
            inputs.set(2, quantizeBias(node, scales, ranges, to));
        }
    }

    /** The bias has the scale of the products that it is added to. */
    private String quantizeBias(
            NodeProto node, float[] weightScales, Map<String, ValueRange> ranges, List<NodeProto> to) {
        String bias = node.getOutput(0) + ".bias";
        float[] values = Objects.requireNonNull(model.weightValues(node.getInput(2)), bias);
        float inputScale =
                ranges.getOrDefault(node.getInput(0), ValueRange.UNIT).scale();
        float[] scales = new float[values.length];
        int[] levels = new int[values.length];
        for (int i = 0; i < values.length; i++) {
            scales[i] = weightScales[i] * inputScale;
            double level = Math.rint((double) values[i] / scales[i]);
            levels[i] = (int) Math.max(Integer.MIN_VALUE, Math.min(Integer.MAX_VALUE, level));
        }
        model.putInt32(bias + ".quantized", levels, values.length);
        model.putFloats(bias + ".scale", scales, values.length);
        model.putInt32(bias + ".zero", new int[values.length], values.length);
        addDequantize(bias, Map.of("axis", 0L), to);
        return bias + ".dequantized";
    }

    private QuantizedWeights weightsOf(NodeProto convolution) {
        return QuantizedWeights.of(model, weightOf(convolution), SMALLEST_SCALE);
    }
}
