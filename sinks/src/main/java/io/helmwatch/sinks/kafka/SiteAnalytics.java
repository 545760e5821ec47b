package io.helmwatch.sinks.kafka;

import io.helmwatch.config.sink.AnalyticsConfig;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.resource.Closer;
import io.helmwatch.resource.ThreadStop;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sums counts of the whole site as one process of possibly several that share the work. Waits for the broker, creates the two topics where that is allowed, and
 * then runs until it is closed; a thread that fails is replaced.
 *
 * <p>State is in memory and in a changelog topic; nothing on this machine outlives the process.
 *
 * <p>Threading: {@link #isRunning} by any thread; opened and closed by one.
 */
public final class SiteAnalytics implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SiteAnalytics.class);
    private static final int TIMEOUT_MILLIS = 4_000;
    private static final long RETRY_MILLIS = 2_000;
    private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

    private final KafkaConfig kafka;
    private final AnalyticsConfig analytics;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Closer owned = new Closer();
    private final Thread thread;
    private volatile @Nullable KafkaStreams streams;

    /** Starts; returns at once, with or without a broker. */
    public SiteAnalytics(KafkaConfig kafka, AnalyticsConfig analytics) {
        this.kafka = kafka;
        this.analytics = analytics;
        thread = new Thread(this::start, "analytics-start");
        thread.setDaemon(true);
        thread.start();
    }

    private void start() {
        try {
            String problem = "";
            while (closing.getCount() > 0) {
                String found = topicsProblem();
                if (found.isEmpty()) {
                    run();
                    return;
                }
                if (!found.equals(problem)) {
                    LOG.warn("Site-wide figures wait for the broker: {}", found);
                }
                problem = found;
                if (closing.await(RETRY_MILLIS, TimeUnit.MILLISECONDS)) {
                    return;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Why the topics cannot be used; empty when both exist. */
    private String topicsProblem() throws InterruptedException {
        try (Admin admin = Admin.create(KafkaProperties.admin(kafka, TIMEOUT_MILLIS))) {
            try {
                Set<String> existing = admin.listTopics().names().get(TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
                List<String> missing = new ArrayList<>(List.of(kafka.topics().compliance(), analytics.topic()));
                missing.removeAll(existing);
                if (missing.isEmpty()) {
                    return "";
                }
                if (!kafka.createTopics()) {
                    return "missing on " + kafka.bootstrapServers() + ": " + String.join(", ", missing)
                            + "; create them or set kafka.create-topics: true";
                }
                create(admin, missing);
                return "";
            } finally {
                admin.close(Duration.ZERO);
            }
        } catch (ExecutionException | TimeoutException | RuntimeException e) {
            return KafkaFailures.describe(kafka.bootstrapServers(), e);
        }
    }

    private void create(Admin admin, List<String> missing)
            throws InterruptedException, ExecutionException, TimeoutException {
        for (String name : missing) {
            NewTopic topic = new NewTopic(name, Optional.empty(), Optional.empty());
            if (name.equals(analytics.topic())) {
                topic.configs(Map.of(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT));
            }
            try {
                admin.createTopics(List.of(topic)).all().get(TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof TopicExistsException)) {
                    throw e;
                }
            }
        }
    }

    private synchronized void run() {
        if (closing.getCount() == 0) {
            return;
        }
        Path folder = createFolder();
        owned.register(() -> delete(folder));
        KafkaStreams started = new KafkaStreams(SiteTopology.of(kafka, analytics), properties(folder));
        // Leaves its group, so that others take over at once instead of after the session timeout.
        owned.register(() -> started.close(CloseOptions.timeout(CLOSE_TIMEOUT)
                .withGroupMembershipOperation(CloseOptions.GroupMembershipOperation.LEAVE_GROUP)));
        started.setUncaughtExceptionHandler(failure -> {
            LOG.error("Site-wide figures: {}; continuing", KafkaFailures.message(failure));
            return StreamThreadExceptionResponse.REPLACE_THREAD;
        });
        started.setStateListener((current, before) -> {
            if (current == KafkaStreams.State.RUNNING) {
                LOG.info(
                        "Site-wide figures are summed: from={} to={}",
                        kafka.topics().compliance(),
                        analytics.topic());
            }
        });
        started.start();
        streams = started;
    }

    private static Path createFolder() {
        try {
            return Files.createTempDirectory("helmwatch-analytics");
        } catch (IOException e) {
            throw new UncheckedIOException("analytics: no temporary folder can be created: " + e.getMessage(), e);
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }

    private Properties properties(Path folder) {
        Map<String, Object> all = new HashMap<>(KafkaProperties.admin(kafka, TIMEOUT_MILLIS));
        // Longer time-outs than those of a single question: the defaults of each client.
        all.keySet().removeIf(name -> name.endsWith("timeout.ms"));
        all.put(StreamsConfig.CLIENT_ID_CONFIG, KafkaProperties.CLIENT_ID + "-analytics");
        all.put(StreamsConfig.APPLICATION_ID_CONFIG, analytics.applicationId());
        all.put(StreamsConfig.STATE_DIR_CONFIG, folder.toString());
        all.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, "2000");
        all.put("auto.offset.reset", "earliest");
        // Others take over the work of a process that died after this time.
        all.put("session.timeout.ms", "10000");
        Properties properties = new Properties();
        properties.putAll(all);
        return properties;
    }

    /** Whether counts are summed. */
    public boolean isRunning() {
        KafkaStreams started = streams;
        return started != null && started.state() == KafkaStreams.State.RUNNING;
    }

    @Override
    public void close() {
        closing.countDown();
        ThreadStop.join(thread, 2L * TIMEOUT_MILLIS);
        synchronized (this) {
            owned.close();
        }
    }
}
