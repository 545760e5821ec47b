package io.helmwatch.config.cluster;

import static io.helmwatch.config.schema.ValueTypes.choice;
import static io.helmwatch.config.schema.ValueTypes.duration;
import static io.helmwatch.config.schema.ValueTypes.path;
import static io.helmwatch.config.schema.ValueTypes.text;
import static io.helmwatch.config.schema.ValueTypes.wholeNumber;

import io.helmwatch.config.schema.Key;
import io.helmwatch.config.schema.Names;
import io.helmwatch.config.schema.SecretKeys;
import io.helmwatch.config.schema.Section;
import io.helmwatch.config.schema.SectionSpec;
import io.helmwatch.config.secret.CertificateFile;
import io.helmwatch.config.secret.Redaction;
import io.helmwatch.config.secret.Secret;
import io.helmwatch.config.sink.KafkaSection;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The section {@code cluster}. Threading: stateless. */
public final class ClusterSection {
    private static final ClusterConfig DEFAULT = ClusterConfig.of("", "");
    private static final Pattern NOT_IN_NAMES = Pattern.compile("[^A-Za-z0-9._-]");
    private static final int LONGEST_NAME = 64;
    private static final int SHORTEST_SECRET = 24;
    private static final int LAST_PORT = 65_535;
    private static final Pattern ADDRESS_PARTS =
            Pattern.compile("(?:[A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+]):([1-9][0-9]{0,4})");

    private static final Key<ClusterConfig, String> NAME = Key.<ClusterConfig, String>required(
                    "name",
                    Names.type(),
                    ClusterConfig::name,
                    "a name such as site-a",
                    "the cluster's name; nodes of the same name share cameras")
            .example("site-a");
    private static final Key<ClusterConfig, String> NODE = Key.<ClusterConfig, String>optional(
                    "node",
                    Names.type(),
                    ClusterConfig::node,
                    "the host's name",
                    "this node's name, different from that of every other node")
            .example("node-1");
    private static final Key<ClusterConfig, Integer> WEIGHT = Key.of(
            "weight",
            wholeNumber(1, 64),
            DEFAULT.weight(),
            ClusterConfig::weight,
            "share of the cameras that this node takes: one of weight 2 has twice as many as one of weight 1");
    private static final Key<ClusterConfig, Duration> SESSION_TIMEOUT = Key.of(
            "session-timeout",
            duration(ClusterConfig.MIN_SESSION_TIMEOUT, Duration.ofMinutes(5)),
            DEFAULT.sessionTimeout(),
            ClusterConfig::sessionTimeout,
            "how long the broker waits for a silent node before its cameras go to others");
    private static final Key<ClusterConfig, Duration> HAND_OVER_AFTER = Key.of(
            "hand-over-after",
            duration(Duration.ofSeconds(5), Duration.ofHours(1)),
            DEFAULT.handOverAfter(),
            ClusterConfig::handOverAfter,
            "how long a camera must be out of its node's reach before other nodes try to take it over");
    private static final Key<ClusterConfig, ClusterConfig.Rebalance> REBALANCE = Key.of(
            "rebalance",
            choice(ClusterConfig.Rebalance.class),
            DEFAULT.rebalance(),
            ClusterConfig::rebalance,
            "`auto`: where a node has a tenth more cameras than its share, some are moved to the others, one at a time;"
                    + " `manual`: only `cameras rebalance` does. The same on every node");
    private static final Key<ClusterConfig, Duration> REBALANCE_AFTER = Key.of(
            "rebalance-after",
            duration(Duration.ofSeconds(1), Duration.ofDays(1)),
            DEFAULT.rebalanceAfter(),
            ClusterConfig::rebalanceAfter,
            "with `rebalance: auto`: how long no node must have come or gone before");
    private static final Key<ClusterConfig, String> CAMERAS_TOPIC = Key.of(
            "cameras-topic",
            KafkaSection.topic(),
            DEFAULT.camerasTopic(),
            ClusterConfig::camerasTopic,
            "topic of the cameras, compacted");
    private static final Key<ClusterConfig, Integer> PARTITIONS = Key.of(
            "partitions",
            wholeNumber(1, 10_000),
            DEFAULT.partitions(),
            ClusterConfig::partitions,
            "partitions of that topic when it is created, the units in which cameras move between nodes; at least four"
                    + " for each unit of weight");
    private static final Key<ClusterConfig, String> OPEN_INCIDENTS_TOPIC = Key.of(
            "open-incidents-topic",
            KafkaSection.topic(),
            DEFAULT.openIncidentsTopic(),
            ClusterConfig::openIncidentsTopic,
            "topic of the incidents that are open, compacted");
    private static final Key<ClusterConfig, String> NODES_TOPIC = Key.of(
            "nodes-topic",
            KafkaSection.topic(),
            DEFAULT.nodesTopic(),
            ClusterConfig::nodesTopic,
            "topic of the nodes, compacted");
    private static final Key<ClusterConfig, String> ACKNOWLEDGEMENTS_TOPIC = Key.of(
            "acknowledgements-topic",
            KafkaSection.topic(),
            DEFAULT.acknowledgementsTopic(),
            ClusterConfig::acknowledgementsTopic,
            "topic of the acknowledgements of incidents, compacted, one partition");
    private static final Key<ClusterConfig, String> ADDRESS = Key.<ClusterConfig, String>optional(
                    "address",
                    text("HOST:PORT", ClusterSection::isAddress, "must be HOST:PORT, such as node-1.example:9400"),
                    ClusterConfig::address,
                    "the address on which `http` listens; where that is every address, the host's name with its port",
                    "where the desks of the other nodes reach this node's desk")
            .example("node-1.example:9400");
    private static final SecretKeys<ClusterConfig> SECRET =
            new SecretKeys<>("secret", ClusterConfig::secret, "HELMWATCH_CLUSTER_SECRET");
    private static final Key<ClusterConfig, Path> TLS_CA_FILE = Key.<ClusterConfig, Path>optional(
                    "tls-ca-file",
                    path(),
                    ClusterConfig::tlsCaFile,
                    "what Java trusts",
                    "PEM file of the certificates that signed those of the nodes' desks (`http.tls`)")
            .example("site-ca.pem");

    /** What the section may hold. */
    public static final SectionSpec<ClusterConfig> SPEC = SectionSpec.of(
            "several processes that share cameras over Kafka ([cluster](cluster.md)); without it every process has its"
                    + " own",
            NAME,
            NODE,
            WEIGHT,
            SESSION_TIMEOUT,
            HAND_OVER_AFTER,
            REBALANCE,
            REBALANCE_AFTER,
            CAMERAS_TOPIC,
            PARTITIONS,
            OPEN_INCIDENTS_TOPIC,
            NODES_TOPIC,
            ACKNOWLEDGEMENTS_TOPIC,
            ADDRESS,
            SECRET.variable(),
            SECRET.file(),
            TLS_CA_FILE);

    private ClusterSection() {}

    /** The cluster; null where none is given. */
    public static @Nullable ClusterConfig read(Section section) {
        if (!section.isGiven()) {
            return null;
        }
        String name = section.required(NAME);
        String node = section.optional(NODE);
        return new ClusterConfig(
                name == null ? "" : name,
                node == null ? hostName() : node,
                section.value(WEIGHT),
                section.value(SESSION_TIMEOUT),
                section.value(HAND_OVER_AFTER),
                section.value(REBALANCE),
                section.value(REBALANCE_AFTER),
                section.value(CAMERAS_TOPIC),
                section.value(PARTITIONS),
                section.value(OPEN_INCIDENTS_TOPIC),
                section.value(NODES_TOPIC),
                section.value(ACKNOWLEDGEMENTS_TOPIC),
                section.file().resolve(""),
                section.optional(ADDRESS),
                secret(section),
                caFile(section));
    }

    private static @Nullable Secret secret(Section section) {
        Secret secret = SECRET.read(section);
        if (secret == null) {
            return null;
        }
        Secret stripped = Secret.of(secret.reveal().strip());
        Redaction.register(stripped);
        if (stripped.reveal().length() < SHORTEST_SECRET) {
            section.problem(
                    section.has(SECRET.file()) ? SECRET.file() : SECRET.variable(),
                    "the secret must have at least " + SHORTEST_SECRET
                            + " characters; make one with openssl rand -hex 32");
        }
        return stripped;
    }

    private static @Nullable Path caFile(Section section) {
        Path file = section.optional(TLS_CA_FILE);
        String problem = file == null ? "" : CertificateFile.problem(file);
        if (!problem.isEmpty()) {
            section.problem(TLS_CA_FILE, problem);
        }
        return file;
    }

    private static boolean isAddress(String text) {
        Matcher parts = ADDRESS_PARTS.matcher(text);
        return parts.matches() && Integer.parseInt(parts.group(1)) <= LAST_PORT;
    }

    private static String hostName() {
        String name;
        try {
            name = InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            name = "node";
        }
        String plain = NOT_IN_NAMES.matcher(name).replaceAll("-");
        return plain.substring(0, Math.min(plain.length(), LONGEST_NAME));
    }
}
