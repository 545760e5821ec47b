package io.helmwatch.pipeline.ring.stream;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.vision.StreamReason;
import io.helmwatch.vision.StreamStatus;
import io.helmwatch.vision.StreamStatus.State;
import org.junit.jupiter.api.Test;

class StreamStateTest {
    private final StreamState state = new StreamState("gate", 1_000);

    private StreamStatus source(State reported, String reason, long atMillis) {
        return state.onSource(new StreamStatus("gate", reported, reason, atMillis));
    }

    @Test
    void shouldPublishADeadCameraOnceAndCountItsRetries() {
        assertThat(source(State.OFFLINE, "connection refused; retrying in 1 s", 2_000)
                        .state())
                .isEqualTo(State.OFFLINE);
        for (int retry = 1; retry <= 20; retry++) {
            assertThat(source(State.OFFLINE, "connection refused; retrying in " + retry + " s", 2_000 + retry * 9_000))
                    .isNull();
        }

        assertThat(state.current().atMillis()).as("since").isEqualTo(2_000);
        assertThat(state.current().reason()).endsWith("retrying in 20 s");
        assertThat(state.retries()).isEqualTo(20);
        assertThat(state.lastAttemptMillis()).isEqualTo(182_000);
    }

    @Test
    void shouldPublishAnotherCauseOfADeadCameraAfterAMinuteAtTheEarliest() {
        source(State.OFFLINE, "connection refused", 0);

        assertThat(source(State.OFFLINE, "401: wrong password", 59_999)).isNull();
        StreamStatus later = source(State.OFFLINE, "401: wrong password", 60_000);

        assertThat(later.reason()).isEqualTo("401: wrong password");
        assertThat(later.atMillis()).as("a message of its own").isEqualTo(60_000);
        assertThat(state.current().atMillis()).as("since").isEqualTo(0);
    }

    @Test
    void shouldCountReconnectsAndStartToCountRetriesAgain() {
        source(State.OFFLINE, "away", 1);
        source(State.OFFLINE, "away", 2);
        source(State.ONLINE, "", 3);
        assertThat(state.reconnects()).as("it was never online before").isZero();
        assertThat(state.retries()).isZero();

        source(State.OFFLINE, "away", 4);
        assertThat(state.retries()).isZero();
        assertThat(source(State.ONLINE, "", 5).state()).isEqualTo(State.ONLINE);
        assertThat(state.reconnects()).isEqualTo(1);
    }

    @Test
    void shouldDegradeAnOnlineStreamThatIsNotAnalysedAndPublishThatOnce() {
        assertThat(state.onAnalysis(StreamReason.NOTHING_SELECTED, "no frame analysed for 10 s", 1))
                .as("not online yet")
                .isNull();
        source(State.ONLINE, "", 2);

        StreamStatus degraded = state.onAnalysis(StreamReason.OVERLOAD, "overload: 1.0 of 5.0 analysed", 3);
        assertThat(degraded.state()).isEqualTo(State.DEGRADED);
        assertThat(degraded.reasonCode()).isEqualTo(StreamReason.OVERLOAD);
        assertThat(state.onAnalysis(StreamReason.OVERLOAD, "overload: 1.2 of 5.0 analysed", 4))
                .isNull();
        assertThat(state.current().reason()).contains("1.2");

        StreamStatus recovered = state.onAnalysis(StreamReason.NONE, "", 5);
        assertThat(recovered.state()).isEqualTo(State.ONLINE);
        assertThat(recovered.reason()).isEmpty();
        assertThat(recovered.reasonCode()).isEqualTo(StreamReason.NONE);
    }

    @Test
    void shouldKeepTheStateOfTheSourceWhenItGoesOfflineWhileDegraded() {
        source(State.ONLINE, "", 1);
        state.onAnalysis(StreamReason.NOTHING_SELECTED, "no frame analysed for 10 s", 2);

        assertThat(source(State.OFFLINE, "no packet for 10 s", 3).state()).isEqualTo(State.OFFLINE);
        assertThat(source(State.ONLINE, "", 4).state()).isEqualTo(State.ONLINE);
    }

    @Test
    void shouldPublishAnOnlineStreamAgainWhenItsSourceHasSomethingToSay() {
        source(State.ONLINE, "", 1);
        assertThat(source(State.ONLINE, "frames are timed by arrival", 2).reason())
                .contains("arrival");
        assertThat(source(State.ONLINE, "frames are timed by arrival", 3)).isNull();
    }
}
