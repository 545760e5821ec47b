package io.helmwatch.pipeline.cli.option;

import io.helmwatch.config.inference.GpuConfig;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where engines and kernels of a GPU are stored. */
public final class CacheOption {
    @Option(
            names = "--cache",
            paramLabel = "DIR",
            description = "Folder of engines and kernels. Default: ~/.cache/helmwatch.")
    private @Nullable Path cache;

    /** The folder that was given; null where none was. */
    @Nullable
    Path given() {
        return cache;
    }

    /** The folder to use. */
    public Path folder() {
        return cache == null ? GpuConfig.DEFAULT.cacheFolder() : cache;
    }
}
