package io.helmwatch.inference;

import io.helmwatch.inference.proto.AttributeProto;
import io.helmwatch.inference.proto.NodeProto;
import io.helmwatch.inference.proto.TensorProto;
import io.helmwatch.inference.proto.TensorProto.DataType;
import io.helmwatch.inference.proto.ValueInfoProto;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Converts models between FP32 and FP16. Threading: any thread. */
public final class PrecisionConverter {

    /** Decoded boxes are {@code [N, rows, 5 + classes]}, raw heads have more dimensions. */
    private static final int DECODED_RANK = 3;

    /** Operators whose inputs except the first are FP32 or integers, whatever type the first has. */
    private static final Set<String> RESIZING = Set.of("Resize", "Upsample");

    /** Operators whose results are not floating-point numbers, whatever they read. */
    private static final Set<String> INTEGER_RESULT = Set.of(
            "ArgMax",
            "ArgMin",
            "And",
            "Equal",
            "Greater",
            "GreaterOrEqual",
            "IsInf",
            "IsNaN",
            "Less",
            "LessOrEqual",
            "NonZero",
            "Not",
            "Or",
            "QuantizeLinear",
            "Shape",
            "Size",
            "Xor");

    /** Operators whose results except the first are indices or masks. */
    private static final Set<String> SECOND_IS_INDEX = Set.of("Dropout", "MaxPool", "TopK");

    private final OnnxModel model;
    private final GraphAnalysis analysis;

    private PrecisionConverter(OnnxModel model) {
        this.model = model;
        analysis = GraphAnalysis.of(model);
    }

    /** Makes FP16 weights, casts, inputs and outputs FP32, so that everything computes in FP32; what is FP32 already stays. */
    public static void toFp32(OnnxModel model) {
        model.weights()
                .replaceAll((name, weight) -> weight.getDataType() == DataType.FLOAT16_VALUE
                        ? TensorElements.converted(weight, DataType.FLOAT)
                        : weight);
        model.inputProtos().replaceAll(input -> converted(input, DataType.FLOAT16, DataType.FLOAT));
        model.outputProtos().replaceAll(output -> converted(output, DataType.FLOAT16, DataType.FLOAT));
        model.setNodes(model.nodes().stream()
                .map(node -> converted(node, DataType.FLOAT16, DataType.FLOAT))
                .toList());
    }

    /**
     * Makes an FP32 model compute in FP16, its input included; weights beyond FP16's range become its largest numbers. The nodes
     * behind the last convolutions stay FP32 when the first output has at most three dimensions: they decode boxes in pixels, and
     * FP16 has steps of half a pixel from 512 on. Casts are inserted between the two. Other outputs are FP16.
     *
     * <p>Every tensor has its type after that, so that TensorRT does not choose any.
     */
    public static void toFp16(OnnxModel model) {
        new PrecisionConverter(model).toFp16();
    }

    private void toFp16() {
        List<TensorInfo> outputs = model.outputInfos();
        boolean decoded = outputs.isEmpty() || outputs.get(0).dimensions().size() <= DECODED_RANK;
        Set<NodeProto> staysFp32 = decoded ? analysis.tail().decoding() : Set.of();
        Set<String> floats = floatTensors();
        Set<String> halves = new HashSet<>(model.inputs());
        for (NodeProto node : model.nodes()) {
            if (!staysFp32.contains(node) && !isFloatConstant(node)) {
                halves.addAll(node.getOutputList());
            }
        }
        Set<String> casts = new HashSet<>();
        List<NodeProto> replacement = new ArrayList<>();
        for (NodeProto node : model.nodes()) {
            boolean fp32 = staysFp32.contains(node);
            List<String> read = new ArrayList<>(node.getInputList());
            for (int i = 0; i < read.size(); i++) {
                String tensor = read.get(i);
                boolean half = !fp32 && !(i > 0 && RESIZING.contains(node.getOpType()));
                if (!tensor.isEmpty() && half != halves.contains(tensor) && floats.contains(tensor)) {
                    String other = tensor + (half ? ".fp16" : ".fp32");
                    read.set(i, other);
                    if (casts.add(other)) {
                        addConversion(tensor, other, half, replacement);
                    }
                }
            }
            NodeProto same = read.equals(node.getInputList()) ? node : OnnxModel.withInputs(node, read);
            replacement.add(fp32 ? same : converted(same, DataType.FLOAT, DataType.FLOAT16));
        }
        model.inputProtos()
                .replaceAll(input -> model.weight(input.getName()) != null
                        ? input
                        : converted(input, DataType.FLOAT, DataType.FLOAT16));
        model.outputProtos()
                .replaceAll(output -> halves.contains(output.getName())
                        ? converted(output, DataType.FLOAT, DataType.FLOAT16)
                        : output);
        model.setNodes(replacement);
        model.removeUnused();
    }

    /** Weights are converted, other tensors cast. */
    private void addConversion(String tensor, String other, boolean half, List<NodeProto> to) {
        TensorProto weight = model.weight(tensor);
        if (weight != null) {
            TensorProto converted = TensorElements.converted(weight, half ? DataType.FLOAT16 : DataType.FLOAT);
            model.put(converted.toBuilder().setName(other).build());
        } else {
            long type = half ? DataType.FLOAT16_VALUE : DataType.FLOAT_VALUE;
            to.add(OnnxModel.node("Cast", other, List.of(tensor), List.of(other), Map.of("to", type)));
        }
    }

    /** Names of the tensors that hold FP32 numbers in an FP32 model, found from their sources on. */
    private Set<String> floatTensors() {
        Set<String> floats = new HashSet<>(model.inputs());
        model.weights().forEach((name, weight) -> {
            if (weight.getDataType() == DataType.FLOAT_VALUE) {
                floats.add(name);
            }
        });
        for (NodeProto node : model.nodes()) {
            if (isFloatConstant(node) || isConverted(node)) {
                floats.addAll(node.getOutputList());
            }
        }
        Deque<String> pending = new ArrayDeque<>(floats);
        while (!pending.isEmpty()) {
            for (NodeProto node : analysis.consumers(pending.remove())) {
                for (int i = 0; i < node.getOutputCount(); i++) {
                    if (yieldsFloats(node, i) && floats.add(node.getOutput(i))) {
                        pending.add(node.getOutput(i));
                    }
                }
            }
        }
        return floats;
    }

    /** Whether a node that reads floating-point numbers yields such. */
    private static boolean yieldsFloats(NodeProto node, int output) {
        String operator = node.getOpType();
        return !INTEGER_RESULT.contains(operator)
                && !operator.equals("Cast")
                && !operator.equals("ConstantOfShape")
                && !(output > 0 && SECOND_IS_INDEX.contains(operator));
    }

    /** Constants of FP32 that have no tensor to convert. */
    private static boolean isFloatConstant(NodeProto node) {
        return switch (node.getOpType()) {
            case "Constant" ->
                node.getAttributeList().stream()
                        .anyMatch(attribute -> attribute.getName().startsWith("value_float"));
            case "ConstantOfShape" -> node.getAttributeCount() == 0;
            default -> false;
        };
    }

    /** Casts to FP32, and constants of any shape whose value is FP32. */
    private static boolean isConverted(NodeProto node) {
        return !converted(node, DataType.FLOAT, DataType.FLOAT16).equals(node);
    }

    private static ValueInfoProto converted(ValueInfoProto port, DataType from, DataType to) {
        if (port.getType().getTensorType().getElemType() != from.getNumber()) {
            return port;
        }
        ValueInfoProto.Builder other = port.toBuilder();
        other.getTypeBuilder().getTensorTypeBuilder().setElemType(to.getNumber());
        return other.build();
    }

    /** {@code to} of a cast is a number, {@code value} of a constant of any shape a tensor; the same node when nothing changes. */
    private static NodeProto converted(NodeProto node, DataType from, DataType to) {
        boolean cast = node.getOpType().equals("Cast");
        if (!cast && !node.getOpType().equals("ConstantOfShape")) {
            return node;
        }
        NodeProto.Builder other = node.toBuilder();
        boolean changed = false;
        for (AttributeProto.Builder attribute : other.getAttributeBuilderList()) {
            if (cast && attribute.getName().equals("to") && attribute.getI() == from.getNumber()) {
                attribute.setI(to.getNumber());
                changed = true;
            } else if (!cast && attribute.hasT() && attribute.getT().getDataType() == from.getNumber()) {
                attribute.setT(TensorElements.converted(attribute.getT(), to));
                changed = true;
            }
        }
        return changed ? other.build() : node;
    }
}
