package io.helmwatch.sinks.kafka;

import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.resource.Quantity;
import java.time.Duration;
import java.util.Collection;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.Node;

/**
 * Checks once whether a broker is reachable, for {@code helmwatch doctor}.
 *
 * @param reachable whether the broker answered
 * @param sentence the result, one sentence without secrets
 */
public record KafkaProbe(boolean reachable, String sentence) {

    /**
     * Connects with the configuration's client properties, lists brokers and topics, and disconnects.
     *
     * @param timeout time for the broker to answer; finding out why it does not takes a few seconds more
     */
    public static KafkaProbe of(KafkaConfig config, Duration timeout) {
        int millis = (int) Math.max(100, Math.min(Integer.MAX_VALUE, timeout.toMillis()));
        String servers = config.bootstrapServers();
        long startNanos = System.nanoTime();
        try (Admin admin = Admin.create(KafkaProperties.admin(config, millis))) {
            try {
                Collection<Node> brokers = admin.describeCluster().nodes().get(millis, TimeUnit.MILLISECONDS);
                Set<String> topics = admin.listTopics().names().get(millis, TimeUnit.MILLISECONDS);
                long took = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos);
                return new KafkaProbe(
                        true,
                        servers + " answers (" + Quantity.of(brokers.size(), "broker") + ", " + took + " ms); "
                                + topics(config, topics));
            } finally {
                admin.close(Duration.ZERO);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new KafkaProbe(false, servers + ": interrupted");
        } catch (ExecutionException | TimeoutException | RuntimeException e) {
            String cause = BrokerDiagnosis.explain(config, e);
            return new KafkaProbe(false, cause.isEmpty() ? KafkaFailures.describe(servers, e) : cause);
        }
    }

    private static String topics(KafkaConfig config, Set<String> existing) {
        Set<String> missing = new TreeSet<>(KafkaTopics.topics(config));
        missing.removeAll(existing);
        if (missing.isEmpty()) {
            return "all topics exist";
        }
        return "missing topics: " + String.join(", ", missing)
                + (config.createTopics() ? " (will be created)" : " (create them or set kafka.create-topics: true)");
    }
}
