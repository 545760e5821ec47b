package io.helmwatch.pipeline.ring.failure;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.cuda.CudaException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FailureLogTest {

    private final List<CudaException> lost = new ArrayList<>();
    private final FailureLog failures = new FailureLog(error -> lost.add((CudaException) error));

    @Test
    void shouldGiveTheGpuUpOnAnErrorThatStays() {
        CudaException stays = new CudaException("cudaStreamSynchronize", 700, "cudaErrorIllegalAddress", "restart");

        failures.record(Stage.INFERENCE, stays);

        assertThat(lost).containsExactly(stays);
        assertThat(failures.count(Stage.INFERENCE)).isEqualTo(1);
    }

    @Test
    void shouldContinueAfterErrorsThatPass() {
        failures.record(Stage.PREPROCESS, new CudaException("cudaMalloc", 2, "cudaErrorMemoryAllocation", "full"));
        failures.record(Stage.POSTPROCESS, new IllegalStateException("no GPU"));

        assertThat(lost).isEmpty();
        assertThat(failures.count()).isEqualTo(2);
    }
}
