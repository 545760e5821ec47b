package io.helmwatch.inference.tensorrt;

import io.helmwatch.inference.GraphAnalysis;
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
import java.util.Set;

/**
 * Inserts QuantizeLinear and DequantizeLinear around the convolutions that run in INT8 (explicit quantisation: TensorRT uses INT8 there and
 * nowhere else). Activations have one scale per tensor, weights one per output channel, both symmetric.
 *
 * <p>The first convolutions, which read images, and the last ones, whose outputs are logits of boxes, are not quantised. Tensors that are
 * concatenated, pooled or resized share their scale with the result, and additions read the quantised tensor where a convolution beside them
 * does, so that no kernel has to convert in between.
 *
 * <p>Threading: used by one thread.
 */
final class Int8Quantizer {

    private static final Set<String> SAME_RANGE = Set.of("Concat", "MaxPool", "Resize", "Upsample");

    /** FP16's smallest number: scales are stored in FP16, and TensorRT refuses zero. */
    private static final float SMALLEST_SCALE = 0x1p-24f;

    private final OnnxModel model;
    private final GraphAnalysis analysis;
    private final Set<NodeProto> decoding;
    private final List<Layer> layers = new ArrayList<>();
    private final Map<String, String> sharesWith = new HashMap<>();

    /**
     * A convolution that can run in INT8.
     *
     * @param node the convolution
     * @param label its name
     * @param input tensor that it reads
     * @param weight tensor of its weights
     * @param constant the constant from which casts make the weight, or the weight itself
     */
    record Layer(NodeProto node, String label, String input, String weight, String constant) {}

    /**
     * Analyses a model.
     *
     * @param model in FP32 throughout; {@link #quantize} changes it
     */
    Int8Quantizer(OnnxModel model) {
        this.model = model;
        analysis = GraphAnalysis.of(model);
        GraphAnalysis.Tail tail = analysis.tail();
        decoding = tail.decoding();
        Set<NodeProto> first = analysis.firstConvolutions();
        for (NodeProto node : model.nodes()) {
            if (node.getOpType().equals("Conv")
                    && node.getInputCount() > 1
                    && !tail.convolutions().contains(node)
                    && !first.contains(node)) {
                addLayer(node);
            } else if (joins(node)) {
                dataInputs(node).forEach(input -> share(input, node.getOutput(0)));
            }
        }
    }

    private void addLayer(NodeProto node) {
        String constant = analysis.withoutCasts(node.getInput(1));
        List<Long> dimensions = model.weightDimensions(constant);
        if (dimensions != null && dimensions.size() == 4 && dimensions.get(0) > 0) {
            layers.add(new Layer(node, OnnxModel.label(node), node.getInput(0), node.getInput(1), constant));
        }
    }

    /** Whether a node's inputs and output have one range. */
    private boolean joins(NodeProto node) {
        return SAME_RANGE.contains(node.getOpType())
                && node.getOutputCount() > 0
                && node.getInputCount() > 0
                && !decoding.contains(node);
    }

    private static List<String> dataInputs(NodeProto node) {
        int count = node.getOpType().equals("Concat") ? node.getInputCount() : 1;
        return node.getInputList().subList(0, count);
    }

    private void share(String one, String other) {
        String a = groupOf(one);
        String b = groupOf(other);
        if (!a.equals(b)) {
            sharesWith.put(a, b);
        }
    }

    private String groupOf(String tensor) {
        String parent = tensor;
        while (sharesWith.containsKey(parent)) {
            parent = sharesWith.get(parent);
        }
        return parent;
    }

    /** The tensors whose ranges have to be measured. */
    List<String> tensors() {
        return layers.stream().map(Layer::input).distinct().toList();
    }

    /** Signal-to-noise ratio of input and weights in INT8 by layer, in decibels. */
    Map<String, Double> signalToNoise(ActivationRanges ranges) {
        Map<String, Double> found = new LinkedHashMap<>();
        for (Layer layer : layers) {
            ActivationRanges.Range range = ranges.ranges().get(layer.input());
            if (range != null) {
                double noise = Math.pow(10, -range.signalToNoise() / 10)
                        + weightsOf(layer).noise();
                found.put(layer.label(), -10 * Math.log10(noise));
            }
        }
        return found;
    }

    private QuantizedWeights weightsOf(Layer layer) {
        return QuantizedWeights.of(model, layer.constant(), SMALLEST_SCALE);
    }

    /**
     * Quantises the model.
     *
     * @param excluded labels of layers that stay in floating point
     * @return number of convolutions that run in INT8
     */
    int quantize(ActivationRanges ranges, Set<String> excluded) {
        Map<String, Float> largest = new HashMap<>();
        ranges.ranges().forEach((tensor, range) -> largest.merge(groupOf(tensor), range.threshold(), Math::max));
        List<Layer> chosen = layers.stream()
                .filter(layer ->
                        !excluded.contains(layer.label()) && largest.getOrDefault(groupOf(layer.input()), 0f) > 0)
                .toList();
        Set<String> quantized = new LinkedHashSet<>();
        Map<NodeProto, Layer> layerOf = new HashMap<>();
        for (Layer layer : chosen) {
            quantized.add(layer.input());
            layerOf.put(layer.node(), layer);
        }
        Set<String> leading = tensorsLeadingTo(quantized);
        Set<String> done = new HashSet<>();
        List<NodeProto> replacement = new ArrayList<>();
        for (NodeProto node : model.nodes()) {
            List<String> inputs = new ArrayList<>(node.getInputList());
            Layer layer = layerOf.get(node);
            for (int i = 0; i < inputs.size(); i++) {
                String tensor = inputs.get(i);
                if (quantized.contains(tensor) && readsQuantized(node, i, layer != null, leading)) {
                    if (done.add(tensor)) {
                        addActivation(replacement, tensor, largest.getOrDefault(groupOf(tensor), 1f) / 127);
                    }
                    inputs.set(i, tensor + ".dequantized");
                }
            }
            if (layer != null) {
                if (done.add(layer.weight())) {
                    addWeight(replacement, layer);
                }
                inputs.set(1, layer.weight() + ".dequantized");
            }
            replacement.add(inputs.equals(node.getInputList()) ? node : OnnxModel.withInputs(node, inputs));
        }
        model.setNodes(replacement);
        return chosen.size();
    }

    private boolean readsQuantized(NodeProto node, int input, boolean isLayer, Set<String> leading) {
        if (decoding.contains(node)) {
            return false;
        }
        if (isLayer) {
            return input == 0;
        }
        return node.getOpType().equals("Add") || (joins(node) && leading.contains(node.getOutput(0)));
    }

    /** Quantised tensors, and those from which nodes of the same range lead to one. */
    private Set<String> tensorsLeadingTo(Set<String> quantized) {
        Set<String> leading = new HashSet<>(quantized);
        Deque<String> pending = new ArrayDeque<>(quantized);
        while (!pending.isEmpty()) {
            NodeProto producer = analysis.producer(pending.remove());
            if (producer != null && joins(producer)) {
                producer.getInputList().stream().filter(leading::add).forEach(pending::add);
            }
        }
        return leading;
    }

    private void addActivation(List<NodeProto> to, String tensor, float scale) {
        model.putFloats(tensor + ".scale", new float[] {scale});
        model.putInt8(tensor + ".zero", new byte[1]);
        addPair(to, tensor, Map.of());
    }

    private void addWeight(List<NodeProto> to, Layer layer) {
        float[] scales = weightsOf(layer).scales();
        model.putFloats(layer.weight() + ".scale", scales, scales.length);
        model.putInt8(layer.weight() + ".zero", new byte[scales.length], scales.length);
        addPair(to, layer.weight(), Map.of("axis", 0L));
    }

    private static void addPair(List<NodeProto> to, String tensor, Map<String, Long> attributes) {
        List<String> scaling = List.of(tensor + ".scale", tensor + ".zero");
        to.add(OnnxModel.node(
                "QuantizeLinear",
                tensor + ".quantize",
                List.of(tensor, scaling.get(0), scaling.get(1)),
                List.of(tensor + ".quantized"),
                attributes));
        to.add(OnnxModel.node(
                "DequantizeLinear",
                tensor + ".dequantize",
                List.of(tensor + ".quantized", scaling.get(0), scaling.get(1)),
                List.of(tensor + ".dequantized"),
                attributes));
    }
}
