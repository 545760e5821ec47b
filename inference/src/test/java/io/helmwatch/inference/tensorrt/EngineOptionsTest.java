package io.helmwatch.inference.tensorrt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helmwatch.config.inference.GpuPrecision;
import io.helmwatch.inference.tensorrt.EngineOptions.TacticSource;
import java.util.Set;
import org.junit.jupiter.api.Test;

class EngineOptionsTest {

    private static final EngineOptions USUAL = EngineOptions.of(GpuPrecision.FP16, 8);

    @Test
    void shouldReadTacticSourcesAndWriteTheirBitsAsTensorRtNumbersThem() {
        assertThat(EngineOptions.tacticSources("none")).isEmpty();
        assertThat(EngineOptions.tacticSources("jit-convolutions, edge-mask-convolutions"))
                .containsExactlyInAnyOrder(TacticSource.JIT_CONVOLUTIONS, TacticSource.EDGE_MASK_CONVOLUTIONS);
        assertThat(USUAL.tacticSourceBits()).isEqualTo(0b11000);
        assertThat(USUAL.withTacticSources(Set.of(TacticSource.JIT_CONVOLUTIONS))
                        .tacticSourceBits())
                .isEqualTo(0b10000);
        assertThatThrownBy(() -> EngineOptions.tacticSources("cudnn"))
                .hasMessageContainingAll("'cudnn'", "none", "edge-mask-convolutions", "jit-convolutions");
    }
}
