package io.helmwatch.vision.health;

/**
 * A condition with hysteresis: raised once it has held without a break for a time, cleared once even its weaker form has not held for a time.
 *
 * <p>Threading: one thread.
 */
final class Alarm {
    private static final long NOT_SINCE = Long.MIN_VALUE;

    private final long raiseAfterNanos;
    private final long clearAfterNanos;
    private boolean raised;
    private long since = NOT_SINCE;

    Alarm(long raiseAfterNanos, long clearAfterNanos) {
        this.raiseAfterNanos = raiseAfterNanos;
        this.clearAfterNanos = clearAfterNanos;
    }

    /**
     * The condition at a time.
     *
     * @param holds whether it holds
     * @param holdsWeakly whether it holds with the thresholds at which it ends; true wherever {@code holds} is
     */
    void update(boolean holds, boolean holdsWeakly, long nowNanos) {
        boolean isToChange = raised ? !holdsWeakly : holds;
        if (!isToChange) {
            since = NOT_SINCE;
            return;
        }
        if (since == NOT_SINCE) {
            since = nowNanos;
        }
        if (nowNanos - since >= (raised ? clearAfterNanos : raiseAfterNanos)) {
            raised = !raised;
            since = NOT_SINCE;
        }
    }

    /** The condition cannot be judged now: it stays as it is. */
    void suspend() {
        since = NOT_SINCE;
    }

    /** Clears it at once. */
    void clear() {
        raised = false;
        since = NOT_SINCE;
    }

    boolean isRaised() {
        return raised;
    }

    /** Whether it is raised or on its way. */
    boolean isSuspected() {
        return raised || since != NOT_SINCE;
    }
}
