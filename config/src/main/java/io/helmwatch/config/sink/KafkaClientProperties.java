package io.helmwatch.config.sink;

import io.helmwatch.config.schema.Spelling;
import io.helmwatch.config.schema.Value;
import io.helmwatch.config.secret.Redaction;
import io.helmwatch.config.secret.Secret;
import io.helmwatch.config.secret.SecretFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Properties of Kafka's Java client as the configuration gives them. Names that are near to a known one are misspelt; others
 * pass, because interceptors and login modules have properties of their own.
 */
final class KafkaClientProperties {
    private static final Pattern JAAS_PASSWORD = Pattern.compile(
            "(?i)(?:password|secret|token)\\s*=\\s*(?:\"((?:\\\\.|[^\"\\\\])*)\"|'([^']*)'|([^\\s;]+))");
    private static final Pattern SECRET_NAME =
            Pattern.compile("(?i).*(?:password|secret|token|credential|jaas|keystore\\.key|oauth|assertion).*");
    /** Limits of the size of a message, which must leave room for every message of ours. */
    private static final List<String> SIZES = List.of("max.request.size", "buffer.memory");

    private static final int LARGEST_MESSAGE_BYTES = 65_536;
    private static final Set<String> OWN = Set.of("key.serializer", "value.serializer", "transactional.id");
    private static final List<String> KNOWN = known();

    /** Why incidents cannot be published with other values of {@code acks}. */
    static final String UNSAFE =
            "must be all where streams have rules: with less, a broker that fails loses incidents that it has"
                    + " acknowledged";

    private KafkaClientProperties() {}

    /** Whether no failure of a broker loses what is acknowledged with a value of {@code acks}. */
    static boolean isSafe(String acks) {
        return acks.strip().matches("all|-1");
    }

    /**
     * The properties; those that hold secrets are registered with {@link Redaction}.
     *
     * @param given properties with their values
     * @param files properties with the files that hold their values
     * @param hasIncidents whether incidents are published, which no failure of a broker may lose
     */
    static Map<String, Secret> read(Map<String, Value> given, Map<String, Value> files, boolean hasIncidents) {
        Map<String, Secret> properties = new TreeMap<>();
        Value acks = given.get("acks");
        String wanted = acks == null ? null : acks.text();
        if (acks != null && wanted != null && hasIncidents && !isSafe(wanted)) {
            acks.problem(UNSAFE);
        }
        SIZES.forEach(name -> requireRoom(given.get(name)));
        given.forEach((name, value) -> {
            String text = value.text();
            if (text != null) {
                put(properties, name, text, value);
            }
        });
        files.forEach((name, value) -> {
            String text = value.text();
            Path file = text == null ? null : value.path(text);
            if (given.containsKey(name)) {
                value.problem("excludes kafka.properties." + name);
            } else if (file != null) {
                SecretFile.Content content = SecretFile.whole(file);
                if (content.text() == null) {
                    value.problem(content.problem());
                } else {
                    put(properties, name, content.text(), value);
                }
            }
        });
        return properties;
    }

    /** Kafka rejects a message that is too large for good. */
    private static void requireRoom(@Nullable Value value) {
        String text = value == null ? null : value.text();
        if (value != null
                && text != null
                && text.strip().matches("\\d{1,9}")
                && Integer.parseInt(text.strip()) < LARGEST_MESSAGE_BYTES) {
            value.problem("must be at least " + LARGEST_MESSAGE_BYTES + ": larger messages are lost");
        }
    }

    private static void put(Map<String, Secret> properties, String name, String text, Value value) {
        Secret secret = secret(name, text);
        if (name.equals("bootstrap.servers")) {
            value.problem("is set by kafka.bootstrap-servers");
        } else if (OWN.contains(name)) {
            value.problem("is set by Helmwatch and cannot be changed");
        } else if (!KNOWN.contains(name)) {
            String nearest = nearest(name);
            if (nearest != null) {
                value.problem("unknown property of Kafka's client; did you mean '" + nearest + "'?");
            }
        }
        properties.put(name, secret);
    }

    /** The known name that differs in case, separators or a few letters, or that this is the start of. */
    private static @Nullable String nearest(String name) {
        String normal = name.toLowerCase(Locale.ROOT).replaceAll("[_-]", ".");
        for (String known : KNOWN) {
            if (known.replace(".", "").equals(normal.replace(".", "")) || known.startsWith(normal + ".")) {
                return known;
            }
        }
        String nearest = Spelling.nearest(normal, KNOWN);
        boolean isNear = nearest != null && Spelling.distance(normal, nearest) <= Math.max(1, normal.length() / 6);
        return isNear ? nearest : null;
    }

    private static Secret secret(String name, String text) {
        Secret secret = Secret.of(text);
        if (SECRET_NAME.matcher(name).matches()) {
            Redaction.register(secret);
            Matcher password = JAAS_PASSWORD.matcher(text);
            while (password.find()) {
                for (int group = 1; group <= password.groupCount(); group++) {
                    String part = password.group(group);
                    if (part != null) {
                        Redaction.register(Secret.of(part));
                        Redaction.register(Secret.of(part.replaceAll("\\\\(.)", "$1")));
                    }
                }
            }
        }
        return secret;
    }

    private static List<String> known() {
        try (InputStream in = KafkaClientProperties.class.getResourceAsStream("kafka-client-properties.txt")) {
            if (in == null) {
                throw new IllegalStateException("kafka-client-properties.txt is missing in the module config");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
