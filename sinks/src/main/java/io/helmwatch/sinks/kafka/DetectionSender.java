package io.helmwatch.sinks.kafka;

import io.helmwatch.resource.CloseDeadline;
import io.helmwatch.resource.ThreadStop;
import io.helmwatch.sinks.SinkCounters;
import io.helmwatch.sinks.SinkDropCause;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.StreamOwnership;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread that sends what waits in the outbox to the broker: states before detections, and in a cluster nothing of a stream while it is not known
 * whether this node has it. What the client refuses is given back to the outbox or counted as dropped.
 *
 * <p>Threading: started and closed by one thread; the rest on the thread itself and on the client's. Ownership: closes the session.
 */
final class DetectionSender {
    private static final Logger LOG = LoggerFactory.getLogger(DetectionSender.class);
    private static final long IDLE_MILLIS = 250;
    /** Pause while it is not known whether another node has a stream. */
    private static final long UNDECIDED_MILLIS = 100;

    /** The part of the close timeout that the client may use to deliver accepted records. */
    private static final Duration FLUSH_TIMEOUT = Duration.ofMillis(1_500);

    private static final long DEFECT_PAUSE_NANOS = TimeUnit.MINUTES.toNanos(1);
    /** How long the thread may outlast the time for closing. */
    private static final Duration GRACE = Duration.ofMillis(500);

    private final Outbox outbox;
    private final StreamOwnership ownership;
    private final DetectionRecords records;
    private final ProducerSession session;
    private final SinkCounters counters;
    private final Callback detectionsDelivery;
    private final Thread thread;

    private final CloseDeadline closing = new CloseDeadline();
    private final long renewalNanos;
    /** Owned by the thread. */
    private long renewedNanos = System.nanoTime();

    private boolean hasDefect;
    /** When one was logged. */
    private long defectNanos;

    /**
     * A thread that is not started.
     *
     * @param renewal time after which the states of all streams are sent again
     */
    DetectionSender(
            Outbox outbox,
            StreamOwnership ownership,
            DetectionRecords records,
            ProducerSession session,
            SinkCounters counters,
            Duration renewal) {
        this.outbox = outbox;
        this.ownership = ownership;
        this.records = records;
        this.session = session;
        this.counters = counters;
        renewalNanos = renewal.toNanos();
        detectionsDelivery = session.delivery(this::onDetectionsDelivered);
        thread = new Thread(this::run, "kafka-sink");
        thread.setDaemon(true);
    }

    void start() {
        session.start();
        thread.start();
    }

    private void run() {
        try {
            while (!isDone()) {
                try {
                    sendNext();
                } catch (RuntimeException defect) {
                    // A thread that ended would leave everything unsent, and nobody told.
                    LOG.error("{} failed unexpectedly, retrying", thread.getName(), defect);
                    session.backOff();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            session.close(closing.remaining());
        }
    }

    private boolean isDone() {
        return closing.isStarted()
                && (outbox.depth() == 0 || closing.remaining().compareTo(FLUSH_TIMEOUT) <= 0);
    }

    /** Sends queued state changes and the detections of one frame, or waits for some. */
    private void sendNext() throws InterruptedException {
        session.maintain();
        if (!session.areTopicsChecked()) {
            session.pause(IDLE_MILLIS);
            return;
        }
        if (System.nanoTime() - renewedNanos >= renewalNanos && counters.connected()) {
            renewedNanos = System.nanoTime();
            outbox.renew(StatusMessage.Reason.RENEWAL, System.currentTimeMillis());
        }
        StatusMessage status = outbox.pollStatus();
        while (status != null) {
            if (!send(status)) {
                return;
            }
            status = outbox.pollStatus();
        }
        FrameDetections frame = outbox.pollDetections();
        if (frame == null) {
            outbox.await(IDLE_MILLIS);
            return;
        }
        try {
            send(frame);
        } catch (RuntimeException defect) {
            // The frames of other streams do not wait for it.
            counters.countDropped(SinkDropCause.FAILED, 1);
            logDefect(frame, defect);
        }
    }

    /** Logs at most one a minute. */
    private void logDefect(FrameDetections frame, RuntimeException defect) {
        long now = System.nanoTime();
        if (!hasDefect || now - defectNanos >= DEFECT_PAUSE_NANOS) {
            LOG.error("Detections of stream {} cannot be sent and are dropped", frame.stream(), defect);
            hasDefect = true;
            defectNanos = now;
        }
    }

    private void send(FrameDetections frame) throws InterruptedException {
        StreamOwnership.Verdict verdict = ownership.verdict(frame.stream(), frame.origin());
        if (verdict == StreamOwnership.Verdict.UNDECIDED) {
            if (outbox.giveBack(frame)) {
                counters.countDropped(SinkDropCause.QUEUE_FULL, 1);
            }
            session.pause(UNDECIDED_MILLIS);
            return;
        }
        ProducerRecord<byte[], byte[]> record =
                records.detections(frame, System.currentTimeMillis(), verdict == StreamOwnership.Verdict.SUPERSEDED);
        Exception rejection = session.send(record, detectionsDelivery);
        if (rejection == null) {
            return;
        }
        if (rejection instanceof RecordTooLargeException) {
            counters.countDropped(SinkDropCause.TOO_LARGE, 1);
            return;
        }
        if (outbox.giveBack(frame)) {
            counters.countDropped(SinkDropCause.QUEUE_FULL, 1);
        }
        onRejected(rejection);
    }

    /** Returns whether the client accepted the message. */
    private boolean send(StatusMessage message) throws InterruptedException {
        switch (ownership.verdict(message.stream, message.origin)) {
            case SUPERSEDED -> {
                // The topic keeps the last message of each key: this one would hide the other node's.
                outbox.delivered(message);
                return true;
            }
            case UNDECIDED -> {
                outbox.giveBack(message);
                session.pause(UNDECIDED_MILLIS);
                return false;
            }
            case CURRENT -> {
                // Sent below.
            }
        }
        ProducerRecord<byte[], byte[]> record = records.status(message, System.currentTimeMillis());
        Exception rejection = session.send(record, session.delivery(failure -> onStatusDelivered(message, failure)));
        if (rejection == null) {
            return true;
        }
        if (!outbox.giveBack(message)) {
            counters.countDropped(cause(rejection), 1);
        }
        onRejected(rejection);
        return false;
    }

    private void onDetectionsDelivered(@Nullable Exception failure) {
        if (failure == null) {
            counters.countPublished();
        } else {
            counters.countDropped(cause(failure), 1);
        }
    }

    private void onStatusDelivered(StatusMessage message, @Nullable Exception failure) {
        if (failure == null) {
            counters.countPublished();
            outbox.delivered(message);
        } else if (!outbox.giveBack(message)) {
            counters.countDropped(cause(failure), 1);
        }
    }

    private void onRejected(Exception rejection) throws InterruptedException {
        session.onFailure(rejection);
        // A time-out has already waited for metadata or buffer memory.
        if (!(rejection instanceof TimeoutException)) {
            session.backOff();
        }
    }

    private SinkDropCause cause(Exception failure) {
        SinkDropCause cause = KafkaFailures.dropCause(failure);
        return cause == SinkDropCause.FAILED && closing.isStarted() ? SinkDropCause.CLOSED : cause;
    }

    /**
     * Sends what waits while there is time, and closes the session.
     *
     * @param timeout how long that may take
     */
    void close(Duration timeout) {
        closing.start(timeout);
        session.beginClose();
        outbox.wake();
        ThreadStop.join(thread, closing.remaining().plus(GRACE).toMillis());
        thread.interrupt();
        session.closeTopics();
    }
}
