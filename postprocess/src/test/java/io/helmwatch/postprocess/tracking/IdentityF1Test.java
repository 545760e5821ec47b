package io.helmwatch.postprocess.tracking;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;

class IdentityF1Test {

    @Test
    void shouldBeOneWhenEveryBoxKeepsItsIdentity() {
        IdentityF1 score = new IdentityF1();
        for (int frame = 0; frame < 4; frame++) {
            score.add(IdentityF1.boxes(1, frame * 5, 2, 100), IdentityF1.boxes(7, frame * 5, 9, 100));
        }
        assertThat(score.value()).isEqualTo(1);
    }

    @Test
    void shouldCountOnlyTheLongerPartWhenATrackIsBroken() {
        IdentityF1 score = new IdentityF1();
        for (int frame = 0; frame < 10; frame++) {
            score.add(IdentityF1.boxes(1, 0), IdentityF1.boxes(frame < 6 ? 1 : 2, 0));
        }
        // 6 of 10 boxes keep the identity: 2 * 6 / (10 + 10)
        assertThat(score.value()).isCloseTo(0.6, within(1e-12));
    }

    @Test
    void shouldPunishASwapOfTwoIdentities() {
        IdentityF1 score = new IdentityF1();
        for (int frame = 0; frame < 4; frame++) {
            boolean swapped = frame >= 3;
            score.add(IdentityF1.boxes(1, 0, 2, 50), IdentityF1.boxes(swapped ? 2 : 1, 0, swapped ? 1 : 2, 50));
        }
        // 3 + 3 of 8 boxes
        assertThat(score.value()).isCloseTo(0.75, within(1e-12));
    }

    @Test
    void shouldCountMissesAndFalseTracks() {
        IdentityF1 score = new IdentityF1();
        score.add(IdentityF1.boxes(1, 0), IdentityF1.boxes(1, 0));
        score.add(IdentityF1.boxes(1, 0), List.of());
        score.add(List.of(), IdentityF1.boxes(5, 300));
        // 2 * 1 / (2 + 2)
        assertThat(score.value()).isCloseTo(0.5, within(1e-12));
    }

    @Test
    void shouldNotAcceptABoxThatOverlapsTooLittle() {
        IdentityF1 score = new IdentityF1();
        score.add(IdentityF1.boxes(1, 0), IdentityF1.boxes(1, 4));
        // IoU 6 / 14 is below 0.5
        assertThat(score.value()).isZero();
    }
}
