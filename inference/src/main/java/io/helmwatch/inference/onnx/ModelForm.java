package io.helmwatch.inference.onnx;

import io.helmwatch.config.inference.ModelConfig;
import io.helmwatch.inference.ModelFile;
import io.helmwatch.inference.OnnxModel;
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

    /**
     * What sessions load in place of the file, for as many as wanted: the model quantised, or with stored weights expanded, which ONNX
     * Runtime would do at every run; null where they load the file itself.
     */
    byte @Nullable [] rewritten() {
        if (ranges != null) {
            return ranges.quantizedModel(path);
        }
        return ModelFile.read(path).storesInt8Weights() ? OnnxModel.read(path).toBytes() : null;
    }

    ModelForm inInt8(QuantizationRanges other) {
        return new ModelForm(path, config, other);
    }
}
