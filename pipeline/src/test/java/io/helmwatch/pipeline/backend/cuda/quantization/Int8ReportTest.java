package io.helmwatch.pipeline.backend.cuda.quantization;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.pipeline.backend.cuda.quantization.Int8Report.Attempt;
import io.helmwatch.pipeline.backend.quantization.DetectionScore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Int8ReportTest {

    private static final DetectionScore FP32 = new DetectionScore(0.95, 0.63, 1, 3000);
    private static final DetectionScore CLOSE = new DetectionScore(0.948, 0.626, 0.98, 2990);
    private static final DetectionScore NOTHING = new DetectionScore(0, 0, 0, 0);
    private static final DetectionScore COARSE = new DetectionScore(0.947, 0.58, 0.9, 2900);

    @TempDir
    Path folder;

    @Test
    void shouldNameTheDecisionAndItsFiguresInOneLine() {
        assertThat(report("net.int8.onnx", true, CLOSE).reason())
                .startsWith("INT8 used")
                .contains("0.9480", "0.6260", "0.9500", "0.6300", "500 labelled", "loss 0.0040", "42 convolutions");
        assertThat(report("", false, NOTHING).reason())
                .startsWith("INT8 not used, falling back to FP16")
                .contains("AP@0.5 0.0000", "500 unlabelled", "loss 0.9500");
    }

    @Test
    void shouldNotNameADecisionWhileAttemptsFollow() {
        assertThat(report("", true, COARSE).setback())
                .contains("keeping more layers in FP16", "mAP@0.5 0.9470")
                .doesNotContain("not used");
    }

    @Test
    void shouldWriteWhatCannotBeComputedAsNull() {
        DetectionScore unknown = new DetectionScore(0.9, Double.NaN, Double.NaN, 0);
        assertThat(report("", true, unknown).json())
                .contains("\"recallOfFp32Boxes\" : null", "\"at50\" : 0.9", "\"keptFp16\" : [ \"stem\" ]");
    }

    @Test
    void shouldReadBackItsVerdictAndTreatDamageAsAbsence() throws IOException {
        Path file = folder.resolve("engine.int8.json");
        assertThat(Int8Report.read(file)).isEmpty();

        Int8Report accepted = report("net.int8.onnx", true, COARSE, CLOSE);
        accepted.write(file);
        assertThat(Int8Report.read(file)).hasValue(new Int8Report.Verdict(true, accepted.reason(), "net.int8.onnx"));

        Int8Report rejected = report("", true, NOTHING);
        rejected.write(file);
        assertThat(Int8Report.read(file)).hasValue(new Int8Report.Verdict(false, rejected.reason(), ""));

        String text = Files.readString(file);
        for (String damaged :
                List.of(text.substring(0, text.length() / 2), "", "{}", "no json", text.replace("false", "true"))) {
            Files.writeString(file, damaged);
            assertThat(Int8Report.read(file)).as(damaged).isEmpty();
        }
        assertThat(folder.toFile().list()).containsExactly("engine.int8.json");
    }

    private static Int8Report report(String network, boolean labelled, DetectionScore... tried) {
        List<Attempt> attempts = List.of(tried).stream()
                .map(score -> new Attempt(List.of("stem"), 42, score))
                .toList();
        return new Int8Report("helmet 1", "minmax", 200, 500, labelled, 0.01, FP32, attempts, network);
    }
}
