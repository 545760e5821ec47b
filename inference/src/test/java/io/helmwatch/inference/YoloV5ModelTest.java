package io.helmwatch.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helmwatch.config.inference.InputSize;
import io.helmwatch.config.inference.ModelConfig;
import io.helmwatch.vision.tensor.LetterboxAnchor;
import io.helmwatch.vision.tensor.PredictionLayout;
import io.helmwatch.vision.tensor.PredictionLayout.Head;
import io.helmwatch.vision.tensor.TensorShape;
import io.helmwatch.vision.tensor.TensorType;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class YoloV5ModelTest {

    private static final ModelConfig NO_CONFIG = ModelConfig.DEFAULT;

    @TempDir
    Path folder;

    // --- shapes ---

    @ParameterizedTest
    @CsvSource({
        // height, width, anchors, stride: three heads 8..32, four heads 8..64, two heads 16..32, four heads 4..32
        "640, 640, 25200, 32",
        "384, 640, 15120, 32",
        "1280, 1280, 102000, 64",
        "640, 640, 6000, 32",
        "640, 640, 102000, 32",
        "64, 64, 252, 32"
    })
    void shouldRecogniseADecodedOutputByItsNumberOfRows(int height, int width, int anchors, int stride) {
        YoloV5Model model = of(network(height, width).output("output0", anchors, 7));
        assertThat(model.layout())
                .isEqualTo(new PredictionLayout(PredictionLayout.Kind.DECODED, 2, anchors, List.of()));
        assertThat(model.info("fp32", "cpu").stride()).isEqualTo(stride);
        assertThat(model.outputShape(0, 4)).containsExactly(4, anchors, 7);
    }

    @Test
    void shouldPreferTheDecodedOutputToRawHeads() {
        YoloV5Model model = of(network(64, 64)
                .output("p3", 3, 8, 8, 7)
                .output("output", 252, 7)
                .output("p4", 3, 4, 4, 7)
                .output("p5", 3, 2, 2, 7));
        assertThat(model.layout().kind()).isEqualTo(PredictionLayout.Kind.DECODED);
        assertThat(model.outputs()).extracting(TensorInfo::name).containsExactly("output");
    }

    @Test
    void shouldOrderRawHeadsByStrideAndGiveThemYoloV5sAnchors() {
        YoloV5Model model = of(network(64, 96)
                .output("c", 3, 2, 3, 85)
                .output("a", 3, 8, 12, 85)
                .output("b", 3, 4, 6, 85));
        assertThat(model.outputs()).extracting(TensorInfo::name).containsExactly("a", "b", "c");
        assertThat(model.layout().kind()).isEqualTo(PredictionLayout.Kind.RAW);
        assertThat(model.layout().classes()).isEqualTo(80);
        assertThat(model.layout().anchors()).isEqualTo(3 * (96 + 24 + 6));
        assertThat(model.layout().heads())
                .containsExactly(
                        new Head(8, 8, 12, List.of(10f, 13f, 16f, 30f, 33f, 23f)),
                        new Head(16, 4, 6, List.of(30f, 61f, 62f, 45f, 59f, 119f)),
                        new Head(32, 2, 3, List.of(116f, 90f, 156f, 198f, 373f, 326f)));
        assertThat(model.outputShape(2, 5)).containsExactly(5, 3, 2, 3, 85);
    }

    @Test
    void shouldTakeRawHeadsAsTheLastConvolutionsOutputThem() {
        YoloV5Model model = of(
                network(64, 96).output("c", 255, 2, 3).output("a", 255, 8, 12).output("b", 255, 4, 6));
        assertThat(model.outputs()).extracting(TensorInfo::name).containsExactly("a", "b", "c");
        assertThat(model.layout().kind()).isEqualTo(PredictionLayout.Kind.RAW_PLANES);
        assertThat(model.layout().classes()).isEqualTo(80);
        assertThat(model.layout().anchors()).isEqualTo(3 * (96 + 24 + 6));
        assertThat(model.outputShape(2, 5)).containsExactly(5, 255, 2, 3);
    }

    @Test
    void shouldTakeAnchorsOfRawHeadsFromTheMetadata() {
        YoloV5Model model = of(network(64, 64)
                .output("a", 3, 8, 8, 7)
                .output("b", 3, 4, 4, 7)
                .metadata("anchors", "[[1,2,3,4,5,6], [[7,8],[9,10],[11,12.5]]]"));
        assertThat(model.layout().heads())
                .extracting(Head::anchorSizes)
                .containsExactly(List.of(1f, 2f, 3f, 4f, 5f, 6f), List.of(7f, 8f, 9f, 10f, 11f, 12.5f));
    }

    @Test
    void shouldSetDynamicSidesTo640UnlessTheMetadataDeclaresThem() {
        OnnxWriter open = new OnnxWriter(TensorType.FP32, -1, 3, -1, -1).output("output0", 25200, 7);
        assertThat(of(open).inputShape()).isEqualTo(new TensorShape(1, 3, 640, 640));
        OnnxWriter said = new OnnxWriter(TensorType.FP32, -1, 3, -1, -1)
                .output("output0", 15120, 7)
                .metadata("imgsz", "[384, 640]");
        assertThat(of(said).inputShape()).isEqualTo(new TensorShape(1, 3, 384, 640));
    }

    @Test
    void shouldDistinguishFixedFromDynamicBatch() {
        YoloV5Model fixed = of(new OnnxWriter(TensorType.FP16, 4, 3, 64, 64).output("output0", 252, 7));
        assertThat(fixed.hasDynamicBatch()).isFalse();
        assertThat(fixed.inputShape().batch()).isEqualTo(4);
        assertThat(fixed.inputType()).isEqualTo(TensorType.FP16);
        YoloV5Model dynamic = of(network(64, 64).output("output0", 252, 7));
        assertThat(dynamic.hasDynamicBatch()).isTrue();
        assertThat(dynamic.inputShape().batch()).isEqualTo(1);
    }

    @Test
    void shouldTakeShapesFoundByRunningWhereTheFileLeavesThemOpen() {
        ModelFile file = ModelFile.read(network(64, 64)
                .output("output0", new long[] {252, 7}, new long[] {-1, -1})
                .write(folder.resolve("net.onnx")));
        assertThat(YoloV5Model.hasOpenOutputs(file)).isTrue();
        YoloV5Model model = YoloV5Model.of(file, NO_CONFIG, Map.of("output0", List.of(1L, 252L, 7L)));
        assertThat(model.layout().classes()).isEqualTo(2);
    }

    @Test
    void shouldRefuseYoloV8AndNameIt() {
        refuses(
                network(640, 640).output("output0", 84, 8400),
                "expected the output of a YOLOv5 detector, [N, 25200, 5 + classes]",
                "found output0 [N, 84, 8400]",
                "looks like YOLOv8");
    }

    @Test
    void shouldRefuseModelsWithSuppressionInside() {
        refuses(network(640, 640).output("output0", 300, 6), "found output0 [N, 300, 6]");
    }

    @Test
    void shouldRefuseClassifiers() {
        refuses(network(224, 224).output("logits", 1000), "found logits [N, 1000]");
    }

    @Test
    void shouldRefuseSegmentationModels() {
        refuses(network(64, 64).output("output0", 252, 39).output("masks", 32, 16, 16), "masks [N, 32, 16, 16]");
    }

    @Test
    void shouldRefuseInputsOfAnotherShape() {
        refuses(
                new OnnxWriter(TensorType.FP32, 1, 1, 64, 64).output("output0", 252, 7),
                "expected one input [N, 3, H, W]",
                "found images [1, 1, 64, 64]");
        refuses(new OnnxWriter(TensorType.FP32, 1, 3, 64).output("output0", 252, 7), "found images [1, 3, 64]");
        refuses(network(64, 64).output("output0", 252, 7).weightAsInput("scale", 1), "found 2 inputs [images, scale]");
    }

    @Test
    void shouldRefuseSizesBeyondTheLimits() {
        refuses(
                new OnnxWriter(TensorType.FP32, 1, 3, 1L << 40, 64).output("output0", 252, 7),
                "input sides up to 16384");
        refuses(new OnnxWriter(TensorType.FP32, 1L << 40, 3, 64, 64).output("output0", 252, 7), "[N, 3, H, W]");
        refuses(
                new OnnxWriter(TensorType.FP32, 1, 3, 64, 64)
                        .output("output0", new long[] {252, 7}, new long[] {252, 1L << 40}),
                "found output0 [N, 252, 1099511627776]");
        refuses(
                new OnnxWriter(TensorType.FP32, 1000, 3, 1280, 1280)
                        .output("output0", new long[] {1, 7}, new long[] {102000, 7}),
                "tensors of up to");
    }

    @Test
    void shouldRefuseSidesThatAreNotMultiplesOfTheStride() {
        refuses(network(64, 64).output("output0", 252, 7).metadata("stride", "48"), "multiples of the stride 48");
    }

    @Test
    void shouldRefuseRawHeadsWithUnknownAnchors() {
        refuses(network(64, 64).output("a", 3, 8, 8, 7).output("b", 3, 4, 4, 7), "metadata 'anchors'");
        refuses(
                network(64, 64).output("a", 3, 8, 8, 7).output("b", 3, 4, 4, 7).metadata("anchors", "[[1, 2]]"),
                "expected six anchor numbers for each of 2 heads",
                "[[1, 2]]");
    }

    // --- labels ---

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{0: 'helmet', 1: 'head'}",
                "{1: 'head', 0: 'helmet'}",
                "{\"0\": \"helmet\", \"1\": \"head\"}",
                "['helmet', 'head']",
                "[\"helmet\", \"head\"]"
            })
    void shouldReadLabelsFromTheMetadata(String names) {
        YoloV5Model model = of(network(64, 64).output("output0", 252, 7).metadata("names", names));
        assertThat(model.info("fp32", "cpu").labels()).containsExactly("helmet", "head");
    }

    @Test
    void shouldNumberClassesWithoutNames() {
        assertThat(of(network(64, 64).output("output0", 252, 7))
                        .info("fp32", "cpu")
                        .labels())
                .containsExactly("class0", "class1");
    }

    @Test
    void shouldPreferConfiguredLabels() {
        OnnxWriter writer = network(64, 64).output("output0", 252, 7).metadata("names", "['a', 'b']");
        assertThat(of(writer, config(List.of("casque", "tête"), null, null))
                        .info("fp32", "cpu")
                        .labels())
                .containsExactly("casque", "tête");
    }

    @Test
    void shouldRefuseAnotherNumberOfLabelsThanClasses() {
        refuses(
                network(64, 64).output("output0", 252, 7).metadata("names", "['a']"),
                "expected 2 class names in metadata 'names'",
                "found 1");
        refuses(network(64, 64).output("output0", 252, 7).metadata("names", "{0: 'a', 2: 'b'}"), "'names'");
        refuses(network(64, 64).output("output0", 252, 7).metadata("names", "{'a': 'b', 'c': 'd'}"), "'a'");
        refuses(network(64, 64).output("output0", 252, 7).metadata("names", "{0: 'a'"), "'names'");
        assertThatThrownBy(
                        () -> of(network(64, 64).output("output0", 252, 7), config(List.of("a", "b", "c"), null, null)))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("expected 2 labels in the configuration")
                .hasMessageContaining("found 3");
    }

    // --- letterbox and identity ---

    @Test
    void shouldCentreAndPadWith114ByDefault() {
        ModelInfo plain = of(network(64, 64).output("output0", 252, 7)).info("fp32", "cpu");
        assertThat(plain.anchor()).isEqualTo(LetterboxAnchor.CENTER);
        assertThat(plain.padValue()).isEqualTo(114);
        OnnxWriter dali = network(64, 64)
                .output("output0", 252, 7)
                .metadata("letterbox", "{\"anchor\": \"top-left\", \"pad\": 128}");
        assertThat(of(dali).info("fp32", "cpu").anchor()).isEqualTo(LetterboxAnchor.TOP_LEFT);
        assertThat(of(dali).info("fp32", "cpu").padValue()).isEqualTo(128);
        ModelInfo configured =
                of(dali, config(List.of(), ModelConfig.Anchor.CENTER, 0)).info("fp32", "cpu");
        assertThat(configured.anchor()).isEqualTo(LetterboxAnchor.CENTER);
        assertThat(configured.padValue()).isZero();
    }

    @Test
    void shouldRefuseLetterboxesThatDoNotExist() {
        OnnxWriter odd = network(64, 64).output("output0", 252, 7).metadata("letterbox", "{'anchor': 'bottom'}");
        assertThatThrownBy(() -> of(odd).info("fp32", "cpu"))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("'bottom'");
        OnnxWriter white = network(64, 64).output("output0", 252, 7).metadata("letterbox", "{'pad': 256}");
        assertThatThrownBy(() -> of(white).info("fp32", "cpu")).hasMessageContaining("256");
    }

    @Test
    void shouldNameTheModelByMetadataElseByFileAndDigest() {
        ModelInfo named = of(network(64, 64)
                        .output("output0", 252, 7)
                        .metadata("model_name", "helmet-yolov5n")
                        .metadata("model_version", "1.0.0"))
                .info("fp16", "cuda");
        assertThat(named.identity().name()).isEqualTo("helmet-yolov5n");
        assertThat(named.identity().version()).isEqualTo("1.0.0");
        assertThat(named.identity().precision()).isEqualTo("fp16");
        assertThat(named.identity().backend()).isEqualTo("cuda");
        YoloV5Model unnamed = of(network(64, 64).output("output0", 252, 7));
        assertThat(unnamed.info("fp32", "cpu").identity().name()).isEqualTo("net.v1");
        assertThat(unnamed.info("fp32", "cpu").identity().version())
                .isEqualTo(unnamed.file().sha256().substring(0, 12));
    }

    private static OnnxWriter network(int height, int width) {
        return new OnnxWriter(TensorType.FP32, -1, 3, height, width);
    }

    private YoloV5Model of(OnnxWriter writer) {
        return of(writer, NO_CONFIG);
    }

    private YoloV5Model of(OnnxWriter writer, ModelConfig config) {
        return YoloV5Model.of(ModelFile.read(writer.write(folder.resolve("net.v1.onnx"))), config);
    }

    private void refuses(OnnxWriter writer, String... parts) {
        assertThatThrownBy(() -> of(writer))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("net.v1.onnx")
                .hasMessageContainingAll(parts);
    }

    private static ModelConfig config(List<String> labels, ModelConfig.@Nullable Anchor anchor, @Nullable Integer pad) {
        return new ModelConfig(null, InputSize.FIT, labels, 0.25, 0.45, 300, false, anchor, pad);
    }
}
