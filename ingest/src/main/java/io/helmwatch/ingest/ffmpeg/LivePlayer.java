package io.helmwatch.ingest.ffmpeg;

import io.helmwatch.config.Redaction;
import io.helmwatch.ingest.ReconnectPolicy;
import io.helmwatch.ingest.ReconnectPolicy.Cause;
import io.helmwatch.ingest.ffmpeg.DecodeSession.Ending;
import io.helmwatch.vision.StreamStatus.State;
import java.util.concurrent.locks.LockSupport;

/**
 * Plays a stream that has no end, and opens it again for ever when it is lost, see {@link ReconnectPolicy}.
 *
 * <p>Threading: the stream's thread.
 */
final class LivePlayer implements StreamPlayer {
    private final StreamOpener opener;
    private final ReconnectPolicy policy;

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
                    policy.wasOnline(delivery.health().onlineMillis());
                }
            } catch (InputLostException e) {
                reason = String.valueOf(e.getMessage());
                cause = e.reason();
            }
            if (!opener.isStopped()) {
                long delayMillis = policy.nextDelayMillis(cause);
                delivery.health().enter(State.OFFLINE, Redaction.redact(reason));
                pause(delayMillis * 1_000_000L);
            }
        }
        return Ending.STOPPED.reason();
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
