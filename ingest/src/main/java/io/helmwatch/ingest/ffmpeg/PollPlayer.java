package io.helmwatch.ingest.ffmpeg;

import io.helmwatch.config.secret.Redaction;
import io.helmwatch.ingest.ReconnectPolicy;
import io.helmwatch.ingest.ReconnectPolicy.Cause;
import io.helmwatch.ingest.ffmpeg.DecodeSession.Ending;
import io.helmwatch.ingest.ffmpeg.input.InputLostException;
import io.helmwatch.vision.StreamStatus.State;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * Requests an image again and again from a camera that delivers single ones. One request that fails changes nothing; the stream
 * is lost when none succeeded for {@code read-timeout}, and is then requested more slowly, see {@link ReconnectPolicy}.
 *
 * <p>Threading: the stream's thread.
 */
final class PollPlayer implements StreamPlayer {
    private final StreamOpener opener;
    private final long intervalNanos;
    private final long timeoutNanos;
    private final ReconnectPolicy policy;
    private long startedNanos;
    private long succeededNanos;
    private boolean lost;

    PollPlayer(StreamOpener opener, Duration interval) {
        this.opener = opener;
        intervalNanos = interval.toNanos();
        timeoutNanos = opener.config().readTimeout().toNanos();
        policy = new ReconnectPolicy(opener.config().id());
    }

    @Override
    public String play(FrameDelivery delivery) {
        startedNanos = System.nanoTime();
        succeededNanos = startedNanos;
        delivery.startConnection();
        long due = startedNanos;
        while (!opener.isStopped()) {
            long delayNanos = request(delivery);
            long now = System.nanoTime();
            // A request that took longer than the interval is followed by the next at once, not by all that were
            // missed.
            due = Math.max(now, due + intervalNanos);
            pause(Math.max(due, now + delayNanos));
        }
        return Ending.STOPPED.reason();
    }

    /** Requests one image; returns how long to wait at least, 0 when it was delivered. */
    private long request(FrameDelivery delivery) {
        try (DecodeSession session = opener.open()) {
            long goodBefore = delivery.health().goodFrames();
            int rc = session.decodeImage(delivery, System.nanoTime() - startedNanos, intervalNanos);
            if (rc < 0) {
                delivery.undecodable();
                return 0;
            }
            if (delivery.health().goodFrames() > goodBefore) {
                succeededNanos = System.nanoTime();
                lost = false;
                policy.wasOnline(Long.MAX_VALUE);
            }
            return 0;
        } catch (InputLostException e) {
            return opener.isStopped() ? 0 : failed(delivery, e);
        }
    }

    private long failed(FrameDelivery delivery, InputLostException failure) {
        boolean neverSucceeded = succeededNanos == startedNanos;
        if (!lost && (neverSucceeded || System.nanoTime() - succeededNanos > timeoutNanos)) {
            lost = true;
            delivery.health()
                    .enter(
                            State.OFFLINE,
                            InputLostException.code(failure.reason()),
                            Redaction.redact(String.valueOf(failure.getMessage())));
        }
        return lost || failure.reason() != Cause.LOST ? policy.nextDelayMillis(failure.reason()) * 1_000_000L : 0;
    }

    private void pause(long untilNanos) {
        long left = untilNanos - System.nanoTime();
        while (left > 0 && !opener.isStopped()) {
            LockSupport.parkNanos(this, left);
            left = untilNanos - System.nanoTime();
        }
    }
}
