package io.helmwatch.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuantizeCommandTest {

    @TempDir
    Path folder;

    private Path images;
    private Path model;
    private Path ranges;
    private Path verdict;

    @BeforeEach
    void drawImages() throws IOException {
        images = Files.createDirectory(folder.resolve("images"));
        Random random = new Random(1);
        for (int i = 0; i < 5; i++) {
            BufferedImage image = new BufferedImage(64, 64, BufferedImage.TYPE_INT_RGB);
            for (int pixel = 0; pixel < 64 * 64; pixel++) {
                image.setRGB(pixel % 64, pixel / 64, random.nextInt(1 << 24));
            }
            ImageIO.write(image, "png", images.resolve("noise" + i + ".png").toFile());
        }
        model = Files.copy(Path.of("../models/helmet-yolov5n.onnx"), folder.resolve("helmet.onnx"));
        ranges = folder.resolve("helmet.int8.ranges");
        verdict = folder.resolve("helmet.int8.json");
    }

    @Test
    void shouldWriteRangesAndVerdictBesideAModelThatLosesLittle() throws IOException {
        // Neither precision finds this head in noise, so that nothing is lost.
        for (int i = 0; i < 5; i++) {
            Files.writeString(images.resolve("noise" + i + ".txt"), "1 0.5 0.5 0.25 0.5\n");
        }

        CommandRun run = CommandRun.of("quantize", "--model", model, "--images", images);

        assertThat(run.code()).as(run.err()).isZero();
        assertThat(run.out()).contains("INT8 accepted", "1 labelled images", "loss 0.0000");
        assertThat(Files.readString(ranges)).startsWith("helmwatch-int8-ranges");
        JsonNode json = CommandRun.json(Files.readString(verdict));
        assertThat(json.path("accepted").asBoolean()).isTrue();
        assertThat(json.path("calibrationImages").asInt()).isEqualTo(4);
        assertThat(json.path("loss").asDouble()).isZero();
        CommandRun detect = CommandRun.of(
                "detect",
                "--backend",
                "cpu",
                "--cpu-precision",
                "int8",
                "--model",
                model,
                images.resolve("noise0.png"));
        assertThat(detect.code()).as(detect.err()).isZero();
        assertThat(detect.lines()).hasSize(1);
    }

    @Test
    void shouldLeaveNoRangesWhenTheAccuracyCannotBeJudged() throws IOException {
        Files.writeString(ranges, "ranges of an earlier attempt");
        // Nothing is found in black images, so that there is nothing to compare.
        for (int i = 0; i < 5; i++) {
            BufferedImage black = new BufferedImage(64, 64, BufferedImage.TYPE_INT_RGB);
            ImageIO.write(black, "png", images.resolve("noise" + i + ".png").toFile());
        }

        CommandRun run = CommandRun.of("quantize", "--model", model, "--images", images);

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.out()).contains("INT8 refused");
        assertThat(ranges).doesNotExist();
        assertThat(CommandRun.json(Files.readString(verdict)).path("accepted").asBoolean())
                .isFalse();
        CommandRun detect = CommandRun.of("detect", "--cpu-precision", "int8", "--model", model, images);
        assertThat(detect.code()).isNotZero();
        assertThat(detect.err()).contains("helmwatch quantize");
    }

    @Test
    void shouldRefuseTooFewImagesAndAnImpossibleLoss() throws IOException {
        Path few = Files.createDirectory(folder.resolve("few"));
        Files.copy(images.resolve("noise0.png"), few.resolve("noise0.png"));

        CommandRun run = CommandRun.of("quantize", "--model", model, "--images", few);
        assertThat(run.code()).isEqualTo(2);
        assertThat(run.err()).contains("at least 5");
        assertThat(CommandRun.of("quantize", "--images", few, "--max-loss", "2").code())
                .isEqualTo(2);
    }
}
