package io.helmwatch.pipeline.backend.cuda.quantization;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.inference.ModelConfig;
import io.helmwatch.pipeline.cli.option.Settings;
import io.helmwatch.postprocess.NmsSettings;
import java.util.List;
import org.junit.jupiter.api.Test;

class Int8GateTest {

    private static final List<String> WORST_FIRST = List.of(
            "bottom4.conv",
            "stage2.main.conv",
            "stage2.bypass.conv",
            "out3.merge.conv",
            "down3.conv",
            "a.b",
            "aXb",
            "spp.merge");

    @Test
    void shouldKeepTheShareThatLosesMostAndWhatIsNamed() {
        assertThat(Int8Gate.kept(WORST_FIRST, 0, List.of())).isEmpty();
        assertThat(Int8Gate.kept(WORST_FIRST, 0.125, List.of())).containsExactly("bottom4.conv");
        assertThat(Int8Gate.kept(WORST_FIRST, 0.25, List.of("down3.conv")))
                .containsExactly("bottom4.conv", "stage2.main.conv", "down3.conv");
    }

    @Test
    void shouldJudgeByTheBoxesThatASiteReports() {
        assertThat(Int8Gate.threshold(ModelConfig.DEFAULT)).isEqualTo(0.25);
        assertThat(Int8Gate.threshold(Settings.model(0.6, 0.45))).isEqualTo(0.6);
        assertThat(Int8Gate.threshold(
                        Settings.model(NmsSettings.EVALUATION.confidence(), NmsSettings.EVALUATION.iou())))
                .isEqualTo(0.25);
    }

    @Test
    void shouldTreatOnlyStarsAsPatterns() {
        assertThat(Int8Gate.kept(WORST_FIRST, 0, List.of("stage2.*")))
                .containsExactlyInAnyOrder("stage2.main.conv", "stage2.bypass.conv");
        assertThat(Int8Gate.kept(WORST_FIRST, 0, List.of("*.merge*")))
                .containsExactlyInAnyOrder("out3.merge.conv", "spp.merge");
        assertThat(Int8Gate.kept(WORST_FIRST, 0, List.of("a.b"))).containsExactly("a.b");
        assertThat(Int8Gate.kept(WORST_FIRST, 0, List.of("nosuch"))).isEmpty();
    }
}
