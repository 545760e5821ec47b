package io.helmwatch.pipeline.backend.cuda.quantization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.helmwatch.pipeline.backend.cuda.quantization.Int8Report.Attempt;
import io.helmwatch.pipeline.backend.cuda.quantization.Int8Report.Score;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Int8ReportTest {

    private static final Score FP32 = new Score(0.95, 0.63, 1, 3000);
    private static final Score CLOSE = new Score(0.948, 0.626, 0.98, 2990);
    private static final Score NOTHING = new Score(0, 0, 0, 0);
    private static final Score COARSE = new Score(0.947, 0.58, 0.9, 2900);

    @TempDir
    Path folder;

    @Test
    void shouldCountTheLargerLossOfBothPrecisionsWithLabelsAndOneWithout() {
        assertThat(Int8Report.loss(FP32, CLOSE, true)).isCloseTo(0.004, within(1e-9));
        assertThat(Int8Report.loss(FP32, COARSE, true)).isCloseTo(0.05, within(1e-9));
        assertThat(Int8Report.loss(FP32, COARSE, false)).isCloseTo(0.003, within(1e-9));
        assertThat(Int8Report.loss(FP32, NOTHING, true)).isCloseTo(0.95, within(1e-9));
    }

    @Test
    void shouldNeverAcceptWhatCannotBeJudged() {
        Score nothingThere = new Score(Double.NaN, Double.NaN, Double.NaN, 0);

        assertThat(Int8Report.loss(nothingThere, nothingThere, true) <= 1).isFalse();
        assertThat(Int8Report.loss(nothingThere, nothingThere, false) <= 1).isFalse();
    }

    @Test
    void shouldSayWhyInOneLine() {
        assertThat(report("net.int8.onnx", true, CLOSE).reason())
                .isEqualTo(
                        "INT8 is used: mAP@0.5 0.9480 and mAP@0.5:0.95 0.6260 against FP32's 0.9500 and 0.6300 on 500"
                                + " labelled pictures, a loss of 0.0040 where 0.0100 is accepted, with 42 convolutions in INT8");
        assertThat(report("", false, NOTHING).reason())
                .isEqualTo(
                        "INT8 is not used, FP16 is: AP@0.5 0.0000 against FP32's own boxes on 500 unlabelled pictures, a loss"
                                + " of 0.9500 where 0.0100 is accepted, with 42 convolutions in INT8");
    }

    @Test
    void shouldNotSpeakOfAVerdictWhileMoreIsTried() {
        assertThat(report("", true, COARSE).setback())
                .startsWith("INT8 loses too much, so more layers are kept in FP16: mAP@0.5 0.9470")
                .doesNotContain("not used");
    }

    @Test
    void shouldReadBackItsVerdictAndTakeDamageAsAbsence() throws IOException {
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

    private static Int8Report report(String network, boolean labelled, Score... tried) {
        List<Attempt> attempts = List.of(tried).stream()
                .map(score -> new Attempt(List.of("stem"), 42, score))
                .toList();
        return new Int8Report("helmet 1", "minmax", 200, 500, labelled, 0.01, FP32, attempts, network);
    }
}
