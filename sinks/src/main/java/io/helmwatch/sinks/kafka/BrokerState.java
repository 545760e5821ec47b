package io.helmwatch.sinks.kafka;

import io.helmwatch.sinks.SinkCounters;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether the broker accepts messages, logged once per change. For an unstable connection, at most {@link #BURST} lines are logged
 * and then one every {@link #QUIET_NANOS}; a state that lasts less than {@link #SETTLE_NANOS} is not logged; the final state
 * always is.
 *
 * <p>Threading: any thread.
 */
final class BrokerState {
    private static final Logger LOG = LoggerFactory.getLogger(BrokerState.class);
    private static final int BURST = 6;
    private static final long SETTLE_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    private static final long QUIET_NANOS = TimeUnit.SECONDS.toNanos(10);

    private enum Contact {
        UNKNOWN,
        AVAILABLE,
        UNAVAILABLE
    }

    /**
     * What the log lines say.
     *
     * @param servers the brokers' addresses
     * @param content what is sent, e.g. {@code detections}
     * @param consequence what happens to messages during an outage
     * @param summary the effect of an outage, evaluated when it is over
     */
    record Wording(String servers, String content, String consequence, Supplier<String> summary) {}

    private final Wording wording;
    private final SinkCounters counters;
    private final LongSupplier nanoClock;
    private Contact contact = Contact.UNKNOWN;
    private Contact logged = Contact.UNKNOWN;
    private String reason = "";
    private int allowance = BURST;
    private long allowedNanos;
    private long changedNanos;
    private long unavailableSinceNanos;

    BrokerState(Wording wording, SinkCounters counters) {
        this(wording, counters, System::nanoTime);
    }

    BrokerState(Wording wording, SinkCounters counters, LongSupplier nanoClock) {
        this.wording = wording;
        this.counters = counters;
        this.nanoClock = nanoClock;
        this.allowedNanos = nanoClock.getAsLong();
    }

    boolean isAvailable() {
        return counters.connected();
    }

    /** The broker accepted something. */
    void markAvailable() {
        if (counters.connected()) {
            return;
        }
        synchronized (this) {
            change(Contact.AVAILABLE);
            counters.markConnected();
            log();
        }
    }

    /** The broker accepts nothing, for a reason without secrets. */
    synchronized void markUnavailable(String because) {
        if (contact != Contact.UNAVAILABLE && logged != Contact.UNAVAILABLE) {
            unavailableSinceNanos = nanoClock.getAsLong();
            reason = because;
        }
        change(Contact.UNAVAILABLE);
        counters.markUnavailable(because);
        log();
    }

    private void change(Contact to) {
        if (contact != to) {
            contact = to;
            changedNanos = nanoClock.getAsLong();
        }
    }

    /** Logs a change whose line was deferred, once it is due. */
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
        if (contact == Contact.UNAVAILABLE) {
            LOG.warn("Kafka unavailable for {}: {}; retrying, {}", wording.content, reason, wording.consequence);
        } else if (logged == Contact.UNAVAILABLE) {
            LOG.info(
                    "Kafka available again for {}: {} after {} s, {}",
                    wording.content,
                    wording.servers,
                    TimeUnit.NANOSECONDS.toSeconds(now - unavailableSinceNanos),
                    wording.summary.get());
        } else {
            LOG.info("Kafka available for {}: {}", wording.content, wording.servers);
        }
        logged = contact;
    }
}
