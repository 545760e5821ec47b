package io.helmwatch.ingest.timing;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.stream.DecodeMode;
import io.helmwatch.ingest.timing.DecodePlan.Level;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DecodePlanTest {
    private static final long SECOND = 1_000_000_000L;
    private static final long FRAME = SECOND / 25;

    private final List<Long> decodedFrames = new ArrayList<>();

    /** Frames at 25 a second from a frame number on; returns how many of them are decoded. */
    private int feed(DecodePlan plan, long first, int count, int keyEvery, int disposableRun) {
        int decoded = 0;
        for (long i = first; i < first + count; i++) {
            boolean key = (i - first) % keyEvery == 0;
            boolean disposable = !key && (i - first) % (disposableRun + 1) != 0;
            if (plan.admits(i * FRAME, key, disposable)) {
                decoded++;
                decodedFrames.add(i);
            }
        }
        return decoded;
    }

    @ParameterizedTest
    @CsvSource({"ALL, 1", "ALL, 0", "AUTO, 0"})
    void shouldDecodeEverythingWhereAllIsConfiguredOrAnalysed(DecodeMode mode, double fps) {
        assertThat(feed(new DecodePlan(mode, fps), 0, 500, 25, 2)).isEqualTo(500);
    }

    @ParameterizedTest
    @CsvSource({
        // analyze-fps, key frame every, level
        "1, 25, KEY_FRAMES",
        "2, 25, ALL",
        "1, 50, ALL",
        "0.5, 50, KEY_FRAMES",
        "0.2, 25, KEY_FRAMES",
        "5, 5, KEY_FRAMES",
        "5, 6, ALL"
    })
    void shouldDecodeKeyFramesOnlyWhenTheyAreFrequentEnough(double fps, int keyEvery, Level level) {
        DecodePlan plan = new DecodePlan(DecodeMode.AUTO, fps);
        feed(plan, 0, 500, keyEvery, 0);
        assertThat(plan.level()).isEqualTo(level);
        assertThat(plan.isSampled()).isEqualTo(level == Level.KEY_FRAMES);
    }

    @Test
    void shouldDecodeNoMoreKeyFramesThanAreAnalysed() {
        DecodePlan plan = new DecodePlan(DecodeMode.KEY_FRAMES, 1);
        // A key frame every 0.4 s: those nearest to whole seconds.
        assertThat(feed(plan, 0, 500, 10, 0)).isEqualTo(20);
        assertThat(decodedFrames).startsWith(0L, 20L, 50L, 70L, 100L);
    }

    @Test
    void shouldDecodeEveryKeyFrameWhoseTimesJitterAroundTheInterval() {
        DecodePlan plan = new DecodePlan(DecodeMode.KEY_FRAMES, 1);
        int decoded = 0;
        for (int i = 0; i < 100; i++) {
            long jitter = (i % 3 - 1) * 15_000_000L;
            decoded += plan.admits(i * SECOND + jitter, true, false) ? 1 : 0;
        }
        assertThat(decoded).isEqualTo(100);
    }

    @Test
    void shouldChangeWhenTheCameraChangesItsKeyFrames() {
        DecodePlan plan = new DecodePlan(DecodeMode.AUTO, 1);
        feed(plan, 0, 100, 25, 0);
        assertThat(plan.level()).isEqualTo(Level.KEY_FRAMES);
        decodedFrames.clear();
        feed(plan, 100, 400, 100, 0);
        assertThat(plan.level()).isEqualTo(Level.ALL);
        // Frame 200 is the first key frame after too long a pause: a decoder can start there only.
        assertThat(decodedFrames.subList(0, 3)).containsExactly(100L, 200L, 201L);
        feed(plan, 500, 200, 25, 0);
        assertThat(plan.level()).isEqualTo(Level.KEY_FRAMES);
    }

    @ParameterizedTest
    @CsvSource({
        // analyze-fps, disposable frames in a row, level
        "5, 1, REFERENCES",
        "5, 3, ALL",
        "2, 3, REFERENCES",
        "12, 1, ALL",
        "5, 0, ALL"
    })
    void shouldLeaveOutFramesThatNoOtherRefersToWhereTheRestIsEnough(double fps, int run, Level level) {
        DecodePlan plan = new DecodePlan(DecodeMode.AUTO, fps);
        feed(plan, 0, 500, 100, run);
        assertThat(plan.level()).isEqualTo(level);
        assertThat(plan.isSampled()).isFalse();
        assertThat(plan.isStandAlone()).isFalse();
    }

    @Test
    void shouldNotLeaveAGapBehindFramesThatNoOtherRefersTo() {
        DecodePlan plan = new DecodePlan(DecodeMode.AUTO, 2);
        feed(plan, 0, 200, 100, 1);
        assertThat(plan.level()).isEqualTo(Level.REFERENCES);
        assertThat(plan.admits(200 * FRAME, true, false)).isTrue();
        assertThat(plan.isStandAlone()).isFalse();
    }

    @Test
    void shouldSayThatAKeyFrameFollowsAGap() {
        DecodePlan plan = new DecodePlan(DecodeMode.KEY_FRAMES, 0);
        assertThat(plan.admits(0, true, false)).isTrue();
        assertThat(plan.isStandAlone()).isFalse();
        assertThat(plan.admits(FRAME, false, false)).isFalse();
        assertThat(plan.admits(2 * FRAME, true, false)).isTrue();
        assertThat(plan.isStandAlone()).isTrue();
        assertThat(plan.admits(3 * FRAME, true, false)).isTrue();
        assertThat(plan.isStandAlone()).isFalse();
    }

    @Test
    void shouldDecodeAllWhereKeyFramesAreNotComplete() {
        DecodePlan plan = new DecodePlan(DecodeMode.AUTO, 1);
        feed(plan, 0, 100, 25, 0);
        assertThat(plan.level()).isEqualTo(Level.KEY_FRAMES);
        for (int i = 0; i < 3; i++) {
            plan.keyFrameDecoded(false);
        }
        feed(plan, 100, 300, 25, 0);
        assertThat(plan.level()).isEqualTo(Level.ALL);
    }

    @Test
    void shouldGoOnAfterAJumpOfTheTimestamps() {
        DecodePlan plan = new DecodePlan(DecodeMode.AUTO, 1);
        feed(plan, 1_000_000, 100, 25, 0);
        assertThat(plan.level()).isEqualTo(Level.KEY_FRAMES);
        decodedFrames.clear();
        assertThat(feed(plan, 0, 100, 25, 0)).isEqualTo(4);
        assertThat(decodedFrames).containsExactly(0L, 25L, 50L, 75L);
        assertThat(plan.level()).isEqualTo(Level.KEY_FRAMES);
    }
}
