package io.helmwatch.sinks.kafka;

import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.resource.ConstantName;
import io.helmwatch.sinks.SinkCounters;
import io.helmwatch.sinks.WrittenIncident;
import io.helmwatch.sinks.spool.IncidentSpool;
import io.helmwatch.sinks.spool.SpooledEvent;
import io.helmwatch.sinks.sqlite.SqliteException;
import io.helmwatch.vision.Incident;
import io.helmwatch.vision.StreamOwnership;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;

/**
 * Sends incidents from the spool to the events topic, at least once, and removes each after its acknowledgement. Messages that are
 * in the spool at start are sent first.
 *
 * <p>Order: of one stream only one message is in flight at a time; the next one is sent after its acknowledgement. That limits
 * throughput, of which incidents need little, and keeps the order independent of retries, client settings and broker restarts.
 * Streams do not wait for each other.
 *
 * <p>Retries never end; {@link ProducerSession} defines the pauses, of at most 30 s. A message that the broker rejects for good
 * (too large, invalid) is dead-lettered, so that it does not block its stream.
 *
 * <p>Threading: a thread of its own; {@link #close} by one thread, at most five seconds. Ownership: the spool belongs to the caller.
 */
public final class KafkaIncidentSender implements AutoCloseable {
    private static final String START = ConstantName.of(Incident.Phase.START);
    private static final int BATCH = 256;
    private static final int ACKNOWLEDGE_BATCH = 64;
    private static final long IDLE_MILLIS = 500;
    /** Pause while it is not known whether another node has the streams. */
    private static final long UNDECIDED_MILLIS = 200;

    private static final Duration MAX_BACK_OFF = Duration.ofSeconds(30);

    /** The result of sending one record of a message; {@code failure} is null for an acknowledgement. */
    private record Outcome(
            int generation,
            SpooledEvent event,
            Deque<ProducerRecord<byte[], byte[]>> left,
            @Nullable Exception failure) {}

    private final IncidentRecords records;
    private final StreamOwnership ownership;
    private final Consumer<String> superseded;
    private final IncidentSpool spool;
    private final SinkCounters counters;
    private final ProducerSession session;
    private final BlockingQueue<Outcome> outcomes = new LinkedBlockingQueue<>();
    private final SenderThread sender;

    // Owned by the thread.
    /** Acknowledged by the broker, not yet removed from the spool. */
    private final List<SpooledEvent> acknowledged = new ArrayList<>();

    /**
     * Starts sending; returns at once, with or without a broker.
     *
     * @throws IllegalArgumentException when a client property is invalid, in one sentence without secrets
     */
    public KafkaIncidentSender(KafkaConfig config, IncidentSpool spool) {
        this(config, spool, StreamOwnership.NONE, null, incident -> {});
    }

    /**
     * Starts sending as a node of a cluster; returns at once, with or without a broker. A message about a stream waits in the spool while it is not
     * known whether another node has the stream, and is marked where one has taken it over.
     *
     * @param ownership which streams this node has
     * @param openTopic compacted topic of the open incidents; null for none
     * @param superseded receives each incident that started when another node had the stream already, on the sender's thread
     * @throws IllegalArgumentException when a client property is invalid, in one sentence without secrets
     */
    public KafkaIncidentSender(
            KafkaConfig config,
            IncidentSpool spool,
            StreamOwnership ownership,
            @Nullable String openTopic,
            Consumer<String> superseded) {
        this.superseded = superseded;
        this.records = new IncidentRecords(config.topics().events(), openTopic);
        this.ownership = ownership;
        this.spool = spool;
        this.counters = new SinkCounters(() -> (int) Math.min(Integer.MAX_VALUE, spool.waiting()));
        BrokerState state = new BrokerState(
                new BrokerState.Wording(
                        config.bootstrapServers(),
                        "incidents",
                        "incidents stay in the spool",
                        () -> spool.waiting() + " incidents waiting"),
                counters);
        this.session = new ProducerSession(
                config,
                KafkaTopics.topics(config),
                KafkaProperties.incidentProducer(config),
                state,
                MAX_BACK_OFF,
                () -> spool.waiting() > 0,
                created -> {});
        this.sender = new SenderThread("incident-sender", session, counters, spool::waiting, this::sendWaiting);
        sender.start();
    }

    /** Whether the broker accepts messages as far as is known. */
    public boolean isConnected() {
        return counters.connected();
    }

    /** Why it does not, one sentence without secrets; empty while it is healthy. */
    public String problem() {
        return counters.problem();
    }

    private void sendWaiting() throws InterruptedException {
        session.maintain();
        if (!session.areTopicsChecked()) {
            session.pause(IDLE_MILLIS);
            return;
        }
        removeAcknowledged();
        List<SpooledEvent> waiting = spool.next(0, BATCH + acknowledged.size());
        waiting.removeIf(event -> acknowledged.stream().anyMatch(done -> done.position() == event.position()));
        if (waiting.isEmpty()) {
            spool.await(IDLE_MILLIS);
            return;
        }
        Map<String, ArrayDeque<SpooledEvent>> byStream = new LinkedHashMap<>();
        for (SpooledEvent event : waiting) {
            byStream.computeIfAbsent(event.stream(), stream -> new ArrayDeque<>())
                    .add(event);
        }
        byStream.values().removeIf(queue -> verdict(queue.getFirst()) == StreamOwnership.Verdict.UNDECIDED);
        if (byStream.isEmpty()) {
            session.pause(UNDECIDED_MILLIS);
        } else if (!deliver(byStream)) {
            session.backOff();
        }
    }

    private StreamOwnership.Verdict verdict(SpooledEvent event) {
        return ownership.isClustered()
                ? ownership.verdict(event.stream(), WrittenIncident.origin(event.value()))
                : StreamOwnership.Verdict.CURRENT;
    }

    /** Sends messages, one per stream at a time; returns whether no stream has to wait after a failure. */
    private boolean deliver(Map<String, ArrayDeque<SpooledEvent>> byStream) throws InterruptedException {
        boolean delivered = true;
        int inFlight = 0;
        try {
            for (ArrayDeque<SpooledEvent> queue : byStream.values()) {
                send(queue.removeFirst());
                inFlight++;
            }
            while (inFlight > 0) {
                Outcome outcome = outcomes.poll(IDLE_MILLIS, TimeUnit.MILLISECONDS);
                if (outcome == null) {
                    session.watch();
                    if (sender.isDone()) {
                        return delivered;
                    }
                    continue;
                }
                if (outcome.generation() != session.generation()) {
                    continue;
                }
                if (outcome.failure() == null && !outcome.left().isEmpty()) {
                    send(outcome.event(), outcome.left());
                    continue;
                }
                inFlight--;
                ArrayDeque<SpooledEvent> queue = byStream.get(outcome.event().stream());
                if (!settle(outcome)) {
                    delivered = false;
                } else if (queue != null && !queue.isEmpty() && !sender.isPastDeadline()) {
                    if (verdict(queue.getFirst()) != StreamOwnership.Verdict.UNDECIDED) {
                        send(queue.removeFirst());
                        inFlight++;
                    }
                }
            }
        } finally {
            if (inFlight > 0) {
                // Their outcome is unknown: they are sent again by another client.
                session.discardProducer();
            }
            removeAcknowledged();
        }
        return delivered;
    }

    /** Returns whether the stream may continue with its next message. */
    private boolean settle(Outcome outcome) {
        Exception failure = outcome.failure();
        if (failure == null) {
            counters.countPublished();
            acknowledged.add(outcome.event());
            if (acknowledged.size() % ACKNOWLEDGE_BATCH == 0) {
                removeAcknowledged();
            }
            return true;
        }
        if (KafkaFailures.isPermanentForRecord(failure)) {
            spool.deadLetter(outcome.event(), KafkaFailures.message(failure));
            return true;
        }
        return false;
    }

    /** A failing disk does not delay other messages: removal is retried with the next ones. */
    private void removeAcknowledged() {
        if (acknowledged.isEmpty()) {
            return;
        }
        try {
            spool.acknowledge(acknowledged);
            acknowledged.clear();
            sender.fileWorks();
        } catch (SqliteException e) {
            sender.warnOnce(e);
        }
    }

    private void send(SpooledEvent event) {
        boolean isSuperseded = verdict(event) == StreamOwnership.Verdict.SUPERSEDED;
        if (isSuperseded && event.phase().equals(START)) {
            superseded.accept(event.incident());
        }
        send(event, records.of(event, isSuperseded));
    }

    /** Sends the first record of a message; the others follow when it is acknowledged. */
    private void send(SpooledEvent event, Deque<ProducerRecord<byte[], byte[]>> left) {
        ProducerRecord<byte[], byte[]> record = left.removeFirst();
        int generation = session.generation();
        Exception rejection = session.send(
                record, session.delivery(failure -> outcomes.add(new Outcome(generation, event, left, failure))));
        if (rejection != null) {
            session.onFailure(rejection);
            outcomes.add(new Outcome(generation, event, left, rejection));
        }
    }

    /** Sends waiting messages while the broker accepts them, for at most three seconds; the others stay in the spool. */
    @Override
    public void close() {
        sender.close();
    }
}
