package io.helmwatch.config.sink;

import static io.helmwatch.config.schema.ValueTypes.flag;
import static io.helmwatch.config.schema.ValueTypes.path;
import static io.helmwatch.config.schema.ValueTypes.text;
import static io.helmwatch.config.schema.ValueTypes.wholeNumber;

import io.helmwatch.config.schema.FreeKeys;
import io.helmwatch.config.schema.Key;
import io.helmwatch.config.schema.Section;
import io.helmwatch.config.schema.SectionSpec;
import io.helmwatch.config.schema.ValueType;
import io.helmwatch.config.secret.Secret;
import io.helmwatch.config.stream.HostAndPort;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The section {@code kafka}. */
public final class KafkaSection {
    private static final KafkaConfig DEFAULT = KafkaConfig.DEFAULT;
    private static final Pattern SERVER = Pattern.compile("(?:\\[[0-9A-Fa-f:.]+]|[A-Za-z0-9._-]+):(\\d{1,5})");
    private static final Pattern TOPIC = Pattern.compile("(?!\\.{1,2}$)[A-Za-z0-9._-]{1,249}");

    private static final Key<KafkaConfig, Boolean> ENABLED = Key.<KafkaConfig, Boolean>optional(
                    "enabled",
                    flag(),
                    KafkaConfig::enabled,
                    "`true` where `bootstrap-servers` or `embedded` is set",
                    "whether messages go to Kafka")
            .exampleInForce("true");
    private static final Key<KafkaConfig, String> BOOTSTRAP_SERVERS = Key.<KafkaConfig, String>optional(
                    "bootstrap-servers",
                    text(
                            "`host:port`, several separated by commas",
                            KafkaSection::isServers,
                            "must be host:port, several separated by commas"),
                    kafka -> kafka.embedded() || !kafka.enabled() ? null : kafka.bootstrapServers(),
                    "none",
                    "brokers to connect to first")
            .exampleInForce("broker-1.example:9092,broker-2.example:9092");
    private static final Key<KafkaConfig, Boolean> EMBEDDED = Key.of(
            "embedded",
            flag(),
            DEFAULT.embedded(),
            KafkaConfig::embedded,
            "whether a development broker starts in this process instead, on the loopback address");
    private static final Key<KafkaConfig, Path> EMBEDDED_DATA_DIR = Key.<KafkaConfig, Path>optional(
                    "embedded-data-dir",
                    path(),
                    KafkaConfig::embeddedDataDir,
                    "a temporary folder, removed at the end",
                    "data of the development broker, kept between runs")
            .example("kafka-data");
    private static final Key<KafkaConfig, Integer> EMBEDDED_PORT = Key.of(
                    "embedded-port",
                    wholeNumber(0, 65_535),
                    DEFAULT.embeddedPort(),
                    KafkaConfig::embeddedPort,
                    "port of the development broker")
            .meaning("a free one, which is printed");
    private static final Key<KafkaConfig, String> DETECTIONS_TOPIC = Key.of(
            "detections-topic",
            topic(),
            DEFAULT.topics().detections(),
            kafka -> kafka.topics().detections(),
            "topic of the detections of each frame");
    private static final Key<KafkaConfig, String> EVENTS_TOPIC = Key.of(
            "events-topic",
            topic(),
            DEFAULT.topics().events(),
            kafka -> kafka.topics().events(),
            "topic of the incidents");
    private static final Key<KafkaConfig, String> STREAMS_TOPIC = Key.of(
            "streams-topic",
            topic(),
            DEFAULT.topics().streams(),
            kafka -> kafka.topics().streams(),
            "topic of the states of the streams, compacted");
    private static final Key<KafkaConfig, String> AUDIT_TOPIC = Key.of(
            "audit-topic",
            topic(),
            DEFAULT.topics().audit(),
            kafka -> kafka.topics().audit(),
            "topic of logins and changes over HTTP; created with the first");
    private static final Key<KafkaConfig, String> COMPLIANCE_TOPIC = Key.of(
            "compliance-topic",
            topic(),
            DEFAULT.topics().compliance(),
            kafka -> kafka.topics().compliance(),
            "topic of the counts of observed heads by stream, zone and minute");
    private static final Key<KafkaConfig, Boolean> CREATE_TOPICS = Key.of(
            "create-topics",
            flag(),
            DEFAULT.createTopics(),
            KafkaConfig::createTopics,
            "whether missing topics are created, with the broker's defaults for partitions and replicas");
    private static final Key<KafkaConfig, Integer> QUEUE_CAPACITY = Key.of(
            "queue-capacity",
            wholeNumber(1, 10_000_000),
            DEFAULT.queueCapacity(),
            KafkaConfig::queueCapacity,
            "messages queued while the broker is slow or away; the oldest are dropped beyond, and counted");
    private static final FreeKeys<KafkaConfig> PROPERTIES = new FreeKeys<>(
            "properties",
            "any property of Kafka's Java client (`ssl.*`, `sasl.*`, `compression.type`, …); the values are never shown",
            kafka -> kafka.properties().keySet(),
            List.of(
                    "security.protocol: SASL_SSL",
                    "sasl.mechanism: SCRAM-SHA-512",
                    "sasl.jaas.config: >-",
                    "  org.apache.kafka.common.security.scram.ScramLoginModule required",
                    "  username=\"helmwatch\" password=\"${KAFKA_PASSWORD}\";"));
    private static final FreeKeys<KafkaConfig> PROPERTY_FILES = new FreeKeys<>(
            "property-files",
            "properties of Kafka's client whose value is the content of a file: passwords, JAAS configurations, PEM keys",
            null,
            List.of("# ssl.truststore.password: /run/secrets/truststore"));

    /** The keys of the section. */
    public static final SectionSpec<KafkaConfig> SPEC = SectionSpec.of(
            "the broker and the topics",
            ENABLED,
            BOOTSTRAP_SERVERS,
            EMBEDDED,
            EMBEDDED_DATA_DIR,
            EMBEDDED_PORT,
            DETECTIONS_TOPIC,
            EVENTS_TOPIC,
            STREAMS_TOPIC,
            AUDIT_TOPIC,
            COMPLIANCE_TOPIC,
            CREATE_TOPICS,
            QUEUE_CAPACITY,
            PROPERTIES,
            PROPERTY_FILES);

    private KafkaSection() {}

    /**
     * The broker and the topics.
     *
     * @param hasIncidents whether incidents are published
     */
    public static KafkaConfig read(Section section, boolean hasIncidents) {
        boolean embedded = section.value(EMBEDDED);
        String servers = section.optional(BOOTSTRAP_SERVERS);
        if (embedded && section.has(BOOTSTRAP_SERVERS)) {
            section.problem(BOOTSTRAP_SERVERS, "excludes embedded: true, which starts a broker of its own");
        }
        boolean isAddressed = embedded || section.has(BOOTSTRAP_SERVERS);
        Boolean given = section.optional(ENABLED);
        boolean enabled = given == null ? isAddressed : given;
        if (enabled && !isAddressed) {
            section.problem(ENABLED, "needs bootstrap-servers or embedded: true");
        }
        Map<String, Secret> properties = KafkaClientProperties.read(
                section.freeKeys(PROPERTIES), section.freeKeys(PROPERTY_FILES), hasIncidents);
        KafkaConfig kafka = new KafkaConfig(
                enabled,
                servers == null ? DEFAULT.bootstrapServers() : servers.replace(" ", ""),
                embedded,
                section.optional(EMBEDDED_DATA_DIR),
                section.value(EMBEDDED_PORT),
                new KafkaConfig.Topics(
                        section.value(DETECTIONS_TOPIC),
                        section.value(EVENTS_TOPIC),
                        section.value(STREAMS_TOPIC),
                        section.value(AUDIT_TOPIC),
                        section.value(COMPLIANCE_TOPIC)),
                section.value(CREATE_TOPICS),
                section.value(QUEUE_CAPACITY),
                properties);
        List<String> topics = kafka.topics().names();
        if (Set.copyOf(topics).size() < topics.size()) {
            section.problem(STREAMS_TOPIC, "the five topics must have different names");
        }
        return kafka;
    }

    /** A topic's name. */
    public static ValueType<String> topic() {
        return text(
                "topic name",
                name -> TOPIC.matcher(name).matches(),
                "must be 1 to 249 letters, digits, dots, dashes or underscores");
    }

    private static boolean isServers(String servers) {
        for (String server : servers.split(",", -1)) {
            Matcher matcher = SERVER.matcher(server.strip());
            if (!matcher.matches() || !HostAndPort.isPort(matcher.group(1))) {
                return false;
            }
        }
        return true;
    }
}
