package io.helmwatch.sinks.kafka;

import io.helmwatch.config.KafkaConfig;
import io.helmwatch.config.Redaction;
import io.helmwatch.config.Secret;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import javax.security.auth.login.LoginException;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.SaslConfigs;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Client properties: our defaults, then what the configuration says, then what must be so. */
final class KafkaProperties {
    static final String CLIENT_ID = "helmwatch";

    /** How long the sending thread (never the caller) waits for metadata or buffer memory before it looks around again. */
    static final int MAX_BLOCK_MILLIS = 1_000;

    private static final int BATCH_BYTES = 256 * 1024;

    private static final int LEAST_BATCHES = 8;

    private static final Set<String> REMOTE_LOGINS = Set.of("GSSAPI", "OAUTHBEARER");

    private KafkaProperties() {}

    /**
     * Properties of the producer, checked.
     *
     * @throws IllegalArgumentException in one sentence without secrets
     */
    static Map<String, Object> producer(KafkaConfig config) {
        Map<String, Object> properties = new HashMap<>();
        properties.put(ProducerConfig.CLIENT_ID_CONFIG, CLIENT_ID);
        properties.put(ProducerConfig.ACKS_CONFIG, "all");
        properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, "true");
        properties.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "lz4");
        properties.put(ProducerConfig.LINGER_MS_CONFIG, "5");
        // The leader of a new topic may refuse the first request and take the second, if both are under way; the first
        // is then out of sequence
        // for it until it expires two minutes later, and lost (Kafka 4.4). Larger batches make up for one request at a
        // time.
        properties.put(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, "1");
        properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, Integer.toString(MAX_BLOCK_MILLIS));
        // The client's own doubling retry would otherwise wait up to a second after the broker is back.
        properties.put(ProducerConfig.RECONNECT_BACKOFF_MS_CONFIG, "100");
        properties.put(ProducerConfig.RECONNECT_BACKOFF_MAX_MS_CONFIG, "1000");
        properties.put(ProducerConfig.ENABLE_METRICS_PUSH_CONFIG, "false");
        reveal(config, properties);
        properties.putIfAbsent(ProducerConfig.BATCH_SIZE_CONFIG, Long.toString(batchBytes(properties)));
        properties.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, config.bootstrapServers());
        properties.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class.getName());
        properties.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class.getName());
        check(properties);
        return properties;
    }

    /** The client takes a whole batch from its memory for the first message of one: several have to fit. */
    private static long batchBytes(Map<String, Object> properties) {
        Object memory = properties.get(ProducerConfig.BUFFER_MEMORY_CONFIG);
        try {
            return memory == null
                    ? BATCH_BYTES
                    : Math.min(BATCH_BYTES, Long.parseLong(memory.toString().strip()) / LEAST_BATCHES);
        } catch (NumberFormatException e) {
            // The check says so.
            return BATCH_BYTES;
        }
    }

    /**
     * Makes a client that talks to no broker: what the properties name (key stores, login modules, limits) is looked at only
     * then. Logins that need a server of their own (Kerberos, OAuth) may fail today and succeed later.
     */
    private static void check(Map<String, Object> properties) {
        Map<String, Object> nobody = new HashMap<>(properties);
        nobody.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, "127.0.0.1:1");
        try (KafkaProducer<byte[], byte[]> trial = new KafkaProducer<>(nobody)) {
            trial.close(Duration.ZERO);
        } catch (KafkaException e) {
            if (!isRemoteLogin(properties, e)) {
                throw new IllegalArgumentException("kafka.properties: " + sentence(e), e);
            }
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

    /** Properties of the admin client: those of the configuration that it knows. */
    static Map<String, Object> admin(KafkaConfig config, int timeoutMillis) {
        Map<String, Object> all = new HashMap<>();
        reveal(config, all);
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

    /** Why a broker cannot be used, one sentence without secrets. */
    static String away(String servers, Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof AuthenticationException || cause instanceof AuthorizationException) {
                return servers + " refuses us (" + sentence(cause) + ")";
            }
            if (cause instanceof TimeoutException || cause instanceof org.apache.kafka.common.errors.TimeoutException) {
                return servers + " does not answer";
            }
        }
        return servers + " cannot be used (" + sentence(failure) + ")";
    }

    /** The innermost useful message of a failure as one line without secrets. */
    static String sentence(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null
                && (cause.getMessage() == null
                        || cause instanceof ExecutionException
                        || cause.getMessage().startsWith("Failed to "))) {
            cause = cause.getCause();
        }
        String message = cause instanceof TimeoutException ? "no answer in time" : cause.getMessage();
        String text = message == null || message.isBlank() ? cause.getClass().getSimpleName() : message.strip();
        return Redaction.redact(text.replaceAll("\\s+", " "));
    }

    private static void reveal(KafkaConfig config, Map<String, Object> into) {
        for (Map.Entry<String, Secret> property : config.properties().entrySet()) {
            into.put(property.getKey(), property.getValue().reveal());
        }
    }
}
