package io.helmwatch.postprocess.rules;

import java.util.Arrays;

/**
 * A majority vote with hysteresis over uncertain frames. The frames of one observation time give one vote; a state is reached once
 * {@code required} of the last {@code of} votes agree, and lasts until as many agree on another state.
 *
 * <p>Votes are per time and not per frame, so that a rule means the same at 25 and at 5 frames per second.
 */
final class VoteWindow {
    /** Ratio of the weights above which a vote is clear. */
    private static final double CLEAR_RATIO = 2;

    private enum Vote {
        NONE,
        YES,
        NO,
        UNCERTAIN
    }

    /** The result of the vote. */
    enum State {
        /** Too few votes yet. */
        UNKNOWN,
        /** The condition of the rule is met. */
        YES,
        /** The condition is not met. */
        NO,
        /** The votes are unclear. */
        UNCERTAIN
    }

    private final int required;
    private final long observationNanos;
    private final Vote[] votes;
    private final long[] voteStarts;
    private final long[] voteAts;
    private int next;
    private boolean open;
    private long openedNanos;
    private long openedAtMillis;
    private long lastNanos;
    private double yes;
    private double no;
    private State state = State.UNKNOWN;
    private Vote lastVote = Vote.NONE;
    private long sinceNanos;
    private long sinceAtMillis;

    VoteWindow(int required, int of, long observationNanos) {
        this.required = required;
        this.observationNanos = observationNanos;
        this.votes = new Vote[of];
        this.voteStarts = new long[of];
        this.voteAts = new long[of];
        clear();
    }

    /** Discards all votes. */
    void clear() {
        Arrays.fill(votes, Vote.NONE);
        open = false;
        state = State.UNKNOWN;
        lastVote = Vote.NONE;
    }

    /**
     * Adds a frame.
     *
     * @param yesWeight weight for the condition of the rule, 0 or more
     * @param noWeight weight against it, 0 or more
     */
    void add(long nanos, long atMillis, double yesWeight, double noWeight) {
        // An eighth of tolerance: frames at exactly the observation rate, with timestamps that jitter, are one
        // observation
        // each.
        if (open && nanos - openedNanos >= observationNanos - observationNanos / 8) {
            close();
        }
        if (!open) {
            open = true;
            openedNanos = nanos;
            openedAtMillis = atMillis;
            yes = 0;
            no = 0;
        }
        yes += yesWeight;
        no += noWeight;
        lastNanos = nanos;
    }

    private void close() {
        open = false;
        lastVote = yes > CLEAR_RATIO * no ? Vote.YES : no > CLEAR_RATIO * yes ? Vote.NO : Vote.UNCERTAIN;
        votes[next] = lastVote;
        voteStarts[next] = openedNanos;
        voteAts[next] = openedAtMillis;
        next = (next + 1) % votes.length;
        State before = state;
        if (count(Vote.YES) >= required) {
            state = State.YES;
        } else if (count(Vote.NO) >= required) {
            state = State.NO;
        } else if (count(Vote.UNCERTAIN) >= required) {
            state = State.UNCERTAIN;
        }
        if (state == State.YES && before != State.YES) {
            startAtOldestYes();
        }
    }

    private int count(Vote wanted) {
        int count = 0;
        for (Vote vote : votes) {
            if (vote == wanted) {
                count++;
            }
        }
        return count;
    }

    private void startAtOldestYes() {
        for (int i = 0; i < votes.length; i++) {
            int index = (next + i) % votes.length;
            if (votes[index] == Vote.YES) {
                sinceNanos = voteStarts[index];
                sinceAtMillis = voteAts[index];
                return;
            }
        }
    }

    State state() {
        return state;
    }

    /** Whether the last closed vote said yes. */
    boolean isLastYes() {
        return lastVote == Vote.YES;
    }

    /** Whether nothing was added since the last clearing. */
    boolean isEmpty() {
        return !open && lastVote == Vote.NONE;
    }

    /** Time of the last frame added. */
    long lastNanos() {
        return lastNanos;
    }

    /** Start of the state {@code YES}: the first observation that agreed. */
    long sinceNanos() {
        return sinceNanos;
    }

    /** Capture time of the start of the state {@code YES}. */
    long sinceAtMillis() {
        return sinceAtMillis;
    }
}
