package io.helmwatch.sinks.kafka;

import io.helmwatch.config.secret.Secret;
import io.helmwatch.config.sink.KafkaConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import javax.security.auth.login.LoginException;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.SaslConfigs;
import org.apache.kafka.common.config.SslConfigs;
import org.apache.kafka.common.security.JaasUtils;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

/** Properties of Kafka clients: our defaults, overridden by the configuration, overridden by what Helmwatch depends on. */
final class KafkaProperties {
    static final String CLIENT_ID = "helmwatch";

    /** Longest wait of the sending thread (never the caller) for metadata or buffer memory. */
    static final int MAX_BLOCK_MILLIS = 1_000;

    private static final int BATCH_BYTES = 256 * 1024;

    private static final int MIN_BATCHES = 8;

    private static final int INCIDENT_REQUEST_TIMEOUT_MILLIS = 10_000;
    private static final int INCIDENT_DELIVERY_TIMEOUT_MILLIS = 30_000;

    private static final Set<String> REMOTE_LOGINS = Set.of("GSSAPI", "OAUTHBEARER");

    private static final List<String> STORES =
            List.of(SslConfigs.SSL_KEYSTORE_LOCATION_CONFIG, SslConfigs.SSL_TRUSTSTORE_LOCATION_CONFIG);

    private KafkaProperties() {}

    /**
     * Properties of the producer of detections and stream states, validated.
     *
     * @throws IllegalArgumentException when a property is invalid, in one sentence without secrets
     */
    static Map<String, Object> producer(KafkaConfig config) {
        Map<String, Object> properties = new HashMap<>();
        properties.put(ProducerConfig.CLIENT_ID_CONFIG, CLIENT_ID);
        properties.put(ProducerConfig.ACKS_CONFIG, "all");
        properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, "true");
        // The one codec that every Kafka client reads without an additional library.
        properties.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "gzip");
        properties.put(ProducerConfig.COMPRESSION_GZIP_LEVEL_CONFIG, "1");
        properties.put(ProducerConfig.LINGER_MS_CONFIG, "5");
        // The leader of a new topic may reject the first request and accept the second while both are in flight; the
        // first is then out of sequence until it expires two minutes later, and lost (Kafka 4.4). Larger batches
        // compensate for one request at a time.
        properties.put(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, "1");
        properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, Integer.toString(MAX_BLOCK_MILLIS));
        // Keeps the client's exponential back-off short once the broker is available again.
        properties.put(ProducerConfig.RECONNECT_BACKOFF_MS_CONFIG, "100");
        properties.put(ProducerConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, "1000");
        properties.put(ProducerConfig.ENABLE_METRICS_PUSH_CONFIG, "false");
        putConfigured(config, properties);
        if (!isIdempotencePossible(config)) {
            properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, "false");
        }
        properties.putIfAbsent(ProducerConfig.BATCH_SIZE_CONFIG, Long.toString(batchBytes(properties)));
        properties.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, config.bootstrapServers());
        properties.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class.getName());
        properties.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class.getName());
        validate(properties);
        return properties;
    }

    /**
     * Properties of the producer of incidents: no linger, and shorter time-outs, since the spool retries.
     *
     * @throws IllegalArgumentException when a property is invalid, in one sentence without secrets
     */
    static Map<String, Object> incidentProducer(KafkaConfig config) {
        Map<String, Object> properties = producer(config);
        properties.put(ProducerConfig.CLIENT_ID_CONFIG, properties.get(ProducerConfig.CLIENT_ID_CONFIG) + "-incidents");
        putUnlessConfigured(config, properties, ProducerConfig.LINGER_MS_CONFIG, 0);
        putUnlessConfigured(
                config, properties, ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, INCIDENT_REQUEST_TIMEOUT_MILLIS);
        putUnlessConfigured(
                config, properties, ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, INCIDENT_DELIVERY_TIMEOUT_MILLIS);
        return properties;
    }

    /** An idempotent producer needs {@code acks=all}: who configures less gets less. */
    private static boolean isIdempotencePossible(KafkaConfig config) {
        Secret acks = config.properties().get(ProducerConfig.ACKS_CONFIG);
        return acks == null
                || config.properties().containsKey(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG)
                || Set.of("all", "-1").contains(acks.reveal().strip());
    }

    private static void putUnlessConfigured(KafkaConfig config, Map<String, Object> properties, String key, int value) {
        if (!config.properties().containsKey(key)) {
            properties.put(key, Integer.toString(value));
        }
    }

    /** The client reserves a whole batch for the first record of it: several batches have to fit into its memory. */
    private static long batchBytes(Map<String, Object> properties) {
        Object memory = properties.get(ProducerConfig.BUFFER_MEMORY_CONFIG);
        try {
            return memory == null
                    ? BATCH_BYTES
                    : Math.min(BATCH_BYTES, Long.parseLong(memory.toString().strip()) / MIN_BATCHES);
        } catch (NumberFormatException e) {
            // Reported by the validation.
            return BATCH_BYTES;
        }
    }

    /**
     * Creates a client without a broker, which loads what the properties refer to (key stores, login modules, limits). Logins that
     * depend on a server (Kerberos, OAuth) may fail now and succeed later.
     */
    private static void validate(Map<String, Object> properties) {
        STORES.forEach(name -> requireFile(name, properties.get(name)));
        requireLogin(properties);
        Map<String, Object> unreachable = new HashMap<>(properties);
        unreachable.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, "127.0.0.1:1");
        try (KafkaProducer<byte[], byte[]> trial = new KafkaProducer<>(unreachable)) {
            trial.close(Duration.ZERO);
        } catch (KafkaException e) {
            if (!isRemoteLogin(properties, e)) {
                throw new IllegalArgumentException("kafka.properties: " + KafkaFailures.message(e), e);
            }
        }
    }

    /** Kafka's client would log a stack trace. */
    private static void requireFile(String name, @Nullable Object path) {
        if (path != null && !Files.isRegularFile(Path.of(path.toString().strip()))) {
            throw new IllegalArgumentException(
                    "kafka.properties." + name + ": " + path + " is no file: give the path of the key store");
        }
    }

    private static void requireLogin(Map<String, Object> properties) {
        Object protocol = properties.get(CommonClientConfigs.SECURITY_PROTOCOL_CONFIG);
        boolean isSasl = protocol != null
                && protocol.toString().strip().toUpperCase(Locale.ROOT).startsWith("SASL_");
        if (isSasl
                && !properties.containsKey(SaslConfigs.SASL_JAAS_CONFIG)
                && System.getProperty(JaasUtils.JAVA_LOGIN_CONFIG_PARAM) == null) {
            throw new IllegalArgumentException("kafka.properties.sasl.jaas.config: missing: security.protocol "
                    + protocol + " needs a login module with user and password");
        }
    }

    private static boolean isRemoteLogin(Map<String, Object> properties, Throwable failure) {
        Object mechanism = properties.getOrDefault(SaslConfigs.SASL_MECHANISM, SaslConfigs.DEFAULT_SASL_MECHANISM);
        if (!REMOTE_LOGINS.contains(String.valueOf(mechanism))) {
            return false;
        }
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof LoginException) {
                return true;
            }
        }
        return false;
    }

    /** Properties of the admin client: the configured ones that apply to it. */
    static Map<String, Object> admin(KafkaConfig config, int timeoutMillis) {
        Map<String, Object> all = new HashMap<>();
        putConfigured(config, all);
        all.keySet().retainAll(AdminClientConfig.configNames());
        all.put(
                AdminClientConfig.CLIENT_ID_CONFIG,
                all.getOrDefault(AdminClientConfig.CLIENT_ID_CONFIG, CLIENT_ID) + "-admin");
        all.put(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, config.bootstrapServers());
        all.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, Integer.toString(timeoutMillis));
        all.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, Integer.toString(timeoutMillis));
        all.put(AdminClientConfig.ENABLE_METRICS_PUSH_CONFIG, "false");
        return all;
    }

    /** Properties of a consumer without a group, which reads the stream states: the configured ones that apply to it. */
    static Map<String, Object> consumer(KafkaConfig config) {
        Map<String, Object> all = new HashMap<>();
        putConfigured(config, all);
        all.keySet().retainAll(ConsumerConfig.configNames());
        all.put(
                ConsumerConfig.CLIENT_ID_CONFIG,
                all.getOrDefault(ConsumerConfig.CLIENT_ID_CONFIG, CLIENT_ID) + "-states");
        all.remove(ConsumerConfig.GROUP_ID_CONFIG);
        all.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, config.bootstrapServers());
        all.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
        all.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        all.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false");
        all.put(ConsumerConfig.ENABLE_METRICS_PUSH_CONFIG, "false");
        return all;
    }

    private static void putConfigured(KafkaConfig config, Map<String, Object> into) {
        for (Map.Entry<String, Secret> property : config.properties().entrySet()) {
            into.put(property.getKey(), property.getValue().reveal());
        }
    }
}
