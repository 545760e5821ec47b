package io.helmwatch.postprocess.tracking;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RestTest {
    private static final long SECOND = 1_000_000_000L;
    private static final double SIZE = 40;

    private final Rest rest = new Rest();

    private void observe(double x, int times) {
        for (int i = 0; i < times; i++) {
            rest.observe(x, 50, SIZE, SECOND);
            rest.judge(10 * SECOND);
        }
    }

    @Test
    void shouldBeStaticAfterTheTimeWithoutAMove() {
        rest.start(100, 50);
        observe(103, 9);
        assertThat(rest.isStatic()).isFalse();
        assertThat(rest.restedNanos()).isEqualTo(9 * SECOND);
        observe(103, 1);
        assertThat(rest.isStatic()).isTrue();
    }

    @Test
    void shouldStartAgainWithEveryMoveInEitherDirection() {
        rest.start(100, 50);
        observe(100, 9);
        observe(107, 1);
        assertThat(rest.restedNanos()).isZero();
        assertThat(rest.placeX()).isEqualTo(107);
        rest.observe(107, 57, SIZE, SECOND);
        rest.judge(10 * SECOND);
        assertThat(rest.restedNanos()).isZero();
        assertThat(rest.placeY()).isEqualTo(57);
    }

    @Test
    void shouldNotTakeTheJitterOfSingleFramesForAMove() {
        rest.start(100, 50);
        for (int i = 0; i < 100; i++) {
            rest.observe(i % 2 == 0 ? 94 : 106, 50, SIZE, SECOND / 10);
            rest.judge(10 * SECOND);
        }
        assertThat(rest.isStatic()).isTrue();
    }

    @Test
    void shouldBeAHeadAgainOnlyAfterALargerMove() {
        rest.start(100, 50);
        observe(100, 10);
        observe(113, 1);
        assertThat(rest.isStatic()).isTrue();
        observe(115, 1);
        assertThat(rest.isStatic()).isFalse();
        assertThat(rest.restedNanos()).isZero();
    }

    @Test
    void shouldNeverBeStaticWhereThatIsSwitchedOff() {
        rest.start(100, 50);
        for (int i = 0; i < 100; i++) {
            rest.observe(100, 50, SIZE, SECOND);
            rest.judge(0);
        }
        assertThat(rest.isStatic()).isFalse();
    }

    @Test
    void shouldTakeTheLongerRestOfTheSamePlaceAndTheOthersInAnotherPlace() {
        rest.start(100, 50);
        observe(100, 5);
        Rest other = new Rest();
        other.start(102, 50);
        rest.reidentify(other, SIZE);
        assertThat(rest.restedNanos()).isEqualTo(5 * SECOND);

        other.resume(102, 50, 8 * SECOND, false);
        rest.reidentify(other, SIZE);
        assertThat(rest.restedNanos()).isEqualTo(8 * SECOND);

        Rest elsewhere = new Rest();
        elsewhere.start(200, 50);
        rest.reidentify(elsewhere, SIZE);
        assertThat(rest.restedNanos()).isZero();
        assertThat(rest.placeX()).isEqualTo(200);
        observe(200, 3);
        assertThat(rest.restedNanos()).isEqualTo(3 * SECOND);
    }
}
