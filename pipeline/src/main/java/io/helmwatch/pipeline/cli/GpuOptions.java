package io.helmwatch.pipeline.cli;

import io.helmwatch.config.GpuConfig;
import io.helmwatch.config.GraphForm;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.Precision;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** How a command without a configuration uses a GPU; without effect on a CPU. */
final class GpuOptions {
    @Option(
            names = "--precision",
            paramLabel = "P",
            description = "Arithmetic of the network on a GPU: ${COMPLETION-CANDIDATES}; fp16 by default.")
    private @Nullable Precision precision;

    @Option(
            names = "--level",
            paramLabel = "L",
            description = "Builder level of the TensorRT engine, 0 to 5; 0, the fastest build, by default.")
    private @Nullable Integer level;

    @Option(
            names = "--cache",
            paramLabel = "DIR",
            description = "Folder of engines and kernels; ~/.cache/helmwatch by default.")
    private @Nullable Path cache;

    @Option(
            names = "--graph",
            paramLabel = "G",
            description =
                    "Where boxes are decoded on a GPU: decoded, inside the network (default), or raw, for candidates"
                            + " only.")
    private @Nullable GraphForm graph;

    @Mixin
    private Int8Options int8 = new Int8Options();

    /** The configuration with what was asked for. */
    HelmwatchConfig in(HelmwatchConfig config) {
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
                usual.hardwareDecoding(),
                cache == null ? usual.cache() : cache));
    }
}
