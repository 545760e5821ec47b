package io.helmwatch.pipeline.backend.cuda.quantization;

import io.helmwatch.cuda.CudaDevice;
import io.helmwatch.inference.tensorrt.EngineProgress;
import io.helmwatch.inference.tensorrt.HostStagedLane;
import io.helmwatch.inference.tensorrt.TensorRtEngine;
import io.helmwatch.pipeline.backend.quantization.DetectionComparison;
import io.helmwatch.pipeline.backend.quantization.DetectionScore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * An opened engine. Ownership: closes the engine.
 *
 * @param engine the engine
 * @param file its plan in the cache
 * @param model the ONNX file in the requested form, which computes the same in FP32
 * @param report the report on INT8 where INT8 was requested; the file may be absent
 */
public record OpenedEngine(
        TensorRtEngine engine,
        Path file,
        Path model,
        @Nullable Path report) implements AutoCloseable {

    private static final int MAX_COMPARISON_BATCH = 16;

    /**
     * Opens an engine without a gate.
     *
     * @param request directory, options and model configuration
     * @param model the ONNX file that is built, which is the quantised one for INT8
     */
    public static OpenedEngine open(
            CudaDevice device, EngineRequest request, Path model, EngineProgress progress, @Nullable Path report) {
        TensorRtEngine engine =
                TensorRtEngine.open(device, model, request.config(), request.options(), request.engines(), progress);
        return new OpenedEngine(
                engine,
                TensorRtEngine.cacheFile(device, model, request.config(), request.options(), request.engines()),
                request.model(),
                report);
    }

    /**
     * Runs the engine on the images of a comparison, after the comparison's reference.
     *
     * <p>Threading: one thread per comparison.
     */
    public DetectionScore compare(CudaDevice device, DetectionComparison comparison) {
        try (HostStagedLane lane =
                new HostStagedLane(device, engine, Math.min(MAX_COMPARISON_BATCH, engine.largestBatch()))) {
            return comparison.compare(lane.input(), lane.maxBatch(), lane::run);
        }
    }

    /** Content of the report on INT8; empty when there is none. */
    public String reportText() {
        if (report == null || !Files.exists(report)) {
            return "";
        }
        try {
            return Files.readString(report);
        } catch (IOException e) {
            throw new UncheckedIOException(report + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** Closes the engine. */
    @Override
    public void close() {
        engine.close();
    }
}
