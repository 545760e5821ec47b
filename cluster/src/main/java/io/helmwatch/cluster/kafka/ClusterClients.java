package io.helmwatch.cluster.kafka;

import io.helmwatch.config.cluster.ClusterConfig;
import io.helmwatch.config.sink.KafkaConfig;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.consumer.GroupProtocol;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Properties of the cluster's Kafka clients: those of the configuration that apply to a client, overridden by what the cluster depends on. */
final class ClusterClients {
    /** Longest wait for an answer. */
    static final Duration TIMEOUT = Duration.ofSeconds(4);

    /** Longest wait of a command, whose user would rather wait than type again. */
    static final Duration COMMAND_TIMEOUT = Duration.ofSeconds(20);

    private static final String CLIENT_ID = "helmwatch";
    private static final String RECONNECT_MAX_MILLIS = "1000";
    private static final int HEARTBEATS_PER_SESSION = 6;
    private static final String FETCH_WAIT_MILLIS = "100";

    private ClusterClients() {}

    /** The group of a cluster. */
    static String group(ClusterConfig cluster) {
        return "helmwatch." + cluster.name();
    }

    /** Client id of a member, from which {@link #node} tells the node. */
    static String memberId(String node, int index) {
        return node + "#" + index;
    }

    /** The node of a member. */
    static String node(String memberId) {
        int index = memberId.lastIndexOf('#');
        return index < 0 ? memberId : memberId.substring(0, index);
    }

    /** A member of the cluster's group: classic protocol, cooperative-sticky. */
    static Map<String, Object> member(KafkaConfig kafka, ClusterConfig cluster, int index) {
        Map<String, Object> all = consumer(kafka, memberId(cluster.node(), index));
        long sessionMillis = cluster.sessionTimeout().toMillis();
        all.put(ConsumerConfig.GROUP_ID_CONFIG, group(cluster));
        all.put(ConsumerConfig.GROUP_PROTOCOL_CONFIG, GroupProtocol.CLASSIC.name());
        all.put(ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG, CooperativeStickyAssignor.class.getName());
        all.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, Long.toString(sessionMillis));
        all.put(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, Long.toString(sessionMillis / HEARTBEATS_PER_SESSION));
        all.remove(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG);
        return all;
    }

    /** A consumer without a group. */
    static Map<String, Object> consumer(KafkaConfig kafka, String clientId) {
        return consumer(kafka, clientId, TIMEOUT);
    }

    /**
     * A consumer without a group.
     *
     * @param timeout longest wait for an answer
     */
    static Map<String, Object> consumer(KafkaConfig kafka, String clientId, Duration timeout) {
        Map<String, Object> all = configured(kafka, ConsumerConfig.configNames(), clientId);
        all.remove(ConsumerConfig.GROUP_ID_CONFIG);
        all.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
        all.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        all.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false");
        all.put(ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, FETCH_WAIT_MILLIS);
        all.put(ConsumerConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, Long.toString(timeout.toMillis()));
        all.put(ConsumerConfig.REQUEST_TIMEOUT_MS_CONFIG, Long.toString(timeout.toMillis()));
        all.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class.getName());
        all.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class.getName());
        return all;
    }

    static Map<String, Object> producer(KafkaConfig kafka, String clientId) {
        Map<String, Object> all = configured(kafka, ProducerConfig.configNames(), clientId);
        all.put(ProducerConfig.ACKS_CONFIG, "all");
        all.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, "true");
        all.put(ProducerConfig.LINGER_MS_CONFIG, "0");
        all.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, Long.toString(TIMEOUT.toMillis()));
        all.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, Long.toString(TIMEOUT.toMillis()));
        all.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, Long.toString(2 * TIMEOUT.toMillis()));
        all.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class.getName());
        all.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class.getName());
        return all;
    }

    static Map<String, Object> admin(KafkaConfig kafka, Duration timeout) {
        Map<String, Object> all = configured(kafka, AdminClientConfig.configNames(), CLIENT_ID + "-cluster");
        all.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, Long.toString(timeout.toMillis()));
        all.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, Long.toString(timeout.toMillis()));
        return all;
    }

    /** What went wrong on a broker, in one sentence. */
    static IllegalStateException failure(KafkaConfig kafka, ClusterConfig cluster, Exception e) {
        Throwable cause = e instanceof ExecutionException && e.getCause() != null ? e.getCause() : e;
        String text = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        return new IllegalStateException(
                "cluster " + cluster.name() + " on " + kafka.bootstrapServers() + ": " + text, e);
    }

    static IllegalStateException interrupted(InterruptedException e) {
        Thread.currentThread().interrupt();
        return new IllegalStateException("interrupted while waiting for the broker", e);
    }

    private static Map<String, Object> configured(KafkaConfig kafka, Set<String> names, String clientId) {
        Map<String, Object> all = new HashMap<>();
        kafka.properties().forEach((name, value) -> all.put(name, value.reveal()));
        all.keySet().retainAll(names);
        all.put(CommonClientConfigs.CLIENT_ID_CONFIG, clientId);
        all.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, kafka.bootstrapServers());
        all.put(CommonClientConfigs.ENABLE_METRICS_PUSH_CONFIG, "false");
        all.put(CommonClientConfigs.RECONNECT_BACKOFF_MAX_MS_CONFIG, RECONNECT_MAX_MILLIS);
        return all;
    }
}
