package io.helmwatch.config.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HostAndPortTest {

    @ParameterizedTest
    @CsvSource({
        "cam, cam, 0",
        "CAM:1, cam, 1",
        "cam:65535, cam, 65535",
        "192.0.2.1:80, 192.0.2.1, 80",
        "[::1], ::1, 0",
        "[2001:DB8::1]:554, 2001:db8::1, 554",
        "' cam ', cam, 0"
    })
    void shouldReadHostWithAndWithoutPort(String text, String host, int port) {
        HostAndPort parsed = HostAndPort.parse(text);
        assertThat(parsed).isEqualTo(new HostAndPort(host, port));
        assertThat(HostAndPort.parse(String.valueOf(parsed))).isEqualTo(parsed);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "a b",
                "a:0",
                "a:65536",
                "a:123456",
                "a:",
                "http://a",
                "a/b",
                "a:b",
                "2001:db8::1",
                "u@a",
                "[]"
            })
    void shouldRefuseWhatIsNoHost(String text) {
        assertThat(HostAndPort.parse(text)).isNull();
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 65_536})
    void shouldRefuseAPortThatCannotBe(int port) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new HostAndPort("cam", port))
                .withMessageContaining(String.valueOf(port));
    }

    @Test
    void shouldMatchItsHostInEveryFormOnItsPorts() {
        HostAndPort any = new HostAndPort("[::1]", 0);
        assertThat(any.matches("::1", 80)).isTrue();
        assertThat(any.matches("[::1]", 65_535)).isTrue();
        assertThat(any.matches("[]", 80)).isFalse();
        HostAndPort one = new HostAndPort("Cam", 65_535);
        assertThat(one.matches("cAM", 65_535)).isTrue();
        assertThat(one.matches("cam", 65_534)).isFalse();
        assertThat(one.matches("cam.example", 65_535)).isFalse();
        assertThat(any).hasToString("[::1]");
        assertThat(one).hasToString("cam:65535");
    }
}
