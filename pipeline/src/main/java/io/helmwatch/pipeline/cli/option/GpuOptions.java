package io.helmwatch.pipeline.cli.option;

import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.inference.GpuConfig;
import io.helmwatch.config.inference.GpuPrecision;
import io.helmwatch.config.inference.GraphForm;
import io.helmwatch.config.inference.HardwareDecoding;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** GPU settings of commands without a configuration; no effect on a CPU. */
public final class GpuOptions {
    @Option(
            names = "--precision",
            paramLabel = "P",
            description = "Precision of the engine on a GPU: fp16, fp32 or int8. Default: fp16.")
    private @Nullable GpuPrecision precision;

    @Option(
            names = "--level",
            paramLabel = "L",
            description = "Builder level of the TensorRT engine, 0 (fastest build) to 5. Default: 1.")
    private @Nullable Integer level;

    @Mixin
    private CacheOption cache = new CacheOption();

    @Option(
            names = "--graph",
            paramLabel = "G",
            description =
                    "Where boxes are decoded on a GPU: decoded (inside the network) or raw (for candidates only). Default: decoded.")
    private @Nullable GraphForm graph;

    @Mixin
    private Int8Options int8 = new Int8Options();

    @Option(
            names = "--hardware-decoding",
            paramLabel = "WHERE",
            defaultValue = "always",
            description =
                    "Decoding on the GPU's video engines: always, never, or auto (live streams also on free CPU cores)."
                            + " Default: ${DEFAULT-VALUE}.")
    private HardwareDecoding hardwareDecoding = HardwareDecoding.ALWAYS;

    /** The configuration with these options applied. */
    public HelmwatchConfig in(HelmwatchConfig config) {
        if (level != null && (level < 0 || level > 5)) {
            throw CommandFailure.usage("--level " + level + ": must be 0..5");
        }
        GpuConfig usual = config.gpu();
        return config.withGpu(new GpuConfig(
                usual.devices(),
                precision == null ? usual.precision() : precision,
                graph == null ? usual.graph() : graph,
                int8.config(precision),
                level == null ? usual.builderLevel() : level,
                usual.lanes(),
                hardwareDecoding,
                cache.given() == null ? usual.cache() : cache.given()));
    }
}
