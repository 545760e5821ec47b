package io.helmwatch.sinks.kafka;

import io.helmwatch.config.sink.KafkaConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ensures that the topics exist: a thread of its own asks the broker until it answers, and creates missing topics where that is
 * allowed, {@code helmwatch.streams} compacted.
 *
 * <p>Threading: {@link #check}, {@link #isChecked}, {@link #problem} and {@link #close} by any thread; the listener is called by the
 * thread of the topics.
 */
final class KafkaTopics implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(KafkaTopics.class);
    private static final int TIMEOUT_MILLIS = 4_000;
    private static final long FIRST_RETRY_MILLIS = 250;
    private static final long LAST_RETRY_MILLIS = 2_000;
    private static final long DIAGNOSIS_NANOS = TimeUnit.MINUTES.toNanos(1);

    /** Receives the results. */
    interface Listener {
        /** The broker answered and all topics exist; {@code created} were missing before. */
        void onReady(Set<String> created);

        /** The broker answered, but topics are missing that may not be created. */
        void onMissing(String reason);

        /** The broker cannot be asked, for a reason without secrets. */
        void onUnavailable(String reason);
    }

    private final KafkaConfig config;
    private final List<String> names;
    private final Listener listener;
    private final Thread thread;
    private final Object monitor = new Object();
    private boolean requested = true;
    private boolean closed;
    private volatile boolean checked;
    private volatile String problem = "";
    private long diagnosedNanos;
    private String lastWarning = "";

    KafkaTopics(KafkaConfig config, List<String> names, Listener listener) {
        this.config = config;
        this.names = List.copyOf(names);
        this.listener = listener;
        this.thread = new Thread(this::run, "kafka-topics");
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    /** Requests another check, e.g. because a topic may have been deleted. */
    void check() {
        synchronized (monitor) {
            requested = true;
            monitor.notifyAll();
        }
    }

    /** Whether topics were checked, so that none is created by the broker with the wrong settings. */
    boolean isChecked() {
        return checked;
    }

    /** Missing topics or a wrongly configured broker, one sentence without secrets; empty while none is known. */
    String problem() {
        return problem;
    }

    private void run() {
        long retryMillis = FIRST_RETRY_MILLIS;
        while (awaitRequest()) {
            boolean answered = false;
            try (Admin admin = Admin.create(KafkaProperties.admin(config, TIMEOUT_MILLIS))) {
                try {
                    Set<String> created = createMissing(admin);
                    checked = true;
                    diagnosedNanos = 0;
                    answered = true;
                    if (problem.isEmpty()) {
                        listener.onReady(created);
                    } else {
                        listener.onMissing(problem);
                    }
                } finally {
                    admin.close(Duration.ZERO);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            } catch (ExecutionException | TimeoutException | RuntimeException e) {
                diagnose(e);
                listener.onUnavailable(
                        problem.isEmpty() ? KafkaFailures.describe(config.bootstrapServers(), e) : problem);
            }
            if (answered && problem.isEmpty()) {
                retryMillis = FIRST_RETRY_MILLIS;
            } else {
                if (!pause(answered ? LAST_RETRY_MILLIS : retryMillis)) {
                    return;
                }
                retryMillis = Math.min(LAST_RETRY_MILLIS, retryMillis * 2);
                check();
            }
        }
    }

    /** Looks for a cause that the failure does not name, at most once a minute while the failure lasts. */
    private void diagnose(Exception failure) {
        long now = System.nanoTime();
        if (diagnosedNanos == 0 || now - diagnosedNanos > DIAGNOSIS_NANOS) {
            problem = BrokerDiagnosis.explain(config, failure);
            diagnosedNanos = now;
        }
    }

    private Set<String> createMissing(Admin admin) throws InterruptedException, ExecutionException, TimeoutException {
        Set<String> existing = admin.listTopics().names().get(TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
        Set<String> lacking = new TreeSet<>(names);
        lacking.removeAll(existing);
        if (names.contains(config.topics().streams())
                && existing.contains(config.topics().streams())) {
            checkCompaction(admin);
        }
        Set<String> created = lacking.isEmpty() || !config.createTopics() ? Set.of() : create(admin, lacking);
        lacking.removeAll(created);
        if (lacking.isEmpty()) {
            problem = "";
        } else {
            problem = "missing on " + config.bootstrapServers() + ": " + String.join(", ", lacking)
                    + (config.createTopics()
                            ? "; this user may not create topics: create them first"
                            : "; create them or set kafka.create-topics: true");
        }
        return created;
    }

    /** The topics of detections, incidents and stream states. */
    static List<String> topics(KafkaConfig config) {
        return List.of(
                config.topics().detections(),
                config.topics().events(),
                config.topics().streams());
    }

    /** Returns the topics that exist now. */
    private Set<String> create(Admin admin, Set<String> names)
            throws InterruptedException, ExecutionException, TimeoutException {
        List<NewTopic> topics = new ArrayList<>();
        for (String name : names) {
            NewTopic topic = new NewTopic(name, Optional.empty(), Optional.empty());
            if (name.equals(config.topics().streams())) {
                topic.configs(Map.of(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT));
            }
            topics.add(topic);
        }
        Set<String> created = new TreeSet<>();
        Set<String> byOthers = new TreeSet<>();
        for (var result : admin.createTopics(topics).values().entrySet()) {
            try {
                result.getValue().get(TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
                created.add(result.getKey());
            } catch (ExecutionException e) {
                if (e.getCause() instanceof TopicExistsException) {
                    byOthers.add(result.getKey());
                } else if (!(e.getCause() instanceof AuthorizationException)) {
                    throw e;
                }
            }
        }
        if (!created.isEmpty()) {
            LOG.info("Kafka: created topics {}", String.join(", ", created));
        }
        created.addAll(byOthers);
        return created;
    }

    private void checkCompaction(Admin admin) throws InterruptedException, TimeoutException {
        ConfigResource resource =
                new ConfigResource(ConfigResource.Type.TOPIC, config.topics().streams());
        try {
            Config found = admin.describeConfigs(List.of(resource))
                    .all()
                    .get(TIMEOUT_MILLIS, TimeUnit.MILLISECONDS)
                    .get(resource);
            ConfigEntry policy = found == null ? null : found.get(TopicConfig.CLEANUP_POLICY_CONFIG);
            if (policy != null && !String.valueOf(policy.value()).contains(TopicConfig.CLEANUP_POLICY_COMPACT)) {
                warnOnce(
                        "Kafka: topic " + config.topics().streams() + " has cleanup.policy=" + policy.value()
                                + ", expected compact: old states are deleted, and consumers miss the streams that did not change since");
            }
        } catch (ExecutionException e) {
            LOG.debug(
                    "Kafka: settings of topic {} cannot be read: {}",
                    config.topics().streams(),
                    KafkaFailures.message(e));
        }
    }

    private void warnOnce(String sentence) {
        if (!sentence.equals(lastWarning)) {
            lastWarning = sentence;
            LOG.warn(sentence);
        }
    }

    private boolean awaitRequest() {
        synchronized (monitor) {
            while (!requested && !closed) {
                try {
                    monitor.wait();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return false;
                }
            }
            requested = false;
            return !closed;
        }
    }

    private boolean pause(long millis) {
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        synchronized (monitor) {
            while (!closed) {
                long left = TimeUnit.NANOSECONDS.toMillis(until - System.nanoTime());
                if (left <= 0) {
                    return true;
                }
                try {
                    monitor.wait(left);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    return false;
                }
            }
            return false;
        }
    }

    /** Stops the thread without waiting for an answer of the broker. */
    @Override
    public void close() {
        synchronized (monitor) {
            closed = true;
            monitor.notifyAll();
        }
        thread.interrupt();
    }
}
