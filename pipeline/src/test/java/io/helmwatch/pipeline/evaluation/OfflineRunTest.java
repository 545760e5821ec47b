package io.helmwatch.pipeline.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.Backend;
import io.helmwatch.config.inference.ModelConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.cuda.CudaException;
import io.helmwatch.pipeline.backend.OpenedBackend;
import io.helmwatch.pipeline.cli.option.Settings;
import io.helmwatch.pipeline.ring.ScriptedStages;
import io.helmwatch.resource.Closer;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OfflineRunTest {
    private static final int ILLEGAL_ADDRESS = 700;
    private static final int OUT_OF_MEMORY = 2;

    @ParameterizedTest(name = "CUDA error {0}: {1} calls")
    @CsvSource({ILLEGAL_ADDRESS + ", true", OUT_OF_MEMORY + ", false"})
    void shouldReportALostDeviceToTheHandler(int code, boolean fatal) throws InterruptedException {
        ScriptedStages stages = new ScriptedStages();
        stages.infer = frames -> {
            throw new CudaException("cudaStreamSynchronize", code, "code-" + code, "scripted");
        };
        List<Throwable> reported = new CopyOnWriteArrayList<>();

        OfflineRun.Outcome outcome = play(stages, reported);

        assertThat(outcome.problem()).contains("3 frames could not be analysed");
        assertThat(reported.isEmpty()).isEqualTo(!fatal);
        assertThat(reported).allSatisfy(error -> assertThat(error).hasMessageContaining("code-" + code));
    }

    @Test
    void shouldReportNothingWhenEveryFrameIsAnalysed() throws InterruptedException {
        List<Throwable> reported = new CopyOnWriteArrayList<>();

        OfflineRun.Outcome outcome = play(new ScriptedStages(), reported);

        assertThat(outcome).isEqualTo(new OfflineRun.Outcome("clip", 3, ""));
        assertThat(reported).isEmpty();
    }

    private static OfflineRun.Outcome play(ScriptedStages stages, List<Throwable> reported)
            throws InterruptedException {
        try (OpenedBackend scripted = stages.open();
                OpenedBackend backend = new OpenedBackend(
                        scripted.stages(),
                        scripted::newLease,
                        stream -> new ScriptedStages.Source(stream.id(), false, 3, 0),
                        "cpu",
                        "scripted stages",
                        new Closer());
                OfflineRun run = OfflineRun.start(
                        backend,
                        Settings.of(Backend.CPU, ModelConfig.DEFAULT, List.of()),
                        List.of(),
                        List.of(),
                        1,
                        reported::add)) {
            return run.play(StreamConfig.of("clip", "clip.mp4"));
        }
    }
}
