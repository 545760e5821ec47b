package io.helmwatch.pipeline.cli.option;

import io.helmwatch.config.Backend;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.inference.CpuPrecision;
import io.helmwatch.config.inference.InputSize;
import java.nio.file.Path;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Model and backend. */
public final class BackendOptions {
    @Mixin
    private ModelOption model = new ModelOption();

    @Option(
            names = "--backend",
            paramLabel = "BACKEND",
            defaultValue = "auto",
            description = "auto, cpu or cuda. Default: ${DEFAULT-VALUE}.")
    private Backend backend = Backend.AUTO;

    @Option(
            names = "--cpu-precision",
            paramLabel = "PRECISION",
            defaultValue = "fp32",
            description = "Arithmetic on a CPU: auto, fp32 or int8 (see quantize). Default: ${DEFAULT-VALUE}.")
    private CpuPrecision cpuPrecision = CpuPrecision.FP32;

    @Option(
            names = "--input",
            paramLabel = "SIZE",
            converter = InputSizeConverter.class,
            description =
                    "Size of the input of a model with dynamic height and width: fit (the shape of the frame), square, or"
                            + " WIDTHxHEIGHT. Default: fit.")
    private InputSize input = InputSize.FIT;

    /** Reads the value of an option. */
    public static final class InputSizeConverter implements ITypeConverter<InputSize> {
        @Override
        public InputSize convert(String text) {
            InputSize size = InputSize.parse(text);
            if (size == null) {
                throw new TypeConversionException(
                        "expected fit, square, or a size such as 640x384, found '" + text + "'");
            }
            return size;
        }
    }

    /** The model to use. */
    public Path model() {
        return model.file();
    }

    /** The backend to use. */
    public Backend backend() {
        return backend;
    }

    /** A configuration with the chosen precision and size of the input. */
    public HelmwatchConfig in(HelmwatchConfig config) {
        return config.withInference(config.inference().withPrecision(cpuPrecision))
                .withModel(config.model().withInput(input));
    }
}
