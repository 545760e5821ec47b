package io.helmwatch.pipeline.service;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helmwatch.config.ConfigLoader;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.schema.RequestLimits;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.config.stream.StreamSettings;
import io.helmwatch.config.yaml.ConfigException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StreamOperationsTest {

    @ParameterizedTest(name = "acks {0}, {1}: {2}")
    @CsvSource({
        "1, 'rules: [{name: bare, kind: no-helmet}]', refused",
        "0, 'rules: [{name: bare, kind: no-helmet}]', refused",
        "all, 'rules: [{name: bare, kind: no-helmet}]', ''",
        "-1, 'rules: [{name: bare, kind: no-helmet}]', ''",
        "1, analyze-fps: 5, ''"
    })
    void shouldRefuseRulesWhoseIncidentsABrokerThatFailsWouldLose(String acks, String settings, String outcome) {
        HelmwatchConfig config = ConfigLoader.parse(
                "kafka: {bootstrap-servers: 'k:9092', properties: {acks: '" + acks + "'}}\nstreams: []",
                "site.yaml",
                Path.of("/site"),
                name -> null);
        StreamConfig stream = StreamSettings.read(
                "id: a\nurl: rtsp://c/1\n" + settings, Path.of("/site"), name -> null, List.of(), RequestLimits.NONE);
        StreamOperations operations = new StreamOperations(config, null, null, null, List.of("helmet", "head"));
        if (outcome.isEmpty()) {
            assertThatCode(() -> operations.check(stream)).doesNotThrowAnyException();
        } else {
            assertThatThrownBy(() -> operations.check(stream))
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining("kafka.properties.acks must be all");
        }
    }
}
