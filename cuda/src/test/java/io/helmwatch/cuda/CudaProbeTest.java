package io.helmwatch.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CudaProbeTest {

    @Test
    void shouldSayInOneLineWhyNoGpuIsUsed() {
        CudaProbe probe = CudaProbe.result();
        assumeFalse(probe.usable(), "this host has a usable GPU, so there is no reason to read");

        assertThat(probe.reason()).isNotBlank().doesNotContain("\n");
        assertThat(probe.gpus()).isEmpty();
        assertThat(CudaProbe.result()).isSameAs(probe);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/c/libjnicudart.so: libcuda.so.1: cannot open shared object file: No such file or directory"
                        + "|no NVIDIA driver is installed (libcuda.so.1 was not found)",
                "/c/libjnicudart.so: libcudart.so.12: cannot open shared object file: No such file or directory"
                        + "|the CUDA library libcudart.so.12 was not found: install CUDA 12.6, or build with"
                        + " -Pgpu,gpu-libraries, which includes it",
                "no jnicudart in java.library.path|a CUDA library could not be loaded: no jnicudart in java.library.path"
            })
    void shouldSayWhatTheLoaderMissed(String message, String sentence) {
        assertThat(CudaProbe.explain(message)).isEqualTo(sentence);
    }

    @Test
    void shouldRefuseToOpenADeviceWithoutAGpu() {
        assumeFalse(CudaProbe.result().usable(), "this host has a usable GPU");

        assertThatThrownBy(() -> CudaDevice.open(0))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("no usable GPU: ");
    }
}
