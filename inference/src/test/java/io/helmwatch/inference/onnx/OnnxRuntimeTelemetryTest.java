package io.helmwatch.inference.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.helmwatch.config.inference.ModelConfig;
import io.helmwatch.inference.OnnxWriter;
import io.helmwatch.vision.tensor.TensorType;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OnnxRuntimeTelemetryTest {

    @TempDir
    Path home;

    /** A process that loads a model. */
    static final class Load {
        public static void main(String[] arguments) {
            OnnxRuntimeEngine.open(Path.of(arguments[0]), ModelConfig.DEFAULT, new WorkerPlan(1, 1, "test"))
                    .close();
        }
    }

    @Test
    void shouldLeaveNoTraceOfTelemetryWhenStartedWithoutTheVariable() throws Exception {
        Path model = new OnnxWriter(TensorType.FP32, 1, 3, 64, 64)
                .output("output0", 252, 7)
                .write(home.resolve("tiny.onnx"));
        Path output = home.resolve("output");
        ProcessBuilder java = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Load.class.getName(),
                        model.toString())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile());
        java.environment().remove(OnnxRuntimeTelemetry.VARIABLE);
        java.environment().remove("XDG_CACHE_HOME");
        java.environment().put("HOME", home.toString());

        Process process = java.start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();

        assertThat(process.exitValue())
                .as(Files.readString(output, StandardCharsets.UTF_8))
                .isZero();
        assertThat(home.resolve(".cache/Microsoft")).doesNotExist();
        Path temporary = Path.of("/tmp");
        assumeThat(temporary).isDirectory();
        assertThat(temporary.resolve("mat-debug-" + process.pid() + ".log")).doesNotExist();
    }
}
