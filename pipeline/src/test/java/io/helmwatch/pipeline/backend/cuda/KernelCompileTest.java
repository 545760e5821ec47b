package io.helmwatch.pipeline.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.helmwatch.postprocess.cuda.CudaPostprocessor;
import io.helmwatch.preprocess.cuda.CudaPreprocessor;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The kernels must compile; needs CUDA's compiler, but no GPU. */
class KernelCompileTest {

    @TempDir
    Path folder;

    static List<Arguments> kernels() {
        return List.of(
                Arguments.of(CudaPreprocessor.class, "letterbox_nchw.cu", "-DFLOAT"),
                Arguments.of(CudaPreprocessor.class, "letterbox_nchw.cu", "-DOUT_HALF"),
                Arguments.of(CudaPostprocessor.class, "detect.cu", "-DFLOAT"),
                Arguments.of(CudaPostprocessor.class, "detect.cu", "-DIN_HALF"));
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void shouldCompileForHopperWithoutSpillingRegisters(Class<?> beside, String kernel, String define)
            throws Exception {
        assumeTrue(hasCompiler(), "no nvcc on the PATH: the kernels were not compiled here");
        Path source = folder.resolve(kernel);
        try (InputStream in = beside.getResourceAsStream(kernel)) {
            Files.copy(in, source);
        }
        Process nvcc = new ProcessBuilder(List.of(
                        "nvcc",
                        "-cubin",
                        "-arch=sm_90",
                        "-std=c++17",
                        "-Werror",
                        "all-warnings",
                        "-Xptxas",
                        "-v",
                        define,
                        source.toString(),
                        "-o",
                        folder.resolve("kernel.cubin").toString()))
                .redirectErrorStream(true)
                .start();
        String output = new String(nvcc.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(nvcc.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(nvcc.exitValue()).as(output).isZero();
        assertThat(output).contains("0 bytes spill stores").doesNotContainPattern("[1-9]\\d* bytes spill");
    }

    private static boolean hasCompiler() throws IOException {
        for (String place : System.getenv("PATH").split(Pattern.quote(File.pathSeparator))) {
            if (Files.isExecutable(Path.of(place, "nvcc"))) {
                return true;
            }
        }
        return false;
    }
}
