package io.helmwatch.postprocess.rules;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VoteWindowTest {
    private static final long MILLI = 1_000_000;

    private final VoteWindow votes = new VoteWindow(3, 5, 200 * MILLI);
    private long frame;

    /** One frame per observation: + is a vote for, - against, 0 neither. A vote is closed by the frame after it. */
    private void vote(String signs) {
        for (char sign : signs.toCharArray()) {
            votes.add(frame * 200 * MILLI, 1_000 + frame * 200, sign == '+' ? 0.9 : 0, sign == '-' ? 0.9 : 0);
            frame++;
        }
    }

    @ParameterizedTest
    @CsvSource({
        "+++, UNKNOWN",
        "++++, YES",
        "----, NO",
        "0000, UNCERTAIN",
        "+-+-+-, YES",
        "+-+--+, NO",
        // Reached once, a state lasts until as many votes agree on another one.
        "+++--0, YES",
        "+++---0, NO",
        "+++000+, UNCERTAIN",
        // Of the last five votes only.
        "++---+++, NO",
        "++---++++, YES",
    })
    void shouldReachAStateByTheRequiredVotesAndKeepIt(String signs, VoteWindow.State expected) {
        vote(signs);
        assertThat(votes.state()).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"174, UNKNOWN", "175, YES"})
    void shouldCloseAVoteAnEighthBeforeItsTimeIsOver(long millis, VoteWindow.State expected) {
        VoteWindow single = new VoteWindow(1, 1, 200 * MILLI);
        single.add(5_000 * MILLI, 0, 1, 0);
        single.add((5_000 + millis) * MILLI, millis, 1, 0);
        assertThat(single.state()).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"0.8, 0.4, UNCERTAIN", "0.81, 0.4, YES", "0.4, 0.8, UNCERTAIN", "0.4, 0.81, NO", "0, 0, UNCERTAIN"})
    void shouldCallAVoteClearWhenOneSideHasMoreThanTwiceTheWeight(double yes, double no, VoteWindow.State expected) {
        VoteWindow single = new VoteWindow(1, 1, 200 * MILLI);
        single.add(0, 0, yes, no);
        single.add(200 * MILLI, 200, 0, 0);
        assertThat(single.state()).isEqualTo(expected);
    }

    @Test
    void shouldAddTheWeightsOfTheFramesOfOneVote() {
        VoteWindow single = new VoteWindow(1, 1, 200 * MILLI);
        single.add(0, 0, 0.5, 0);
        single.add(40 * MILLI, 40, 0, 0.9);
        single.add(80 * MILLI, 80, 0.5, 0);
        single.add(120 * MILLI, 120, 0.9, 0);
        single.add(200 * MILLI, 200, 0, 0.9);
        assertThat(single.state()).isEqualTo(VoteWindow.State.YES);
        single.add(400 * MILLI, 400, 0, 0);
        assertThat(single.state()).isEqualTo(VoteWindow.State.NO);
    }

    @Test
    void shouldKnowSinceWhenTheStateIsYes() {
        vote("-+-++0");
        assertThat(votes.state()).isEqualTo(VoteWindow.State.YES);
        assertThat(votes.sinceNanos()).isEqualTo(200 * MILLI);
        assertThat(votes.sinceAtMillis()).isEqualTo(1_200);
        vote("+++");
        assertThat(votes.sinceNanos()).isEqualTo(200 * MILLI);
        vote("---+++0");
        assertThat(votes.state()).isEqualTo(VoteWindow.State.YES);
        assertThat(votes.sinceNanos()).isEqualTo(12 * 200 * MILLI);
        assertThat(votes.sinceAtMillis()).isEqualTo(1_000 + 12 * 200);
    }

    @Test
    void shouldReportTheLastVoteAndTheLastFrame() {
        assertThat(votes.isEmpty()).isTrue();
        vote("+");
        assertThat(votes.isEmpty()).isFalse();
        assertThat(votes.isLastYes()).isFalse();
        vote("-");
        assertThat(votes.isLastYes()).isTrue();
        assertThat(votes.lastNanos()).isEqualTo(200 * MILLI);
        vote("0");
        assertThat(votes.isLastYes()).isFalse();
    }

    @Test
    void shouldDiscardEverything() {
        vote("++++++");
        votes.clear();
        assertThat(votes.isEmpty()).isTrue();
        assertThat(votes.isLastYes()).isFalse();
        assertThat(votes.state()).isEqualTo(VoteWindow.State.UNKNOWN);
        vote("+++");
        assertThat(votes.state()).isEqualTo(VoteWindow.State.UNKNOWN);
        vote("+");
        assertThat(votes.state()).isEqualTo(VoteWindow.State.YES);
        assertThat(votes.sinceNanos()).isEqualTo(6 * 200 * MILLI);
    }
}
