package io.helmwatch.vision.health;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class AlarmTest {
    private final Alarm alarm = new Alarm(10, 5);

    @Test
    void shouldRaiseOnlyWhatHoldsWithoutABreak() {
        alarm.update(true, true, 0);
        alarm.update(true, true, 9);
        assertThat(alarm.isRaised()).isFalse();
        assertThat(alarm.isSuspected()).isTrue();
        alarm.update(false, true, 10);
        assertThat(alarm.isSuspected()).isFalse();
        alarm.update(true, true, 11);
        alarm.update(true, true, 20);
        assertThat(alarm.isRaised()).isFalse();
        alarm.update(true, true, 21);
        assertThat(alarm.isRaised()).isTrue();
    }

    @Test
    void shouldStayRaisedWhileTheWeakerFormHolds() {
        alarm.update(true, true, 0);
        alarm.update(true, true, 10);
        alarm.update(false, true, 100);
        alarm.update(false, false, 200);
        alarm.update(false, false, 204);
        assertThat(alarm.isRaised()).isTrue();
        alarm.update(false, true, 205);
        alarm.update(false, false, 206);
        assertThat(alarm.isRaised()).isTrue();
        alarm.update(false, false, 211);
        assertThat(alarm.isRaised()).isFalse();
    }

    @Test
    void shouldKeepItsStateWhileItIsNotJudged() {
        alarm.update(true, true, 0);
        alarm.suspend();
        alarm.update(true, true, 10);
        assertThat(alarm.isRaised()).isFalse();
        alarm.update(true, true, 20);
        alarm.update(false, false, 21);
        alarm.suspend();
        alarm.update(false, false, 30);
        assertThat(alarm.isRaised()).isTrue();
        alarm.clear();
        assertThat(alarm.isSuspected()).isFalse();
    }
}
