package io.helmwatch.pipeline.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.pipeline.backend.cuda.EngineBalance.Move;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EngineBalanceTest {
    private final EngineBalance balance = new EngineBalance();

    private Move after(int samples, double engines, double cpu) {
        Move move = Move.NONE;
        for (int i = 0; i < samples; i++) {
            move = balance.sample(engines, cpu);
        }
        return move;
    }

    @ParameterizedTest
    @CsvSource({
        // samples, engines, cores, move
        "1, 100, 0.2, NONE",
        "2, 100, 0.2, TO_CPU",
        "2, 100, 0.8, NONE",
        "2, 100, -1, NONE",
        "9, 50, 0.2, NONE",
        "10, 50, 0.2, TO_ENGINES",
        "2, 100, 0.95, TO_ENGINES",
        "20, 92, 0.5, NONE",
        "20, NaN, 0.5, NONE"
    })
    void shouldMoveAStreamWhereTheLoadStays(int samples, double engines, double cpu, Move move) {
        assertThat(after(samples, engines, cpu)).isEqualTo(move);
    }

    @Test
    void shouldWaitForTheEffectOfAMove() {
        assertThat(after(2, 100, 0.2)).isEqualTo(Move.TO_CPU);
        assertThat(after(1, 100, 0.2)).isEqualTo(Move.NONE);
        assertThat(after(1, 100, 0.2)).isEqualTo(Move.TO_CPU);
    }

    @Test
    void shouldNotCountSamplesThatWereInterrupted() {
        after(9, 50, 0.2);
        after(1, 90, 0.2);
        assertThat(after(9, 50, 0.2)).isEqualTo(Move.NONE);
    }
}
