package io.helmwatch.pipeline.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helmwatch.config.Backend;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.pipeline.ring.Stages;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class BackendsTest {
    private static StageFactory gpu(String problem) {
        return new StageFactory() {
            @Override
            public Backend backend() {
                return Backend.CUDA;
            }

            @Override
            public Optional<String> unusable() {
                if (problem.equals("link")) {
                    throw new UnsatisfiedLinkError("libcuda.so.1: cannot open shared object file");
                }
                return problem.isEmpty() ? Optional.empty() : Optional.of(problem);
            }

            @Override
            public Stages open(HelmwatchConfig config, Path model) {
                throw new AssertionError("choosing a backend opened it");
            }
        };
    }

    @Test
    void shouldTakeTheGpuWhereItIsUsable() {
        assertThat(Backends.choose(Backend.AUTO, List.of(gpu(""))).backend()).isEqualTo(Backend.CUDA);
        assertThat(Backends.choose(Backend.CUDA, List.of(gpu(""))).backend()).isEqualTo(Backend.CUDA);
    }

    @Test
    void shouldTakeTheCpuWhenToldToOrWhenTheGpuIsUnusable() {
        assertThat(Backends.choose(Backend.CPU, List.of(gpu(""))).backend()).isEqualTo(Backend.CPU);
        assertThat(Backends.choose(Backend.AUTO, List.of(gpu("no device"))).backend())
                .isEqualTo(Backend.CPU);
        assertThat(Backends.choose(Backend.AUTO, List.of(gpu("link"))).backend())
                .isEqualTo(Backend.CPU);
        assertThat(Backends.choose(Backend.AUTO, List.of()).backend()).isEqualTo(Backend.CPU);
    }

    @Test
    void shouldRefuseToStartOnAGpuThatIsNotThereAndSayWhy() {
        assertThatThrownBy(() -> Backends.choose(Backend.CUDA, List.of(gpu("no device"))))
                .hasMessage("backend cuda cannot be used: no device; use backend cpu or auto");
        assertThatThrownBy(() -> Backends.choose(Backend.CUDA, List.of(gpu("link"))))
                .hasMessageContaining("libcuda.so.1");
    }
}
