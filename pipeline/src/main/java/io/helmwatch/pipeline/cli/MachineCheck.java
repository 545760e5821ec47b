package io.helmwatch.pipeline.cli;

import io.helmwatch.cuda.CudaDevice;
import io.helmwatch.cuda.CudaProbe;
import io.helmwatch.cuda.GpuInfo;
import io.helmwatch.inference.onnx.VectorInstructions;
import io.helmwatch.inference.tensorrt.TensorRtLibrary;
import io.helmwatch.ingest.ffmpeg.FfmpegLibrary;
import io.helmwatch.ingest.ffmpeg.decode.CudaDecoding;
import io.helmwatch.pipeline.backend.Backends;
import io.helmwatch.resource.FailureText;
import io.helmwatch.resource.Quantity;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** What this machine has: processors, GPUs and the libraries that use them. Threading: any thread. */
final class MachineCheck {
    private MachineCheck() {}

    /** Reports Java, the system, processors, GPUs and native libraries. */
    static void run(CheckReport report) {
        report.good(
                "java",
                System.getProperty("java.vm.name") + " " + Runtime.version() + ", heap up to "
                        + Runtime.getRuntime().maxMemory() / (1 << 20) + " MB");
        report.good(
                "system",
                System.getProperty("os.name") + " " + System.getProperty("os.version") + " "
                        + System.getProperty("os.arch") + memory());
        report.good(
                "cpu",
                Quantity.of(Runtime.getRuntime().availableProcessors(), "core") + processor() + int8Instructions());
        gpu(report);
        ffmpeg(report);
    }

    private static void gpu(CheckReport report) {
        String reason = Backends.whyNoGpu();
        String driver = driver();
        CudaProbe probe = CudaProbe.result();
        report.good("gpu", (reason.isEmpty() ? "usable" : "not used: " + reason) + "; driver: " + driver);
        if (probe.usable()) {
            probe.gpus().forEach(gpu -> report.good("gpu", gpu.toString()));
            report.good(
                    "cuda",
                    "runtime " + probe.runtimeVersion() + " on a driver for " + probe.driverVersion()
                            + ", kernel compiler " + probe.nvrtcVersion());
            Optional<String> missing = TensorRtLibrary.problem();
            report.of(missing.isEmpty(), "tensorrt", missing.isEmpty() ? TensorRtLibrary.version() : missing.get());
            probe.gpus().forEach(gpu -> videoEngines(gpu, report));
        }
    }

    private static void videoEngines(GpuInfo gpu, CheckReport report) {
        String what = "nvdec of GPU " + gpu.index();
        try (CudaDevice device = CudaDevice.open(gpu.index());
                CudaDecoding decoding = CudaDecoding.open(
                        device.contextHandle(), device.decodeStream().handle())) {
            report.good(what, "usable, " + (device.freeBytes() >> 20) + " MiB of the GPU are free");
        } catch (RuntimeException refused) {
            report.bad(what, String.valueOf(refused.getMessage()));
        }
    }

    private static String driver() {
        Path version = Path.of("/proc/driver/nvidia/version");
        try (Stream<String> lines = Files.lines(version)) {
            return lines.findFirst().orElse("unknown").replaceAll("\\s+", " ").strip();
        } catch (IOException | java.io.UncheckedIOException none) {
            return "none (no " + version + ")";
        }
    }

    private static void ffmpeg(CheckReport report) {
        try {
            String license = FfmpegLibrary.license();
            String line = FfmpegLibrary.version() + ", " + license;
            if (license.startsWith("LGPL")) {
                report.good("ffmpeg", line);
            } else {
                report.bad("ffmpeg", line + ": expected an LGPL build; take the -gpl jar off the class path");
            }
        } catch (LinkageError missing) {
            report.bad("ffmpeg", "cannot be loaded: " + FailureText.ofLibrary(FailureText.root(missing)));
        }
    }

    private static String memory() {
        return ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean machine
                ? String.format(Locale.ROOT, ", %.1f GB memory", machine.getTotalMemorySize() / 1e9)
                : "";
    }

    /** Instructions with which INT8 is faster than FP32. */
    private static String int8Instructions() {
        List<String> instructions = VectorInstructions.int8();
        return instructions.isEmpty()
                ? "; no instructions for INT8, so FP32 is used"
                : "; INT8 with " + String.join(", ", instructions);
    }

    private static String processor() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(line -> line.startsWith("model name"))
                    .findFirst()
                    .map(line -> ", " + line.substring(line.indexOf(':') + 1).strip())
                    .orElse("");
        } catch (IOException | java.io.UncheckedIOException unknown) {
            return "";
        }
    }
}
