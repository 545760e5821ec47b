package io.helmwatch.cuda;

import io.helmwatch.resource.FailureText;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.bytedeco.cuda.cudart.cudaDeviceProp;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.cuda.global.nvrtc;
import org.bytedeco.javacpp.Loader;

/**
 * Whether this process can use a GPU. The only code that handles missing CUDA libraries.
 *
 * @param usable whether at least one GPU can be used
 * @param reason why not, in one line; empty when usable
 * @param driverVersion the CUDA version that the driver supports, e.g. {@code 13.0}; empty when unknown
 * @param runtimeVersion the CUDA runtime's version, e.g. {@code 12.6}; empty when it could not be loaded
 * @param nvrtcVersion the run-time compiler's version; empty when it could not be loaded
 * @param gpus the GPUs found
 */
public record CudaProbe(
        boolean usable,
        String reason,
        String driverVersion,
        String runtimeVersion,
        String nvrtcVersion,
        List<GpuInfo> gpus) {

    /** The JavaCPP library of the runtime; the default build does not contain its jar. */
    private static final String NATIVE_LIBRARY = "/org/bytedeco/cuda/linux-x86_64/libjnicudart.so";

    /** Message of the dynamic loader. */
    private static final Pattern MISSING_LIBRARY =
            Pattern.compile("(lib[\\w+-]+\\.so[.\\d]*): cannot open shared object file");

    private static final class Once {
        static final CudaProbe RESULT = probe();
    }

    /** Keeps its own copy of the list. */
    public CudaProbe {
        gpus = List.copyOf(gpus);
    }

    /** Probes once per process; later calls return the same result. Never throws. */
    public static CudaProbe result() {
        return Once.RESULT;
    }

    private static CudaProbe probe() {
        if (CudaProbe.class.getResource(NATIVE_LIBRARY) == null) {
            return unusable("this build contains no CUDA libraries; build it with -Pgpu", "", "", "");
        }
        String driver = "";
        String runtime = "";
        String compiler = "";
        try {
            Loader.load(cudart.class);
            int[] number = new int[1];
            cudart.cudaRuntimeGetVersion(number);
            runtime = version(number[0]);
            number[0] = 0;
            cudart.cudaDriverGetVersion(number);
            driver = number[0] == 0 ? "" : version(number[0]);
            int code = cudart.cudaGetDeviceCount(number);
            if (code != 0) {
                CudaException failure = CudaErrors.failure(code, "cudaGetDeviceCount");
                return unusable(String.valueOf(failure.getMessage()), driver, runtime, compiler);
            }
            if (number[0] == 0) {
                return unusable("the driver shows no GPU to this process", driver, runtime, compiler);
            }
            Loader.load(nvrtc.class);
            int[] minor = new int[1];
            int count = number[0];
            CudaErrors.checkNvrtc(nvrtc.nvrtcVersion(number, minor), "nvrtcVersion");
            compiler = number[0] + "." + minor[0];
            List<GpuInfo> gpus = new ArrayList<>();
            for (int index = 0; index < count; index++) {
                gpus.add(describe(index));
            }
            return new CudaProbe(true, "", driver, runtime, compiler, gpus);
        } catch (LinkageError e) {
            return unusable(firstCause(e), driver, runtime, compiler);
        } catch (CudaException e) {
            return unusable(String.valueOf(e.getMessage()), driver, runtime, compiler);
        }
    }

    private static CudaProbe unusable(String reason, String driver, String runtime, String compiler) {
        return new CudaProbe(false, reason.replaceAll("\\s+", " ").strip(), driver, runtime, compiler, List.of());
    }

    /** The original error of the loader: JavaCPP wraps it, and later attempts wrap it again. */
    private static String firstCause(Throwable error) {
        return explain(FailureText.of(FailureText.root(error)));
    }

    /** Explains a message of the loader to the operator. */
    static String explain(String message) {
        Matcher missing = MISSING_LIBRARY.matcher(message);
        if (!missing.find()) {
            return "a CUDA library could not be loaded: " + message;
        }
        String library = missing.group(1);
        return library.startsWith("libcuda.so")
                ? "no NVIDIA driver is installed (" + library + " was not found)"
                : "the CUDA library " + library
                        + " was not found: install CUDA 12.6, or build with -Pgpu,gpu-libraries, which includes it";
    }

    private static String version(int number) {
        return number / 1000 + "." + number % 1000 / 10;
    }

    private static GpuInfo describe(int index) {
        try (cudaDeviceProp properties = new cudaDeviceProp()) {
            CudaErrors.check(cudart.cudaGetDeviceProperties(properties, index), "cudaGetDeviceProperties");
            byte[] name = new byte[256];
            properties.name().get(name);
            int length = 0;
            while (length < name.length && name[length] != 0) {
                length++;
            }
            return new GpuInfo(
                    index,
                    new String(name, 0, length, StandardCharsets.UTF_8),
                    properties.major(),
                    properties.minor(),
                    properties.totalGlobalMem(),
                    properties.multiProcessorCount());
        }
    }
}
