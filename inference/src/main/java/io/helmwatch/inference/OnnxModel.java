package io.helmwatch.inference;

import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import io.helmwatch.inference.proto.AttributeProto;
import io.helmwatch.inference.proto.AttributeProto.AttributeType;
import io.helmwatch.inference.proto.GraphProto;
import io.helmwatch.inference.proto.ModelProto;
import io.helmwatch.inference.proto.NodeProto;
import io.helmwatch.inference.proto.StringStringEntryProto;
import io.helmwatch.inference.proto.TensorProto;
import io.helmwatch.inference.proto.TensorProto.DataType;
import io.helmwatch.inference.proto.TensorShapeProto;
import io.helmwatch.inference.proto.TensorShapeProto.Dimension;
import io.helmwatch.inference.proto.TypeProto;
import io.helmwatch.inference.proto.ValueInfoProto;
import io.helmwatch.resource.FailureText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An ONNX model that can be changed and written again: nodes, weights, inputs, outputs and metadata. Everything else in the file
 * is preserved, except shapes of tensors inside the graph, which readers infer again. Constant nodes become weights, and weights that
 * are stored as 8-bit integers become FP32 ({@link StoredWeights}).
 *
 * <p>Threading: used by one thread. The whole file is held in memory.
 */
public final class OnnxModel {

    private final String source;
    private final ModelProto.Builder rest;
    private final List<NodeProto> nodes = new ArrayList<>();
    private final Map<String, TensorProto> weights = new LinkedHashMap<>();
    private final List<ValueInfoProto> inputs;
    private final List<ValueInfoProto> outputs;
    private final Map<String, String> metadata;

    private OnnxModel(String source, ModelProto model) {
        this.source = source;
        GraphProto graph = model.getGraph();
        for (TensorProto weight : graph.getInitializerList()) {
            TensorElements.check(weight, source);
            weights.put(weight.getName(), weight);
        }
        graph.getNodeList().forEach(this::addNode);
        StoredWeights.expand(nodes, weights);
        inputs = new ArrayList<>(graph.getInputList());
        outputs = new ArrayList<>(graph.getOutputList());
        metadata = ModelFile.metadata(model.getMetadataPropsList());
        rest = model.toBuilder().clearMetadataProps();
        rest.getGraphBuilder()
                .clearNode()
                .clearInitializer()
                .clearInput()
                .clearOutput()
                .clearValueInfo()
                .clearQuantizationAnnotation();
    }

    private void addNode(NodeProto node) {
        if (node.getOpType().equals("Constant") && node.getAttributeCount() == 1 && node.getOutputCount() == 1) {
            AttributeProto value = node.getAttribute(0);
            if (value.hasT()) {
                TensorProto weight =
                        value.getT().toBuilder().setName(node.getOutput(0)).build();
                TensorElements.check(weight, source);
                weights.put(weight.getName(), weight);
                return;
            }
        }
        nodes.add(node);
    }

    /**
     * Reads a file.
     *
     * @throws ModelException when it cannot be read, is not ONNX, keeps its weights in a second file, or contradicts itself
     */
    public static OnnxModel read(Path file) {
        try {
            ModelProto model = ModelProto.parseFrom(ByteString.copyFrom(Files.readAllBytes(file)));
            if (!model.hasGraph()) {
                throw ModelFile.notOnnx(file, "a file without a graph", null);
            }
            return new OnnxModel("model " + file, model);
        } catch (InvalidProtocolBufferException e) {
            throw ModelFile.unreadable(file, e);
        } catch (IOException e) {
            throw new ModelException("model " + file + ": cannot be read: " + FailureText.of(e), e);
        } catch (OutOfMemoryError e) {
            throw ModelFile.tooLarge(file, e);
        }
    }

    /** The nodes, in the file's order; a copy. */
    public List<NodeProto> nodes() {
        return List.copyOf(nodes);
    }

    /** Replaces the nodes. */
    public void setNodes(List<NodeProto> replacement) {
        List<NodeProto> copy = List.copyOf(replacement);
        nodes.clear();
        nodes.addAll(copy);
    }

    /** Names of the inputs without weights. */
    public List<String> inputs() {
        return inputs.stream()
                .map(ValueInfoProto::getName)
                .filter(name -> !weights.containsKey(name))
                .toList();
    }

    /** Names of the outputs. */
    public List<String> outputs() {
        return outputs.stream().map(ValueInfoProto::getName).toList();
    }

    /** The outputs as declared. */
    public List<TensorInfo> outputInfos() {
        return outputs.stream().map(TensorInfo::of).toList();
    }

    /** Metadata by key; changes are written. */
    public Map<String, String> metadata() {
        return metadata;
    }

    /** Version of ONNX's own operators; 0 where the file names none. */
    public long operatorSet() {
        return rest.getOpsetImportList().stream()
                .filter(set -> set.getDomain().isEmpty() || set.getDomain().equals("ai.onnx"))
                .mapToLong(set -> set.getVersion())
                .findFirst()
                .orElse(0);
    }

    /** Adds outputs without type and shape, which readers infer. */
    public void addOutputs(List<String> names) {
        Set<String> known = new HashSet<>(outputs());
        for (String name : names) {
            if (known.add(name)) {
                outputs.add(ValueInfoProto.newBuilder().setName(name).build());
            }
        }
    }

    /**
     * Adds an FP32 output.
     *
     * @param batch size of the batch, -1 for a dynamic one
     * @param sizes the other sizes, -1 for dynamic ones, which readers infer
     */
    public void addOutput(String name, long batch, long... sizes) {
        TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
        shape.addDim(
                batch < 0
                        ? Dimension.newBuilder().setDimParam("batch")
                        : Dimension.newBuilder().setDimValue(batch));
        for (long size : sizes) {
            shape.addDim(
                    size < 0 ? Dimension.newBuilder() : Dimension.newBuilder().setDimValue(size));
        }
        outputs.add(ValueInfoProto.newBuilder()
                .setName(name)
                .setType(TypeProto.newBuilder()
                        .setTensorType(TypeProto.Tensor.newBuilder()
                                .setElemType(DataType.FLOAT_VALUE)
                                .setShape(shape)))
                .build());
    }

    /** Removes all outputs; to be followed by {@link #addOutput} and {@link #removeUnused}. */
    public void removeOutputs() {
        outputs.clear();
    }

    /** Removes nodes and weights that no output needs. */
    public void removeUnused() {
        GraphAnalysis analysis = GraphAnalysis.of(this);
        Set<String> needed = analysis.neededTensors();
        nodes.removeIf(node -> node.getOutputList().stream().noneMatch(needed::contains));
        // Files before IR version 4 list weights among the inputs.
        inputs.removeIf(input -> weights.containsKey(input.getName()) && !needed.contains(input.getName()));
        weights.keySet().retainAll(needed);
    }

    /** Adds or replaces an FP32 weight. */
    public void putFloats(String name, float[] values, long... dimensions) {
        put(TensorElements.ofFloats(name, values, TensorElements.boxed(dimensions)));
    }

    /** Adds or replaces a weight of signed 8-bit integers. */
    public void putInt8(String name, byte[] values, long... dimensions) {
        put(TensorElements.ofBytes(name, DataType.INT8, values, TensorElements.boxed(dimensions)));
    }

    /** Adds or replaces a weight of unsigned 8-bit integers. */
    public void putUint8(String name, byte[] values, long... dimensions) {
        put(TensorElements.ofBytes(name, DataType.UINT8, values, TensorElements.boxed(dimensions)));
    }

    /** Adds or replaces a weight of 32-bit integers. */
    public void putInt32(String name, int[] values, long... dimensions) {
        put(TensorElements.ofInts(name, values, TensorElements.boxed(dimensions)));
    }

    void put(TensorProto weight) {
        weights.put(weight.getName(), weight);
    }

    /** A weight; null where the name is not one. */
    @Nullable
    TensorProto weight(String name) {
        return weights.get(name);
    }

    Map<String, TensorProto> weights() {
        return weights;
    }

    List<ValueInfoProto> inputProtos() {
        return inputs;
    }

    List<ValueInfoProto> outputProtos() {
        return outputs;
    }

    /** Sizes of a weight; null where the name is not one. */
    public @Nullable List<Long> weightDimensions(String name) {
        TensorProto weight = weights.get(name);
        return weight == null ? null : weight.getDimsList();
    }

    /** Values of an FP32 weight; null where the name is not one. */
    public float @Nullable [] weightValues(String name) {
        TensorProto weight = weights.get(name);
        return weight == null || weight.getDataType() != DataType.FLOAT_VALUE ? null : TensorElements.floats(weight);
    }

    /** A node with attributes that are integers. */
    public static NodeProto node(
            String operator, String name, List<String> inputs, List<String> outputs, Map<String, Long> attributes) {
        NodeProto.Builder node = NodeProto.newBuilder()
                .addAllInput(inputs)
                .addAllOutput(outputs)
                .setName(name)
                .setOpType(operator);
        attributes.forEach((key, value) -> node.addAttribute(
                AttributeProto.newBuilder().setName(key).setI(value).setType(AttributeType.INT)));
        return node.build();
    }

    /** The same node reading other tensors. */
    public static NodeProto withInputs(NodeProto node, List<String> inputs) {
        return node.toBuilder().clearInput().addAllInput(inputs).build();
    }

    /** A node's name, or where it has none its first output's. */
    public static String label(NodeProto node) {
        return node.getName().isEmpty() && node.getOutputCount() > 0 ? node.getOutput(0) : node.getName();
    }

    /** The file's bytes. */
    public byte[] toBytes() {
        ModelProto.Builder model = rest.clone();
        model.getGraphBuilder()
                .addAllNode(nodes)
                .addAllInitializer(weights.values())
                .addAllInput(inputs)
                .addAllOutput(outputs);
        metadata.forEach((key, value) -> model.addMetadataProps(
                StringStringEntryProto.newBuilder().setKey(key).setValue(value)));
        return model.build().toByteArray();
    }
}
