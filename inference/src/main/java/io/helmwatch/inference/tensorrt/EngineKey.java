package io.helmwatch.inference.tensorrt;

import io.helmwatch.config.inference.InputSize;
import io.helmwatch.cuda.CudaProbe;
import io.helmwatch.cuda.GpuInfo;
import io.helmwatch.inference.ModelFile;
import io.helmwatch.inference.YoloV5Model;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Cache key of an engine: everything that the engine depends on.
 *
 * @param text one line per property
 */
record EngineKey(String text) {

    /** How the network is described to TensorRT; to be changed together with that. */
    private static final String NETWORK = "strongly-typed, int8 weakly";

    private static final Path DRIVER = Path.of("/proc/driver/nvidia/version");
    private static final Pattern DRIVER_VERSION = Pattern.compile("\\b(\\d{3,}\\.\\d+(?:\\.\\d+)?)\\b");

    /** Key of a model's engine; its input's size matters where height and width are dynamic. */
    static EngineKey of(ModelFile model, GpuInfo gpu, EngineOptions options, InputSize input) {
        EngineKey key = of(model.sha256(), TensorRtLibrary.version(), gpu, driverVersion(), options);
        return YoloV5Model.hasDynamicSides(model) ? key.withInput(input) : key;
    }

    static EngineKey of(String sha256, String tensorRt, GpuInfo gpu, String driver, EngineOptions options) {
        return new EngineKey("model=" + sha256 + "\ntensorrt=" + tensorRt + "\ngpu=" + gpu.name() + "\ncapability="
                + gpu.computeMajor() + "." + gpu.computeMinor() + "\ndriver=" + driver + "\noptions="
                + options.describe() + "\nnetwork=" + NETWORK + "\n");
    }

    EngineKey withInput(InputSize input) {
        return new EngineKey(text + "input=" + input + "\n");
    }

    /** The driver's version where the kernel module publishes it, else the CUDA version that it supports. */
    private static String driverVersion() {
        try {
            Matcher version = DRIVER_VERSION.matcher(Files.readString(DRIVER));
            if (version.find()) {
                return version.group(1);
            }
        } catch (IOException e) {
            // Containers may hide the file.
        }
        return "cuda-" + CudaProbe.result().driverVersion();
    }

    /** Name of the engine's file. */
    String fileName(String modelName) {
        return EngineCache.fileNamePart(modelName) + "-"
                + HexFormat.of().formatHex(sha256(text.getBytes(StandardCharsets.UTF_8)), 0, 8) + ".engine";
    }

    static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java runtime has SHA-256", e);
        }
    }
}
