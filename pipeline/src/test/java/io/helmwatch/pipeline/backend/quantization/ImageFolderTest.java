package io.helmwatch.pipeline.backend.quantization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.helmwatch.config.inference.ModelConfig;
import io.helmwatch.inference.ModelInfo;
import io.helmwatch.postprocess.LabelledBox;
import io.helmwatch.vision.tensor.HostTensorBatch;
import io.helmwatch.vision.tensor.Letterbox;
import io.helmwatch.vision.tensor.TensorShape;
import io.helmwatch.vision.tensor.TensorType;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageFolderTest {

    private static final ModelInfo MODEL =
            ReferenceRun.describe(Path.of("../models/helmet-yolov5n.onnx"), ModelConfig.DEFAULT);

    @TempDir
    Path folder;

    @BeforeEach
    void drawThreePictures() throws IOException {
        for (int i = 0; i < 3; i++) {
            BufferedImage image = new BufferedImage(320, 160, BufferedImage.TYPE_INT_RGB);
            for (int y = 0; y < 160; y++) {
                for (int x = 0; x < 320; x++) {
                    image.setRGB(x, y, 0x010101 * (50 * (i + 1)));
                }
            }
            ImageIO.write(image, "png", folder.resolve("p" + i + ".png").toFile());
        }
    }

    @Test
    void shouldLetterboxAsThePipelineDoes() {
        HostTensorBatch batch = HostTensorBatch.allocate(new TensorShape(2, 3, 640, 640), TensorType.FP32);
        try (ImageFolder pictures = ImageFolder.open(folder, MODEL)) {
            Letterbox placed = pictures.letterbox(2, batch, 1);

            assertThat(placed.source().width()).isEqualTo(320);
            int second = 3 * 640 * 640;
            assertThat(batch.buffer().asFloatBuffer().get(second)).isCloseTo(114 / 255f, within(1e-4f));
            assertThat(batch.buffer().asFloatBuffer().get(second + 320 * 640 + 320))
                    .isCloseTo(150 / 255f, within(0.01f));
        }
    }

    @Test
    void shouldReadLabelsBesideTheImagesOrInAFolderOfTheirOwn() throws IOException {
        try (ImageFolder pictures = ImageFolder.open(folder, MODEL)) {
            assertThat(pictures.isLabelled()).isFalse();
        }
        Files.writeString(folder.resolve("p1.txt"), "1 0.5 0.5 0.25 0.5\n");
        HostTensorBatch batch = HostTensorBatch.allocate(new TensorShape(1, 3, 640, 640), TensorType.FP32);
        try (ImageFolder pictures = ImageFolder.open(folder, MODEL)) {
            assertThat(pictures.isLabelled()).isTrue();
            Letterbox placed = pictures.letterbox(1, batch, 0);
            assertThat(pictures.labels(0, placed, 2)).isEmpty();
            LabelledBox box = pictures.labels(1, placed, 2).get(0);
            assertThat(box.classIndex()).isEqualTo(1);
            assertThat(box.sourceBox().x1()).isEqualTo(120);
            assertThat(box.sourceBox().y2()).isEqualTo(120);
        }
        Path yolo = folder.resolve("yolo");
        Files.createDirectories(yolo.resolve("images"));
        Files.createDirectories(yolo.resolve("labels"));
        Files.copy(folder.resolve("p0.png"), yolo.resolve("images/p0.png"));
        Files.writeString(yolo.resolve("labels/p0.txt"), "0 0.5 0.5 1 1\n");
        try (ImageFolder pictures = ImageFolder.open(yolo, MODEL)) {
            assertThat(pictures.size()).isEqualTo(1);
            assertThat(pictures.isLabelled()).isTrue();
        }
    }

    @Test
    void shouldHaveAnotherDigestWhenImagesLabelsOrTheLetterboxDiffer() throws IOException {
        String all = digest(folder, MODEL);
        assertThat(digest(folder, MODEL)).isEqualTo(all);
        ModelInfo otherPad = new ModelInfo(
                MODEL.identity(),
                MODEL.labels(),
                MODEL.input(),
                MODEL.sizing(),
                true,
                MODEL.inputType(),
                MODEL.output(),
                32,
                MODEL.anchor(),
                0);
        String padded = digest(folder, otherPad);
        Files.writeString(folder.resolve("p1.txt"), "1 0.5 0.5 0.25 0.5\n");
        String labelled = digest(folder, MODEL);
        Files.delete(folder.resolve("p2.png"));
        String fewer = digest(folder, MODEL);

        assertThat(List.of(all, padded, labelled, fewer)).doesNotHaveDuplicates();
        try (ImageFolder pictures = ImageFolder.open(folder, MODEL)) {
            assertThat(pictures.part(i -> i == 0).digest()).isNotEqualTo(pictures.digest());
            assertThat(pictures.part(i -> i == 0).size()).isEqualTo(1);
        }
    }

    @Test
    void shouldRefuseAFolderWithoutImagesAndAFileThatIsNoImage() throws IOException {
        Path empty = Files.createDirectory(folder.resolve("empty"));
        assertThatThrownBy(() -> ImageFolder.open(empty, MODEL))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("holds no images");

        Path broken = Files.createDirectory(folder.resolve("broken"));
        Files.writeString(broken.resolve("text.jpg"), "no picture");
        HostTensorBatch batch = HostTensorBatch.allocate(new TensorShape(1, 3, 640, 640), TensorType.FP32);
        try (ImageFolder pictures = ImageFolder.open(broken, MODEL)) {
            assertThatThrownBy(() -> pictures.load(0, batch, 0))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("text.jpg could not be decoded; repair it");
        }
    }

    private static String digest(Path folder, ModelInfo model) {
        try (ImageFolder pictures = ImageFolder.open(folder, model)) {
            return pictures.digest();
        }
    }
}
