package io.helmwatch.config.inference;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a GPU is used; no effect on a CPU.
 *
 * @param devices indices of the GPUs to use, from 0, each at most once; empty uses every GPU
 * @param precision arithmetic of the model
 * @param graph where boxes are decoded: inside the graph, or outside for candidates only
 * @param int8 how INT8 engines are calibrated and checked; no effect on other precisions
 * @param builderLevel how long TensorRT searches for fast kernels when it builds an engine, 0 (half a minute) to 5 (longest)
 * @param lanes batches in flight at the same time
 * @param hardwareDecoding whether the GPU's video engines decode the formats that they support
 * @param cache folder of built engines and compiled kernels; null is {@code ~/.cache/helmwatch}
 */
public record GpuConfig(
        List<Integer> devices,
        GpuPrecision precision,
        GraphForm graph,
        Int8Config int8,
        int builderLevel,
        int lanes,
        HardwareDecoding hardwareDecoding,
        @Nullable Path cache) {

    /** The first GPU, FP16, engines built within a minute, three lanes, hardware decoding. */
    public static final GpuConfig DEFAULT = new GpuConfig(
            List.of(0), GpuPrecision.FP16, GraphForm.DECODED, Int8Config.DEFAULT, 1, 3, HardwareDecoding.AUTO, null);

    /** Keeps its own copy of the devices. */
    public GpuConfig {
        devices = List.copyOf(devices);
    }

    /** The folder of built engines and compiled kernels. */
    public Path cacheFolder() {
        return cache == null ? Path.of(System.getProperty("user.home", "."), ".cache", "helmwatch") : cache;
    }
}
