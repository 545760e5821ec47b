package io.helmwatch.config.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.helmwatch.config.ConfigLoader;
import io.helmwatch.config.secret.Redaction;
import io.helmwatch.config.secret.Secret;
import io.helmwatch.config.yaml.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class KafkaClientPropertiesTest {
    @TempDir
    private Path folder;

    private Map<String, Secret> read(String keys) {
        return read(keys, "");
    }

    private Map<String, Secret> read(String keys, String rules) {
        String yaml = "streams: [{id: a, url: 'rtsp://c/1'" + rules + "}]\nkafka:\n  bootstrap-servers: b:1\n  " + keys
                + "\n";
        return ConfigLoader.parse(yaml, "site.yaml", folder, name -> null)
                .kafka()
                .properties();
    }

    private String problem(String keys) {
        ConfigException refused = catchThrowableOfType(ConfigException.class, () -> read(keys));
        assertThat(refused).as("accepted: " + keys).isNotNull();
        assertThat(refused.problems()).hasSize(1);
        return refused.getMessage();
    }

    @ParameterizedTest
    @CsvSource({
        "ack, acks",
        "retires, retries",
        "linger, linger.ms",
        "linger_ms, linger.ms",
        "lingerMs, linger.ms",
        "compresion.type, compression.type",
        "compression-type, compression.type",
        "security.protocoll, security.protocol",
        "sasl.jaas.cofig, sasl.jaas.config",
        "ssl.truststore.pasword, ssl.truststore.password",
        "Max.Request.Size, max.request.size",
    })
    void shouldSuggestThePropertyThatIsMisspelt(String property, String meant) {
        assertThat(problem("properties: {" + property + ": some-value}"))
                .contains("kafka.properties." + property, "did you mean '" + meant + "'?")
                .doesNotContain("some-value");
    }

    @ParameterizedTest
    @ValueSource(strings = {"my.interceptor.url", "schema.registry.url", "audit.team", "x"})
    void shouldPassPropertiesOfInterceptorsOn(String property) {
        assertThat(read("properties: {" + property + ": v}")).containsEntry(property, Secret.of("v"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "1", "some", "' '"})
    void shouldRefuseToAcknowledgeIncidentsBeforeAllBrokersHaveThem(String acks) {
        ConfigException refused = catchThrowableOfType(
                ConfigException.class,
                () -> read("properties: {acks: " + acks + "}", ", rules: [{name: a, kind: no-helmet}]"));
        assertThat(refused).hasMessageContainingAll("kafka.properties.acks", "must be all", "incidents");
        assertThat(read("properties: {acks: " + acks + "}")).containsKey("acks");
    }

    @ParameterizedTest
    @CsvSource({"max.request.size, 65535", "buffer.memory, 1"})
    void shouldRefuseLimitsThatMessagesDoNotFitInto(String name, String value) {
        ConfigException refused =
                catchThrowableOfType(ConfigException.class, () -> read("properties: {" + name + ": " + value + "}"));
        assertThat(refused).hasMessageContainingAll("kafka.properties." + name, "at least 65536");
        assertThat(read("properties: {" + name + ": 65536}")).containsEntry(name, Secret.of("65536"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"all", "-1", "' all '"})
    void shouldAcceptThatAllBrokersAcknowledgeIncidents(String acks) {
        assertThat(read("properties: {acks: " + acks + "}", ", rules: [{name: a, kind: no-helmet}]"))
                .containsKey("acks");
    }

    @ParameterizedTest
    @CsvSource({
        "bootstrap.servers, kafka.bootstrap-servers",
        "key.serializer, cannot be changed",
        "value.serializer, cannot be changed",
        "transactional.id, cannot be changed"
    })
    void shouldRefusePropertiesThatHelmwatchSets(String property, String fact) {
        assertThat(problem("properties: {" + property + ": x}")).contains("kafka.properties." + property, fact);
    }

    @Test
    void shouldMaskPasswordsOfLoginModulesEverywhere() {
        read(
                "properties: {sasl.jaas.config: 'M required password=\"jaas-7101\" token=jaas-7102 secret=''jaas-7103'' user=jaas-7104;'}");
        assertThat(Redaction.redact("jaas-7101 jaas-7102 jaas-7103 jaas-7104")).isEqualTo("*** *** *** jaas-7104");
        read("properties: {sasl.jaas.config: 'M required password=\"jaas\\\"7105\";'}");
        assertThat(Redaction.redact("jaas\"7105")).isEqualTo("***");
        read("properties: {ssl.key.password: plain-7106, client.id: plain-7107}");
        assertThat(Redaction.redact("plain-7106 plain-7107")).isEqualTo("*** plain-7107");
    }

    @Test
    void shouldReadValuesFromFilesAndKeepThemSecret() throws IOException {
        String jaas = "org.example.Login required\n  username=\"u\" password=\"in-file-6101\";";
        Files.writeString(folder.resolve("jaas"), jaas + "\n\n");
        Files.writeString(folder.resolve("trust"), "in-file-6102\r\n");
        Map<String, Secret> properties =
                read("property-files: {sasl.jaas.config: jaas, ssl.truststore.password: trust}");
        assertThat(properties)
                .containsEntry("sasl.jaas.config", Secret.of(jaas))
                .containsEntry("ssl.truststore.password", Secret.of("in-file-6102"));
        assertThat(Redaction.redact("a in-file-6101 b in-file-6102 c")).isEqualTo("a *** b *** c");
    }

    @Test
    void shouldSayWhatIsWrongWithAFile() throws IOException {
        Files.writeString(folder.resolve("empty"), "\n");
        Files.writeString(folder.resolve("full"), "x");
        assertThat(problem("property-files: {ssl.key.password: nosuch}"))
                .contains("kafka.property-files.ssl.key.password", "no such file", folder + "/nosuch");
        assertThat(problem("property-files: {ssl.key.password: empty}")).contains("is empty");
        assertThat(problem("property-files: {ssl.key.pasword: full}")).contains("did you mean 'ssl.key.password'?");
        assertThat(problem("{properties: {client.id: x}, property-files: {client.id: full}}"
                        .replace("{properties", "properties")
                        .replace("}, property-files", "}\n  property-files")
                        .replace("full}}", "full}")))
                .contains("excludes kafka.properties.client.id");
    }

    @Test
    void shouldMaskThePasswordOfALoginModuleWithAndWithoutItsEscapes() {
        read("properties: {sasl.jaas.config: 'x.PlainLoginModule required username=\"u\" password=\"jaas\\\"4713\";'}");
        assertThat(Redaction.redact("said jaas\"4713 and jaas\\\"4713")).isEqualTo("said *** and ***");
    }
}
