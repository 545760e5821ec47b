package io.helmwatch.pipeline.backend.cuda;

import io.helmwatch.config.inference.GpuPrecision;
import io.helmwatch.cuda.CudaDevice;
import io.helmwatch.inference.tensorrt.EngineProgress;
import io.helmwatch.pipeline.backend.cuda.quantization.EngineRequest;
import io.helmwatch.pipeline.backend.cuda.quantization.Int8Gate;
import io.helmwatch.pipeline.backend.cuda.quantization.OpenedEngine;

/** Opens engines from the cache, building those that are missing. Threading: any thread. */
public final class EngineFactory {
    private EngineFactory() {}

    /**
     * Opens the requested engine; for INT8 the one that {@link Int8Gate} accepts, which may be FP16.
     *
     * @throws IllegalArgumentException for INT8 without suitable images
     */
    public static OpenedEngine open(CudaDevice device, EngineRequest request, EngineProgress progress) {
        EngineRequest inForm = request.inForm();
        return inForm.options().precision() == GpuPrecision.INT8
                ? Int8Gate.open(device, inForm, progress)
                : OpenedEngine.open(device, inForm, inForm.model(), progress, null);
    }
}
