package io.helmwatch.config.inference;

import static io.helmwatch.config.schema.ValueTypes.choice;
import static io.helmwatch.config.schema.ValueTypes.flag;
import static io.helmwatch.config.schema.ValueTypes.listOf;
import static io.helmwatch.config.schema.ValueTypes.number;
import static io.helmwatch.config.schema.ValueTypes.parsed;
import static io.helmwatch.config.schema.ValueTypes.scalar;
import static io.helmwatch.config.schema.ValueTypes.text;
import static io.helmwatch.config.schema.ValueTypes.wholeNumber;

import io.helmwatch.config.schema.Key;
import io.helmwatch.config.schema.Section;
import io.helmwatch.config.schema.SectionSpec;
import io.helmwatch.config.schema.Value;
import io.helmwatch.config.schema.ValueType;
import io.helmwatch.config.yaml.Yaml;
import io.helmwatch.resource.ControlCharacters;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The section {@code model}. */
public final class ModelSection {
    private static final ModelConfig DEFAULT = ModelConfig.DEFAULT;
    private static final Set<String> PYTORCH = Set.of("pt", "pth", "torchscript");
    private static final Set<String> TENSORRT = Set.of("engine", "plan", "trt");
    private static final Key<ModelConfig, Path> PATH = Key.<ModelConfig, Path>optional(
                    "path", modelFile(), ModelConfig::path, "the shipped helmet model", "ONNX export of a YOLOv5 model")
            .example("models/site.onnx");
    private static final Key<ModelConfig, InputSize> INPUT = Key.of(
            "input",
            parsed(
                    "`fit`, `square`, WIDTHxHEIGHT",
                    InputSize::parse,
                    InputSize::toString,
                    "must be fit, square, or a size such as 640x384"),
            DEFAULT.input(),
            ModelConfig::input,
            "size of the model's input where its height and width are dynamic; `fit` takes the shape of the frame, 640x384 for"
                    + " 16:9, so that no padding is computed; other models keep their own size");
    private static final Key<ModelConfig, List<String>> LABELS = Key.<ModelConfig, List<String>>optional(
                    "labels",
                    listOf(text()),
                    model -> model.labels().isEmpty() ? null : model.labels(),
                    "the model's own",
                    "class names, in the order of the model's classes")
            .example("[helmet, head]");
    private static final Key<ModelConfig, Double> CONFIDENCE = Key.of(
            "confidence",
            number(0, 1),
            DEFAULT.confidence(),
            ModelConfig::confidence,
            "confidence threshold: smallest confidence of a detection");
    private static final Key<ModelConfig, Double> IOU = Key.of(
            "iou",
            number(0, 1),
            DEFAULT.iou(),
            ModelConfig::iou,
            "overlap (IoU) above which the less confident of two boxes of a class is suppressed");
    private static final Key<ModelConfig, Integer> MAX_DETECTIONS = Key.of(
            "max-detections",
            wholeNumber(1, 100_000),
            DEFAULT.maxDetections(),
            ModelConfig::maxDetections,
            "largest number of detections per frame");
    private static final Key<ModelConfig, Boolean> CLASS_AGNOSTIC_NMS = Key.of(
            "class-agnostic-nms",
            flag(),
            DEFAULT.classAgnosticNms(),
            ModelConfig::classAgnosticNms,
            "whether boxes of different classes suppress each other");
    private static final Key<ModelConfig, ModelConfig.Anchor> LETTERBOX_ANCHOR =
            Key.<ModelConfig, ModelConfig.Anchor>optional(
                            "letterbox-anchor",
                            choice(ModelConfig.Anchor.class),
                            ModelConfig::letterboxAnchor,
                            "the model's own, else `center`",
                            "where the scaled frame sits in the model's input")
                    .example("center");
    private static final Key<ModelConfig, Integer> LETTERBOX_PAD_VALUE = Key.<ModelConfig, Integer>optional(
                    "letterbox-pad-value",
                    wholeNumber(0, 255),
                    ModelConfig::letterboxPadValue,
                    "the model's own, else `114`",
                    "grey value of the padding around the frame")
            .example("114");

    /** The keys of the section. */
    public static final SectionSpec<ModelConfig> SPEC = SectionSpec.of(
            "the model and its thresholds",
            PATH,
            INPUT,
            LABELS,
            CONFIDENCE,
            IOU,
            MAX_DETECTIONS,
            CLASS_AGNOSTIC_NMS,
            LETTERBOX_ANCHOR,
            LETTERBOX_PAD_VALUE);

    private ModelSection() {}

    /** An ONNX file; of other formats that people have, what to do with them. */
    private static ValueType<Path> modelFile() {
        return scalar("file", ModelSection::modelFile, path -> Yaml.scalar(path.toString()));
    }

    private static @Nullable Path modelFile(String text, Value value) {
        Path path = value.path(text);
        if (path == null) {
            return null;
        }
        String extension = text.substring(text.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
        if (PYTORCH.contains(extension)) {
            value.problem("is a PyTorch model: export it to ONNX (in YOLOv5: python export.py --weights "
                    + path.getFileName() + " --include onnx)");
        } else if (TENSORRT.contains(extension)) {
            value.problem(
                    "is a TensorRT engine: set the ONNX model that it was built from; Helmwatch builds its own engine");
        } else if (!Files.isRegularFile(path)) {
            value.problem("there is no such file (looked for " + path + ")");
        }
        return path;
    }

    /** Reads the section and reports its problems. */
    public static ModelConfig read(Section section) {
        List<String> given = section.optional(LABELS);
        List<String> labels = given == null ? List.of() : given;
        if (Set.copyOf(labels).size() != labels.size()) {
            section.problem(LABELS, "a label is given twice");
        }
        if (!labels.stream().allMatch(ModelSection::isLabel)) {
            section.problem(LABELS, "a label is empty, begins or ends with a blank, or has a control character");
        }
        return new ModelConfig(
                section.optional(PATH),
                section.value(INPUT),
                labels,
                section.value(CONFIDENCE),
                section.value(IOU),
                section.value(MAX_DETECTIONS),
                section.value(CLASS_AGNOSTIC_NMS),
                section.optional(LETTERBOX_ANCHOR),
                section.optional(LETTERBOX_PAD_VALUE));
    }

    private static boolean isLabel(String text) {
        return !text.isEmpty() && text.equals(text.strip()) && text.chars().noneMatch(ControlCharacters::isControl);
    }
}
