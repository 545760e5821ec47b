package io.helmwatch.ingest.timing;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CorruptionWindowTest {
    private static final long FRAME = 40_000_000L;
    private final CorruptionWindow window = new CorruptionWindow();
    private long now = -3_000_000_000L;
    private int changes;

    @Test
    void shouldDegradeAboveATenthAndRecoverBelowAFiftieth() {
        count(100, 0);
        assertThat(window.isDegraded()).isFalse();
        count(100, 5);
        assertThat(window.isDegraded()).as("20 in 200 is a tenth, not more").isFalse();
        count(20, 2);
        assertThat(window.isDegraded()).isTrue();
        assertThat(changes).isEqualTo(1);
        count(150, 0);
        assertThat(window.isDegraded())
                .as("the damage is still within ten seconds")
                .isTrue();
        count(200, 0);
        assertThat(window.isDegraded()).isFalse();
        assertThat(changes).isEqualTo(2);
    }

    @Test
    void shouldNotJudgeAHandfulOfFrames() {
        count(9, 1);
        assertThat(window.isDegraded()).isFalse();
        count(1, 1);
        assertThat(window.isDegraded()).isTrue();
    }

    @Test
    void shouldForgetWhatALongPauseSeparates() {
        count(50, 1);
        now += 60_000_000_000L;
        count(20, 0);
        assertThat(window.isDegraded()).isFalse();
        assertThat(window.frames()).isEqualTo(20);
        assertThat(window.corruptFrames()).isZero();
    }

    /** Counts frames of which every n-th is corrupt; 0 is none. */
    private void count(int frames, int everyNth) {
        for (int i = 1; i <= frames; i++) {
            now += FRAME;
            changes += window.count(everyNth > 0 && i % everyNth == 0, now) ? 1 : 0;
        }
    }
}
