package io.helmwatch.pipeline.backend.cuda.quantization;

import io.helmwatch.config.inference.ModelConfig;
import io.helmwatch.cuda.CudaDevice;
import io.helmwatch.inference.ModelException;
import io.helmwatch.inference.ModelInfo;
import io.helmwatch.inference.tensorrt.EngineProgress;
import io.helmwatch.inference.tensorrt.Int8Calibration;
import io.helmwatch.inference.tensorrt.TensorRtEngine;
import io.helmwatch.pipeline.backend.quantization.CalibrationImages;
import io.helmwatch.pipeline.backend.quantization.DetectionComparison;
import io.helmwatch.pipeline.backend.quantization.DetectionScore;
import io.helmwatch.pipeline.backend.quantization.ReferenceRun;
import io.helmwatch.postprocess.NmsSettings;
import io.helmwatch.resource.ConstantName;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens INT8 engines that lose little accuracy, and falls back to FP16. The first time, the model is calibrated, built and compared with
 * FP32; more layers are kept in FP16 from attempt to attempt. The report is kept beside the engines and holds until model, images,
 * settings, GPU, driver or TensorRT change.
 *
 * <p>Threading: any thread; engines are checked one after the other.
 */
public final class Int8Gate {
    private static final Logger LOG = LoggerFactory.getLogger(Int8Gate.class);

    /** Shares of the convolutions kept in FP16 in successive attempts, the most sensitive first. */
    private static final double[] FP16_SHARES = {0, 0.125, 0.25};

    private final CudaDevice device;
    private final EngineRequest request;
    private final EngineProgress progress;
    private final ModelInfo model;
    private final CalibrationImages images;
    private final String baseName;
    private final Path report;

    private Int8Gate(
            CudaDevice device,
            EngineRequest request,
            EngineProgress progress,
            ModelInfo model,
            CalibrationImages images) {
        this.device = device;
        this.request = request;
        this.progress = progress;
        this.model = model;
        this.images = images;
        this.baseName = baseName(device, request, images);
        this.report = request.engines().resolve(baseName + ".int8.json");
    }

    /**
     * Opens the INT8 engine, or the FP16 engine where INT8 loses too much or cannot be built.
     *
     * @param request in INT8, for a model file in the requested form
     */
    public static OpenedEngine open(CudaDevice device, EngineRequest request, EngineProgress progress) {
        synchronized (Int8Gate.class) {
            ModelInfo model = ReferenceRun.describe(request.model(), request.config());
            try (CalibrationImages images = CalibrationImages.open(request.int8(), model)) {
                return new Int8Gate(device, request, progress, model, images).open();
            }
        }
    }

    /** File of the report on a request for INT8. */
    public static Path reportFile(CudaDevice device, EngineRequest request) {
        ModelInfo model = ReferenceRun.describe(request.model(), request.config());
        try (CalibrationImages images = CalibrationImages.open(request.int8(), model)) {
            return request.engines().resolve(baseName(device, request, images) + ".int8.json");
        }
    }

    private OpenedEngine open() {
        Optional<Int8Report.Verdict> known = Int8Report.read(report)
                .filter(verdict -> !verdict.accepted()
                        || Files.isRegularFile(request.engines().resolve(verdict.network())));
        if (known.isPresent()) {
            LOG.info("{}", known.get().reason());
            if (!known.get().accepted()) {
                return openFp16();
            }
            try {
                return openInt8(request.engines().resolve(known.get().network()));
            } catch (ModelException damaged) {
                LOG.warn("INT8 model in the cache cannot be used, calibrating again: {}", damaged.getMessage());
            }
        }
        try {
            return check();
        } catch (ModelException refused) {
            LOG.warn("INT8 not used, falling back to FP16: {}", refused.getMessage());
            return openFp16();
        }
    }

    private OpenedEngine openInt8(Path quantised) {
        return OpenedEngine.open(device, request, quantised, progress, report);
    }

    private OpenedEngine openFp16() {
        return OpenedEngine.open(device, request.inFp16(), request.model(), progress, report);
    }

    /** Calibrates, then builds and compares one engine per share until one is accepted. */
    private OpenedEngine check() {
        progress.at("calibrating INT8 on " + images.calibration().size() + " images", 0, 0);
        Int8Calibration calibration = Int8Calibration.of(
                request.model(), images.calibration(), request.int8().calibrator(), request.engines());
        DetectionComparison comparison = new DetectionComparison(images.check(), model, threshold(request.config()));
        DetectionScore fp32 = ReferenceRun.reference(request.model(), request.config(), comparison);
        List<Int8Report.Attempt> attempts = new ArrayList<>();
        for (double share : FP16_SHARES) {
            Set<String> kept = kept(calibration.layers(), share, request.int8().keepFp16());
            Path quantised = request.engines().resolve(baseName + "-" + attempts.size() + ".int8.onnx");
            try {
                int convolutions = calibration.write(kept, quantised);
                Optional<OpenedEngine> accepted =
                        attempt(comparison, fp32, attempts, List.copyOf(kept), convolutions, quantised);
                if (accepted.isPresent()) {
                    return accepted.get();
                }
            } catch (IOException e) {
                throw new UncheckedIOException(
                        "the INT8 model cannot be written to " + request.engines() + ": " + e.getMessage(), e);
            }
        }
        return openFp16();
    }

    /** Builds one quantised model and compares it; its files are deleted when it is not accepted. */
    private Optional<OpenedEngine> attempt(
            DetectionComparison comparison,
            DetectionScore fp32,
            List<Int8Report.Attempt> attempts,
            List<String> kept,
            int convolutions,
            Path quantised)
            throws IOException {
        OpenedEngine opened = openInt8(quantised);
        boolean accepted = false;
        try {
            DetectionScore score = opened.compare(device, comparison);
            attempts.add(new Int8Report.Attempt(kept, convolutions, score));
            boolean good =
                    fp32.loss(score, comparison.isLabelled()) <= request.int8().maxLoss();
            Int8Report result = result(comparison, fp32, attempts, good ? String.valueOf(quantised.getFileName()) : "");
            if (good || attempts.size() == FP16_SHARES.length) {
                LOG.info("{}", result.reason());
                result.write(report);
            } else {
                LOG.info("{}", result.setback());
            }
            accepted = good;
        } finally {
            if (!accepted) {
                opened.close();
            }
        }
        if (accepted) {
            return Optional.of(opened);
        }
        Files.deleteIfExists(opened.file());
        Files.deleteIfExists(quantised);
        return Optional.empty();
    }

    private Int8Report result(
            DetectionComparison comparison, DetectionScore fp32, List<Int8Report.Attempt> attempts, String network) {
        return new Int8Report(
                model.identity().name() + " " + model.identity().version(),
                ConstantName.of(request.int8().calibrator()),
                images.calibration().size(),
                images.check().size(),
                comparison.isLabelled(),
                request.int8().maxLoss(),
                fp32,
                attempts,
                network);
    }

    /** Smallest confidence of the boxes that count: the configured one, or the default where it is as low as an evaluation's. */
    static double threshold(ModelConfig config) {
        return config.confidence() <= NmsSettings.EVALUATION.confidence()
                ? ModelConfig.DEFAULT.confidence()
                : config.confidence();
    }

    /** File name without extension that changes with everything that the report depends on. */
    private static String baseName(CudaDevice device, EngineRequest request, CalibrationImages images) {
        String engine = String.valueOf(TensorRtEngine.cacheFile(
                        device, request.model(), request.config(), request.options(), request.engines())
                .getFileName());
        String text = String.join(
                "\n",
                engine,
                images.calibration().digest(),
                images.check().digest(),
                ConstantName.of(request.int8().calibrator()),
                String.valueOf(request.int8().maxLoss()),
                String.join("|", request.int8().keepFp16()),
                String.valueOf(threshold(request.config())));
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            String name = engine.substring(0, engine.lastIndexOf('-') + 1);
            return name + HexFormat.of().formatHex(digest, 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has SHA-256", e);
        }
    }

    /**
     * Layers that stay in FP16.
     *
     * @param mostSensitiveFirst all layers by descending loss in INT8
     * @param share of them that is kept
     * @param patterns names of further ones; {@code *} matches any characters
     */
    static Set<String> kept(List<String> mostSensitiveFirst, double share, List<String> patterns) {
        Set<String> kept =
                new LinkedHashSet<>(mostSensitiveFirst.subList(0, (int) Math.ceil(share * mostSensitiveFirst.size())));
        for (String pattern : patterns) {
            Pattern names = Pattern.compile(Pattern.quote(pattern).replace("*", "\\E.*\\Q"));
            Set<String> matching = mostSensitiveFirst.stream()
                    .filter(layer -> names.matcher(layer).matches())
                    .collect(Collectors.toSet());
            if (matching.isEmpty()) {
                LOG.warn("gpu.int8.keep-fp16 '{}' matches no convolution that would run in INT8", pattern);
            }
            kept.addAll(matching);
        }
        return kept;
    }
}
