package io.helmwatch.inference;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.inference.proto.NodeProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ScalarRangesTest {

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"helmet-yolov5n", "helmet-yolov5s"})
    void shouldGiveRangesScalarBoundsAndComputeTheSame(String name) throws IOException {
        Path file = Path.of("../models/" + name + ".onnx");
        OnnxModel model = OnnxModel.read(file);

        ScalarRanges.in(model);

        Path changed = Files.write(folder.resolve("scalar.onnx"), model.toBytes());
        OnnxModel read = OnnxModel.read(changed);
        List<List<Long>> bounds = new ArrayList<>();
        for (NodeProto node : read.nodes()) {
            if (node.getOpType().equals("Range")) {
                node.getInputList().stream()
                        .filter(input -> read.weightDimensions(input) != null)
                        .forEach(input -> bounds.add(read.weightDimensions(input)));
            }
        }
        assertThat(bounds).as("start and step of three ranges").hasSize(6).allMatch(List::isEmpty);
        assertThat(ModelRun.onNoise(changed)).isEqualTo(ModelRun.onNoise(file));
    }
}
