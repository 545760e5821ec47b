package io.helmwatch.sinks.kafka;

import io.helmwatch.sinks.SinkCounters;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the broker takes messages, and the one log line when that changes. Of a broker that comes and goes all the time, after
 * {@link #BURST} lines at most one more is logged every {@link #QUIET_NANOS}; a state that did not last {@link #SETTLE_NANOS} is not
 * logged; the last one always is in the end.
 *
 * <p>Threading: any thread.
 */
final class BrokerState {
    private static final Logger LOG = LoggerFactory.getLogger(KafkaDetectionSink.class);
    private static final int BURST = 6;
    private static final long SETTLE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(10);

    /** What is known. */
    private enum Contact {
        UNKNOWN,
        UP,
        AWAY
    }

    private final String servers;
    private final SinkCounters counters;
    private final LongSupplier nanoClock;
    private Contact contact = Contact.UNKNOWN;
    private Contact logged = Contact.UNKNOWN;
    private String reason = "";
    private int allowance = BURST;
    private long allowedNanos;
    private long changedNanos;
    private long awaySinceNanos;

    BrokerState(String servers, SinkCounters counters) {
        this(servers, counters, System::nanoTime);
    }

    BrokerState(String servers, SinkCounters counters, LongSupplier nanoClock) {
        this.servers = servers;
        this.counters = counters;
        this.nanoClock = nanoClock;
        this.allowedNanos = nanoClock.getAsLong();
    }

    /** The broker took something. */
    void up() {
        if (counters.connected()) {
            return;
        }
        synchronized (this) {
            change(Contact.UP);
            counters.markConnected();
            log();
        }
    }

    /** The broker does not take anything, for a reason without secrets. */
    synchronized void away(String because) {
        if (contact != Contact.AWAY && logged != Contact.AWAY) {
            awaySinceNanos = nanoClock.getAsLong();
            reason = because;
        }
        change(Contact.AWAY);
        counters.markAway(because);
        log();
    }

    private void change(Contact to) {
        if (contact != to) {
            contact = to;
            changedNanos = nanoClock.getAsLong();
        }
    }

    /** Logs a change that was held back, when its time has come. */
    synchronized void log() {
        if (contact == logged) {
            return;
        }
        long now = nanoClock.getAsLong();
        if (logged != Contact.UNKNOWN && now - changedNanos < SETTLE_NANOS) {
            return;
        }
        long earned = (now - allowedNanos) / QUIET_NANOS;
        allowance = (int) Math.min(BURST, allowance + earned);
        allowedNanos += earned * QUIET_NANOS;
        if (allowance == 0) {
            return;
        }
        allowance--;
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
    }
}
