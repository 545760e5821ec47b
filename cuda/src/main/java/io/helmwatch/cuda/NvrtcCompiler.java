package io.helmwatch.cuda;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.bytedeco.cuda.global.nvrtc;
import org.bytedeco.cuda.nvrtc._nvrtcProgram;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.bytedeco.javacpp.SizeTPointer;

/** Compiles CUDA C++ source to machine code. Needs no GPU. */
final class NvrtcCompiler {

    private NvrtcCompiler() {}

    /** Version of the compiler, part of the cache key. */
    static String version() {
        int[] major = new int[1];
        int[] minor = new int[1];
        CudaErrors.checkNvrtc(nvrtc.nvrtcVersion(major, minor), "nvrtcVersion");
        return major[0] + "." + minor[0];
    }

    /**
     * Compiles.
     *
     * @param name name of the file, for messages
     * @param source CUDA C++
     * @param options options of {@code nvcc}, including the architecture
     * @return the cubin
     * @throws IllegalStateException when the source has errors; the message contains the log of the compiler
     */
    static byte[] compile(String name, String source, List<String> options) {
        _nvrtcProgram program = new _nvrtcProgram();
        try (BytePointer text = new BytePointer(source, StandardCharsets.UTF_8);
                BytePointer file = new BytePointer(name, StandardCharsets.UTF_8);
                PointerPointer<Pointer> arguments = new PointerPointer<>(options.size());
                SizeTPointer size = new SizeTPointer(1)) {
            CudaErrors.checkNvrtc(
                    nvrtc.nvrtcCreateProgram(
                            program, text, file, 0, (PointerPointer<?>) null, (PointerPointer<?>) null),
                    "nvrtcCreateProgram(" + name + ")");
            BytePointer[] passed = options.stream()
                    .map(option -> new BytePointer(option, StandardCharsets.UTF_8))
                    .toArray(BytePointer[]::new);
            try {
                for (int i = 0; i < passed.length; i++) {
                    arguments.put(i, passed[i]);
                }
                int code = nvrtc.nvrtcCompileProgram(program, passed.length, arguments);
                if (code != 0) {
                    throw new IllegalStateException(
                            "kernel " + name + " does not compile with " + options + ": " + log(program, size));
                }
                CudaErrors.checkNvrtc(nvrtc.nvrtcGetCUBINSize(program, size), "nvrtcGetCUBINSize");
                byte[] cubin = new byte[Math.toIntExact(size.get())];
                CudaErrors.checkNvrtc(nvrtc.nvrtcGetCUBIN(program, cubin), "nvrtcGetCUBIN");
                return cubin;
            } finally {
                for (BytePointer option : passed) {
                    option.close();
                }
            }
        } finally {
            if (!program.isNull()) {
                nvrtc.nvrtcDestroyProgram(program);
            }
        }
    }

    private static String log(_nvrtcProgram program, SizeTPointer size) {
        if (nvrtc.nvrtcGetProgramLogSize(program, size) != 0 || size.get() < 1) {
            return "no log";
        }
        byte[] log = new byte[Math.toIntExact(size.get())];
        nvrtc.nvrtcGetProgramLog(program, log);
        return new String(log, 0, log.length - 1, StandardCharsets.UTF_8).strip();
    }
}
