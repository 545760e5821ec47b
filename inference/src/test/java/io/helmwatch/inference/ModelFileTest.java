package io.helmwatch.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helmwatch.vision.tensor.TensorType;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFileTest {

    @TempDir
    Path folder;

    @Test
    void shouldReadInputsOutputsAndMetadata() {
        Path path = new OnnxWriter(TensorType.FP16, -1, 3, 64, 96)
                .output("output0", new long[] {252, 7}, new long[] {-1, 7})
                .metadata("names", "['helmet', 'head']")
                .metadata("stride", "32")
                .write(folder.resolve("net.onnx"));
        ModelFile file = ModelFile.read(path);
        assertThat(file.inputs())
                .containsExactly(new TensorInfo("images", TensorType.FP16, List.of(-1L, 3L, 64L, 96L)));
        assertThat(file.outputs()).containsExactly(new TensorInfo("output0", TensorType.FP16, List.of(-1L, -1L, 7L)));
        assertThat(file.metadata()).containsEntry("names", "['helmet', 'head']").containsEntry("stride", "32");
    }

    @Test
    void shouldDigestTheFile() throws IOException {
        Path empty = Files.write(folder.resolve("abc"), new byte[] {0x08, 0x08, 0x3a, 0x00});
        // printf '\x08\x08\x3a\x00' | sha256sum
        assertThat(ModelFile.read(empty).sha256())
                .isEqualTo("52df48736cbdce52053acbe2ccb7d75b16d5b35c9828f3e9d2943223fdf0d2fd");
    }

    @Test
    void shouldNotTakeWeightsForInputs() {
        Path path = new OnnxWriter(TensorType.FP32, 1, 3, 64, 64)
                .output("output0", 252, 7)
                .weightAsInput("output0.weights", 1, 252, 7)
                .write(folder.resolve("net.onnx"));
        assertThat(ModelFile.read(path).inputs()).extracting(TensorInfo::name).containsExactly("images");
    }

    @Test
    void shouldRefuseMissingFilesAndFolders() {
        assertThatThrownBy(() -> ModelFile.read(folder.resolve("none.onnx")))
                .isInstanceOf(ModelException.class)
                .hasMessageContaining("none.onnx")
                .hasMessageContaining("expected an ONNX file, found nothing there");
        assertThatThrownBy(() -> ModelFile.read(folder)).hasMessageContaining("found something that is not a file");
    }

    @Test
    void shouldRefuseAnEmptyFile() throws IOException {
        Path path = Files.createFile(folder.resolve("empty.onnx"));
        assertThatThrownBy(() -> ModelFile.read(path)).hasMessageContaining("found an empty file");
    }

    @Test
    void shouldSayThatAFileIsOnlyAPointer() throws IOException {
        Path path = Files.writeString(
                folder.resolve("pointer.onnx"), "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 7\n");
        assertThatThrownBy(() -> ModelFile.read(path)).hasMessageContaining("found a pointer of Git LFS: fetch");
    }

    @Test
    void shouldRefuseTextAndImages() throws IOException {
        for (byte[] content : List.of(
                "# readme\nnot a network\n".getBytes(StandardCharsets.UTF_8),
                new byte[] {(byte) 0x89, 'P', 'N', 'G', 13, 10, 26, 10, 0, 0, 0, 13},
                new byte[1000])) {
            Path path = Files.write(folder.resolve("other"), content);
            assertThatThrownBy(() -> ModelFile.read(path))
                    .isInstanceOf(ModelException.class)
                    .hasMessageContaining("expected an ONNX file, found");
        }
    }

    @Test
    void shouldRefuseATruncatedFile() throws IOException {
        byte[] whole = new OnnxWriter(TensorType.FP32, 1, 3, 64, 64)
                .output("output0", 252, 7)
                .bytes();
        for (int length = 1; length < 40; length++) {
            Path path = Files.write(folder.resolve("cut.onnx"), Arrays.copyOf(whole, length * whole.length / 41));
            assertThatThrownBy(() -> ModelFile.read(path)).isInstanceOf(ModelException.class);
        }
    }

    @Test
    void shouldRefuseDamagedFilesOrReadThem() throws IOException {
        byte[] whole = new OnnxWriter(TensorType.FP32, 1, 3, 64, 64)
                .output("output0", 4, 7)
                .metadata("names", "['a']")
                .bytes();
        Random random = new Random(7);
        int refused = 0;
        for (int i = 0; i < 300; i++) {
            byte[] damaged = whole.clone();
            for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
                damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
            }
            Path path = Files.write(folder.resolve("damaged.onnx"), damaged);
            try {
                ModelFile.read(path);
            } catch (ModelException e) {
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(30);
    }
}
