package io.helmwatch.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ShortPasswordsTest {

    @Test
    void shouldNameWhatHasAPasswordThatLogsCannotMaskForCertain() {
        Map<String, String> environment = Map.of("SHORT", "hook", "LONG", "hook-and-eye");
        HelmwatchConfig config = ConfigLoader.parse("""
                json-lines: {target: '-'}
                streams:
                  - {id: open, url: 'rtsp://cam/1'}
                  - {id: gate, url: 'rtsp://cam/2', credentials: {username: u, password-env: SHORT}}
                  - {id: yard, url: 'rtsp://u:hook-and-eye@cam/3'}
                  - {id: user, url: 'rtsp://u@cam/4'}
                notify:
                  - name: guards
                    mail: {server: 'smtp:587', username: u, password-env: SHORT, from: a@b.example, to: [c@d.example]}
                  - {name: house, mqtt: {broker: mqtt, username: u, password-env: SHORT}}
                  - {name: office, mqtt: {broker: mqtt, username: u, password-env: LONG}}
                """, "site.yaml", Path.of("/site"), environment::get);

        List<String> warnings = ShortPasswords.of(config);

        assertThat(warnings)
                .hasSize(3)
                .first()
                .isEqualTo(
                        "stream gate: the password has fewer than 8 characters, so that logs mask it at most where it"
                                + " stands alone: choose a longer one");
        assertThat(warnings.subList(1, 3))
                .satisfiesExactly(
                        mail -> assertThat(mail).startsWith("notify guards: "),
                        mqtt -> assertThat(mqtt).startsWith("notify house: "));
    }
}
