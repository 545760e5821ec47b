package io.helmwatch.pipeline.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helmwatch.config.Backend;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.pipeline.backend.cpu.CpuStageFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class BackendsTest {
    private static List<StageFactory> installed(StageFactory... gpu) {
        return Stream.concat(Stream.of(new CpuStageFactory()), Stream.of(gpu)).toList();
    }

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
            public OpenedBackend open(HelmwatchConfig config, Path model) {
                throw new AssertionError("choosing a backend opened it");
            }
        };
    }

    @Test
    void shouldUseTheGpuWhereItIsUsable() {
        assertThat(Backends.choose(Backend.AUTO, installed(gpu(""))).backend()).isEqualTo(Backend.CUDA);
        assertThat(Backends.choose(Backend.CUDA, installed(gpu(""))).backend()).isEqualTo(Backend.CUDA);
    }

    @Test
    void shouldUseTheCpuWhenConfiguredOrWhenTheGpuIsUnusable() {
        assertThat(Backends.choose(Backend.CPU, installed(gpu(""))).backend()).isEqualTo(Backend.CPU);
        assertThat(Backends.choose(Backend.AUTO, installed(gpu("no device"))).backend())
                .isEqualTo(Backend.CPU);
        assertThat(Backends.choose(Backend.AUTO, installed(gpu("link"))).backend())
                .isEqualTo(Backend.CPU);
        assertThat(Backends.choose(Backend.AUTO, installed()).backend()).isEqualTo(Backend.CPU);
    }

    @Test
    void shouldRefuseToStartOnAGpuThatIsNotThereAndSayWhy() {
        assertThatThrownBy(() -> Backends.choose(Backend.CUDA, installed(gpu("no device"))))
                .hasMessageContainingAll("cuda", "no device", "use backend cpu or auto");
        assertThatThrownBy(() -> Backends.choose(Backend.CUDA, installed(gpu("link"))))
                .hasMessageContaining("libcuda.so.1");
    }

    @Test
    void shouldFindTheCpuBackendOnTheClassPath() {
        assertThat(Backends.choose(Backend.CPU).backend()).isEqualTo(Backend.CPU);
    }
}
