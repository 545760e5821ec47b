package io.helmwatch.inference;

import io.helmwatch.config.inference.InputSize;
import io.helmwatch.config.inference.ModelConfig;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.ModelIdentity;
import io.helmwatch.vision.tensor.InputSizing;
import io.helmwatch.vision.tensor.PredictionLayout;
import io.helmwatch.vision.tensor.PredictionLayout.Head;
import io.helmwatch.vision.tensor.TensorShape;
import io.helmwatch.vision.tensor.TensorType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * An ONNX file interpreted as a YOLOv5 detector, for any engine: which tensors to use and how to read them.
 *
 * <p>Rules. The input is {@code [N, 3, H, W]}, FP32 or FP16; N may be dynamic. A model whose H and W are dynamic, and whose
 * outputs follow them, takes the configured size: one that fits the frame, a square, or a fixed one; the longer side of the
 * first two is that of the metadata's {@code imgsz}, else 640. Other dynamic sides become {@code imgsz}, else 640. The first output of rank 3 whose second size is {@code 3 * sum(H/s * W/s)} over two or more
 * successive strides is the decoded one; without it, all outputs {@code [N, 3, H/s, W/s, 5 + classes]} are raw heads, and without
 * these all outputs {@code [N, 3 * (5 + classes), H/s, W/s]}.
 * Metadata keys: {@code names} (Python dictionary or list, or JSON), {@code stride}, {@code anchors} (one list of six numbers
 * per head), {@code letterbox} (JSON: {@code anchor}, {@code pad}), {@code model_name}, {@code model_version}.
 *
 * <p>Threading: immutable.
 */
public final class YoloV5Model {

    private static final int MAX_BATCH = 1024;

    /** A buffer of the JDK holds less than 2^31 bytes. */
    private static final int MAX_ELEMENTS = 1 << 28;

    private final ModelFile file;
    private final ModelMetadata metadata;
    private final TensorInfo input;
    private final TensorType inputType;
    private final InputSizing sizing;
    private final TensorShape inputShape;
    private final OutputLayout output;
    private final PredictionLayout layout;
    private final List<String> labels;

    /** Output shapes were found with a shape of the input; {@code anySize}: the model runs at other sizes too. */
    private YoloV5Model(
            ModelFile file,
            ModelConfig config,
            TensorShape found,
            Map<String, List<Long>> outputShapes,
            boolean anySize) {
        this.file = file;
        metadata = new ModelMetadata(file, config);
        input = file.inputs().get(0);
        inputType = floatType(input);
        List<TensorInfo> candidates = new ArrayList<>();
        for (TensorInfo declared : file.outputs()) {
            List<Long> known = outputShapes.getOrDefault(declared.name(), declared.dimensions());
            candidates.add(new TensorInfo(declared.name(), declared.type(), known));
        }
        output = OutputLayout.find(metadata, found, candidates);
        output.outputs().forEach(this::floatType);
        sizing = anySize ? sizing(config.input()) : onlySize(config.input(), found.imageSize());
        ImageSize largest = sizing.largest();
        inputShape = new TensorShape(found.batch(), found.channels(), largest.height(), largest.width());
        layout = output.layoutFor(largest);
        checkSizes();
        labels = metadata.labels(layout.classes());
    }

    private InputSizing sizing(InputSize wanted) {
        ImageSize usual = ModelMetadata.defaultInputSize(file);
        int stride = output.stride();
        int side = (Math.max(usual.width(), usual.height()) + stride - 1) / stride * stride;
        return switch (wanted.mode()) {
            case FIT -> InputSizing.fitting(side, stride);
            case SQUARE -> InputSizing.fixed(new ImageSize(side, side));
            case FIXED -> InputSizing.fixed(new ImageSize(wanted.width(), wanted.height()));
        };
    }

    /** The size of a model that has only one. */
    private InputSizing onlySize(InputSize wanted, ImageSize size) {
        if (wanted.mode() == InputSize.Mode.FIXED && !size.equals(new ImageSize(wanted.width(), wanted.height()))) {
            throw refusal("model.input " + wanted + ": expected " + size + ", the only size of this model's input;"
                    + " export the model with dynamic height and width, or set model.input to fit");
        }
        return InputSizing.fixed(size);
    }

    private void checkSizes() {
        int stride = output.stride();
        if (inputShape.height() % stride != 0 || inputShape.width() % stride != 0) {
            throw refusal("expected input sides that are multiples of the stride " + stride + ", found " + inputShape);
        }
        long inputElements = 3L * inputShape.height() * inputShape.width();
        long outputElements = (long) layout.anchors() * layout.rowElements();
        if (Math.max(inputElements, outputElements) * inputShape.batch() > MAX_ELEMENTS) {
            throw refusal("expected tensors of up to " + MAX_ELEMENTS + " elements, found input " + inputShape
                    + " and output of " + layout.anchors() + " rows of " + layout.rowElements());
        }
    }

    /**
     * Interprets a file by the shapes that it declares.
     *
     * @throws ModelException when it is not a YOLOv5 detector
     */
    public static YoloV5Model of(ModelFile file, ModelConfig config) {
        return of(file, config, Map.of());
    }

    /**
     * Interprets a file by the shapes that it declares, and for outputs without declared shape by shapes from elsewhere.
     *
     * @param outputShapes shapes by output name; take precedence over the declared ones
     * @throws ModelException when it is not a YOLOv5 detector
     */
    public static YoloV5Model of(ModelFile file, ModelConfig config, Map<String, List<Long>> outputShapes) {
        return new YoloV5Model(file, config, inputShapeOf(file), outputShapes, false);
    }

    /**
     * Interprets a file whose height and width are dynamic.
     *
     * @param probed a shape of the input
     * @param outputShapes shapes of the outputs for it, by output name
     * @throws ModelException when it is not a YOLOv5 detector
     */
    public static YoloV5Model ofAnySize(
            ModelFile file, ModelConfig config, TensorShape probed, Map<String, List<Long>> outputShapes) {
        return new YoloV5Model(file, config, probed, outputShapes, true);
    }

    /**
     * A small shape with which the outputs of a model with dynamic height and width are found.
     *
     * @throws ModelException when there is not one input {@code [N, 3, H, W]}
     */
    public static TensorShape probeShapeOf(ModelFile file) {
        return new TensorShape(inputShapeOf(file).batch(), 3, OutputLayout.MAX_STRIDE, 2 * OutputLayout.MAX_STRIDE);
    }

    /** Whether the file declares that height and width are dynamic, and leaves the sizes of an output open. */
    public static boolean hasDynamicSides(ModelFile file) {
        List<Long> sides = file.inputs().size() == 1 ? file.inputs().get(0).dimensions() : List.of();
        return sides.size() == 4 && sides.get(2) < 0 && sides.get(3) < 0 && hasOpenOutputs(file);
    }

    /** The labels that the configuration or the file declares, without a look at the outputs; empty where neither does. */
    public static List<String> declaredLabels(ModelFile file, ModelConfig config) {
        return new ModelMetadata(file, config).declaredLabels();
    }

    /** Whether the shape of an output is only known after a run, since the file leaves it open. */
    public static boolean hasOpenOutputs(ModelFile file) {
        return file.outputs().stream()
                .anyMatch(output -> output.dimensions().isEmpty()
                        || output.dimensions()
                                .subList(1, output.dimensions().size())
                                .contains(-1L));
    }

    /**
     * Input shape of a file, whatever its outputs are; the batch is the fixed one, or 1 when dynamic.
     *
     * @throws ModelException when there is not one input {@code [N, 3, H, W]}
     */
    public static TensorShape inputShapeOf(ModelFile file) {
        if (file.inputs().size() != 1) {
            List<String> names = file.inputs().stream().map(TensorInfo::name).toList();
            throw ModelMetadata.refusal(
                    file, "expected one input [N, 3, H, W], found " + names.size() + " inputs " + names);
        }
        TensorInfo input = file.inputs().get(0);
        List<Long> dims = input.dimensions();
        if (dims.size() != 4 || dims.get(1) != 3 || dims.get(0) > MAX_BATCH) {
            throw ModelMetadata.refusal(file, "expected one input [N, 3, H, W], found " + input.describe());
        }
        ImageSize open = ModelMetadata.defaultInputSize(file);
        return new TensorShape(
                Math.toIntExact(Math.max(1, dims.get(0))),
                3,
                side(file, dims.get(2), open.height()),
                side(file, dims.get(3), open.width()));
    }

    private static int side(ModelFile file, long declared, int open) {
        long side = declared < 0 ? open : declared;
        if (side > ModelMetadata.MAX_SIDE) {
            throw ModelMetadata.refusal(
                    file, "expected input sides up to " + ModelMetadata.MAX_SIDE + ", found " + side);
        }
        return (int) side;
    }

    /** The file. */
    public ModelFile file() {
        return file;
    }

    /** Name of the input. */
    public String inputName() {
        return input.name();
    }

    /** Input shape, the largest where it fits the frame; the batch is the fixed one, or 1 when dynamic. */
    public TensorShape inputShape() {
        return inputShape;
    }

    /** Size of the input for a frame. */
    public InputSizing sizing() {
        return sizing;
    }

    /** Element type of the input. */
    public TensorType inputType() {
        return inputType;
    }

    /** Whether the batch may differ from run to run. */
    public boolean hasDynamicBatch() {
        return input.hasDynamicBatch();
    }

    /** The outputs to read, in the order of {@link PredictionLayout#heads()} when raw; shapes as known. */
    public List<TensorInfo> outputs() {
        return output.outputs();
    }

    /** How to read the outputs for the largest input. */
    public PredictionLayout layout() {
        return layout;
    }

    /** How to read the outputs for an input of a size. */
    public PredictionLayout layout(ImageSize size) {
        return size.equals(sizing.largest()) ? layout : output.layoutFor(size);
    }

    /** Shape of an output for a batch of the largest input. */
    public long[] outputShape(int index, int batch) {
        return outputShape(layout, index, batch);
    }

    /**
     * Shape of an output for a batch.
     *
     * @param read how the outputs are read for the size of the input
     */
    public static long[] outputShape(PredictionLayout read, int index, int batch) {
        if (read.kind() == PredictionLayout.Kind.DECODED) {
            return new long[] {batch, read.anchors(), read.rowElements()};
        }
        Head head = read.heads().get(index);
        int anchors = OutputLayout.ANCHORS_PER_CELL;
        return read.kind() == PredictionLayout.Kind.RAW_PLANES
                ? new long[] {batch, anchors * read.rowElements(), head.rows(), head.columns()}
                : new long[] {batch, anchors, head.rows(), head.columns(), read.rowElements()};
    }

    /** Elements of an output for a batch of the largest input. */
    public long outputElements(int index, int batch) {
        return outputElements(layout, index, batch);
    }

    /** Elements of an output for a batch; as {@link #outputShape(PredictionLayout, int, int)}. */
    public static long outputElements(PredictionLayout read, int index, int batch) {
        long elements = 1;
        for (long size : outputShape(read, index, batch)) {
            elements = Math.multiplyExact(elements, size);
        }
        return elements;
    }

    /**
     * The description for the stages.
     *
     * @param precision arithmetic of the engine, {@code fp32}, {@code fp16} or {@code int8}
     * @param backend {@code cpu} or {@code cuda}
     */
    public ModelInfo info(String precision, String backend) {
        return new ModelInfo(
                new ModelIdentity(metadata.name(), metadata.version(), precision, backend),
                labels,
                inputShape,
                sizing,
                hasDynamicBatch(),
                inputType,
                layout,
                output.stride(),
                metadata.letterboxAnchor(),
                metadata.letterboxPad());
    }

    private TensorType floatType(TensorInfo tensor) {
        if (tensor.type() == null) {
            throw refusal("expected FP32 or FP16 elements, found another type at " + tensor.name());
        }
        return tensor.type();
    }

    private ModelException refusal(String what) {
        return ModelMetadata.refusal(file, what);
    }
}
