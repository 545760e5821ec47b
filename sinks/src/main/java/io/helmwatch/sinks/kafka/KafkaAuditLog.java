package io.helmwatch.sinks.kafka;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.resource.ThreadStop;
import io.helmwatch.sinks.EventTime;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends the audit log to its topic, one message after another, at least once while the process lives. Nothing is contacted before the first message,
 * and the topic is created for it where that is allowed. While the broker is away at most 1,000 messages wait; the oldest are dropped beyond. The audit
 * file has them all.
 *
 * <p>Threading: {@link #publish} by any thread, returns at once; a thread of its own sends. {@link #close} takes at most three seconds.
 */
public final class KafkaAuditLog implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(KafkaAuditLog.class);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String SCHEMA = "helmwatch.audit/1";
    private static final int CAPACITY = 1_000;
    private static final int TIMEOUT_MILLIS = 4_000;
    private static final long RETRY_MILLIS = 2_000;
    private static final long IDLE_MILLIS = 250;
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(1);

    private final KafkaConfig config;
    private final BlockingQueue<Message> queue = new ArrayBlockingQueue<>(CAPACITY);
    private final Thread thread;
    private final AtomicLong numbers = new AtomicLong();
    private volatile boolean closing;

    // Owned by the thread.
    private @Nullable KafkaProducer<byte[], byte[]> producer;
    private boolean isTopicThere;
    private boolean isFailing;

    /**
     * A login or a change.
     *
     * @param atMillis when, milliseconds since 1970
     * @param user name of the user or token; empty where there is none
     * @param role role of the user or token; empty where there is none
     * @param action what was done
     * @param target what it was done to; may be empty
     * @param outcome {@code ok}, or why not
     * @param remote address of the client
     */
    public record Entry(
            long atMillis, String user, String role, String action, String target, String outcome, String remote) {}

    private record Message(Entry entry, String id) {
        byte[] json() {
            return JSON.createObjectNode()
                    .put("schema", SCHEMA)
                    .put("id", id)
                    .put("at", EventTime.format(entry.atMillis))
                    .put("user", entry.user)
                    .put("role", entry.role)
                    .put("action", entry.action)
                    .put("target", entry.target)
                    .put("outcome", entry.outcome)
                    .put("remote", entry.remote)
                    .toString()
                    .getBytes(StandardCharsets.UTF_8);
        }
    }

    /** A log that sends to a broker. */
    public KafkaAuditLog(KafkaConfig config) {
        this.config = config;
        thread = new Thread(this::run, "kafka-audit");
        thread.setDaemon(true);
        thread.start();
    }

    /** Queues a message. */
    public void publish(Entry entry) {
        Message message = new Message(entry, entry.atMillis + "/" + numbers.getAndIncrement());
        while (!closing && !queue.offer(message)) {
            queue.poll();
        }
    }

    private void run() {
        Message current = null;
        try {
            while (!closing || (current == null ? !queue.isEmpty() : !isFailing)) {
                if (current == null) {
                    current = queue.poll(IDLE_MILLIS, TimeUnit.MILLISECONDS);
                } else if (send(current)) {
                    current = null;
                } else if (!closing) {
                    Thread.sleep(RETRY_MILLIS);
                }
            }
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
        } finally {
            closeProducer();
        }
    }

    private boolean send(Message message) throws InterruptedException {
        try {
            if (!isTopicThere && config.createTopics()) {
                createTopic();
            }
            isTopicThere = true;
            client().send(record(message)).get(TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
            if (isFailing) {
                LOG.info(
                        "Kafka: audit log is sent again: topic={}",
                        config.topics().audit());
            }
            isFailing = false;
            return true;
        } catch (ExecutionException | TimeoutException | KafkaException | IllegalStateException failure) {
            if (!isFailing) {
                LOG.warn(
                        "Kafka: audit log not sent: {}; it is in the audit file, retrying every {} s",
                        KafkaFailures.describe(config.bootstrapServers(), failure),
                        RETRY_MILLIS / 1_000);
            }
            isFailing = true;
            closeProducer();
            return false;
        }
    }

    private void createTopic() throws InterruptedException, ExecutionException, TimeoutException {
        try (Admin admin = Admin.create(KafkaProperties.admin(config, TIMEOUT_MILLIS))) {
            NewTopic topic = new NewTopic(config.topics().audit(), Optional.empty(), Optional.empty());
            try {
                admin.createTopics(List.of(topic)).all().get(TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
            } catch (ExecutionException refused) {
                if (!(refused.getCause() instanceof TopicExistsException)) {
                    throw refused;
                }
            } finally {
                admin.close(Duration.ZERO);
            }
        }
    }

    private KafkaProducer<byte[], byte[]> client() {
        KafkaProducer<byte[], byte[]> open = producer;
        if (open == null) {
            Map<String, Object> properties = KafkaProperties.incidentProducer(config);
            properties.put("client.id", KafkaProperties.CLIENT_ID + "-audit");
            open = new KafkaProducer<>(properties);
            producer = open;
        }
        return open;
    }

    private ProducerRecord<byte[], byte[]> record(Message message) {
        return new ProducerRecord<>(
                config.topics().audit(),
                null,
                message.entry.atMillis,
                message.entry.user.getBytes(StandardCharsets.UTF_8),
                message.json(),
                List.of(
                        CloudEventHeaders.SPEC_VERSION,
                        CloudEventHeaders.CONTENT_TYPE,
                        CloudEventHeaders.type("io.helmwatch.audit"),
                        CloudEventHeaders.id(message.id),
                        CloudEventHeaders.auditSource(),
                        CloudEventHeaders.dataSchema("audit-1"),
                        CloudEventHeaders.time(message.entry.atMillis)));
    }

    private void closeProducer() {
        KafkaProducer<byte[], byte[]> open = producer;
        producer = null;
        if (open != null) {
            open.close(CLOSE_TIMEOUT);
        }
    }

    /** Sends what waits, unless the broker is away. */
    @Override
    public void close() {
        closing = true;
        ThreadStop.join(thread, TimeUnit.SECONDS.toMillis(2));
        ThreadStop.interruptAndJoin(thread, CLOSE_TIMEOUT.toMillis());
    }
}
