package io.helmwatch.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Holds the documentation against the code: every key that is read, and no other. */
class ExampleTest {
    private static final Path DOCS = Path.of(System.getProperty("helmwatch.home"), "docs");
    private static final Map<String, String> ENVIRONMENT =
            Map.of("GATE3_PASSWORD", "s3cr3t-gate", "KAFKA_PASSWORD", "s3cr3t-kafka");

    private String yaml = "";
    private HelmwatchConfig config;
    private Set<String> keys = Set.of();

    @BeforeEach
    void read() throws IOException {
        Path file = DOCS.resolve("helmwatch.example.yaml");
        yaml = Files.readString(file);
        config = ConfigLoader.load(file, ENVIRONMENT::get);
        ConfigLoader.Context context = new ConfigLoader.Context("example", DOCS, ENVIRONMENT::get);
        context.read(ConfigLoader.compose(yaml, "example"));
        keys = context.keys().stream()
                .filter(key -> !key.startsWith("kafka.properties."))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(keys).hasSizeGreaterThan(60);
    }

    @Test
    void shouldShowTheDefaultsInTheExample() {
        assertThat(config.backend()).isEqualTo(Backend.AUTO);
        assertThat(config.model()).isEqualTo(ModelConfig.DEFAULT);
        assertThat(config.inference()).isEqualTo(InferenceConfig.DEFAULT);
        assertThat(config.pipeline()).isEqualTo(PipelineConfig.DEFAULT);
        assertThat(config.http()).isEqualTo(HttpConfig.DEFAULT);
        assertThat(config.jsonLines()).isEqualTo(JsonLinesConfig.DEFAULT);
        KafkaConfig kafka = config.kafka();
        KafkaConfig d = KafkaConfig.DEFAULT.withBootstrapServers(kafka.bootstrapServers());
        assertThat(kafka)
                .usingRecursiveComparison()
                .ignoringFields("properties")
                .isEqualTo(d);
        StreamConfig expected = StreamConfig.of("gate-3", "rtsp://192.0.2.10:554/stream1");
        assertThat(config.streams().get(0))
                .usingRecursiveComparison()
                .ignoringFields("credentials", "rules")
                .isEqualTo(expected);
        StreamConfig clip = config.streams().get(1);
        assertThat(clip).isEqualTo(StreamConfig.of("yard-clip", clip.url()));
        RuleConfig rule = config.streams().get(0).rules().rules().get(0);
        assertThat(rule)
                .usingRecursiveComparison()
                .ignoringFields("schedule")
                .isEqualTo(RuleConfig.of("no-helmet-in-pit", RuleConfig.Kind.NO_HELMET, List.of("pit"), 0));
        assertThat(config.incidents().tracking()).isEqualTo(TrackingConfig.DEFAULT);
        assertThat(config.incidents().observation()).isEqualTo(IncidentsConfig.DEFAULT.observation());
        assertThat(config.incidents().lostAfter()).isEqualTo(IncidentsConfig.DEFAULT.lostAfter());
        assertThat(config.incidents().spool().maxBytes()).isEqualTo(SpoolConfig.DEFAULT.maxBytes());
        assertThat(config.incidents().spool().fsync()).isEqualTo(SpoolConfig.DEFAULT.fsync());
    }

    @Test
    void shouldHaveEveryKeyInTheExample() {
        for (String key : keys) {
            String last = key.substring(key.lastIndexOf('.') + 1).replace("[]", "");
            assertThat(Pattern.compile("(?m)^[ #-]*" + Pattern.quote(last) + ":|[{,] *" + Pattern.quote(last) + ":")
                            .matcher(yaml)
                            .find())
                    .as("docs/helmwatch.example.yaml lacks " + key)
                    .isTrue();
        }
    }

    @Test
    void shouldHaveEveryKeyAndNoOtherInTheTable() throws IOException {
        Set<String> documented = new TreeSet<>();
        Matcher rows = Pattern.compile("(?m)^\\| `([a-z][^`]*)` \\|")
                .matcher(Files.readString(DOCS.resolve("configuration.md")));
        while (rows.find()) {
            documented.add(rows.group(1));
        }
        Set<String> leaves = keys.stream()
                .filter(key ->
                        documented.contains(key) || keys.stream().noneMatch(other -> other.startsWith(key + ".")))
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(documented).as("keys in docs/configuration.md").isEqualTo(leaves);
    }

    @Test
    void shouldDescribeEveryValueInForceWithoutSecrets() {
        String text = config.describe();
        assertThat(text).doesNotContain("s3cr3t", "operator", "ScramLoginModule");
        for (String key : keys) {
            String last = key.substring(key.lastIndexOf('.') + 1).replace("[]", "");
            boolean secretOrAlternative = key.contains("credentials.") || last.equals("fewer-than");
            if (!secretOrAlternative) {
                assertThat(text).as("describe() lacks " + key).contains(last + ":");
            }
        }
        assertThat(text).contains("credentials: ***").contains("sasl.jaas.config: ***");
    }

    @Test
    void shouldHideSecretsInToString() {
        assertThat(config.toString()).doesNotContain("s3cr3t", "operator", "ScramLoginModule");
    }
}
