package io.helmwatch.ingest.ffmpeg;

import io.helmwatch.config.secret.Redaction;
import io.helmwatch.ingest.ReconnectPolicy;
import io.helmwatch.ingest.ReconnectPolicy.Cause;
import io.helmwatch.ingest.ffmpeg.DecodeSession.Ending;
import io.helmwatch.ingest.ffmpeg.input.InputLostException;
import io.helmwatch.vision.StreamStatus.State;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Plays a stream that has no end, and opens it again for ever when it is lost, see {@link ReconnectPolicy}.
 *
 * <p>Threading: the stream's thread.
 */
final class LivePlayer implements StreamPlayer {
    private static final Logger LOG = LoggerFactory.getLogger(LivePlayer.class);

    /** Servers end sessions of which they hear nothing after 10 s at the earliest; some count from the last answer. */
    private static final long SHORTEST_SESSION_MILLIS = 5_000;

    private static final long SAME_SESSION_MILLIS = 1_500;

    private final StreamOpener opener;
    private final ReconnectPolicy policy;
    private long lastSessionMillis;

    LivePlayer(StreamOpener opener) {
        this.opener = opener;
        policy = new ReconnectPolicy(opener.config().id());
    }

    @Override
    public String play(FrameDelivery delivery) {
        while (!opener.isStopped()) {
            String reason;
            Cause cause = Cause.LOST;
            try (DecodeSession session = opener.open()) {
                delivery.startConnection();
                long before = delivery.health().goodFrames();
                reason = session.decode(delivery).reason();
                if (session.input().isMultipart() && delivery.health().goodFrames() > before) {
                    opener.ignorePartLengths();
                } else if (session.input().isImages() && delivery.health().goodFrames() - before == 1) {
                    reason = opener.address() + " delivers a single image: set poll, to request it again and again.";
                }
                if (delivery.health().hasBeenOnline()) {
                    long onlineMillis = delivery.health().onlineMillis();
                    policy.wasOnline(onlineMillis);
                    compareWithLastSession(onlineMillis);
                }
            } catch (InputLostException e) {
                reason = String.valueOf(e.getMessage());
                cause = e.reason();
            }
            if (!opener.isStopped()) {
                long delayMillis = policy.nextDelayMillis(cause);
                delivery.health().enter(State.OFFLINE, InputLostException.code(cause), Redaction.redact(reason));
                FreedMemory.release();
                pause(delayMillis * 1_000_000L);
            }
        }
        return Ending.STOPPED.reason();
    }

    /** A session that ends after the same time as the one before may have needed another keep-alive. */
    private void compareWithLastSession(long onlineMillis) {
        boolean same = onlineMillis > SHORTEST_SESSION_MILLIS
                && Math.abs(onlineMillis - lastSessionMillis) < SAME_SESSION_MILLIS;
        lastSessionMillis = onlineMillis;
        if (same && opener.keepAliveByGetParameter()) {
            LOG.info(
                    "Stream {} ends after {} ms each time: its session is kept alive with GET_PARAMETER from now on",
                    opener.config().id(),
                    onlineMillis);
        }
    }

    private void pause(long nanos) {
        long until = System.nanoTime() + nanos;
        long left = nanos;
        while (left > 0 && !opener.isStopped()) {
            LockSupport.parkNanos(this, left);
            left = until - System.nanoTime();
        }
    }
}
