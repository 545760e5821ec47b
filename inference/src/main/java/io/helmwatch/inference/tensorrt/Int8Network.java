package io.helmwatch.inference.tensorrt;

import io.helmwatch.inference.OnnxGraph;
import io.helmwatch.inference.OnnxGraph.Node;
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
 * Puts QuantizeLinear and DequantizeLinear around the convolutions that run in INT8 (explicit quantisation: TensorRT then uses INT8 there and
 * nowhere else). Activations have one scale a tensor, weights one for each output channel, both symmetric.
 *
 * <p>The first convolutions, which read pictures, and the last ones, whose outputs are logits of boxes, stay as they are. Tensors that are joined,
 * pooled or enlarged share their scale with the result, and additions read the quantised tensor where a convolution beside them does, so that
 * no kernel has to convert in between.
 *
 * <p>Threading: used by one thread.
 */
final class Int8Network {

    private static final Set<String> SAME_RANGE = Set.of("Concat", "MaxPool", "Resize", "Upsample");

    /** FP16's smallest number: scales are written in FP16, and TensorRT takes none of zero. */
    private static final float SMALLEST_SCALE = 0x1p-24f;

    private final OnnxGraph graph;
    private final Map<String, Node> producers;
    private final Map<String, List<Node>> consumers = new HashMap<>();
    private final Set<Node> tail;
    private final List<Layer> layers = new ArrayList<>();
    private final Map<String, String> sharesWith = new HashMap<>();

    /**
     * A convolution that may run in INT8.
     *
     * @param node the convolution
     * @param label its name
     * @param input tensor that it reads
     * @param weight tensor of its weights
     * @param constant the weight's constant, which casts may lie behind
     */
    record Layer(Node node, String label, String input, String weight, String constant) {}

    /**
     * Looks at a network.
     *
     * @param graph in FP32 throughout; {@link #quantize} changes it
     */
    Int8Network(OnnxGraph graph) {
        this.graph = graph;
        producers = graph.producers();
        for (Node node : graph.nodes()) {
            node.inputs()
                    .forEach(input -> consumers
                            .computeIfAbsent(input, tensor -> new ArrayList<>())
                            .add(node));
        }
        OnnxGraph.Tail end = graph.tail();
        Set<Node> last = end.last();
        tail = end.behind();
        Set<Node> first = firstConvolutions();
        for (Node node : graph.nodes()) {
            if (node.operator().equals("Conv") && !last.contains(node) && !first.contains(node)) {
                String constant = constantOf(node.inputs().get(1));
                List<Long> dimensions = graph.weightDimensions(constant);
                if (dimensions != null && dimensions.size() == 4) {
                    layers.add(new Layer(
                            node,
                            node.label(),
                            node.inputs().get(0),
                            node.inputs().get(1),
                            constant));
                }
            }
        }
        for (Node node : graph.nodes()) {
            if (SAME_RANGE.contains(node.operator()) && !tail.contains(node)) {
                int data = node.operator().equals("Concat") ? node.inputs().size() : 1;
                node.inputs()
                        .subList(0, data)
                        .forEach(input -> share(input, node.outputs().get(0)));
            }
        }
    }

    private Set<Node> firstConvolutions() {
        Set<Node> first = new HashSet<>();
        Deque<String> waiting = new ArrayDeque<>(graph.inputs());
        Set<Node> seen = new HashSet<>();
        while (!waiting.isEmpty()) {
            for (Node node : consumers.getOrDefault(waiting.remove(), List.of())) {
                if (node.operator().equals("Conv")) {
                    first.add(node);
                } else if (seen.add(node)) {
                    waiting.addAll(node.outputs());
                }
            }
        }
        return first;
    }

    private String constantOf(String tensor) {
        Node node = producers.get(tensor);
        return node != null
                        && (node.operator().equals("Cast") || node.operator().equals("Identity"))
                ? constantOf(node.inputs().get(0))
                : tensor;
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

    /** The convolutions that may run in INT8, in the file's order. */
    List<Layer> layers() {
        return List.copyOf(layers);
    }

    /** The tensors whose ranges are needed. */
    List<String> tensors() {
        return layers.stream().map(Layer::input).distinct().toList();
    }

    /** By layer, power of input and weights over power of what INT8 loses of them, in decibels. */
    Map<String, Double> signalToNoise(ActivationRanges ranges) {
        Map<String, Double> found = new LinkedHashMap<>();
        for (Layer layer : layers) {
            ActivationRanges.Range range = ranges.ranges().get(layer.input());
            if (range != null) {
                double lost = Math.pow(10, -range.signalToNoise() / 10) + 1 / weightSignalToNoise(layer);
                found.put(layer.label(), -10 * Math.log10(lost));
            }
        }
        return found;
    }

    private double weightSignalToNoise(Layer layer) {
        float[] values = values(layer);
        float[] scales = scales(layer, values);
        int perChannel = values.length / scales.length;
        double signal = 0;
        double noise = 0;
        for (int i = 0; i < values.length; i++) {
            double scale = scales[i / perChannel];
            double error = values[i] - Math.rint(values[i] / scale) * scale;
            signal += (double) values[i] * values[i];
            noise += error * error;
        }
        return noise == 0 ? Double.POSITIVE_INFINITY : signal / noise;
    }

    private float[] values(Layer layer) {
        float[] values = graph.weightValues(layer.constant());
        if (values == null) {
            throw new IllegalStateException("weight " + layer.constant() + ": expected FP32 values, found others");
        }
        return values;
    }

    private float[] scales(Layer layer, float[] values) {
        List<Long> dimensions = graph.weightDimensions(layer.constant());
        int channels = dimensions == null ? 1 : Math.toIntExact(dimensions.get(0));
        int perChannel = values.length / channels;
        float[] scales = new float[channels];
        for (int i = 0; i < values.length; i++) {
            scales[i / perChannel] = Math.max(scales[i / perChannel], Math.abs(values[i]) / 127);
        }
        for (int i = 0; i < channels; i++) {
            // A channel of zeros, or of next to nothing.
            scales[i] = Math.max(scales[i], SMALLEST_SCALE);
        }
        return scales;
    }

    /**
     * Changes the graph.
     *
     * @param kept labels of layers that stay as they are
     * @return how many convolutions run in INT8
     */
    int quantize(ActivationRanges ranges, Set<String> kept) {
        Map<String, Float> largest = new HashMap<>();
        ranges.ranges().forEach((tensor, range) -> largest.merge(groupOf(tensor), range.threshold(), Math::max));
        List<Layer> chosen = layers.stream()
                .filter(layer -> !kept.contains(layer.label()) && largest.getOrDefault(groupOf(layer.input()), 0f) > 0)
                .toList();
        Set<String> quantized = new LinkedHashSet<>();
        Map<Node, Layer> layerOf = new HashMap<>();
        for (Layer layer : chosen) {
            quantized.add(layer.input());
            layerOf.put(layer.node(), layer);
        }
        Set<String> done = new HashSet<>();
        List<Node> replacement = new ArrayList<>();
        for (Node node : graph.nodes()) {
            List<String> inputs = new ArrayList<>(node.inputs());
            Layer layer = layerOf.get(node);
            for (int i = 0; i < inputs.size(); i++) {
                String tensor = inputs.get(i);
                if (quantized.contains(tensor) && readsQuantized(node, i, layer != null, quantized)) {
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
            replacement.add(inputs.equals(node.inputs()) ? node : node.withInputs(inputs));
        }
        graph.setNodes(replacement);
        return chosen.size();
    }

    private boolean readsQuantized(Node node, int input, boolean isLayer, Set<String> quantized) {
        if (tail.contains(node)) {
            return false;
        }
        if (isLayer) {
            return input == 0;
        }
        return node.operator().equals("Add")
                || (SAME_RANGE.contains(node.operator())
                        && leadsToQuantized(node.outputs().get(0), quantized));
    }

    private boolean leadsToQuantized(String tensor, Set<String> quantized) {
        return quantized.contains(tensor)
                || consumers.getOrDefault(tensor, List.of()).stream()
                        .anyMatch(node -> SAME_RANGE.contains(node.operator())
                                && !tail.contains(node)
                                && leadsToQuantized(node.outputs().get(0), quantized));
    }

    private void addActivation(List<Node> to, String tensor, float scale) {
        graph.addWeight(tensor + ".scale", new float[] {scale});
        graph.addInt8Zeros(tensor + ".zero", 1);
        addPair(to, tensor, Map.of());
    }

    private void addWeight(List<Node> to, Layer layer) {
        float[] scales = scales(layer, values(layer));
        graph.addWeight(layer.weight() + ".scale", scales, scales.length);
        graph.addInt8Zeros(layer.weight() + ".zero", scales.length, scales.length);
        addPair(to, layer.weight(), Map.of("axis", 0L));
    }

    private static void addPair(List<Node> to, String tensor, Map<String, Long> attributes) {
        List<String> scaling = List.of(tensor + ".scale", tensor + ".zero");
        to.add(OnnxGraph.node(
                "QuantizeLinear",
                tensor + ".quantize",
                List.of(tensor, scaling.get(0), scaling.get(1)),
                List.of(tensor + ".quantized"),
                attributes));
        to.add(OnnxGraph.node(
                "DequantizeLinear",
                tensor + ".dequantize",
                List.of(tensor + ".quantized", scaling.get(0), scaling.get(1)),
                List.of(tensor + ".dequantized"),
                attributes));
    }
}
