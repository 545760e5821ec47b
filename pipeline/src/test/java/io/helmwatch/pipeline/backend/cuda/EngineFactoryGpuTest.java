package io.helmwatch.pipeline.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.inference.CalibrationMethod;
import io.helmwatch.config.inference.GpuPrecision;
import io.helmwatch.config.inference.GraphForm;
import io.helmwatch.config.inference.Int8Config;
import io.helmwatch.config.inference.ModelConfig;
import io.helmwatch.cuda.CudaDevice;
import io.helmwatch.inference.ModelInfo;
import io.helmwatch.inference.tensorrt.EngineAlignment;
import io.helmwatch.inference.tensorrt.EngineOptions;
import io.helmwatch.inference.tensorrt.EngineProgress;
import io.helmwatch.inference.tensorrt.Int8Calibration;
import io.helmwatch.pipeline.backend.cuda.quantization.EngineRequest;
import io.helmwatch.pipeline.backend.cuda.quantization.Int8Gate;
import io.helmwatch.pipeline.backend.cuda.quantization.Int8Report;
import io.helmwatch.pipeline.backend.cuda.quantization.OpenedEngine;
import io.helmwatch.pipeline.backend.quantization.DetectionComparison;
import io.helmwatch.pipeline.backend.quantization.DetectionScore;
import io.helmwatch.pipeline.backend.quantization.ImageFolder;
import io.helmwatch.pipeline.backend.quantization.ReferenceRun;
import io.helmwatch.pipeline.cli.option.Installation;
import io.helmwatch.pipeline.cli.option.Settings;
import io.helmwatch.resource.NativeMemory;
import io.helmwatch.vision.tensor.PredictionLayout;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Builds engines of the shipped model at level 0, half a minute each. */
@Tag("gpu")
class EngineFactoryGpuTest {

    private static final Path HELMET = Installation.model(null);

    @TempDir
    static Path folder;

    private CudaDevice device;
    private Path pictures;

    @BeforeEach
    void open() throws IOException {
        device = CudaDevice.open(0);
        pictures = Files.createDirectories(folder.resolve("pictures"));
        Random random = new Random(4);
        for (int i = 0; i < 10; i++) {
            BufferedImage image = new BufferedImage(320, 240, BufferedImage.TYPE_INT_RGB);
            Graphics2D pen = image.createGraphics();
            for (int k = 0; k < 60; k++) {
                pen.setColor(new Color(random.nextInt(0x1000000)));
                pen.fillOval(
                        random.nextInt(320), random.nextInt(240), 10 + random.nextInt(60), 10 + random.nextInt(60));
            }
            pen.dispose();
            ImageIO.write(image, "png", pictures.resolve("p" + i + ".png").toFile());
        }
    }

    @AfterEach
    void closeAndCount() {
        assertThat(NativeMemory.outstanding()).isEmpty();
        device.close();
    }

    private EngineRequest request(GpuPrecision precision, GraphForm form, double maxLoss) {
        return request(HELMET, precision, form, maxLoss);
    }

    private EngineRequest request(Path model, GpuPrecision precision, GraphForm form, double maxLoss) {
        // A low threshold, so that FP32 has boxes to compare with on drawn pictures.
        ModelConfig config = Settings.model(0.01, 0.45);
        return new EngineRequest(
                model,
                config,
                form,
                EngineOptions.of(precision, 4),
                new Int8Config(pictures, CalibrationMethod.MINMAX, null, maxLoss, List.of("spp.*")),
                folder.resolve("engines"));
    }

    @Test
    void shouldJudgeAnInt8EngineOnceAndUseItWhereItIsGoodEnough() throws IOException {
        List<String> steps = new ArrayList<>();
        EngineProgress progress = (step, layers, seconds) -> steps.add(step);
        // Nothing that is found at all can lose more than one.
        EngineRequest request = request(GpuPrecision.INT8, GraphForm.RAW, 1);
        try (OpenedEngine opened = EngineFactory.open(device, request, progress)) {
            assertThat(opened.engine().options().precision()).isEqualTo(GpuPrecision.INT8);
            assertThat(opened.engine().model().identity().precision()).isEqualTo("int8");
            assertThat(opened.engine().model().identity().name()).isEqualTo("helmet-yolov5n");
            assertThat(steps).contains("built");
            EngineAlignment.Report report =
                    EngineAlignment.compare(device, opened.engine(), opened.model(), ModelConfig.DEFAULT, 4, 1);
            assertThat(report.outputs()).hasSize(3);
            assertThat(report.meanAbsolute()).isBetween(1e-6, 0.02);
            assertThat(Int8Report.read(opened.report()).orElseThrow().accepted())
                    .isTrue();
        }
        steps.clear();
        EngineFactory.open(device, request, progress).close();
        assertThat(steps).isEmpty();

        Path network = request.engines()
                .resolve(Int8Report.read(Int8Gate.reportFile(device, request.inForm()))
                        .orElseThrow()
                        .network());
        Files.writeString(network, "damaged");
        try (OpenedEngine opened = EngineFactory.open(device, request, progress)) {
            assertThat(opened.engine().options().precision()).isEqualTo(GpuPrecision.INT8);
        }
        assertThat(Files.size(network)).isGreaterThan(1000);
    }

    @Test
    void shouldUseFp16WhereTensorRtRefusesTheInt8Model() throws Exception {
        EngineRequest request = new EngineRequest(
                HELMET,
                Settings.model(0.01, 0.45),
                GraphForm.DECODED,
                EngineOptions.of(GpuPrecision.INT8, 4),
                new Int8Config(pictures, CalibrationMethod.MINMAX, pictures, 1, List.of()),
                folder.resolve("refused"));
        try (ImageFolder all = ImageFolder.open(pictures, helmet())) {
            Int8Calibration.of(HELMET, all, CalibrationMethod.MINMAX, request.engines());
        }
        makeRangesRoundToScalesOfZero(request.engines());

        try (OpenedEngine opened = EngineFactory.open(device, request, EngineProgress.SILENT)) {
            assertThat(opened.engine().options().precision()).isEqualTo(GpuPrecision.FP16);
            assertThat(opened.engine().model().identity().precision()).isEqualTo("fp16");
            // Nothing was found out about INT8: the next start tries again, perhaps with another TensorRT.
            assertThat(opened.report()).doesNotExist();
        }
    }

    @Test
    void shouldJudgeAndRunInt8WithAFixedBatch() throws IOException {
        Path fixed = fixedBatchOfFour();
        EngineRequest request = request(fixed, GpuPrecision.INT8, GraphForm.RAW, 1);
        try (OpenedEngine opened = EngineFactory.open(device, request, EngineProgress.SILENT)) {
            assertThat(opened.engine().options().precision()).isEqualTo(GpuPrecision.INT8);
            assertThat(opened.engine().largestBatch()).isEqualTo(4);
            EngineAlignment.Report report =
                    EngineAlignment.compare(device, opened.engine(), opened.model(), ModelConfig.DEFAULT, 4, 1);
            assertThat(report.meanAbsolute()).isBetween(1e-6, 0.02);
        }
    }

    private static ModelInfo helmet() {
        return ReferenceRun.describe(HELMET, ModelConfig.DEFAULT);
    }

    /** Of a kept calibration, which ends with a digest of its lines. TensorRT takes no scale of zero. */
    private static void makeRangesRoundToScalesOfZero(Path engines) throws Exception {
        Path kept;
        try (Stream<Path> files = Files.list(engines)) {
            kept = files.filter(file -> file.toString().endsWith(".calibration"))
                    .findFirst()
                    .orElseThrow();
        }
        List<String> lines = new ArrayList<>(Files.readAllLines(kept));
        lines.remove(lines.size() - 1);
        lines.subList(2, lines.size()).replaceAll(line -> line.replaceFirst("\\S+", String.valueOf(Float.MIN_VALUE)));
        byte[] digest = MessageDigest.getInstance("SHA-256")
                .digest(String.join("\n", lines).getBytes(StandardCharsets.UTF_8));
        lines.add("sha256 " + HexFormat.of().formatHex(digest));
        Files.write(kept, lines);
    }

    /** The shipped model with {@code dim_value: 4} where {@code dim_param: "batch"} was, written so that lengths stay the same. */
    private static Path fixedBatchOfFour() throws IOException {
        String open = new String(Files.readAllBytes(HELMET), StandardCharsets.ISO_8859_1);
        String fixed = open.replace("\u0012\u0005batch", "\b\u0084\u0080\u0080\u0080\u0080\0");
        assertThat(fixed).isNotEqualTo(open).hasSameSizeAs(open);
        return Files.write(folder.resolve("fixed.onnx"), fixed.getBytes(StandardCharsets.ISO_8859_1));
    }

    @Test
    void shouldUseFp16WhereInt8WasFoundWanting() throws IOException {
        EngineRequest request = request(GpuPrecision.INT8, GraphForm.DECODED, 0.5);
        Path report = Int8Gate.reportFile(device, request.inForm());
        Files.createDirectories(report.getParent());
        Files.writeString(
                report, "{\"accepted\": false, \"reason\": \"INT8 is not used, FP16 is\", \"network\": \"\"}");

        try (OpenedEngine opened = EngineFactory.open(device, request, EngineProgress.SILENT)) {
            assertThat(opened.engine().options().precision()).isEqualTo(GpuPrecision.FP16);
            assertThat(opened.report()).isEqualTo(report);
        }
        try (Stream<Path> files = Files.list(request.engines())) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .noneMatch(name -> name.matches("helmet-yolov5n-[0-9a-f]{16}\\.calibration"));
        }
    }

    @Test
    void shouldGiveTheSameFromRawHeadsInFp32AndFp16() {
        for (GpuPrecision precision : List.of(GpuPrecision.FP32, GpuPrecision.FP16)) {
            try (OpenedEngine opened =
                    EngineFactory.open(device, request(precision, GraphForm.RAW, 1), EngineProgress.SILENT)) {
                assertThat(opened.engine().model().output().kind()).isEqualTo(PredictionLayout.Kind.RAW_PLANES);
                EngineAlignment.Report report =
                        EngineAlignment.compare(device, opened.engine(), opened.model(), ModelConfig.DEFAULT, 6, 1);
                assertThat(report.maxAbsolute()).isLessThan(precision == GpuPrecision.FP32 ? 0.002 : 0.03);
                try (ImageFolder folder =
                        ImageFolder.open(pictures, opened.engine().model())) {
                    DetectionComparison comparison =
                            new DetectionComparison(folder, opened.engine().model(), 0.01);
                    ReferenceRun.reference(HELMET, ModelConfig.DEFAULT, comparison);
                    DetectionScore score = opened.compare(device, comparison);
                    assertThat(score.recall()).isGreaterThan(0.95);
                }
            }
        }
    }
}
