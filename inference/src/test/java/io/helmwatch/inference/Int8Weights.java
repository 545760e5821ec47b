package io.helmwatch.inference;

import io.helmwatch.inference.proto.NodeProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Stores the weights of a model's convolutions, except the first and last, as 8-bit integers with a scale for each output channel. */
public final class Int8Weights {

    private final OnnxModel model;
    private final Map<String, Stored> weights = new LinkedHashMap<>();

    private record Stored(byte[] steps, float[] scale, long[] dimensions) {
        float[] expanded() {
            float[] values = new float[steps.length];
            int inner = steps.length / scale.length;
            for (int i = 0; i < steps.length; i++) {
                values[i] = steps[i] * scale[i / inner];
            }
            return values;
        }
    }

    private Int8Weights(OnnxModel model) {
        this.model = model;
    }

    /** Reads a model of FP32 weights. */
    public static Int8Weights of(Path file) {
        Int8Weights result = new Int8Weights(OnnxModel.read(file));
        result.model.nodes().stream()
                .filter(node -> node.getOpType().equals("Conv"))
                .filter(node -> !OnnxModel.label(node).matches("stem\\.conv|head\\d+\\.conv"))
                .forEach(node -> result.round(node.getInput(1)));
        return result;
    }

    private void round(String weight) {
        float[] values = model.weightValues(weight);
        List<Long> sizes = model.weightDimensions(weight);
        if (values == null || sizes == null) {
            throw new IllegalStateException("expected an FP32 weight " + weight);
        }
        float[] scale = new float[Math.toIntExact(sizes.get(0))];
        byte[] steps = new byte[values.length];
        int inner = values.length / scale.length;
        for (int channel = 0; channel < scale.length; channel++) {
            float largest = 1e-12f;
            for (int i = channel * inner; i < (channel + 1) * inner; i++) {
                largest = Math.max(largest, Math.abs(values[i]));
            }
            scale[channel] = largest / 127;
            for (int i = channel * inner; i < (channel + 1) * inner; i++) {
                steps[i] = (byte) Math.round(values[i] / scale[channel]);
            }
        }
        weights.put(
                weight,
                new Stored(
                        steps, scale, sizes.stream().mapToLong(Long::longValue).toArray()));
    }

    /** Writes the file with stored weights. */
    public Path write(Path file) throws IOException {
        List<NodeProto> nodes = new ArrayList<>();
        weights.forEach((name, weight) -> {
            model.weights().remove(name);
            model.putInt8(name + ".steps", weight.steps, weight.dimensions);
            model.putFloats(name + ".scale", weight.scale, weight.scale.length);
            nodes.add(OnnxModel.node(
                    "DequantizeLinear",
                    name,
                    List.of(name + ".steps", name + ".scale"),
                    List.of(name),
                    Map.of("axis", 0L)));
        });
        nodes.addAll(model.nodes());
        model.setNodes(nodes);
        return Files.write(file, model.toBytes());
    }

    /** Writes the file with the same numbers as FP32 weights. */
    public Path writeExpanded(Path file) throws IOException {
        weights.forEach((name, weight) -> model.putFloats(name, weight.expanded(), weight.dimensions));
        return Files.write(file, model.toBytes());
    }
}
