package io.helmwatch.inference;

import io.helmwatch.inference.proto.NodeProto;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who produces and consumes the tensors of a model, as it is when the analysis is made.
 *
 * <p>Cycles, which no runtime accepts, do not harm. Threading: immutable.
 */
public final class GraphAnalysis {

    private static final Set<String> COPYING = Set.of("Cast", "Identity");

    private final List<String> inputs;
    private final List<String> outputs;
    private final Map<String, NodeProto> producers = new HashMap<>();
    private final Map<String, List<NodeProto>> consumers = new HashMap<>();

    private GraphAnalysis(OnnxModel model) {
        inputs = model.inputs();
        outputs = model.outputs();
        for (NodeProto node : model.nodes()) {
            for (String output : node.getOutputList()) {
                producers.put(output, node);
            }
            for (String input : node.getInputList()) {
                consumers.computeIfAbsent(input, tensor -> new ArrayList<>()).add(node);
            }
        }
    }

    /** Analyses a model. */
    public static GraphAnalysis of(OnnxModel model) {
        return new GraphAnalysis(model);
    }

    /** The node that produces a tensor; null for inputs and weights. */
    public @Nullable NodeProto producer(String tensor) {
        return producers.get(tensor);
    }

    /** The nodes that read a tensor, in the file's order. */
    public List<NodeProto> consumers(String tensor) {
        return consumers.getOrDefault(tensor, List.of());
    }

    /**
     * The end of the graph.
     *
     * @param convolutions the convolutions that outputs reach without passing another one
     * @param decoding the nodes between them and the outputs
     */
    public record Tail(Set<NodeProto> convolutions, Set<NodeProto> decoding) {

        /** Keeps its own copies. */
        public Tail {
            convolutions = Set.copyOf(convolutions);
            decoding = Set.copyOf(decoding);
        }
    }

    /** The last convolutions and what decodes their results. */
    public Tail tail() {
        Set<NodeProto> convolutions = new HashSet<>();
        Set<NodeProto> decoding = new HashSet<>();
        Deque<String> pending = new ArrayDeque<>(outputs);
        Set<String> seen = new HashSet<>(outputs);
        while (!pending.isEmpty()) {
            NodeProto node = producers.get(pending.remove());
            if (node != null && node.getOpType().equals("Conv")) {
                convolutions.add(node);
            } else if (node != null && decoding.add(node)) {
                node.getInputList().stream().filter(seen::add).forEach(pending::add);
            }
        }
        return new Tail(convolutions, decoding);
    }

    /** The convolutions that the inputs reach without passing another one. */
    public Set<NodeProto> firstConvolutions() {
        Set<NodeProto> first = new HashSet<>();
        Deque<String> pending = new ArrayDeque<>(inputs);
        Set<String> seen = new HashSet<>(inputs);
        while (!pending.isEmpty()) {
            for (NodeProto node : consumers(pending.remove())) {
                if (node.getOpType().equals("Conv")) {
                    first.add(node);
                } else {
                    node.getOutputList().stream().filter(seen::add).forEach(pending::add);
                }
            }
        }
        return first;
    }

    /** The tensor from which this one is made by casts only; itself when there is none. */
    public String withoutCasts(String tensor) {
        Set<String> seen = new HashSet<>();
        String origin = tensor;
        while (seen.add(origin)) {
            NodeProto node = producers.get(origin);
            if (node == null || node.getInputCount() == 0 || !COPYING.contains(node.getOpType())) {
                break;
            }
            origin = node.getInput(0);
        }
        return origin;
    }

    /** The tensors that the outputs depend on, themselves included. */
    Set<String> neededTensors() {
        Deque<String> pending = new ArrayDeque<>(outputs);
        Set<String> needed = new HashSet<>(outputs);
        while (!pending.isEmpty()) {
            NodeProto node = producers.get(pending.remove());
            if (node != null) {
                node.getOutputList().forEach(needed::add);
                node.getInputList().stream().filter(needed::add).forEach(pending::add);
            }
        }
        // Optional inputs and outputs that are absent have an empty name.
        needed.remove("");
        return needed;
    }
}
