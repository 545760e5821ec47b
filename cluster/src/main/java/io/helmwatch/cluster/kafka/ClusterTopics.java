package io.helmwatch.cluster.kafka;

import io.helmwatch.config.cluster.ClusterConfig;
import io.helmwatch.config.sink.KafkaConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Creates the cluster's compacted topics. Threading: any thread. */
final class ClusterTopics {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterTopics.class);

    private static final long CHECK_MILLIS = 50;
    private static final Duration ACKNOWLEDGED_FOR = Duration.ofDays(90);

    private ClusterTopics() {}

    /**
     * Creates what is missing.
     *
     * @param timeout longest wait for each answer
     * @throws IllegalStateException when a topic is missing that may not be created
     */
    static void ensure(Admin admin, KafkaConfig kafka, ClusterConfig cluster, Duration timeout)
            throws InterruptedException, ExecutionException, TimeoutException {
        long millis = timeout.toMillis();
        Set<String> existing = admin.listTopics().names().get(millis, TimeUnit.MILLISECONDS);
        List<NewTopic> missing = new ArrayList<>();
        add(compacted(cluster.camerasTopic(), Optional.of(cluster.partitions())), existing, missing);
        add(compacted(cluster.openIncidentsTopic(), Optional.empty()), existing, missing);
        add(compacted(cluster.nodesTopic(), Optional.of(1)), existing, missing);
        add(acknowledgements(cluster.acknowledgementsTopic()), existing, missing);
        if (!missing.isEmpty() && !kafka.createTopics()) {
            throw new IllegalStateException("missing on " + kafka.bootstrapServers() + ": "
                    + String.join(
                            ", ", missing.stream().map(ClusterTopics::asWritten).toList())
                    + "; create them with these settings or set kafka.create-topics: true");
        }
        for (Map.Entry<String, KafkaFuture<Void>> created :
                admin.createTopics(missing).values().entrySet()) {
            try {
                created.getValue().get(millis, TimeUnit.MILLISECONDS);
                LOG.info("Kafka: created topic {}", created.getKey());
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof TopicExistsException)) {
                    throw e;
                }
            }
        }
        awaitLeaders(
                admin,
                List.of(
                        cluster.camerasTopic(),
                        cluster.openIncidentsTopic(),
                        cluster.nodesTopic(),
                        cluster.acknowledgementsTopic()));
    }

    /** A topic that was just created is not known to every broker at once. */
    private static void awaitLeaders(Admin admin, List<String> topics)
            throws InterruptedException, ExecutionException, TimeoutException {
        long until = System.nanoTime() + ClusterClients.TIMEOUT.toNanos();
        while (true) {
            try {
                admin.describeTopics(topics)
                        .allTopicNames()
                        .get(ClusterClients.TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
                return;
            } catch (ExecutionException e) {
                if (!(e.getCause() instanceof UnknownTopicOrPartitionException) || System.nanoTime() - until >= 0) {
                    throw e;
                }
                TimeUnit.MILLISECONDS.sleep(CHECK_MILLIS);
            }
        }
    }

    private static void add(NewTopic topic, Set<String> existing, List<NewTopic> missing) {
        if (!existing.contains(topic.name())) {
            missing.add(topic);
        }
    }

    /** A topic with the settings that it needs, as a user gives them to Kafka's tools. */
    private static String asWritten(NewTopic topic) {
        return topic.name() + " ("
                + String.join(
                        ", ",
                        new TreeMap<>(topic.configs())
                                .entrySet().stream().map(Map.Entry::toString).toList())
                + ")";
    }

    private static NewTopic compacted(String name, Optional<Integer> partitions) {
        return new NewTopic(name, partitions, Optional.empty())
                .configs(Map.of(TopicConfig.CLEANUP_POLICY_CONFIG, TopicConfig.CLEANUP_POLICY_COMPACT));
    }

    /** One partition, whose order decides between the nodes. */
    private static NewTopic acknowledgements(String name) {
        return new NewTopic(name, Optional.of(1), Optional.empty())
                .configs(Map.of(
                        TopicConfig.CLEANUP_POLICY_CONFIG,
                        TopicConfig.CLEANUP_POLICY_COMPACT + "," + TopicConfig.CLEANUP_POLICY_DELETE,
                        TopicConfig.RETENTION_MS_CONFIG,
                        Long.toString(ACKNOWLEDGED_FOR.toMillis())));
    }
}
