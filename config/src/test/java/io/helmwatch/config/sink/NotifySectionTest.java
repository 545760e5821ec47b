package io.helmwatch.config.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.helmwatch.config.ConfigLoader;
import io.helmwatch.config.ConfigText;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.yaml.ConfigException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NotifySectionTest {
    private static final String SITE = """
            json-lines: {target: "-"}
            streams:
              - id: gate
                url: rtsp://camera/1
                zones: [{name: pit, polygon: [[0, 0], [1, 0], [1, 1]]}]
                rules: [{name: helmet, kind: no-helmet, zones: [pit]}]
            """;

    @TempDir
    Path folder;

    private HelmwatchConfig load(String notify) throws Exception {
        Path file = folder.resolve("site.yaml");
        Files.writeString(file, SITE + "notify:\n" + notify);
        return ConfigLoader.load(file);
    }

    @ParameterizedTest
    @CsvSource({"ftp://hooks.example/T0/k3y-0815", "hooks.example/T0/k3y-0815", "https://hooks.example:x/k3y-0815"})
    void shouldNeverShowTheUrlOfAWebhook(String url) {
        ConfigException refused = catchThrowableOfType(
                ConfigException.class, () -> load("  - {name: tickets, webhook: {url: \"" + url + "\"}}\n"));
        assertThat(refused.problems())
                .singleElement()
                .asString()
                .contains("notify[0].webhook.url: must be an http")
                .doesNotContain("k3y");
    }

    @Test
    void shouldNotShowTheUrlOfAWebhookAmongTheSettings() throws Exception {
        HelmwatchConfig config = load("  - {name: tickets, webhook: {url: https://hooks.example/T0/k3y-0815}}\n");
        assertThat(config.toString()).contains("hooks.example").doesNotContain("k3y");
        assertThat(ConfigText.valuesInForce(config)).contains("webhook").doesNotContain("k3y");
    }

    @Test
    void shouldReadATargetOfEachKind() throws Exception {
        Files.writeString(folder.resolve("word"), "secret-word\n");
        HelmwatchConfig config = load("""
                  - name: tickets
                    webhook: {url: "https://tickets.example/hook", secret-file: word, timeout: 3s}
                    digest: 15m
                  - name: house
                    mqtt: {broker: mqtt.example, tls: true, username: helmwatch, password-file: word}
                    offline-after: 2m
                  - name: guards
                    mail: {server: smtp.example, from: a@site.example, to: [b@site.example]}
                    zones: [pit]
                    phases: [start]
                    cool-down: 10m
                """);
        NotifyConfig.Webhook webhook =
                (NotifyConfig.Webhook) config.notifications().get(0).target();
        assertThat(webhook.url().getHost()).isEqualTo("tickets.example");
        assertThat(webhook.secret()).isNotNull();
        assertThat(webhook.secret().reveal()).isEqualTo("secret-word");
        assertThat(webhook.timeout()).isEqualTo(Duration.ofSeconds(3));
        assertThat(webhook.allowLocal()).isFalse();
        assertThat(config.notifications().get(0).digest()).isEqualTo(Duration.ofMinutes(15));

        NotifyConfig.Mqtt mqtt =
                (NotifyConfig.Mqtt) config.notifications().get(1).target();
        assertThat(mqtt.port()).isEqualTo(8883);
        assertThat(mqtt.topic()).isEqualTo("helmwatch");
        assertThat(config.notifications().get(1).offlineAfter()).isEqualTo(Duration.ofMinutes(2));

        NotifyConfig guards = config.notifications().get(2);
        assertThat(((NotifyConfig.Mail) guards.target()).port()).isEqualTo(587);
        assertThat(guards.phases()).isEqualTo(Set.of(NotifyConfig.Phase.START));
        assertThat(guards.zones()).containsExactly("pit");
        assertThat(guards.coolDown()).isEqualTo(Duration.ofMinutes(10));
    }

    @Test
    void shouldShowNoSecret() throws Exception {
        Files.writeString(folder.resolve("word"), "secret-word\n");
        HelmwatchConfig config = load("""
                  - {name: tickets, webhook: {url: "https://tickets.example/T0/B0/key-word", secret-file: word}}
                """);
        assertThat(ConfigText.valuesInForce(config)).contains("tickets").doesNotContain("secret-word", "key-word");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {name: a}                                                                              | exactly one of
            {name: a, webhook: {url: "https://x.example"}, mqtt: {broker: y}}                      | exactly one of
            {name: a, webhook: {url: "ftp://x.example"}}                                           | http
            {name: a, webhook: {url: "https://user:word@x.example"}}                               | http
            {name: a, mqtt: {broker: y, topic: "site/#"}}                                          | without + and #
            {name: a, mqtt: {broker: y}, digest: 1m}                                               | MQTT
            {name: a, mqtt: {broker: y}, nodes: true}                                              | needs the section cluster
            {name: a, mqtt: {broker: y, password-env: NOT_SET_ANYWHERE}}                           | NOT_SET_ANYWHERE
            {name: a, mail: {server: s, from: nobody, to: [b@x.example]}}                          | address
            {name: a, mail: {server: s, from: a@x.example, to: []}}                                | at least one
            {name: a, mail: {server: s, from: a@x.example, to: [b@x.example]}, zones: [pitt]}      | did you mean 'pit'
            {name: a, mail: {server: s, from: a@x.example, to: [b@x.example]}, rules: [helmets]}   | did you mean 'helmet'
            {name: a, mail: {server: s, from: a@x.example, to: [b@x.example]}, streams: [gat]}     | did you mean 'gate'
            """)
    void shouldNameWhatIsWrong(String item, String expected) {
        ConfigException refused = catchThrowableOfType(ConfigException.class, () -> load("  - " + item + "\n"));
        assertThat(refused).hasMessageContaining(expected);
        assertThat(refused.getMessage()).contains("notify[0]").doesNotContain("user:word");
    }

    @Test
    void shouldNotSendAPasswordReadable() throws Exception {
        Files.writeString(folder.resolve("word"), "secret-word\n");
        ConfigException refused = catchThrowableOfType(ConfigException.class, () -> load("""
                          - name: guards
                            mail: {server: s, encryption: none, username: u, password-file: word, from: a@x.example, to: [b@x.example]}
                        """));
        assertThat(refused).hasMessageContaining("readable");
    }
}
