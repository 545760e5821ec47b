package io.helmwatch.vision;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helmwatch.vision.tensor.HostPredictions;
import io.helmwatch.vision.tensor.HostTensorBatch;
import io.helmwatch.vision.tensor.PredictionLayout;
import io.helmwatch.vision.tensor.TensorShape;
import io.helmwatch.vision.tensor.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TensorTest {

    @Test
    void shouldPlaceImagesOneAfterAnother() {
        HostTensorBatch batch = HostTensorBatch.allocate(new TensorShape(3, 3, 4, 5), TensorType.FP16);
        assertThat(batch.buffer().capacity()).isEqualTo(3 * 3 * 4 * 5 * 2);
        assertThat(batch.imageOffsetBytes(2)).isEqualTo(2 * 3 * 4 * 5 * 2);
    }

    @Test
    void shouldRefuseBuffersThatDoNotFitTheShape() {
        TensorShape shape = new TensorShape(1, 3, 4, 5);
        assertThatThrownBy(() -> new HostTensorBatch(
                        shape, TensorType.FP32, ByteBuffer.allocateDirect(240).order(ByteOrder.BIG_ENDIAN)))
                .hasMessageContaining("[1, 3, 4, 5]")
                .hasMessageContaining("240 bytes in native order");
        assertThatThrownBy(() -> new HostTensorBatch(
                        shape, TensorType.FP32, ByteBuffer.allocateDirect(239).order(ByteOrder.nativeOrder())))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new HostTensorBatch(
                        shape, TensorType.FP32, ByteBuffer.allocate(240).order(ByteOrder.nativeOrder())))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldRefuseShapesAndSizesWithoutElements() {
        assertThatThrownBy(() -> new TensorShape(0, 3, 4, 5)).hasMessageContaining("[0, 3, 4, 5]");
        assertThatThrownBy(() -> new ImageSize(640, 0)).hasMessageContaining("640x0");
    }

    @Test
    void shouldKeepListsOfTheirOwn() {
        List<FloatBuffer> tensors = new ArrayList<>();
        PredictionLayout layout = new PredictionLayout(PredictionLayout.Kind.DECODED, 2, 252, List.of());
        HostPredictions predictions = new HostPredictions(layout, tensors);
        tensors.add(FloatBuffer.allocate(1));
        assertThat(predictions.tensors()).isEmpty();
        assertThat(layout.rowElements()).isEqualTo(7);
    }
}
