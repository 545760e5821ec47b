package io.helmwatch.sinks.kafka;

import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.sinks.SinkCounters;
import io.helmwatch.sinks.SinkStatistics;
import io.helmwatch.sinks.compliance.ComplianceJson;
import io.helmwatch.sinks.compliance.ComplianceOutbox;
import io.helmwatch.vision.ComplianceMinute;
import io.helmwatch.vision.CountOrigin;
import io.helmwatch.vision.StreamOwnership;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends counts of observed heads from their outbox to the compliance topic, at least once, and removes each after its acknowledgement. The record's
 * key names the counts that a message replaces, so that repeats and corrections never add.
 *
 * <p>Retries never end; {@link ProducerSession} defines the pauses, of at most 30 s. A message that the broker rejects for good is dropped and
 * counted. In a cluster, what was counted while the node did not hear from the broker waits until it is known whether another node had the stream then, and
 * is marked as superseded where one had. The topic is checked apart from the others: where it is missing, counts wait, and everything else is delivered.
 *
 * <p>Threading: a thread of its own; {@link #close} by one thread, at most five seconds. Ownership: the outbox belongs to the caller.
 */
public final class KafkaComplianceSender implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(KafkaComplianceSender.class);
    private static final Header SCHEMA = CloudEventHeaders.dataSchema("compliance-1");
    private static final Header TYPE = CloudEventHeaders.type("io.helmwatch.compliance");
    private static final int BATCH = 500;
    private static final long IDLE_MILLIS = 500;
    private static final long UNDECIDED_MILLIS = 500;
    private static final Duration MAX_BACK_OFF = Duration.ofSeconds(30);

    /** The result of sending one message; {@code failure} is null for an acknowledgement. */
    private record Outcome(
            int generation,
            ComplianceOutbox.Message message,
            @Nullable Exception failure) {}

    private final String topic;
    private final ComplianceOutbox outbox;
    private final StreamOwnership ownership;
    private final Consumer<ComplianceMinute> superseded;
    private final SinkCounters counters;
    private final ProducerSession session;
    private final BlockingQueue<Outcome> outcomes = new LinkedBlockingQueue<>();
    private final SenderThread sender;

    /**
     * Starts sending; returns at once, with or without a broker.
     *
     * @throws IllegalArgumentException when a client property is invalid, in one sentence without secrets
     */
    public KafkaComplianceSender(KafkaConfig config, ComplianceOutbox outbox) {
        this(config, outbox, StreamOwnership.NONE, counts -> {});
    }

    /**
     * Starts sending as a node of a cluster; returns at once, with or without a broker.
     *
     * @param ownership which streams this node has
     * @param superseded receives counts that turn out to be superseded before they are sent, on the sender's thread; perhaps more than once
     * @throws IllegalArgumentException when a client property is invalid, in one sentence without secrets
     */
    public KafkaComplianceSender(
            KafkaConfig config,
            ComplianceOutbox outbox,
            StreamOwnership ownership,
            Consumer<ComplianceMinute> superseded) {
        this.ownership = ownership;
        this.superseded = superseded;
        this.topic = config.topics().compliance();
        this.outbox = outbox;
        this.counters = new SinkCounters(() -> (int) Math.min(Integer.MAX_VALUE, outbox.waiting()));
        BrokerState state = new BrokerState(
                new BrokerState.Wording(
                        config.bootstrapServers(),
                        "compliance counts",
                        "counts wait on disk",
                        () -> outbox.waiting() + " counts waiting"),
                counters);
        Map<String, Object> properties = KafkaProperties.incidentProducer(config);
        properties.put(ProducerConfig.CLIENT_ID_CONFIG, KafkaProperties.CLIENT_ID + "-compliance");
        this.session = new ProducerSession(
                config, List.of(topic), properties, state, MAX_BACK_OFF, () -> outbox.waiting() > 0, created -> {});
        this.sender = new SenderThread("compliance-sender", session, counters, outbox::waiting, this::sendWaiting);
        sender.start();
    }

    /** Messages delivered, dropped and waiting, and whether the broker accepts them. */
    public SinkStatistics statistics() {
        return counters;
    }

    private void sendWaiting() throws InterruptedException {
        session.maintain();
        if (!session.areTopicsChecked() || outbox.waiting() == 0) {
            session.pause(IDLE_MILLIS);
            return;
        }
        List<ComplianceOutbox.Message> batch = decided(outbox.next(BATCH));
        sender.fileWorks();
        if (batch.isEmpty()) {
            session.pause(UNDECIDED_MILLIS);
            return;
        }
        int sent = 0;
        while (sent < batch.size() && send(batch.get(sent))) {
            sent++;
        }
        if (!settle(sent) || sent < batch.size()) {
            // What is in flight has an unknown outcome: it is sent again by another client.
            session.discardProducer();
            session.backOff();
        }
    }

    /** The messages that may be sent, marked where they have to be. */
    private List<ComplianceOutbox.Message> decided(List<ComplianceOutbox.Message> waiting) {
        List<ComplianceOutbox.Message> decided = new ArrayList<>();
        for (ComplianceOutbox.Message message : waiting) {
            switch (verdict(message)) {
                case CURRENT -> decided.add(message);
                case SUPERSEDED -> decided.add(message.superseded());
                case UNDECIDED ->
                    LOG.debug("Counts {} wait: not known whether another node has the stream", message.id());
            }
        }
        return decided;
    }

    private StreamOwnership.Verdict verdict(ComplianceOutbox.Message message) {
        if (!ownership.isClustered()) {
            return StreamOwnership.Verdict.CURRENT;
        }
        try {
            ComplianceMinute minute = ComplianceJson.read(message.value());
            CountOrigin origin = minute.origin();
            if (origin == null || !origin.isIsolated()) {
                return StreamOwnership.Verdict.CURRENT;
            }
            StreamOwnership.Verdict verdict = ownership.verdict(minute.stream(), origin.node());
            if (verdict == StreamOwnership.Verdict.SUPERSEDED) {
                superseded.accept(minute);
            }
            return verdict;
        } catch (IOException e) {
            LOG.debug("Counts {} cannot be read", message.id(), e);
            return StreamOwnership.Verdict.CURRENT;
        }
    }

    /** Returns whether the client accepted the message: after a rejection, of which each takes a second, the others are not tried. */
    private boolean send(ComplianceOutbox.Message message) {
        ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(
                topic,
                null,
                System.currentTimeMillis(),
                message.key().getBytes(StandardCharsets.UTF_8),
                message.value(),
                headers(message));
        int generation = session.generation();
        Exception rejection = session.send(
                record, session.delivery(failure -> outcomes.add(new Outcome(generation, message, failure))));
        if (rejection == null) {
            return true;
        }
        session.onFailure(rejection);
        if (KafkaFailures.isPermanentForRecord(rejection)) {
            outcomes.add(new Outcome(generation, message, rejection));
            return true;
        }
        return false;
    }

    private static List<Header> headers(ComplianceOutbox.Message message) {
        List<Header> headers = new ArrayList<>(List.of(
                CloudEventHeaders.SPEC_VERSION,
                TYPE,
                CloudEventHeaders.id(message.id()),
                CloudEventHeaders.source(message.stream()),
                CloudEventHeaders.subject(message.key()),
                CloudEventHeaders.time(message.minuteMillis()),
                SCHEMA,
                CloudEventHeaders.CONTENT_TYPE));
        if (message.isSuperseded()) {
            headers.add(CloudEventHeaders.SUPERSEDED);
        }
        return headers;
    }

    /** Waits for the outcomes of a batch; returns whether all of it is settled. */
    private boolean settle(int messages) throws InterruptedException {
        List<ComplianceOutbox.Message> settled = new ArrayList<>();
        try {
            for (int answered = 0; answered < messages; ) {
                Outcome outcome = outcomes.poll(IDLE_MILLIS, TimeUnit.MILLISECONDS);
                if (outcome == null) {
                    session.watch();
                    if (sender.isDone()) {
                        return false;
                    }
                } else if (outcome.generation() == session.generation()) {
                    answered++;
                    if (isSettled(outcome)) {
                        settled.add(outcome.message());
                    }
                }
            }
            return settled.size() == messages;
        } finally {
            if (!settled.isEmpty()) {
                outbox.remove(settled);
            }
        }
    }

    private boolean isSettled(Outcome outcome) {
        Exception failure = outcome.failure();
        if (failure == null) {
            counters.countPublished();
            return true;
        }
        if (KafkaFailures.isPermanentForRecord(failure)) {
            LOG.warn("Compliance count {} dropped: {}", outcome.message().id(), KafkaFailures.message(failure));
            counters.countDropped(KafkaFailures.dropCause(failure), 1);
            return true;
        }
        return false;
    }

    /** Sends waiting messages while the broker accepts them, for at most three seconds; the others stay in the outbox. */
    @Override
    public void close() {
        sender.close();
    }
}
