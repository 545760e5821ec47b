package io.helmwatch.config.yaml;

import io.helmwatch.config.Redaction;
import io.helmwatch.config.Secret;
import io.helmwatch.config.schema.Value;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Properties of Kafka's Java client as the configuration gives them. */
final class KafkaClientProperties {
    private static final Pattern JAAS_PASSWORD = Pattern.compile(
            "(?i)(?:password|secret|token)\\s*=\\s*(?:\"((?:\\\\.|[^\"\\\\])*)\"|'([^']*)'|([^\\s;]+))");
    private static final Pattern SECRET_NAME =
            Pattern.compile("(?i).*(?:password|secret|token|credential|jaas|keystore\\.key|oauth|assertion).*");
    private static final Set<String> OWN = Set.of("key.serializer", "value.serializer", "transactional.id");

    private KafkaClientProperties() {}

    /** The properties; those that hold secrets are registered with {@link Redaction}. */
    static Map<String, Secret> read(Map<String, Value> given) {
        Map<String, Secret> properties = new TreeMap<>();
        given.forEach((name, value) -> {
            String text = value.text();
            if (text == null) {
                return;
            }
            if (name.equals("bootstrap.servers")) {
                value.problem("is set by kafka.bootstrap-servers");
            } else if (OWN.contains(name)) {
                value.problem("is set by Helmwatch and cannot be changed");
            }
            properties.put(name, secret(name, text));
        });
        return properties;
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
}
