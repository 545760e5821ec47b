package io.helmwatch.config.sink;

import io.helmwatch.config.rule.ScheduleConfig;
import io.helmwatch.config.secret.Secret;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A target that is notified of incidents, beside Kafka.
 *
 * @param name name in logs and metrics
 * @param target where messages go
 * @param phases which messages of an incident are sent
 * @param streams ids of the streams; empty for all
 * @param rules names of the rules; empty for all
 * @param zones names of the zones; empty for all, and for rules about the whole frame
 * @param schedule when something is sent; null is always
 * @param coolDown shortest time between two incidents of a stream and rule that are sent; those between are not
 * @param digest time over which messages are collected into one; zero sends each at once
 * @param offlineAfter how long a stream is offline before that is sent, as well as its return; null for never
 * @param nodes whether it is sent that a node of the cluster is lost, and back
 * @param unacknowledgedAfter how long an incident is acknowledged by nobody before it is sent; null sends each at once
 */
public record NotifyConfig(
        String name,
        Target target,
        Set<Phase> phases,
        List<String> streams,
        List<String> rules,
        List<String> zones,
        @Nullable ScheduleConfig schedule,
        Duration coolDown,
        Duration digest,
        @Nullable Duration offlineAfter,
        boolean nodes,
        @Nullable Duration unacknowledgedAfter) {

    /** Keeps its own copies. */
    public NotifyConfig {
        phases = Set.copyOf(phases);
        streams = List.copyOf(streams);
        rules = List.copyOf(rules);
        zones = List.copyOf(zones);
    }

    /** What a template may name between double braces. */
    public static final List<String> PLACEHOLDERS = List.of(
            "subject",
            "text",
            "type",
            "camera",
            "node",
            "rule",
            "zone",
            "started",
            "ended",
            "reason",
            "people",
            "confidence",
            "picture",
            "id");

    /** A target that gets the start and the end of every incident. */
    public static NotifyConfig of(String name, Target target) {
        return new NotifyConfig(
                name,
                target,
                Set.of(Phase.START, Phase.END),
                List.of(),
                List.of(),
                List.of(),
                null,
                Duration.ZERO,
                Duration.ZERO,
                null,
                false,
                null);
    }

    /** A message of an incident. */
    public enum Phase {
        /** It started. */
        START,
        /** It continues. */
        UPDATE,
        /** It ended. */
        END,
        /** Its clip is stored. */
        EVIDENCE
    }

    /** Where messages go. */
    public sealed interface Target permits Webhook, Mqtt, Mail {}

    /**
     * An HTTP server.
     *
     * @param url {@code http} or {@code https}
     * @param secret key of the signature; null for none
     * @param allowLocal whether loopback and link-local addresses are allowed
     * @param timeout longest time for a request
     * @param body template of the JSON that is sent; null sends that of the events topic
     */
    public record Webhook(
            URI url,
            @Nullable Secret secret,
            boolean allowLocal,
            Duration timeout,
            @Nullable String body) implements Target {

        /** A server that gets the JSON of the events topic. */
        public Webhook(URI url, @Nullable Secret secret, boolean allowLocal, Duration timeout) {
            this(url, secret, allowLocal, timeout, null);
        }

        /** Without the URL, whose path often holds a key. */
        @Override
        public String toString() {
            return "Webhook[host=" + url.getHost() + "]";
        }
    }

    /**
     * An MQTT 5 broker.
     *
     * @param host its name or address
     * @param port its port
     * @param tls whether the connection is encrypted
     * @param tlsCaFile PEM file of the certificates that sign the broker's; null for Java's own
     * @param username null for none
     * @param password null for none
     * @param topic first levels of the topics
     * @param homeAssistant first level of Home Assistant's discovery topics; null where it is not used
     */
    public record Mqtt(
            String host,
            int port,
            boolean tls,
            @Nullable Path tlsCaFile,
            @Nullable String username,
            @Nullable Secret password,
            String topic,
            @Nullable String homeAssistant)
            implements Target {}

    /**
     * A mail server.
     *
     * @param host its name or address
     * @param port its port
     * @param encryption how the connection is encrypted
     * @param username null for none
     * @param password null for none
     * @param from address of the sender
     * @param to addresses
     * @param attachSnapshot whether an incident's snapshot is attached
     * @param subject template of the subject; null for a sentence that says what happened
     * @param text template of the text; null for lines that say what is known
     */
    public record Mail(
            String host,
            int port,
            Encryption encryption,
            @Nullable String username,
            @Nullable Secret password,
            String from,
            List<String> to,
            boolean attachSnapshot,
            @Nullable String subject,
            @Nullable String text)
            implements Target {

        /** A mail in Helmwatch's own words. */
        public Mail(
                String host,
                int port,
                Encryption encryption,
                @Nullable String username,
                @Nullable Secret password,
                String from,
                List<String> to,
                boolean attachSnapshot) {
            this(host, port, encryption, username, password, from, to, attachSnapshot, null, null);
        }

        /** Keeps its own copy. */
        public Mail {
            to = List.copyOf(to);
        }
    }

    /** How a connection to a mail server is encrypted. */
    public enum Encryption {
        /** From the first byte, usually port 465. */
        TLS,
        /** After STARTTLS, which is required, usually port 587. */
        START_TLS,
        /** Not at all. */
        NONE
    }
}
