package io.helmwatch.inference.tensorrt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.helmwatch.config.inference.ModelConfig;
import io.helmwatch.inference.ModelException;
import io.helmwatch.inference.ModelFile;
import io.helmwatch.inference.OnnxModel;
import io.helmwatch.inference.YoloV5Model;
import io.helmwatch.inference.onnx.OnnxRuntimeEngine;
import io.helmwatch.inference.proto.NodeProto;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.tensor.PredictionLayout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RawHeadsTest {

    private static final Path HELMET = Path.of("../models/helmet-yolov5n.onnx");
    private static final Path DATA = Path.of(System.getProperty("helmwatch.data", "data"), "models");

    @TempDir
    Path folder;

    @Test
    void shouldCutAtTheLastConvolutionsAndFindTheAnchorsInTheBoxes() {
        Path raw = RawHeads.of(HELMET, ModelConfig.DEFAULT, folder);

        YoloV5Model whole = OnnxRuntimeEngine.interpret(HELMET, ModelConfig.DEFAULT);
        YoloV5Model cut = OnnxRuntimeEngine.interpret(raw, ModelConfig.DEFAULT);
        assertThat(cut.layout().kind()).isEqualTo(PredictionLayout.Kind.RAW_PLANES);
        assertThat(cut.sizing().isFitting())
                .isEqualTo(whole.sizing().isFitting())
                .isTrue();
        assertThat(cut.layout(new ImageSize(640, 384)).heads())
                .extracting(PredictionLayout.Head::rows)
                .containsExactly(48, 24, 12);
        assertThat(cut.layout().anchors()).isEqualTo(whole.layout().anchors());
        assertThat(cut.info("fp32", "cpu").identity())
                .isEqualTo(whole.info("fp32", "cpu").identity());
        assertThat(cut.info("fp32", "cpu").labels())
                .isEqualTo(whole.info("fp32", "cpu").labels());
        OnnxModel model = OnnxModel.read(HELMET);
        for (PredictionLayout.Head head : cut.layout().heads()) {
            float[] anchors = model.weightValues("head" + head.stride() + ".anchors");
            assertThat(anchors).hasSize(6);
            for (int i = 0; anchors != null && i < 6; i++) {
                assertThat(head.anchorSizes().get(i)).isCloseTo(anchors[i], within(0.01f));
            }
        }
        assertThat(OnnxModel.read(raw).nodes()).extracting(NodeProto::getOpType).doesNotContain("Transpose", "Split");
        assertThat(RawHeads.of(raw, ModelConfig.DEFAULT, folder)).isEqualTo(raw);
    }

    @Test
    void shouldCutUsualExportsWithFixedAndOpenBatch() {
        for (String name : new String[] {"yolov5n-coco-dynamic.onnx", "yolov5n-coco-fp16weights.onnx"}) {
            Path model = DATA.resolve(name);
            assumeTrue(Files.exists(model), "skipped: " + model + " is not here");

            Path raw = RawHeads.of(model, ModelConfig.DEFAULT, folder);

            YoloV5Model cut = YoloV5Model.of(ModelFile.read(raw), ModelConfig.DEFAULT);
            assertThat(cut.layout().heads().get(0).anchorSizes()).containsExactly(10f, 13f, 16f, 30f, 33f, 23f);
            assertThat(cut.hasDynamicBatch()).isEqualTo(name.contains("dynamic"));
        }
    }

    @Test
    void shouldRefuseBoxesThatAreDecodedInAnotherWay() throws IOException {
        OnnxModel model = OnnxModel.read(HELMET);
        assertThat(model.weightValues("head16.step")).containsExactly(32);
        model.putFloats("head16.step", new float[] {33});
        Path other = Files.write(folder.resolve("other.onnx"), model.toBytes());

        assertThatThrownBy(() -> RawHeads.of(other, ModelConfig.DEFAULT, folder))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("other.onnx: expected boxes decoded as YOLOv5 does")
                .hasMessageContaining("use graph 'decoded'");
    }
}
