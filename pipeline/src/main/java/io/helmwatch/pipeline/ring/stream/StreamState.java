package io.helmwatch.pipeline.ring.stream;

import io.helmwatch.vision.StreamReason;
import io.helmwatch.vision.StreamStatus;
import io.helmwatch.vision.StreamStatus.State;
import org.jspecify.annotations.Nullable;

/**
 * The state of a stream as it is published: what its source reports, and {@code DEGRADED} while the source is online but its frames are not
 * analysed. A change is published once: further reports of the same state and cause, such as every retry of a dead camera, only update the
 * reason, the number of retries and the time of the last attempt.
 *
 * <p>Threading: any thread; the lock is taken when a state is reported, not per frame.
 */
public final class StreamState {
    /** While offline, another cause is published after this time at the earliest: causes that alternate do not flood consumers. */
    private static final long OTHER_CAUSE_MILLIS = 60_000;

    private final String stream;
    private State sourceState = State.STARTING;
    private StreamReason sourceCode = StreamReason.NONE;
    private String sourceReason = "";
    private StreamReason analysisCode = StreamReason.NONE;
    private String analysisProblem = "";
    private StreamStatus published;
    private boolean wasOnline;
    private boolean isReported;
    private volatile StreamStatus current;
    private volatile long reconnects;
    private volatile long retries;
    private volatile long lastAttemptMillis;

    /** The state of a stream that starts to connect. */
    public StreamState(String stream, long nowMillis) {
        this.stream = stream;
        this.current = new StreamStatus(stream, State.STARTING, "", nowMillis);
        this.published = current;
    }

    /** Reports what the source says; the status to publish, or null when it is not a change. */
    public synchronized @Nullable StreamStatus onSource(StreamStatus status) {
        if (status.state() == State.OFFLINE) {
            retries = sourceState == State.OFFLINE ? retries + 1 : 0;
            lastAttemptMillis = status.atMillis();
        }
        boolean isOnline = status.state() == State.ONLINE || status.state() == State.DEGRADED;
        if (isOnline && sourceState == State.OFFLINE && wasOnline) {
            reconnects = reconnects + 1;
        }
        if (!isOnline) {
            analysisCode = StreamReason.NONE;
            analysisProblem = "";
        }
        wasOnline |= isOnline;
        sourceState = status.state();
        sourceCode = status.reasonCode();
        sourceReason = status.reason();
        return update(status.atMillis());
    }

    /** Reports whether frames of an online stream are analysed; {@code NONE} and empty when they are. The status to publish, or null. */
    public synchronized @Nullable StreamStatus onAnalysis(StreamReason code, String problem, long nowMillis) {
        if (sourceState != State.ONLINE && sourceState != State.DEGRADED) {
            return null;
        }
        analysisCode = code;
        analysisProblem = problem;
        return update(nowMillis);
    }

    private @Nullable StreamStatus update(long nowMillis) {
        State state = sourceState == State.ONLINE && !analysisProblem.isEmpty() ? State.DEGRADED : sourceState;
        String reason = analysisProblem.isEmpty()
                ? sourceReason
                : sourceReason.isEmpty() ? analysisProblem : sourceReason + "; " + analysisProblem;
        StreamReason code = analysisProblem.isEmpty() ? sourceCode : analysisCode;
        StreamStatus before = current;
        boolean sameState = isReported && state == before.state();
        isReported = true;
        current = new StreamStatus(stream, state, code, reason, sameState ? before.atMillis() : nowMillis);
        if (sameState && !isOtherCause(reason, nowMillis)) {
            return null;
        }
        published = new StreamStatus(stream, state, code, reason, nowMillis);
        return published;
    }

    private boolean isOtherCause(String reason, long nowMillis) {
        return !cause(reason).equals(cause(published.reason()))
                && (published.state() != State.OFFLINE || nowMillis - published.atMillis() >= OTHER_CAUSE_MILLIS);
    }

    /** A reason without its figures, which differ from retry to retry. */
    private static String cause(String reason) {
        return reason.replaceAll("\\d+", "");
    }

    /** State, latest reason, and since when it is in this state. */
    public StreamStatus current() {
        return current;
    }

    /** Reconnects after a lost connection. */
    public long reconnects() {
        return reconnects;
    }

    /** Failed retries since the stream went offline; 0 while it is online. */
    public long retries() {
        return current.state() == State.OFFLINE ? retries : 0;
    }

    /** Time of the last failed attempt to connect, milliseconds since 1970 UTC; 0 before the first. */
    public long lastAttemptMillis() {
        return lastAttemptMillis;
    }
}
