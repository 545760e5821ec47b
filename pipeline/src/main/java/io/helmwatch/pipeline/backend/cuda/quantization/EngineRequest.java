package io.helmwatch.pipeline.backend.cuda.quantization;

import io.helmwatch.config.inference.GpuPrecision;
import io.helmwatch.config.inference.GraphForm;
import io.helmwatch.config.inference.Int8Config;
import io.helmwatch.config.inference.ModelConfig;
import io.helmwatch.inference.tensorrt.EngineOptions;
import io.helmwatch.inference.tensorrt.RawHeads;
import java.nio.file.Path;

/**
 * An engine to open.
 *
 * @param model the ONNX file
 * @param config labels, letterbox and thresholds
 * @param form where boxes are decoded
 * @param options builder options
 * @param int8 calibration and acceptance of INT8
 * @param engines directory of engines, calibrations and reports
 */
public record EngineRequest(
        Path model, ModelConfig config, GraphForm form, EngineOptions options, Int8Config int8, Path engines) {

    /** The same request for a model file that has the requested form, which is written to the directory of engines where necessary. */
    public EngineRequest inForm() {
        return form == GraphForm.DECODED
                ? this
                : new EngineRequest(
                        RawHeads.of(model, config, engines), config, GraphForm.DECODED, options, int8, engines);
    }

    /** The same request in FP16. */
    public EngineRequest inFp16() {
        return new EngineRequest(model, config, form, options.withPrecision(GpuPrecision.FP16), int8, engines);
    }
}
