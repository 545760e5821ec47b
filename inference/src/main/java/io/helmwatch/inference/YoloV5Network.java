package io.helmwatch.inference;

import io.helmwatch.config.ModelConfig;
import io.helmwatch.vision.LetterboxAnchor;
import io.helmwatch.vision.ModelIdentity;
import io.helmwatch.vision.PredictionLayout;
import io.helmwatch.vision.PredictionLayout.Head;
import io.helmwatch.vision.TensorShape;
import io.helmwatch.vision.TensorType;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * An ONNX file understood as a YOLOv5 detector, for any engine: which tensors to use and how to read them.
 *
 * <p>Rules. The input is {@code [N, 3, H, W]}, FP32 or FP16; N may be dynamic; dynamic H or W become the metadata's
 * {@code imgsz}, else 640. The first output of rank 3 whose second size is {@code 3 * sum(H/s * W/s)} over two or more
 * successive strides is the decoded one; without it, all outputs {@code [N, 3, H/s, W/s, 5 + classes]} are raw heads, and without
 * these all outputs {@code [N, 3 * (5 + classes), H/s, W/s]}.
 * Metadata keys: {@code names} (Python dictionary or list, or JSON), {@code stride}, {@code anchors} (one list of six numbers
 * per head), {@code letterbox} (JSON: {@code anchor}, {@code pad}), {@code model_name}, {@code model_version}.
 *
 * <p>Threading: immutable.
 */
public final class YoloV5Network {

    private static final int ANCHORS_PER_CELL = 3;
    private static final int DEFAULT_SIDE = 640;
    private static final int MAX_SIDE = 1 << 14;
    private static final int MAX_STRIDE = 128;
    private static final int MAX_BATCH = 1024;
    private static final int MAX_ROW_ELEMENTS = 1 << 16;

    /** A buffer of the JDK holds less than 2^31 bytes. */
    private static final int MAX_ELEMENTS = 1 << 28;

    /** Anchor sizes of YOLOv5's own models, strides 8, 16, 32 (models/yolov5s.yaml of ultralytics/yolov5). */
    private static final List<List<Float>> P5_ANCHORS = List.of(
            List.of(10f, 13f, 16f, 30f, 33f, 23f),
            List.of(30f, 61f, 62f, 45f, 59f, 119f),
            List.of(116f, 90f, 156f, 198f, 373f, 326f));

    /** The same with stride 64 (models/hub/yolov5s6.yaml). */
    private static final List<List<Float>> P6_ANCHORS = List.of(
            List.of(19f, 27f, 44f, 40f, 38f, 94f),
            List.of(96f, 68f, 86f, 152f, 180f, 137f),
            List.of(140f, 301f, 303f, 264f, 238f, 542f),
            List.of(436f, 615f, 739f, 380f, 925f, 792f));

    private final OnnxFile file;
    private final ModelConfig config;
    private final OnnxFile.Port input;
    private final TensorType inputType;
    private final boolean dynamicBatch;
    private final TensorShape inputShape;
    private final List<OnnxFile.Port> outputs;
    private final PredictionLayout layout;
    private final int stride;
    private final List<String> labels;

    private YoloV5Network(OnnxFile file, ModelConfig config, Map<String, List<Long>> outputShapes) {
        this.file = file;
        this.config = config;
        inputShape = inputShapeOf(file);
        input = file.inputs().get(0);
        inputType = floatType(input);
        dynamicBatch = input.dimensions().get(0) < 0;
        List<OnnxFile.Port> candidates = new ArrayList<>();
        for (OnnxFile.Port port : file.outputs()) {
            List<Long> known = outputShapes.getOrDefault(port.name(), port.dimensions());
            candidates.add(new OnnxFile.Port(port.name(), port.type(), known));
        }
        OnnxFile.Port decoded = decodedAmong(candidates);
        if (decoded != null) {
            int anchors = Math.toIntExact(decoded.dimensions().get(1));
            outputs = List.of(decoded);
            layout = new PredictionLayout(PredictionLayout.Kind.DECODED, classesOf(decoded), anchors, List.of());
            stride = declaredStride(strideOfAnchors(anchors));
        } else {
            outputs = rawHeadsAmong(candidates);
            if (outputs.isEmpty()) {
                throw otherShape(candidates);
            }
            layout = rawLayout(outputs);
            stride = layout.heads().get(layout.heads().size() - 1).stride();
        }
        outputs.forEach(this::floatType);
        if (inputShape.height() % stride != 0 || inputShape.width() % stride != 0) {
            throw refuse("expected input sides that are multiples of the stride " + stride + ", found "
                    + describe(input.dimensions()));
        }
        long inputElements = 3L * inputShape.height() * inputShape.width();
        long outputElements = (long) layout.anchors() * layout.rowElements();
        if (Math.max(inputElements, outputElements) * inputShape.batch() > MAX_ELEMENTS) {
            throw refuse("expected tensors of up to " + MAX_ELEMENTS + " elements, found input " + inputShape
                    + " and output of " + layout.anchors() + " rows of " + layout.rowElements());
        }
        labels = labels();
    }

    /**
     * Understands a file by the shapes that it declares.
     *
     * @throws ModelException when it is not a YOLOv5 detector
     */
    public static YoloV5Network of(OnnxFile file, ModelConfig config) {
        return of(file, config, Map.of());
    }

    /**
     * Understands a file by the shapes that it declares, and for outputs that it declares without, by shapes found otherwise.
     *
     * @param outputShapes shapes by output name; take precedence over the declared ones
     * @throws ModelException when it is not a YOLOv5 detector
     */
    public static YoloV5Network of(OnnxFile file, ModelConfig config, Map<String, List<Long>> outputShapes) {
        return new YoloV5Network(file, config, outputShapes);
    }

    /** Whether an output's shape must be found by running the network, since the file leaves it open. */
    public static boolean hasOpenOutputs(OnnxFile file) {
        return file.outputs().stream()
                .anyMatch(port -> port.dimensions().isEmpty()
                        || port.dimensions()
                                .subList(1, port.dimensions().size())
                                .contains(-1L));
    }

    /**
     * Input shape of a file, without a look at its outputs; the batch is the fixed one, or 1 when dynamic.
     *
     * @throws ModelException when there is not one input {@code [N, 3, H, W]}
     */
    public static TensorShape inputShapeOf(OnnxFile file) {
        if (file.inputs().size() != 1) {
            List<String> names = file.inputs().stream().map(OnnxFile.Port::name).toList();
            throw refuse(file, "expected one input [N, 3, H, W], found " + names.size() + " inputs " + names);
        }
        List<Long> dims = file.inputs().get(0).dimensions();
        if (dims.size() != 4 || dims.get(1) != 3 || dims.get(0) > MAX_BATCH) {
            throw refuse(
                    file,
                    "expected one input [N, 3, H, W], found "
                            + file.inputs().get(0).name() + " " + describe(dims));
        }
        int[] open = openSides(file);
        return new TensorShape(
                Math.toIntExact(Math.max(1, dims.get(0))),
                3,
                side(file, dims.get(2), open[0]),
                side(file, dims.get(3), open[1]));
    }

    /** The file. */
    public OnnxFile file() {
        return file;
    }

    /** Name of the input. */
    public String inputName() {
        return input.name();
    }

    /** Input shape; the batch is the fixed one, or 1 when dynamic. */
    public TensorShape inputShape() {
        return inputShape;
    }

    /** Element type of the input. */
    public TensorType inputType() {
        return inputType;
    }

    /** Whether the batch may differ from run to run. */
    public boolean dynamicBatch() {
        return dynamicBatch;
    }

    /** The outputs to read, in the order of {@link PredictionLayout#heads()} when raw; shapes as known. */
    public List<OnnxFile.Port> outputs() {
        return outputs;
    }

    /** How to read the outputs. */
    public PredictionLayout layout() {
        return layout;
    }

    /** Shape of an output for a batch. */
    public long[] outputShape(int output, int batch) {
        if (layout.kind() == PredictionLayout.Kind.DECODED) {
            return new long[] {batch, layout.anchors(), layout.rowElements()};
        }
        Head head = layout.heads().get(output);
        return layout.kind() == PredictionLayout.Kind.RAW_PLANES
                ? new long[] {batch, ANCHORS_PER_CELL * layout.rowElements(), head.rows(), head.columns()}
                : new long[] {batch, ANCHORS_PER_CELL, head.rows(), head.columns(), layout.rowElements()};
    }

    /**
     * The description for the stages.
     *
     * @param precision arithmetic of the engine, {@code fp32}, {@code fp16} or {@code int8}
     * @param backend {@code cpu} or {@code cuda}
     */
    public ModelInfo info(String precision, String backend) {
        return new ModelInfo(
                new ModelIdentity(name(), version(), precision, backend),
                labels,
                inputShape,
                dynamicBatch,
                inputType,
                layout,
                stride,
                letterboxAnchor(),
                letterboxPad());
    }

    private TensorType floatType(OnnxFile.Port port) {
        if (port.type() == null) {
            throw refuse("expected FP32 or FP16 elements, found another type at " + port.name());
        }
        return port.type();
    }

    private static int side(OnnxFile file, long declared, int open) {
        long side = declared < 0 ? open : declared;
        if (side > MAX_SIDE) {
            throw refuse(file, "expected input sides up to " + MAX_SIDE + ", found " + side);
        }
        return (int) side;
    }

    /** Height and width where the file leaves them open. */
    private static int[] openSides(OnnxFile file) {
        Object declared = metadata(file, "imgsz");
        if (declared instanceof List<?> sides
                && sides.size() == 2
                && sides.get(0) instanceof Double height
                && sides.get(1) instanceof Double width
                && height >= 1
                && width >= 1) {
            return new int[] {height.intValue(), width.intValue()};
        }
        return new int[] {DEFAULT_SIDE, DEFAULT_SIDE};
    }

    private OnnxFile.@Nullable Port decodedAmong(List<OnnxFile.Port> candidates) {
        for (OnnxFile.Port port : candidates) {
            List<Long> dims = port.dimensions();
            if (dims.size() == 3 && isRow(dims.get(2)) && strideOfAnchors(dims.get(1)) > 0) {
                for (OnnxFile.Port other : candidates) {
                    if (other.dimensions().size() == 4 && headStride(other.dimensions()) == 0) {
                        throw refuse("expected a detector, found a second output " + other.name() + " "
                                + describe(other.dimensions()) + " as segmentation networks have");
                    }
                }
                return port;
            }
        }
        return null;
    }

    /** The largest stride of the heads that make this many anchors; 0 when no set of successive strides does. */
    private int strideOfAnchors(long anchors) {
        for (int first : new int[] {8, 16, 4}) {
            long sum = 0;
            for (int s = first; s <= MAX_STRIDE; s *= 2) {
                if (inputShape.height() % s != 0 || inputShape.width() % s != 0) {
                    break;
                }
                sum += (long) ANCHORS_PER_CELL * (inputShape.height() / s) * (inputShape.width() / s);
                if (sum == anchors && s > first) {
                    return s;
                }
            }
        }
        return 0;
    }

    private int declaredStride(int found) {
        String declared = file.metadata().get("stride");
        if (declared == null) {
            return found;
        }
        try {
            int value = (int) Double.parseDouble(declared.strip());
            if (value >= 1 && value <= MAX_SIDE) {
                return value;
            }
        } catch (NumberFormatException e) {
            // Said below.
        }
        throw refuse("expected a number of pixels in metadata 'stride', found '" + declared + "'");
    }

    private static int classesOf(OnnxFile.Port port) {
        List<Long> dims = port.dimensions();
        return Math.toIntExact(isPlanes(dims) ? dims.get(1) / ANCHORS_PER_CELL : dims.get(dims.size() - 1)) - 5;
    }

    private static boolean isPlanes(List<Long> dims) {
        return dims.size() == 4;
    }

    private List<OnnxFile.Port> rawHeadsAmong(List<OnnxFile.Port> candidates) {
        List<OnnxFile.Port> heads = candidates.stream()
                .filter(port -> headStride(port.dimensions()) > 0)
                .sorted(Comparator.comparingInt(port -> headStride(port.dimensions())))
                .toList();
        List<OnnxFile.Port> rows =
                heads.stream().filter(port -> !isPlanes(port.dimensions())).toList();
        return rows.isEmpty() ? heads : rows;
    }

    /** Whether a last size can be {@code 5 + classes}. */
    private static boolean isRow(long elements) {
        return elements >= 6 && elements <= MAX_ROW_ELEMENTS;
    }

    private int headStride(List<Long> dims) {
        boolean fitsRows = dims.size() == 5 && dims.get(1) == ANCHORS_PER_CELL && isRow(dims.get(4));
        boolean fitsPlanes =
                isPlanes(dims) && dims.get(1) % ANCHORS_PER_CELL == 0 && isRow(dims.get(1) / ANCHORS_PER_CELL);
        if (!(fitsRows || fitsPlanes) || dims.get(2) < 1 || dims.get(3) < 1) {
            return 0;
        }
        long s = inputShape.height() / dims.get(2);
        boolean fits = s * dims.get(2) == inputShape.height() && s * dims.get(3) == inputShape.width();
        return fits ? (int) s : 0;
    }

    private PredictionLayout rawLayout(List<OnnxFile.Port> ports) {
        int classes = classesOf(ports.get(0));
        List<List<Float>> sizes = anchorSizes(ports);
        List<Head> heads = new ArrayList<>();
        int anchors = 0;
        for (int i = 0; i < ports.size(); i++) {
            List<Long> dims = ports.get(i).dimensions();
            if (classesOf(ports.get(i)) != classes) {
                throw otherShape(ports);
            }
            Head head = new Head(
                    headStride(dims), Math.toIntExact(dims.get(2)), Math.toIntExact(dims.get(3)), sizes.get(i));
            heads.add(head);
            anchors += ANCHORS_PER_CELL * head.rows() * head.columns();
        }
        boolean planes = isPlanes(ports.get(0).dimensions());
        return new PredictionLayout(
                planes ? PredictionLayout.Kind.RAW_PLANES : PredictionLayout.Kind.RAW, classes, anchors, heads);
    }

    private List<List<Float>> anchorSizes(List<OnnxFile.Port> ports) {
        Object declared = metadata("anchors");
        if (declared != null) {
            List<List<Float>> sizes = new ArrayList<>();
            if (declared instanceof List<?> perHead) {
                for (Object head : perHead) {
                    List<Float> numbers = new ArrayList<>();
                    flatten(head, numbers);
                    sizes.add(numbers);
                }
            }
            if (sizes.size() != ports.size() || sizes.stream().anyMatch(head -> head.size() != 2 * ANCHORS_PER_CELL)) {
                throw refuse("expected six anchor numbers for each of " + ports.size()
                        + " heads in metadata 'anchors', found "
                        + file.metadata().get("anchors"));
            }
            return sizes;
        }
        boolean fromStride8 = headStride(ports.get(0).dimensions()) == 8;
        if (fromStride8 && ports.size() == P5_ANCHORS.size()) {
            return P5_ANCHORS;
        }
        if (fromStride8 && ports.size() == P6_ANCHORS.size()) {
            return P6_ANCHORS;
        }
        throw refuse("expected metadata 'anchors' for raw heads other than strides 8, 16, 32 (, 64), found none");
    }

    private static void flatten(Object value, List<Float> numbers) {
        if (value instanceof Double number) {
            numbers.add(number.floatValue());
        } else if (value instanceof List<?> list) {
            list.forEach(item -> flatten(item, numbers));
        }
    }

    private ModelException otherShape(List<OnnxFile.Port> found) {
        long expected = 0;
        for (int s = 8; s <= 32; s *= 2) {
            expected += (long) ANCHORS_PER_CELL * (inputShape.height() / s) * (inputShape.width() / s);
        }
        StringBuilder outputs = new StringBuilder();
        boolean transposed = false;
        for (OnnxFile.Port port : found) {
            outputs.append(outputs.isEmpty() ? "" : ", ")
                    .append(port.name())
                    .append(' ')
                    .append(describe(port.dimensions()));
            List<Long> dims = port.dimensions();
            transposed |= dims.size() == 3 && dims.get(1) > 4 && dims.get(2) > 8 * dims.get(1);
        }
        return refuse("expected the output of a YOLOv5 detector, [N, " + expected
                + ", 5 + classes] or raw heads [N, 3, H/stride, W/stride, 5 + classes] or [N, 3 * (5 + classes), H/stride, W/stride]"
                + " for input " + inputShape
                + ", found " + (found.isEmpty() ? "no output" : outputs)
                + (transposed ? " (which looks like YOLOv8 or later)" : ""));
    }

    private List<String> labels() {
        int classes = layout.classes();
        if (!config.labels().isEmpty()) {
            if (config.labels().size() != classes) {
                throw refuse(
                        "expected " + classes + " labels in the configuration, one per class of the network, found "
                                + config.labels().size());
            }
            return config.labels();
        }
        Object names = metadata("names");
        if (names == null) {
            List<String> numbered = new ArrayList<>();
            for (int i = 0; i < classes; i++) {
                numbered.add("class" + i);
            }
            return List.copyOf(numbered);
        }
        Map<Integer, String> byIndex = new TreeMap<>();
        if (names instanceof List<?> list) {
            for (int i = 0; i < list.size(); i++) {
                byIndex.put(i, String.valueOf(list.get(i)));
            }
        } else if (names instanceof Map<?, ?> map) {
            map.forEach((key, value) -> byIndex.put(index(key), String.valueOf(value)));
        }
        for (int i = 0; i < classes; i++) {
            if (byIndex.size() != classes || !byIndex.containsKey(i)) {
                throw refuse(
                        "expected " + classes + " class names in metadata 'names', one per class of the network, found "
                                + byIndex.size() + "; give 'labels' in the configuration instead");
            }
        }
        return List.copyOf(byIndex.values());
    }

    private int index(Object key) {
        try {
            return (int) Double.parseDouble(String.valueOf(key));
        } catch (NumberFormatException e) {
            throw refuse("expected class numbers as keys in metadata 'names', found '" + key + "'");
        }
    }

    private LetterboxAnchor letterboxAnchor() {
        ModelConfig.Anchor configured = config.letterboxAnchor();
        if (configured != null) {
            return configured == ModelConfig.Anchor.CENTER ? LetterboxAnchor.CENTER : LetterboxAnchor.TOP_LEFT;
        }
        Object declared = metadata("letterbox") instanceof Map<?, ?> letterbox ? letterbox.get("anchor") : null;
        if (declared == null) {
            return LetterboxAnchor.CENTER;
        }
        return switch (declared.toString().toLowerCase(Locale.ROOT).replace('_', '-')) {
            case "center" -> LetterboxAnchor.CENTER;
            case "top-left" -> LetterboxAnchor.TOP_LEFT;
            default -> throw refuse("expected letterbox anchor 'center' or 'top-left', found '" + declared + "'");
        };
    }

    private int letterboxPad() {
        Object declared = config.letterboxPadValue();
        if (declared == null && metadata("letterbox") instanceof Map<?, ?> letterbox) {
            declared = letterbox.get("pad");
        }
        if (declared == null) {
            return 114;
        }
        if (declared instanceof Number pad && pad.doubleValue() >= 0 && pad.doubleValue() <= 255) {
            return pad.intValue();
        }
        throw refuse("expected a letterbox pad value of 0..255, found " + declared);
    }

    private String name() {
        String declared = file.metadata().get("model_name");
        if (declared != null && !declared.isBlank()) {
            return declared.strip();
        }
        String name = String.valueOf(file.path().getFileName());
        int dot = name.lastIndexOf('.');
        return dot > 0 ? name.substring(0, dot) : name;
    }

    private String version() {
        String declared = file.metadata().get("model_version");
        return declared != null && !declared.isBlank()
                ? declared.strip()
                : file.sha256().substring(0, 12);
    }

    private @Nullable Object metadata(String key) {
        return metadata(file, key);
    }

    private static @Nullable Object metadata(OnnxFile file, String key) {
        String text = file.metadata().get(key);
        if (text == null || text.isBlank()) {
            return null;
        }
        try {
            return MetadataLiteral.parse(text);
        } catch (IllegalArgumentException e) {
            throw refuse(
                    file,
                    "expected a Python or JSON literal in metadata '" + key + "', found one that " + e.getMessage());
        }
    }

    private ModelException refuse(String what) {
        return refuse(file, what);
    }

    private static ModelException refuse(OnnxFile file, String what) {
        return new ModelException("model " + file.path() + ": " + what);
    }

    private static String describe(List<Long> dims) {
        StringBuilder text = new StringBuilder("[");
        for (int i = 0; i < dims.size(); i++) {
            text.append(i == 0 ? "" : ", ").append(dims.get(i) < 0 ? (i == 0 ? "N" : "?") : dims.get(i));
        }
        return dims.isEmpty() ? "of unknown shape" : text.append(']').toString();
    }
}
