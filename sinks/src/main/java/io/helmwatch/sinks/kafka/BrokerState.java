package io.helmwatch.sinks.kafka;

import io.helmwatch.sinks.SinkCounters;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the broker takes messages, and the one log line when that changes. A broker that comes and goes is logged at most
 * every {@link #QUIET_NANOS}; the last state is always logged in the end.
 *
 * <p>Threading: any thread.
 */
final class BrokerState {
    private static final Logger LOG = LoggerFactory.getLogger(KafkaDetectionSink.class);
    private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(5);

    /** What is known. */
    private enum Contact {
        UNKNOWN,
        UP,
        AWAY
    }

    private final String servers;
    private final SinkCounters counters;
    private Contact contact = Contact.UNKNOWN;
    private Contact logged = Contact.UNKNOWN;
    private String reason = "";
    private long loggedNanos;
    private long awaySinceNanos;

    BrokerState(String servers, SinkCounters counters) {
        this.servers = servers;
        this.counters = counters;
    }

    /** The broker took something. */
    void up() {
        if (counters.connected()) {
            return;
        }
        synchronized (this) {
            contact = Contact.UP;
            counters.markConnected();
            log();
        }
    }

    /** The broker does not take anything, for a reason without secrets. */
    synchronized void away(String because) {
        if (contact != Contact.AWAY) {
            awaySinceNanos = System.nanoTime();
        }
        contact = Contact.AWAY;
        reason = because;
        counters.markAway(because);
        log();
    }

    /** Logs a change that was held back, when its time has come. */
    synchronized void log() {
        if (contact == logged) {
            return;
        }
        long now = System.nanoTime();
        if (logged != Contact.UNKNOWN && now - loggedNanos < QUIET_NANOS) {
            return;
        }
        if (contact == Contact.AWAY) {
            LOG.warn("kafka is away: {}; retrying, the newest messages are kept", reason);
        } else if (logged == Contact.AWAY) {
            LOG.info(
                    "kafka is back: {} after {} s; {} messages were dropped so far",
                    servers,
                    TimeUnit.NANOSECONDS.toSeconds(now - awaySinceNanos),
                    counters.dropped());
        } else {
            LOG.info("kafka is up: {}", servers);
        }
        logged = contact;
        loggedNanos = now;
    }
}
