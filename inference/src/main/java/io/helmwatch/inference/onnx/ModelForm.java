package io.helmwatch.inference.onnx;

import io.helmwatch.config.inference.ModelConfig;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A model and the arithmetic that it is loaded in.
 *
 * @param path the ONNX file
 * @param config labels and letterbox where they are not the model's own
 * @param ranges ranges for INT8; null loads the model in its own precision
 */
record ModelForm(Path path, ModelConfig config, @Nullable QuantizationRanges ranges) {

    boolean isInt8() {
        return ranges != null;
    }

    /** The model quantised, for as many sessions as wanted; null for a model in its own precision. */
    byte @Nullable [] int8Model() {
        return ranges == null ? null : ranges.quantizedModel(path);
    }

    ModelForm inInt8(QuantizationRanges other) {
        return new ModelForm(path, config, other);
    }
}
