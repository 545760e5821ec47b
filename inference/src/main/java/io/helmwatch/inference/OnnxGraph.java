package io.helmwatch.inference;

import io.helmwatch.vision.HalfFloat;
import io.helmwatch.vision.TensorType;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An ONNX network that can be changed and written again (onnx.proto3 of the ONNX project, field numbers of IR version 10): nodes, weights,
 * outputs and metadata; what else the file holds is carried along, but for shapes noted inside the graph, which tools find again.
 *
 * <p>Threading: used by one thread. The whole file is held in memory.
 */
public final class OnnxGraph {

    private static final int FLOAT = 1;
    private static final int INT8 = 3;
    private static final int INT64 = 7;
    private static final int FLOAT16 = 10;
    private static final int MAX_BYTES = Integer.MAX_VALUE - 8;
    private static final int ATTRIBUTE_INT = 2;
    private static final float LARGEST_HALF = 65504;

    /** Decoded boxes are {@code [N, rows, 5 + classes]}, raw heads have more dimensions. */
    private static final int DECODED_RANK = 3;

    /** Operators whose inputs but the first are FP32 or whole numbers, whatever they enlarge. */
    private static final Set<String> ENLARGING = Set.of("Resize", "Upsample");

    private static final Set<String> OF_WHOLE_NUMBERS = Set.of(
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

    private static final Set<String> SECOND_IS_INDEX = Set.of("Dropout", "MaxPool", "TopK");

    private final String source;
    private final List<Field> modelFields = new ArrayList<>();
    private final List<Field> graphFields = new ArrayList<>();
    private final List<Node> nodes = new ArrayList<>();
    private final Map<String, Weight> weights = new LinkedHashMap<>();
    private final List<Port> inputs = new ArrayList<>();
    private final List<Port> outputs = new ArrayList<>();
    private final Map<String, String> metadata = new LinkedHashMap<>();

    /** A field that is carried along. */
    private record Field(int number, long value, byte @Nullable [] bytes) {

        void write(ProtobufWriter to) {
            if (bytes == null) {
                to.number(number, value);
            } else {
                to.bytes(number, bytes);
            }
        }
    }

    /**
     * An operation.
     *
     * @param operator e.g. {@code Conv}
     * @param domain of the operator, usually empty
     * @param name its name; may be empty
     * @param inputs names of tensors; empty where an optional one is left out
     * @param outputs names of tensors
     * @param attributes as written
     */
    public record Node(
            String operator,
            String domain,
            String name,
            List<String> inputs,
            List<String> outputs,
            List<byte[]> attributes) {

        /** Keeps its own copies. */
        public Node {
            inputs = List.copyOf(inputs);
            outputs = List.copyOf(outputs);
            attributes = List.copyOf(attributes);
        }

        /** Its name, or where it has none its first output's. */
        public String label() {
            return name.isEmpty() ? outputs.get(0) : name;
        }

        /** The same reading other tensors. */
        public Node withInputs(List<String> other) {
            return new Node(operator, domain, name, other, outputs, attributes);
        }

        private Node withAttributes(List<byte[]> other) {
            return new Node(operator, domain, name, inputs, outputs, other);
        }
    }

    /**
     * A constant tensor.
     *
     * @param type ONNX's number of the element type
     * @param dimensions sizes
     * @param data elements in little-endian order
     */
    private record Weight(int type, List<Long> dimensions, byte[] data) {}

    /** An input or output as written. */
    private record Port(String name, byte[] bytes) {}

    private OnnxGraph(String source) {
        this.source = source;
    }

    /**
     * Reads a file.
     *
     * @throws ModelException when it cannot be read, is not ONNX, or keeps its weights in a second file
     */
    public static OnnxGraph read(Path file) {
        byte[] bytes;
        try {
            bytes = Files.readAllBytes(file);
        } catch (IOException e) {
            throw new ModelException("model " + file + ": cannot be read: " + e.getMessage(), e);
        }
        OnnxGraph graph = new OnnxGraph("model " + file);
        try {
            graph.readModel(bytes);
        } catch (IOException e) {
            throw new ModelException(
                    "model " + file + ": expected an ONNX file, found something else (" + e.getMessage() + ")", e);
        }
        return graph;
    }

    /** The operations, in the file's order; a copy. */
    public List<Node> nodes() {
        return List.copyOf(nodes);
    }

    /** Replaces the operations; any order will do for those who read the file. */
    public void setNodes(List<Node> replacement) {
        List<Node> kept = List.copyOf(replacement);
        nodes.clear();
        nodes.addAll(kept);
    }

    /** Names of the inputs, weights left out. */
    public List<String> inputs() {
        return inputs.stream()
                .map(Port::name)
                .filter(name -> !weights.containsKey(name))
                .toList();
    }

    /** Names of the outputs. */
    public List<String> outputs() {
        return outputs.stream().map(Port::name).toList();
    }

    /** Metadata by key, which may be changed. */
    public Map<String, String> metadata() {
        return metadata;
    }

    /** Which node makes a tensor, by tensor. */
    public Map<String, Node> producers() {
        Map<String, Node> producers = new HashMap<>();
        nodes.forEach(node -> node.outputs().forEach(output -> producers.put(output, node)));
        return producers;
    }

    /**
     * The end of the network.
     *
     * @param last the convolutions that outputs reach without passing another one
     * @param behind what lies between them and the outputs
     */
    public record Tail(Set<Node> last, Set<Node> behind) {

        /** Keeps its own copies. */
        public Tail {
            last = Set.copyOf(last);
            behind = Set.copyOf(behind);
        }
    }

    /** The last convolutions and what lies behind them. */
    public Tail tail() {
        Map<String, Node> producers = producers();
        Set<Node> last = new HashSet<>();
        Set<Node> behind = new HashSet<>();
        List<String> waiting = new ArrayList<>(outputs());
        Set<String> seen = new HashSet<>(waiting);
        while (!waiting.isEmpty()) {
            Node node = producers.get(waiting.remove(waiting.size() - 1));
            if (node != null && node.operator().equals("Conv")) {
                last.add(node);
            } else if (node != null && behind.add(node)) {
                node.inputs().stream().filter(seen::add).forEach(waiting::add);
            }
        }
        return new Tail(last, behind);
    }

    /** Adds outputs whose types and shapes are left to those who read the file. */
    public void addOutputs(List<String> names) {
        Set<String> known = new HashSet<>(outputs());
        for (String name : new LinkedHashSet<>(names)) {
            if (known.add(name)) {
                outputs.add(new Port(name, new ProtobufWriter().text(1, name).toByteArray()));
            }
        }
    }

    /**
     * Adds an FP32 output, its first size open.
     *
     * @param sizes the other sizes
     */
    public void addOutput(String name, long batch, long... sizes) {
        ProtobufWriter shape = new ProtobufWriter()
                .message(1, batch < 0 ? new ProtobufWriter().text(2, "batch") : new ProtobufWriter().number(1, batch));
        for (long size : sizes) {
            shape.message(1, new ProtobufWriter().number(1, size));
        }
        outputs.add(new Port(name, portBytes(name, FLOAT, shape.toByteArray())));
    }

    private static byte[] portBytes(String name, int type, byte[] shape) {
        ProtobufWriter tensor = new ProtobufWriter().number(1, type).bytes(2, shape);
        return new ProtobufWriter()
                .text(1, name)
                .message(2, new ProtobufWriter().message(1, tensor))
                .toByteArray();
    }

    /** Takes all outputs away, and what only they need; to be followed by {@link #addOutput} and {@link #removeUnused}. */
    public void removeOutputs() {
        outputs.clear();
    }

    /** Drops operations and weights that no output needs. */
    public void removeUnused() {
        Map<String, Node> producers = producers();
        Set<Node> needed = new HashSet<>();
        List<String> waiting = new ArrayList<>(outputs());
        Set<String> seen = new HashSet<>(waiting);
        while (!waiting.isEmpty()) {
            Node node = producers.get(waiting.remove(waiting.size() - 1));
            if (node != null && needed.add(node)) {
                node.inputs().stream().filter(seen::add).forEach(waiting::add);
            }
        }
        nodes.removeIf(node -> !needed.contains(node));
        // Files before IR version 4 list weights among the inputs.
        inputs.removeIf(port -> weights.containsKey(port.name) && !seen.contains(port.name));
        weights.keySet().retainAll(seen);
    }

    /** Adds an FP32 weight. */
    public void addWeight(String name, float[] values, long... dimensions) {
        ByteBuffer data = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
        data.asFloatBuffer().put(values);
        weights.put(name, new Weight(FLOAT, boxed(dimensions), data.array()));
    }

    /** Adds an INT8 weight of zeros. */
    public void addInt8Zeros(String name, int count, long... dimensions) {
        weights.put(name, new Weight(INT8, boxed(dimensions), new byte[count]));
    }

    private static List<Long> boxed(long[] dimensions) {
        List<Long> sizes = new ArrayList<>();
        for (long size : dimensions) {
            sizes.add(size);
        }
        return List.copyOf(sizes);
    }

    /** Sizes of a constant; null where the name is not one. */
    public @Nullable List<Long> weightDimensions(String name) {
        Weight weight = weights.get(name);
        return weight == null ? null : weight.dimensions;
    }

    /** Values of an FP32 constant; null where the name is not one. */
    public float @Nullable [] weightValues(String name) {
        Weight weight = weights.get(name);
        if (weight == null || weight.type != FLOAT) {
            return null;
        }
        float[] values = new float[weight.data.length / 4];
        ByteBuffer.wrap(weight.data)
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer()
                .get(values);
        return values;
    }

    /** An operation with attributes that are whole numbers. */
    public static Node node(
            String operator, String name, List<String> inputs, List<String> outputs, Map<String, Long> attributes) {
        List<byte[]> written = new ArrayList<>();
        attributes.forEach((key, value) -> written.add(new ProtobufWriter()
                .text(1, key)
                .number(3, value)
                .number(20, ATTRIBUTE_INT)
                .toByteArray()));
        return new Node(operator, "", name, inputs, outputs, written);
    }

    /**
     * Makes FP16 weights, casts, inputs and outputs FP32, so that everything computes in FP32; what is FP32 already stays as it
     * is.
     */
    public void widen() {
        weights.replaceAll((name, weight) -> weight.type == FLOAT16 ? converted(weight, FLOAT) : weight);
        inputs.replaceAll(port -> converted(port, TensorType.FP16, FLOAT));
        outputs.replaceAll(port -> converted(port, TensorType.FP16, FLOAT));
        nodes.replaceAll(node -> converted(node, FLOAT16, FLOAT));
    }

    /**
     * Makes an FP32 network compute in FP16, its input included; weights beyond FP16's range become its largest numbers. What lies behind the
     * last convolutions of a network whose first output has three dimensions at most stays FP32, since boxes are decoded there in pixels,
     * and FP16 has steps of half a pixel from 512 on; casts are put in between. Other outputs are FP16.
     *
     * <p>Every tensor has its type after that, so that TensorRT need not choose any.
     */
    public void narrow() {
        boolean decoded = outputs.isEmpty()
                || OnnxFile.port(outputs.get(0).bytes).dimensions().size() <= DECODED_RANK;
        Set<Node> wide = decoded ? tail().behind() : Set.of();
        Map<String, Node> producers = producers();
        Map<String, Boolean> floats = new HashMap<>();
        Set<String> halves = new HashSet<>(inputs());
        for (Node node : nodes) {
            if (!wide.contains(node) && !isConstant(node)) {
                halves.addAll(node.outputs());
            }
            // In the file's order, so that the answer for one tensor is at hand for the next.
            node.outputs().forEach(tensor -> isFloat(tensor, producers, floats));
        }
        Set<String> made = new HashSet<>();
        List<Node> replacement = new ArrayList<>();
        for (Node node : nodes) {
            List<String> read = new ArrayList<>(node.inputs());
            for (int i = 0; i < read.size(); i++) {
                String tensor = read.get(i);
                boolean half = !wide.contains(node) && !(i > 0 && ENLARGING.contains(node.operator()));
                if (tensor.isEmpty() || half == halves.contains(tensor) || !isFloat(tensor, producers, floats)) {
                    continue;
                }
                String other = tensor + (half ? ".fp16" : ".fp32");
                read.set(i, other);
                if (!made.add(other)) {
                    continue;
                }
                Weight weight = weights.get(tensor);
                if (weight != null) {
                    weights.put(other, converted(weight, FLOAT16));
                } else {
                    replacement.add(node("Cast", other, List.of(tensor), List.of(other), Map.of("to", (long)
                            (half ? FLOAT16 : FLOAT))));
                }
            }
            Node same = read.equals(node.inputs()) ? node : node.withInputs(read);
            replacement.add(wide.contains(node) ? same : converted(same, FLOAT, FLOAT16));
        }
        inputs.replaceAll(port -> weights.containsKey(port.name) ? port : converted(port, TensorType.FP32, FLOAT16));
        outputs.replaceAll(port -> halves.contains(port.name) ? converted(port, TensorType.FP32, FLOAT16) : port);
        nodes.clear();
        nodes.addAll(replacement);
        removeUnused();
    }

    /** Constants that have no tensor to convert. */
    private static boolean isConstant(Node node) {
        return node.operator().equals("Constant")
                || (node.operator().equals("ConstantOfShape")
                        && node.attributes().isEmpty());
    }

    /** Whether a tensor of an FP32 network holds FP32 numbers. */
    private boolean isFloat(String tensor, Map<String, Node> producers, Map<String, Boolean> known) {
        Boolean found = known.get(tensor);
        if (found != null) {
            return found;
        }
        // Where the file runs in a circle, which TensorRT will refuse.
        known.put(tensor, false);
        Weight weight = weights.get(tensor);
        Node node = producers.get(tensor);
        boolean is;
        if (weight != null) {
            is = weight.type == FLOAT;
        } else if (node == null) {
            is = inputs().contains(tensor);
        } else if (node.operator().equals("Cast") || node.operator().equals("ConstantOfShape")) {
            is = isConstant(node) || !converted(node, FLOAT, FLOAT16).equals(node);
        } else if (node.operator().equals("Constant")) {
            is = node.attributes().stream()
                    .anyMatch(attribute -> nameOf(attribute).startsWith("value_float"));
        } else {
            is = !OF_WHOLE_NUMBERS.contains(node.operator())
                    && !(SECOND_IS_INDEX.contains(node.operator())
                            && !node.outputs().get(0).equals(tensor))
                    && node.inputs().stream().anyMatch(input -> isFloat(input, producers, known));
        }
        known.put(tensor, is);
        return is;
    }

    private Node converted(Node node, int from, int to) {
        if (!node.operator().equals("Cast") && !node.operator().equals("ConstantOfShape")) {
            return node;
        }
        boolean same = true;
        List<byte[]> attributes = new ArrayList<>();
        for (byte[] attribute : node.attributes()) {
            byte[] other = converted(attribute, from, to);
            same &= Arrays.equals(other, attribute);
            attributes.add(other);
        }
        return same ? node : node.withAttributes(attributes);
    }

    /** Between FP16 and FP32. */
    private static Weight converted(Weight weight, int to) {
        boolean half = to == FLOAT16;
        int count = weight.data.length / (half ? 4 : 2);
        ByteBuffer from = ByteBuffer.wrap(weight.data).order(ByteOrder.LITTLE_ENDIAN);
        ByteBuffer into = ByteBuffer.allocate((half ? 2 : 4) * count).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            if (half) {
                into.putShort(
                        HalfFloat.fromFloat(Math.max(-LARGEST_HALF, Math.min(LARGEST_HALF, from.getFloat(4 * i)))));
            } else {
                into.putFloat(HalfFloat.toFloat(from.getShort(2 * i)));
            }
        }
        return new Weight(to, weight.dimensions, into.array());
    }

    private static Port converted(Port port, TensorType from, int to) {
        OnnxFile.Port known = OnnxFile.port(port.bytes);
        if (known.type() != from) {
            return port;
        }
        ProtobufWriter shape = new ProtobufWriter();
        for (int i = 0; i < known.dimensions().size(); i++) {
            long size = known.dimensions().get(i);
            shape.message(1, size < 0 ? new ProtobufWriter().text(2, "d" + i) : new ProtobufWriter().number(1, size));
        }
        return new Port(port.name, portBytes(port.name, to, shape.toByteArray()));
    }

    private static String nameOf(byte[] attribute) {
        try {
            ProtobufReader in = new ProtobufReader(new ByteArrayInputStream(attribute));
            while (in.nextField(attribute.length)) {
                if (in.field() == 1) {
                    return in.text(MAX_BYTES);
                }
                in.skip();
            }
            return "";
        } catch (IOException e) {
            throw new ModelException("an attribute cannot be read: " + e.getMessage(), e);
        }
    }

    /** {@code to} of a cast is a number, {@code value} of a constant of any shape a tensor. */
    private byte[] converted(byte[] attribute, int from, int to) {
        try {
            ProtobufReader in = new ProtobufReader(new ByteArrayInputStream(attribute));
            ProtobufWriter out = new ProtobufWriter();
            String name = "";
            while (in.nextField(attribute.length)) {
                int field = in.field();
                switch (field) {
                    case 1 -> {
                        name = in.text(MAX_BYTES);
                        out.text(1, name);
                    }
                    case 3 -> {
                        long number = in.number();
                        out.number(3, name.equals("to") && number == from ? to : number);
                    }
                    case 5 -> {
                        byte[] tensor = in.bytes(MAX_BYTES);
                        NamedWeight weight = readTensor(tensor);
                        out.bytes(
                                5,
                                weight.weight.type == from
                                        ? tensorBytes(weight.name, converted(weight.weight, to))
                                        : tensor);
                    }
                    case 20 -> out.number(20, in.number());
                    default -> {
                        // Neither of them needs anything else; what they have is left as it is.
                        return attribute;
                    }
                }
            }
            return out.toByteArray();
        } catch (IOException e) {
            throw new ModelException(source + ": an attribute cannot be read: " + e.getMessage(), e);
        }
    }

    /** The file. */
    public byte[] toBytes() {
        ProtobufWriter graph = new ProtobufWriter();
        for (Node node : nodes) {
            graph.message(1, written(node));
        }
        graphFields.forEach(field -> field.write(graph));
        weights.forEach((name, weight) -> graph.bytes(5, tensorBytes(name, weight)));
        inputs.forEach(port -> graph.bytes(11, port.bytes));
        outputs.forEach(port -> graph.bytes(12, port.bytes));
        ProtobufWriter model = new ProtobufWriter();
        modelFields.forEach(field -> field.write(model));
        model.message(7, graph);
        metadata.forEach((key, value) ->
                model.message(14, new ProtobufWriter().text(1, key).text(2, value)));
        return model.toByteArray();
    }

    private static ProtobufWriter written(Node node) {
        ProtobufWriter out = new ProtobufWriter();
        node.inputs().forEach(input -> out.text(1, input));
        node.outputs().forEach(output -> out.text(2, output));
        out.text(3, node.name()).text(4, node.operator());
        node.attributes().forEach(attribute -> out.bytes(5, attribute));
        return node.domain().isEmpty() ? out : out.text(7, node.domain());
    }

    private static byte[] tensorBytes(String name, Weight weight) {
        ProtobufWriter out = new ProtobufWriter();
        weight.dimensions.forEach(size -> out.number(1, size));
        return out.number(2, weight.type).text(8, name).bytes(9, weight.data).toByteArray();
    }

    private void readModel(byte[] bytes) throws IOException {
        ProtobufReader in = new ProtobufReader(new ByteArrayInputStream(bytes));
        boolean sawGraph = false;
        while (in.nextField(bytes.length)) {
            switch (in.field()) {
                case 7 -> {
                    readGraph(in.bytes(MAX_BYTES));
                    sawGraph = true;
                }
                case 14 -> readMetadata(in.bytes(MAX_BYTES));
                default -> keep(in, modelFields);
            }
        }
        if (!sawGraph) {
            throw new IOException("no graph");
        }
    }

    private static void keep(ProtobufReader in, List<Field> fields) throws IOException {
        int number = in.field();
        switch (in.wireType()) {
            case ProtobufReader.VARINT -> fields.add(new Field(number, in.number(), null));
            case ProtobufReader.LENGTH_DELIMITED -> fields.add(new Field(number, 0, in.bytes(MAX_BYTES)));
            default -> in.skip();
        }
    }

    private void readMetadata(byte[] bytes) throws IOException {
        ProtobufReader in = new ProtobufReader(new ByteArrayInputStream(bytes));
        String key = "";
        String value = "";
        while (in.nextField(bytes.length)) {
            switch (in.field()) {
                case 1 -> key = in.text(MAX_BYTES);
                case 2 -> value = in.text(MAX_BYTES);
                default -> in.skip();
            }
        }
        metadata.put(key, value);
    }

    private void readGraph(byte[] bytes) throws IOException {
        ProtobufReader in = new ProtobufReader(new ByteArrayInputStream(bytes));
        while (in.nextField(bytes.length)) {
            switch (in.field()) {
                case 1 -> addNode(readNode(in.bytes(MAX_BYTES)));
                case 5 -> {
                    NamedWeight weight = readTensor(in.bytes(MAX_BYTES));
                    weights.put(weight.name, weight.weight);
                }
                case 11 -> inputs.add(readPort(in.bytes(MAX_BYTES)));
                case 12 -> outputs.add(readPort(in.bytes(MAX_BYTES)));
                // Shapes and quantisation notes of tensors that may change.
                case 13, 14 -> in.skip();
                default -> keep(in, graphFields);
            }
        }
    }

    /** Constants become weights, so that they are found in one place. */
    private void addNode(Node node) throws IOException {
        if (node.operator().equals("Constant") && node.attributes().size() == 1) {
            byte[] attribute = node.attributes().get(0);
            ProtobufReader in = new ProtobufReader(new ByteArrayInputStream(attribute));
            while (in.nextField(attribute.length)) {
                if (in.field() == 5) {
                    weights.put(node.outputs().get(0), readTensor(in.bytes(MAX_BYTES)).weight);
                    return;
                }
                in.skip();
            }
        }
        nodes.add(node);
    }

    private static Port readPort(byte[] bytes) throws IOException {
        ProtobufReader in = new ProtobufReader(new ByteArrayInputStream(bytes));
        String name = "";
        while (in.nextField(bytes.length)) {
            if (in.field() == 1) {
                name = in.text(MAX_BYTES);
            } else {
                in.skip();
            }
        }
        return new Port(name, bytes);
    }

    private static Node readNode(byte[] bytes) throws IOException {
        ProtobufReader in = new ProtobufReader(new ByteArrayInputStream(bytes));
        List<String> inputs = new ArrayList<>();
        List<String> outputs = new ArrayList<>();
        List<byte[]> attributes = new ArrayList<>();
        String name = "";
        String operator = "";
        String domain = "";
        while (in.nextField(bytes.length)) {
            switch (in.field()) {
                case 1 -> inputs.add(in.text(MAX_BYTES));
                case 2 -> outputs.add(in.text(MAX_BYTES));
                case 3 -> name = in.text(MAX_BYTES);
                case 4 -> operator = in.text(MAX_BYTES);
                case 5 -> attributes.add(in.bytes(MAX_BYTES));
                case 7 -> domain = in.text(MAX_BYTES);
                default -> in.skip();
            }
        }
        return new Node(operator, domain, name, inputs, outputs, attributes);
    }

    private record NamedWeight(String name, Weight weight) {}

    private NamedWeight readTensor(byte[] bytes) throws IOException {
        ProtobufReader in = new ProtobufReader(new ByteArrayInputStream(bytes));
        List<Long> dimensions = new ArrayList<>();
        Elements elements = new Elements();
        String name = "";
        int type = 0;
        while (in.nextField(bytes.length)) {
            switch (in.field()) {
                case 1 -> readNumbers(in, dimensions::add);
                case 2 -> type = Math.toIntExact(in.number());
                case 4 -> elements.floats(in);
                case 5 -> readNumbers(in, elements.numbers::add);
                case 7 -> readNumbers(in, elements.numbers::add);
                case 8 -> name = in.text(MAX_BYTES);
                case 9 -> elements.raw = in.bytes(MAX_BYTES);
                case 6, 10 ->
                    throw new ModelException(source + ": a weight holds texts or FP64 numbers outside its raw"
                            + " data: expected an export with raw data");
                case 14 -> {
                    if (in.number() != 0) {
                        throw new ModelException(source + ": weight " + name
                                + " lies in a second file: expected an export with its weights inside");
                    }
                }
                default -> in.skip();
            }
        }
        return new NamedWeight(name, new Weight(type, List.copyOf(dimensions), elements.bytes(type, source, name)));
    }

    private interface Numbers {
        void add(long number);
    }

    /** A repeated field of whole numbers, packed or not. */
    private static void readNumbers(ProtobufReader in, Numbers to) throws IOException {
        if (in.wireType() == ProtobufReader.VARINT) {
            to.add(in.number());
            return;
        }
        byte[] packed = in.bytes(MAX_BYTES);
        ProtobufReader numbers = new ProtobufReader(new ByteArrayInputStream(packed));
        while (numbers.position() < packed.length) {
            to.add(numbers.varint());
        }
    }

    /** The elements of a tensor, in whichever of its fields they lie. */
    private static final class Elements {
        private byte @Nullable [] raw;
        private final List<Long> numbers = new ArrayList<>();
        private final List<Float> floats = new ArrayList<>();

        void floats(ProtobufReader in) throws IOException {
            if (in.wireType() == ProtobufReader.FIXED32) {
                floats.add(Float.intBitsToFloat(in.fixed32()));
                return;
            }
            ByteBuffer packed = ByteBuffer.wrap(in.bytes(MAX_BYTES)).order(ByteOrder.LITTLE_ENDIAN);
            while (packed.remaining() >= 4) {
                floats.add(packed.getFloat());
            }
        }

        byte[] bytes(int type, String source, String name) {
            if (raw != null) {
                return raw;
            }
            int width = switch (type) {
                case FLOAT, 6 -> 4;
                case INT64 -> 8;
                case FLOAT16, 16, 4, 5 -> 2;
                case 2, INT8, 9 -> 1;
                default -> {
                    if (numbers.isEmpty() && floats.isEmpty()) {
                        yield 1;
                    }
                    throw new ModelException(source + ": weight " + name + " has elements of ONNX type " + type
                            + ", which are not read from this field: expected an export with raw data");
                }
            };
            ByteBuffer out = ByteBuffer.allocate(width * (numbers.size() + floats.size()))
                    .order(ByteOrder.LITTLE_ENDIAN);
            floats.forEach(out::putFloat);
            for (long number : numbers) {
                switch (width) {
                    case 8 -> out.putLong(number);
                    case 4 -> out.putInt((int) number);
                    case 2 -> out.putShort((short) number);
                    default -> out.put((byte) number);
                }
            }
            return out.array();
        }
    }
}
