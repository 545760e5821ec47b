package io.helmwatch.config.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helmwatch.config.ConfigLoader;
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

class HttpSectionTest {
    /** Of correct horse, with the fewest iterations that are accepted. */
    private static final String HASH =
            "pbkdf2-sha256:100000:jLJYwH64cZQ7StDnVKUCtQ:qEM-jxxOr3lMiDhZdyJH7Q-4RGQaomY-ZdnHppOA788";

    private static final Map<String, String> ENVIRONMENT = Map.of(
            "HASH", HASH, "TOKEN", "0123456789abcdef01234567", "SHORT", "0123456789", "PASSWORD", "correct horse");

    @TempDir
    Path folder;

    private HttpConfig http(String section) throws IOException {
        String yaml = "kafka: {embedded: true}\nstreams: [{id: clip, url: .}]\nhttp: {" + section + "}\n";
        return ConfigLoader.parse(yaml, "site.yaml", folder, ENVIRONMENT::get).http();
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "host: 127.0.0.1",
                "host: 127.4.5.6",
                "host: localhost",
                "host: '::1'",
                "host: 0.0.0.0, enabled: false"
            })
    void shouldNeedNoUsersWhereOnlyThisMachineConnects(String section) throws IOException {
        assertThat(http(section).access().hasLogins()).isFalse();
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "host: 0.0.0.0",
                "host: '::'",
                "host: 192.0.2.1",
                "host: helmwatch.example",
                "host: 127.0.0.1.example"
            })
    void shouldRefuseAnOpenAddressWithoutUsersAndSayWhatToDo(String section) {
        assertThatThrownBy(() -> http(section))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining("site.yaml:3")
                .hasMessageContaining("http.users")
                .hasMessageContaining("http.tokens")
                .hasMessageContaining("./helmwatch password")
                .hasMessageContaining("anonymous: viewer");
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(
            strings = {
                "anonymous: viewer",
                "users: [{name: kim, role: admin, password-hash: '${HASH}'}]",
                "tokens: [{name: scraper, role: viewer, token-env: TOKEN}]"
            })
    void shouldOpenAnAddressOnceItIsSaidWhoMayRead(String access) throws IOException {
        assertThat(http("host: 0.0.0.0, " + access).host()).isEqualTo("0.0.0.0");
    }

    @Test
    void shouldReadUsersAndTokensFromTheEnvironmentAndFromFiles() throws IOException {
        Files.writeString(folder.resolve("gate.hash"), HASH + "\n");
        Files.writeString(folder.resolve("robot.token"), "robot-0123456789abcdef0123\n");
        AccessConfig access = http("users: [{name: kim, role: admin, password-hash: '${HASH}'},"
                        + " {name: gate, role: viewer, password-hash-file: gate.hash}],"
                        + " tokens: [{name: robot, role: operator, token-file: robot.token}]")
                .access();
        assertThat(access.users()).extracting(AccessConfig.User::name).containsExactly("kim", "gate");
        assertThat(access.users().get(0).password().matches("correct horse".toCharArray()))
                .isTrue();
        assertThat(access.tokens().get(0).role()).isEqualTo(Role.OPERATOR);
        assertThat(access.tokens().get(0).value().reveal()).isEqualTo("robot-0123456789abcdef0123");
        assertThat(access.toString()).doesNotContain("robot-0123", "pbkdf2");
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(
            delimiter = '|',
            value = {
                "users: [{name: kim, role: admin}]|missing: expected password-hash or password-hash-file",
                "users: [{name: kim, role: root, password-hash: '${HASH}'}]|viewer, operator, admin",
                "users: [{name: kim, role: admin, password-hash: '${PASSWORD}'}]|./helmwatch password",
                "users: [{name: kim, role: admin, password-hash: correct horse}]|./helmwatch password",
                "users: [{name: kim, role: admin, password-hash: '${HASH}'}, {name: kim, role: viewer, password-hash: '${HASH}'}]|given twice",
                "users: [{name: kim, role: admin, password: x}]|unknown key",
                "tokens: [{name: a, role: viewer}]|missing: expected token-env or token-file",
                "tokens: [{name: a, role: viewer, token-env: SHORT}]|at least 24",
                "tokens: [{name: a, role: viewer, token-env: UNSET}]|UNSET is not set",
                "tls: {certificate: a.pem}|missing: expected the PEM file",
                "tls: {certificate: a.pem, key: a.key}|cannot be read",
                "names: ['http://a']|must be a host name",
                "session-lifetime: 1s|1m"
            })
    void shouldSayWhatIsWrongWithoutShowingAPassword(String section, String said) {
        assertThatThrownBy(() -> http(section))
                .isInstanceOf(ConfigException.class)
                .hasMessageContaining(said)
                .message()
                .doesNotContain("correct horse", "0123456789");
    }

    @ParameterizedTest(name = "[{0}]")
    @ValueSource(
            strings = {
                "",
                "swordfish",
                "pbkdf2-sha256:99999:AAAAAAAAAAAAAAAAAAAAAA:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                "pbkdf2-sha256:600000:short:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                "bcrypt:600000:AAAAAAAAAAAAAAAAAAAAAA:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
            })
    void shouldRefuseWhatIsNoHash(String text) {
        assertThat(PasswordHash.parse(text)).isNull();
    }
}
