package io.helmwatch.sinks.notify;

import io.helmwatch.config.sink.NotifyConfig;
import io.helmwatch.sinks.delivery.DeliveryThread;
import io.helmwatch.sinks.spool.IncidentSpool;
import io.helmwatch.sinks.spool.SpooledEvent;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Delivers the messages of a target's spool in their order, at least once, and removes each once the target has taken it. What the target will never
 * take is dead-lettered; of a digest the messages that it is refused for, and no others.
 *
 * <p>Threading: a {@link DeliveryThread}; {@link #close} by one thread, at most five seconds. Ownership: closes the notifier; the spool belongs to the
 * caller.
 */
final class NotifySender implements AutoCloseable, DeliveryThread.Work {
    private static final Logger LOG = LoggerFactory.getLogger(NotifySender.class);
    private static final int BATCH = 64;
    private static final int DIGEST_LIMIT = 500;
    private static final long IDLE_MILLIS = 500;

    private final NotifyConfig config;
    private final IncidentSpool spool;
    private final Notifier notifier;
    private final Clock clock;
    private final DeliveryThread thread;
    private final Escalation escalation;
    private final DeliveryLog log = new DeliveryLog();

    // Owned by the thread.
    /** Taken by the target, but still in the spool, which could not be written; removed before anything else is sent, so that none repeats. */
    private List<SpooledEvent> unremoved = List.of();
    /** Whether the target was away when it was to be brought up to date. */
    private boolean isUnmaintained;

    NotifySender(
            NotifyConfig config, IncidentSpool spool, Notifier notifier, Predicate<String> acknowledged, Clock clock) {
        this.config = config;
        this.spool = spool;
        this.notifier = notifier;
        this.clock = clock;
        Duration after = config.unacknowledgedAfter();
        this.escalation = new Escalation(after == null ? Duration.ZERO : after, acknowledged);
        this.thread = new DeliveryThread("notify-" + config.name(), DeliveryThread.Pauses.USUAL, this);
        thread.start();
    }

    /** Why the target takes no messages, one sentence without secrets; empty while it does. */
    String problem() {
        return thread.problem();
    }

    /** What became of the newest messages. */
    DeliveryLog log() {
        return log;
    }

    /** A digest, and what nobody may acknowledge, waits for its time in the spool. */
    @Override
    public boolean isWaiting() {
        return spool.waiting() > 0 && config.digest().isZero() && config.unacknowledgedAfter() == null;
    }

    @Override
    public void deliverWaiting() throws NotifyException, InterruptedException {
        if (!unremoved.isEmpty()) {
            remove(unremoved);
        }
        maintain();
        if (spool.waiting() == 0) {
            spool.await(IDLE_MILLIS);
            return;
        }
        if (config.digest().isZero()) {
            for (SpooledEvent event : spool.next(0, BATCH)) {
                long now = clock.millis();
                // Times of frames never go back, and are ahead of a clock that was set back for some hours.
                long since = event.atMillis() > now ? spool.oldestMillis() : event.atMillis();
                long dueMillis = escalation.dueInMillis(since, now);
                if (dueMillis > 0) {
                    TimeUnit.MILLISECONDS.sleep(Math.min(dueMillis, IDLE_MILLIS));
                    return;
                }
                deliver(List.of(event));
                if (thread.isDone()) {
                    return;
                }
            }
        } else {
            long due = Escalation.dueInMillis(config.digest(), spool.oldestMillis(), clock.millis());
            if (due > 0) {
                TimeUnit.MILLISECONDS.sleep(Math.min(due, IDLE_MILLIS));
            } else {
                deliver(spool.next(0, DIGEST_LIMIT));
            }
        }
    }

    private void maintain() throws NotifyException, InterruptedException {
        try {
            notifier.maintain();
        } catch (NotifyException e) {
            isUnmaintained = true;
            throw e;
        }
        if (isUnmaintained) {
            isUnmaintained = false;
            thread.available();
        }
    }

    private void deliver(List<SpooledEvent> waiting) throws NotifyException, InterruptedException {
        List<SpooledEvent> events = new ArrayList<>();
        List<NotifyMessage> messages = new ArrayList<>();
        for (SpooledEvent event : waiting) {
            try {
                messages.add(NotifyMessage.of(event));
                events.add(event);
            } catch (IllegalStateException unreadable) {
                // Of a newer version, or damaged: it must not hold up the others.
                spool.deadLetter(event, "notification " + config.name() + ": " + unreadable.getMessage());
            }
        }
        deliver(events, messages);
    }

    private void deliver(List<SpooledEvent> events, List<NotifyMessage> messages)
            throws NotifyException, InterruptedException {
        List<NotifyMessage> asked = messages.stream().filter(this::isWanted).toList();
        List<NotifyMessage> wanted = asked.stream().filter(escalation::isWanted).toList();
        try {
            if (!wanted.isEmpty()) {
                notifier.deliver(wanted);
                wanted.forEach(escalation::delivered);
                thread.available();
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
            thread.available();
            if (wanted.size() > 1) {
                deliverHalves(events);
                return;
            }
            log.add(clock.millis(), wanted, DeliveryLog.Outcome.REJECTED, sentence);
            Set<String> refused = wanted.stream().map(NotifyMessage::id).collect(Collectors.toSet());
            for (SpooledEvent event : events) {
                if (refused.contains(event.id())) {
                    spool.deadLetter(event, "notification " + config.name() + ": " + sentence);
                }
            }
            remove(events.stream()
                    .filter(event -> !refused.contains(event.id()))
                    .toList());
        }
    }

    /** A digest that is too large, or that has one message which the target will never take: the others must not be lost with it. */
    private void deliverHalves(List<SpooledEvent> digest) throws NotifyException, InterruptedException {
        int half = digest.size() / 2;
        deliver(digest.subList(0, half));
        if (!thread.isDone()) {
            deliver(digest.subList(half, digest.size()));
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

    @Override
    public void failed(String problem) {
        LOG.warn("Notification {} is not delivered: {}; messages stay in the spool", config.name(), problem);
    }

    @Override
    public void recovered() {
        LOG.info("Notification {} is delivered again; {} messages waiting", config.name(), spool.waiting());
    }

    @Override
    public void disconnect() {
        notifier.close();
    }

    @Override
    public void close() {
        thread.close();
    }
}
