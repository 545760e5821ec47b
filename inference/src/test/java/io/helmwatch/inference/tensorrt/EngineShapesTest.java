package io.helmwatch.inference.tensorrt;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.inference.GpuPrecision;
import io.helmwatch.config.inference.InputSize;
import io.helmwatch.config.inference.ModelConfig;
import io.helmwatch.inference.ModelFile;
import io.helmwatch.inference.OnnxWriter;
import io.helmwatch.inference.YoloV5Model;
import io.helmwatch.inference.onnx.OnnxRuntimeEngine;
import io.helmwatch.vision.tensor.TensorShape;
import io.helmwatch.vision.tensor.TensorType;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EngineShapesTest {
    private static final EngineOptions OPTIONS = EngineOptions.of(GpuPrecision.FP16, 8);

    @TempDir
    Path folder;

    @Test
    void shouldCoverAllInputsThatFitFramesAndBeFastestFor16To9() {
        EngineShapes shapes = EngineShapes.of(open(-1, ModelConfig.DEFAULT), OPTIONS);
        assertThat(shapes.smallest()).isEqualTo(new TensorShape(1, 3, 32, 32));
        assertThat(shapes.best()).isEqualTo(new TensorShape(8, 3, 96, 160));
        assertThat(shapes.largest()).isEqualTo(new TensorShape(8, 3, 160, 160));
    }

    @Test
    void shouldKeepAFixedBatchAndAConfiguredSize() {
        ModelConfig config = ModelConfig.DEFAULT.withInput(new InputSize(InputSize.Mode.FIXED, 96, 64));
        EngineShapes shapes = EngineShapes.of(open(2, config), OPTIONS);
        TensorShape only = new TensorShape(2, 3, 64, 96);
        assertThat(shapes).isEqualTo(new EngineShapes(only, only, only));
    }

    @Test
    void shouldVaryTheBatchOnlyForAModelOfFixedSize() {
        TensorShape one = new TensorShape(1, 3, 64, 64);
        EngineShapes shapes = EngineShapes.of(one, true, OPTIONS);
        assertThat(shapes.smallest()).isEqualTo(one);
        assertThat(shapes.best()).isEqualTo(new TensorShape(8, 3, 64, 64));
        assertThat(shapes.largest()).isEqualTo(new TensorShape(8, 3, 64, 64));
        assertThat(EngineShapes.of(one, false, OPTIONS)).isEqualTo(new EngineShapes(one, one, one));
    }

    @Test
    void shouldKeepEnginesForDifferentSizesOfTheInputApart() {
        EngineKey key = EngineKey.of("abc", "10.6.0", EngineCacheTest.H200, "580.1", OPTIONS);
        assertThat(key.withInput(InputSize.FIT).fileName("n"))
                .isNotEqualTo(key.withInput(InputSize.SQUARE).fileName("n"))
                .isNotEqualTo(key.fileName("n"));
    }

    private YoloV5Model open(int batch, ModelConfig config) {
        Path path = new OnnxWriter(TensorType.FP32, batch, 3, -1, -1)
                .openHead("small", 21, 8)
                .openHead("middle", 21, 16)
                .openHead("large", 21, 32)
                .metadata("imgsz", "[160, 160]")
                .write(folder.resolve("open.onnx"));
        assertThat(YoloV5Model.hasDynamicSides(ModelFile.read(path))).isTrue();
        return OnnxRuntimeEngine.interpret(path, config);
    }
}
