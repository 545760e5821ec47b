package io.helmwatch.pipeline.backend.cuda.quantization;

import io.helmwatch.config.GraphForm;
import io.helmwatch.config.Int8Config;
import io.helmwatch.config.ModelConfig;
import io.helmwatch.config.Precision;
import io.helmwatch.cuda.CudaDevice;
import io.helmwatch.inference.ModelException;
import io.helmwatch.inference.ModelFile;
import io.helmwatch.inference.ModelInfo;
import io.helmwatch.inference.YoloV5Model;
import io.helmwatch.inference.onnx.OnnxRuntimeEngine;
import io.helmwatch.inference.onnx.OnnxRuntimeLane;
import io.helmwatch.inference.onnx.WorkerPlan;
import io.helmwatch.inference.tensorrt.EngineOptions;
import io.helmwatch.inference.tensorrt.EngineProgress;
import io.helmwatch.inference.tensorrt.HostStagedLane;
import io.helmwatch.inference.tensorrt.Int8Calibration;
import io.helmwatch.inference.tensorrt.RawHeads;
import io.helmwatch.inference.tensorrt.TensorRtEngine;
import io.helmwatch.pipeline.cli.CommandFailure;
import io.helmwatch.postprocess.NmsSettings;
import java.io.IOException;
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
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens the engine that is asked for. An INT8 engine is calibrated, built and judged against FP32 the first time; the verdict is kept beside the
 * engines and holds until the model, the pictures, the settings, the GPU, the driver or TensorRT differ. Where INT8 loses too much with more
 * and more layers kept in FP16, the FP16 engine is opened.
 *
 * <p>Threading: any thread; INT8 engines are judged one after the other.
 */
public final class EngineFactory {
    private static final Logger LOG = LoggerFactory.getLogger(EngineFactory.class);

    /** Shares of the convolutions, those that lose most, that are kept in FP16 in one attempt after the other. */
    private static final double[] KEPT_SHARES = {0, 0.125, 0.25};

    private static final int CHECK_BATCH = 16;
    private static final int HOLD_OUT = 5;

    private EngineFactory() {}

    /**
     * What is asked for.
     *
     * @param model the ONNX file
     * @param config labels, letterbox and thresholds
     * @param form of the network
     * @param options how to build
     * @param int8 how INT8 is calibrated and judged
     * @param engines folder of engines
     */
    public record Request(
            Path model, ModelConfig config, GraphForm form, EngineOptions options, Int8Config int8, Path engines) {

        /** The same, from the file that its form is in. */
        private Request inForm() {
            return form == GraphForm.DECODED
                    ? this
                    : new Request(
                            RawHeads.of(model, config, engines), config, GraphForm.DECODED, options, int8, engines);
        }
    }

    /**
     * What was opened.
     *
     * @param engine the engine, of the caller
     * @param file where it is kept
     * @param network the ONNX file in the form asked for, which computes the same in FP32
     * @param report the verdict on INT8 where that was asked for
     */
    public record Opened(
            TensorRtEngine engine,
            Path file,
            Path network,
            @Nullable Path report) implements AutoCloseable {

        /** To standard output, where there is one. */
        public void printReport() {
            if (report != null && Files.exists(report)) {
                try {
                    System.out.print(Files.readString(report));
                } catch (IOException unreadable) {
                    throw CommandFailure.failed(report + " cannot be read: " + unreadable.getMessage(), unreadable);
                }
            }
        }

        /** Closes the engine. */
        @Override
        public void close() {
            engine.close();
        }
    }

    public static Opened open(CudaDevice device, Request asked, EngineProgress progress) {
        Request request = asked.inForm();
        return request.options.precision() == Precision.INT8
                ? openInt8(device, request, progress)
                : open(device, request, request.model, request.options, progress, null);
    }

    private static Opened open(
            CudaDevice device,
            Request request,
            Path model,
            EngineOptions options,
            EngineProgress progress,
            @Nullable Path report) {
        TensorRtEngine engine = TensorRtEngine.open(device, model, request.config, options, request.engines, progress);
        return new Opened(
                engine, TensorRtEngine.cacheFile(device, model, options, request.engines), request.model, report);
    }

    private static Opened openInt8(CudaDevice device, Request request, EngineProgress progress) {
        synchronized (EngineFactory.class) {
            ModelInfo model = describe(request);
            try (Int8Pictures pictures = Int8Pictures.open(request.int8, model)) {
                String base = baseName(device, request, pictures);
                Path report = request.engines.resolve(base + ".int8.json");
                Optional<Int8Report.Verdict> known = Int8Report.read(report)
                        .filter(verdict ->
                                !verdict.accepted() || Files.isRegularFile(request.engines.resolve(verdict.network())));
                if (known.isPresent()) {
                    LOG.info("{}", known.get().reason());
                    if (!known.get().accepted()) {
                        return openFp16(device, request, progress, report);
                    }
                    Path network = request.engines.resolve(known.get().network());
                    try {
                        return open(device, request, network, request.options, progress, report);
                    } catch (ModelException damaged) {
                        LOG.warn("the kept INT8 network is made anew: {}", damaged.getMessage());
                    }
                }
                try {
                    return judge(device, request, progress, model, pictures, base, report);
                } catch (ModelException refused) {
                    LOG.warn("INT8 is not used, FP16 is: {}", refused.getMessage());
                    return openFp16(device, request, progress, report);
                }
            }
        }
    }

    /** Where the verdict on INT8 is kept. */
    static Path reportOf(CudaDevice device, Request asked) {
        Request request = asked.inForm();
        try (Int8Pictures pictures = Int8Pictures.open(request.int8, describe(request))) {
            return request.engines.resolve(baseName(device, request, pictures) + ".int8.json");
        }
    }

    /**
     * What ranges are measured on, and what INT8 is judged on.
     *
     * @param folders to be closed
     */
    private record Int8Pictures(PictureFolder calibration, PictureFolder check, List<PictureFolder> folders)
            implements AutoCloseable {

        public static Int8Pictures open(Int8Config int8, ModelInfo model) {
            Path folder = int8.pictures();
            if (folder == null) {
                throw new IllegalArgumentException("INT8 needs a folder of pictures to calibrate on");
            }
            PictureFolder all = PictureFolder.open(folder, model);
            try {
                Path separate = int8.checkPictures();
                if (separate != null) {
                    PictureFolder check = PictureFolder.open(separate, model);
                    return new Int8Pictures(all, check, List.of(all, check));
                }
                if (all.size() < HOLD_OUT) {
                    throw new IllegalArgumentException(folder + ": expected at least " + HOLD_OUT
                            + " pictures to calibrate and check INT8 on, found " + all.size());
                }
                return new Int8Pictures(
                        all.part(i -> i % HOLD_OUT != HOLD_OUT - 1),
                        all.part(i -> i % HOLD_OUT == HOLD_OUT - 1),
                        List.of(all));
            } catch (IllegalArgumentException refused) {
                all.close();
                throw refused;
            }
        }

        @Override
        public void close() {
            folders.forEach(PictureFolder::close);
        }
    }

    private static Opened openFp16(CudaDevice device, Request request, EngineProgress progress, Path report) {
        return open(device, request, request.model, request.options.withPrecision(Precision.FP16), progress, report);
    }

    /** What the model is; one that leaves its outputs open is run once to find out. */
    private static ModelInfo describe(Request request) {
        ModelFile file = ModelFile.read(request.model);
        if (!YoloV5Model.hasOpenOutputs(file)) {
            return YoloV5Model.of(file, request.config).info("fp32", "cpu");
        }
        try (OnnxRuntimeEngine engine = openReference(request.model, request.config)) {
            return engine.model();
        }
    }

    private static OnnxRuntimeEngine openReference(Path model, ModelConfig config) {
        return OnnxRuntimeEngine.open(
                model, config, new WorkerPlan(1, Runtime.getRuntime().availableProcessors(), "comparison"));
    }

    /** What FP32 finds, with ONNX Runtime. */
    public static Int8Report.Score runReference(Path model, ModelConfig config, DetectionComparison comparison) {
        try (OnnxRuntimeEngine reference = openReference(model, config);
                OnnxRuntimeLane lane = reference.openLane(1)) {
            return comparison.reference(lane.input(), 1, size -> {
                lane.run(size);
                return lane.output();
            });
        }
    }

    /** What an engine finds. */
    public static Int8Report.Score runEngine(CudaDevice device, TensorRtEngine engine, DetectionComparison comparison) {
        try (HostStagedLane lane = new HostStagedLane(device, engine, Math.min(CHECK_BATCH, engine.largestBatch()))) {
            return comparison.compare(lane.input(), lane.maxBatch(), lane::run);
        }
    }

    /** Smallest confidence of the boxes that count: the model's, but not that of an evaluation, which is next to nothing. */
    static double threshold(ModelConfig config) {
        return config.confidence() <= NmsSettings.EVALUATION.confidence()
                ? ModelConfig.DEFAULT.confidence()
                : config.confidence();
    }

    /** A name that differs when anything differs that the verdict depends on. */
    private static String baseName(CudaDevice device, Request request, Int8Pictures pictures) {
        String engine = String.valueOf(TensorRtEngine.cacheFile(device, request.model, request.options, request.engines)
                .getFileName());
        String text = String.join(
                "\n",
                engine,
                pictures.calibration.digest(),
                pictures.check.digest(),
                request.int8.calibrator().label(),
                String.valueOf(request.int8.maxLoss()),
                String.join("|", request.int8.keepFp16()),
                String.valueOf(threshold(request.config)));
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            String name = engine.substring(0, engine.lastIndexOf('-') + 1);
            return name + HexFormat.of().formatHex(digest, 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has SHA-256", e);
        }
    }

    private static Opened judge(
            CudaDevice device,
            Request request,
            EngineProgress progress,
            ModelInfo model,
            Int8Pictures pictures,
            String base,
            Path report) {
        progress.at("calibrating INT8 on " + pictures.calibration.size() + " pictures", 0, 0);
        Int8Calibration calibrated =
                Int8Calibration.of(request.model, pictures.calibration, request.int8.calibrator(), request.engines);
        DetectionComparison comparison = new DetectionComparison(pictures.check, model, threshold(request.config));
        Int8Report.Score fp32 = runReference(request.model, request.config, comparison);
        List<Int8Report.Attempt> attempts = new ArrayList<>();
        for (double share : KEPT_SHARES) {
            Set<String> kept = kept(calibrated.layers(), share, request.int8.keepFp16());
            String name = base + "-" + attempts.size() + ".int8.onnx";
            Path network = request.engines.resolve(name);
            try {
                int convolutions = calibrated.write(kept, network);
                Opened opened = open(device, request, network, request.options, progress, report);
                boolean handedOver = false;
                try {
                    Int8Report.Score score = runEngine(device, opened.engine, comparison);
                    attempts.add(new Int8Report.Attempt(List.copyOf(kept), convolutions, score));
                    boolean good = Int8Report.loss(fp32, score, comparison.isLabelled()) <= request.int8.maxLoss();
                    Int8Report found = new Int8Report(
                            model.identity().name() + " " + model.identity().version(),
                            request.int8.calibrator().label(),
                            pictures.calibration.size(),
                            pictures.check.size(),
                            comparison.isLabelled(),
                            request.int8.maxLoss(),
                            fp32,
                            attempts,
                            good ? name : "");
                    if (good || attempts.size() == KEPT_SHARES.length) {
                        LOG.info("{}", found.reason());
                        found.write(report);
                    } else {
                        LOG.info("{}", found.setback());
                    }
                    if (good) {
                        handedOver = true;
                        return opened;
                    }
                } finally {
                    if (!handedOver) {
                        opened.engine.close();
                    }
                }
                Files.deleteIfExists(opened.file);
                Files.deleteIfExists(network);
            } catch (IOException e) {
                throw CommandFailure.failed(
                        "the INT8 network cannot be kept in " + request.engines + ": " + e.getMessage(), e);
            }
        }
        return openFp16(device, request, progress, report);
    }

    /**
     * Which layers stay in FP16.
     *
     * @param worstFirst all layers, those that lose most first
     * @param share of them that is kept
     * @param patterns of names that are kept, too
     */
    static Set<String> kept(List<String> worstFirst, double share, List<String> patterns) {
        Set<String> kept = new LinkedHashSet<>(worstFirst.subList(0, (int) Math.ceil(share * worstFirst.size())));
        for (String pattern : patterns) {
            Pattern names = Pattern.compile(Pattern.quote(pattern).replace("*", "\\E.*\\Q"));
            Set<String> matching = worstFirst.stream()
                    .filter(layer -> names.matcher(layer).matches())
                    .collect(Collectors.toSet());
            if (matching.isEmpty()) {
                LOG.warn("keep-fp16 '{}' is the name of no convolution that would run in INT8", pattern);
            }
            kept.addAll(matching);
        }
        return kept;
    }
}
