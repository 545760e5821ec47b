package io.helmwatch.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import io.helmwatch.config.Backend;
import io.helmwatch.cuda.CudaProbe;
import io.helmwatch.pipeline.backend.Backends;
import io.helmwatch.pipeline.backend.cpu.CpuStageFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The GPU's commands where there is no GPU. */
class EngineCommandTest {

    @ParameterizedTest(name = "helmwatch {0}")
    @CsvSource(
            delimiter = '|',
            value = {
                "engine                                     | expected engine build, bench, align or info",
                "engine melt                                | Unmatched argument at index 1: 'melt'",
                "engine build --level 6                     | builder level 6: expected 0..5",
                "engine build --max-batch 4 --best-batch 8  | expected 1 <= optimal <= largest",
                "engine build --tactic-sources jit         | tactic source 'jit': expected none, or some of edge-mask-convolutions, jit-convolutions",
                "engine build --precision int8              | --precision int8: needs --calibration, a folder of images",
                "engine build --precision int8 --calibration . --max-loss 2 | --max-loss 2.0: expected 0 to 1",
                "engine build --calibrator kl               | Invalid value for option '--calibrator'",
                "engine build --precision int4              | Invalid value for option '--precision'",
                "engine build --model nosuch.onnx           | model nosuch.onnx: there is no such file",
                "engine bench --lanes 0                     | expected at least 1 lane",
                "engine align --pictures 0                  | --images 0: expected at least 1",
            })
    void shouldRefuseWrongUsageWithTwoAndASentence(String words, String sentence) {
        CommandRun run = CommandRun.of((Object[]) words.strip().split(" "));

        assertThat(run.err()).contains(sentence);
        assertThat(run.code()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"build", "bench", "align", "info"})
    void shouldSayWhyThereIsNoGpu(String command) {
        assumeFalse(CudaProbe.result().usable(), "this host has a usable GPU");

        CommandRun run = CommandRun.of("engine", command);

        assertThat(run.code()).isEqualTo(1);
        assertThat(run.out()).isEmpty();
        assertThat(run.err())
                .contains("engines need a GPU: " + CudaProbe.result().reason())
                .hasLineCount(1);
    }

    @Test
    void shouldFindTheGpuStagesAndFallBackToTheCpu() {
        assumeFalse(CudaProbe.result().usable(), "this host has a usable GPU");

        assertThat(Backends.choose(Backend.AUTO)).isInstanceOf(CpuStageFactory.class);
        assertThat(Backends.whyNoGpu()).isEqualTo(CudaProbe.result().reason());
    }
}
