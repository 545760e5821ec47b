package io.helmwatch.sinks.notify;

import io.helmwatch.config.sink.NotifyConfig;
import io.helmwatch.sinks.spool.IncidentSpool;
import io.helmwatch.sinks.spool.SpooledEvent;
import io.helmwatch.sinks.sqlite.SqliteException;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Delivers the messages of a target's spool in their order, at least once, and removes each once the target has taken it. Retries never end;
 * pauses grow from a second to a minute, or are as long as the target asks. What the target will never take is dead-lettered.
 *
 * <p>Threading: a thread of its own; {@link #close} by one thread, at most five seconds. Ownership: closes the notifier; the spool belongs to
 * the caller.
 */
final class NotifySender implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NotifySender.class);
    private static final int BATCH = 64;
    private static final int DIGEST_LIMIT = 500;
    private static final long IDLE_MILLIS = 500;
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);
    private static final Duration LONGEST_ASKED_PAUSE = Duration.ofHours(1);
    private static final long DRAIN_MILLIS = 3_000;

    private final NotifyConfig config;
    private final IncidentSpool spool;
    private final Notifier notifier;
    private final Clock clock;
    private final Thread thread;
    private final Escalation escalation;
    private final DeliveryLog log = new DeliveryLog();
    private volatile String problem = "";
    private volatile boolean closing;
    private volatile long closeByNanos;

    // Owned by the thread.
    private Duration pause = FIRST_PAUSE;
    /** Taken by the target, but still in the spool, which could not be written; removed before anything else is sent, so that none repeats. */
    private List<SpooledEvent> unremoved = List.of();

    NotifySender(
            NotifyConfig config, IncidentSpool spool, Notifier notifier, Predicate<String> acknowledged, Clock clock) {
        this.config = config;
        this.spool = spool;
        this.notifier = notifier;
        this.clock = clock;
        Duration after = config.unacknowledgedAfter();
        this.escalation = new Escalation(after == null ? Duration.ZERO : after, acknowledged);
        this.thread = new Thread(this::run, "notify-" + config.name());
        thread.setDaemon(true);
        thread.start();
    }

    /** Why the target takes no messages, one sentence without secrets; empty while it does. */
    String problem() {
        return problem;
    }

    /** What became of the newest messages. */
    DeliveryLog log() {
        return log;
    }

    private void run() {
        try {
            while (!isDone()) {
                try {
                    deliverWaiting();
                } catch (NotifyException e) {
                    unavailable(String.valueOf(e.getMessage()), e.retryAfter());
                } catch (SqliteException e) {
                    unavailable(String.valueOf(e.getMessage()), Duration.ZERO);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            notifier.close();
        }
    }

    /** While it closes, only a healthy target gets what is waiting; a digest waits for its time in the spool. */
    private boolean isDone() {
        return closing
                && (System.nanoTime() - closeByNanos >= 0
                        || spool.waiting() == 0
                        || !problem.isEmpty()
                        || !config.digest().isZero()
                        || config.unacknowledgedAfter() != null);
    }

    private void deliverWaiting() throws NotifyException, InterruptedException {
        if (!unremoved.isEmpty()) {
            remove(unremoved);
        }
        if (spool.waiting() == 0) {
            spool.await(IDLE_MILLIS);
            return;
        }
        if (config.digest().isZero()) {
            for (SpooledEvent event : spool.next(0, BATCH)) {
                long dueMillis = escalation.dueInMillis(event.atMillis(), clock.millis());
                if (dueMillis > 0) {
                    TimeUnit.MILLISECONDS.sleep(Math.min(dueMillis, IDLE_MILLIS));
                    return;
                }
                deliver(List.of(event));
                if (isDone()) {
                    return;
                }
            }
        } else {
            long due = spool.oldestMillis() + config.digest().toMillis() - clock.millis();
            if (due > 0) {
                TimeUnit.MILLISECONDS.sleep(Math.min(due, IDLE_MILLIS));
            } else {
                deliver(spool.next(0, DIGEST_LIMIT));
            }
        }
    }

    private void deliver(List<SpooledEvent> events) throws NotifyException, InterruptedException {
        List<NotifyMessage> asked =
                events.stream().map(NotifyMessage::of).filter(this::isWanted).toList();
        List<NotifyMessage> wanted = asked.stream().filter(escalation::isWanted).toList();
        try {
            if (!wanted.isEmpty()) {
                notifier.deliver(wanted);
                available();
                log.add(clock.millis(), wanted, DeliveryLog.Outcome.DELIVERED, "");
            } else if (!asked.isEmpty()) {
                log.add(clock.millis(), asked, DeliveryLog.Outcome.ACKNOWLEDGED, "");
            }
            remove(events);
        } catch (NotifyException e) {
            String sentence = String.valueOf(e.getMessage());
            if (!e.isPermanent()) {
                log.add(clock.millis(), wanted, DeliveryLog.Outcome.RETRIED, sentence);
                throw e;
            }
            // It answers.
            available();
            log.add(clock.millis(), wanted, DeliveryLog.Outcome.REJECTED, sentence);
            for (SpooledEvent event : events) {
                spool.deadLetter(event, "notification " + config.name() + ": " + e.getMessage());
            }
        }
    }

    private void remove(List<SpooledEvent> events) {
        unremoved = events;
        spool.acknowledge(events);
        unremoved = List.of();
    }

    private boolean isWanted(NotifyMessage message) {
        return switch (message.type()) {
            case INCIDENT_START -> notifier.keepsState() || config.phases().contains(NotifyConfig.Phase.START);
            case INCIDENT_END -> notifier.keepsState() || config.phases().contains(NotifyConfig.Phase.END);
            case INCIDENT_UPDATE, INCIDENT_EVIDENCE, STREAM_OFFLINE, STREAM_BACK, NODE_LOST, NODE_BACK, TEST -> true;
        };
    }

    private void available() {
        if (!problem.isEmpty()) {
            LOG.info("Notification {} is delivered again; {} messages waiting", config.name(), spool.waiting());
        }
        problem = "";
        pause = FIRST_PAUSE;
    }

    private void unavailable(String sentence, Duration asked) throws InterruptedException {
        if (problem.isEmpty()) {
            LOG.warn("Notification {} is not delivered: {}; messages stay in the spool", config.name(), sentence);
        }
        problem = sentence;
        Duration wait = asked.isZero() ? pause : shorter(asked, LONGEST_ASKED_PAUSE);
        pause = shorter(pause.multipliedBy(2), LONGEST_PAUSE);
        long until = System.nanoTime() + wait.toNanos();
        while (!closing && System.nanoTime() - until < 0) {
            TimeUnit.MILLISECONDS.sleep(50);
        }
    }

    private static Duration shorter(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }

    @Override
    public void close() {
        if (closing) {
            return;
        }
        closeByNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(DRAIN_MILLIS);
        closing = true;
        try {
            thread.join(DRAIN_MILLIS + 1_000);
            if (thread.isAlive()) {
                thread.interrupt();
                thread.join(1_000);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
