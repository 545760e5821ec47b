package io.helmwatch.ingest.timing;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PacerTest {
    private static final long MS = 1_000_000L;
    private final Pacer pacer = new Pacer();

    @Test
    void shouldShowFramesAtTheirTime() {
        assertThat(pacer.waitNanos(0, 5_000 * MS)).isZero();
        assertThat(pacer.waitNanos(40 * MS, 5_010 * MS)).isEqualTo(30 * MS);
        assertThat(pacer.waitNanos(80 * MS, 5_090 * MS)).isEqualTo(-10 * MS);
        assertThat(pacer.waitNanos(120 * MS, 5_100 * MS)).isEqualTo(20 * MS);
    }

    @Test
    void shouldContinueFromWhereItIsAfterFallingFarBehind() {
        pacer.waitNanos(0, 0);
        assertThat(pacer.waitNanos(40 * MS, 3_000 * MS)).isZero();
        assertThat(pacer.waitNanos(80 * MS, 3_000 * MS)).isEqualTo(40 * MS);
    }
}
