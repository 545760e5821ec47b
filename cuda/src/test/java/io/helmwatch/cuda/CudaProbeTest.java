package io.helmwatch.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import org.junit.jupiter.api.Test;

class CudaProbeTest {

    @Test
    void shouldSayInOneLineWhyNoGpuIsUsed() {
        CudaProbe probe = CudaProbe.result();
        assumeFalse(probe.usable(), "this host has a usable GPU, so there is no reason to read");

        assertThat(probe.reason()).isNotBlank().doesNotContain("\n");
        assertThat(probe.gpus()).isEmpty();
        assertThat(CudaProbe.result()).isSameAs(probe);
    }

    @Test
    void shouldRefuseToOpenADeviceWithoutAGpu() {
        assumeFalse(CudaProbe.result().usable(), "this host has a usable GPU");

        assertThatThrownBy(() -> CudaDevice.open(0))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageStartingWith("no GPU can be used: ");
    }
}
