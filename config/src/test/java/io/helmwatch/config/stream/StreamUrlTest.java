package io.helmwatch.config.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.helmwatch.config.ConfigLoader;
import io.helmwatch.config.secret.Redaction;
import io.helmwatch.config.yaml.ConfigException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StreamUrlTest {
    @TempDir
    private Path folder;

    private String read(String url) {
        String yaml = "json-lines: {target: '-'}\nstreams: [{id: a, url: '" + url + "'}]\n";
        return ConfigLoader.parse(yaml, "site.yaml", folder, name -> null)
                .streams()
                .get(0)
                .url();
    }

    private String problem(String url) {
        ConfigException refused = catchThrowableOfType(ConfigException.class, () -> read(url));
        assertThat(refused).as("accepted: " + url).isNotNull();
        assertThat(refused.problems()).hasSize(1);
        return refused.getMessage();
    }

    @ParameterizedTest
    @CsvSource({
        "192.0.2.10/stream1, rtsp://192.0.2.10/stream1",
        "192.0.2.10, rtsp://192.0.2.10",
        "192.0.2.10:554/stream1, rtsp://192.0.2.10:554/stream1",
        "//192.0.2.10/stream1, rtsp://192.0.2.10/stream1",
        "camera.local:554/x, rtsp://camera.local:554/x",
        "localhost:8554, rtsp://localhost:8554",
        "[2001:db8::1]:554/x, rtsp://[2001:db8::1]:554/x",
        "192.0.2.10?channel=1, rtsp://192.0.2.10?channel=1",
    })
    void shouldSuggestTheSchemeThatIsMissing(String url, String meant) {
        assertThat(problem(url)).contains("has no scheme", "did you mean " + meant + "?");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "admin:geh@192.0.2.10/x",
                "admin:geh@camera/x",
                "admin:geh@[2001:db8::1]:554/x",
                "//admin:geh@cam/x"
            })
    void shouldNotShowAPasswordOfAnAddressWithoutScheme(String url) {
        assertThat(problem(url))
                .contains("has no scheme", "did you mean rtsp://***@")
                .doesNotContain("geh");
    }

    @ParameterizedTest
    @CsvSource({"rtp://192.0.2.1/x, rtsp", "rstp://192.0.2.1/x, rtsp", "rtps://c/x, rtsp", "htpp://c/x, http"})
    void shouldSuggestTheSchemeThatIsMisspelt(String url, String meant) {
        if (url.startsWith("rtp:")) {
            assertThat(problem(url))
                    .contains("scheme 'rtp'", "expected rtsp, rtsps")
                    .doesNotContain("did you mean");
        } else {
            assertThat(problem(url)).contains("did you mean '" + meant + "'?");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "rtsp://c/1, true, false, false",
        "rtsps://c/1, true, false, true",
        "http://c/1, true, true, false",
        "HTTPS://c/1, true, true, true",
        "/a/https, false, false, false",
        "https, false, false, false",
    })
    void shouldDistinguishCamerasHttpAndEncryption(String url, boolean camera, boolean http, boolean encrypted) {
        assertThat(StreamUrl.isCamera(url)).isEqualTo(camera);
        assertThat(StreamUrl.isHttp(url)).isEqualTo(http);
        assertThat(StreamUrl.isEncrypted(url)).isEqualTo(encrypted);
    }

    @ParameterizedTest
    @ValueSource(strings = {"rtsp://", "rtsp:c", "rtsp://c/a b", "http://[::1/x", "rtsp://c:1:2/x"})
    void shouldRefuseAUrlWithoutAHost(String url) {
        assertThat(problem(url)).contains("://host[:port][/path]");
    }

    @Test
    void shouldReadAFileUrl() throws IOException {
        Path clip = Files.createFile(folder.resolve("c.mp4"));
        assertThat(read("file://" + clip)).isEqualTo(clip.toString());
        assertThat(read("file:c.mp4")).isEqualTo(clip.toString());
        assertThat(problem("file:none.mp4")).contains("there is no such file");
    }

    @Test
    void shouldPreferAFileThatIsThere() throws IOException {
        for (String name : new String[] {"192.0.2.10", "clip:1", "a@b.mp4"}) {
            Files.createFile(folder.resolve(name));
        }
        assertThat(read("192.0.2.10")).isEqualTo(folder.resolve("192.0.2.10").toString());
        assertThat(read("a@b.mp4")).isEqualTo(folder.resolve("a@b.mp4").toString());
        assertThat(read("./clip:1")).isEqualTo(folder.resolve("clip:1").toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"clip.mp4", "videos.old/clip.mp4", "/srv/clips/1.2.3.4/x.mp4", "1.2.3"})
    void shouldLookForAFileWhereTheTextIsNoAddress(String url) {
        assertThat(problem(url))
                .contains("there is no such file or folder", "looked for")
                .doesNotContain("did you mean");
    }

    @ParameterizedTest
    @CsvSource({"rtsp://c:0/x, port 0", "rtsp://c:65536/x, 65535", "rtsp://c:99999/x, port 99999"})
    void shouldRefusePortsThatCannotBeConnectedTo(String url, String fact) {
        assertThat(problem(url)).contains(fact, "1 to 65535");
    }

    @ParameterizedTest
    @ValueSource(strings = {"rtsp://c:1/x", "rtsp://c:65535/x", "RTSPS://c", "https://[::1]:443/x#y", "http://c?x"})
    void shouldAcceptAddressesOfCameras(String url) {
        assertThat(read(url)).isEqualTo(url);
    }

    @Test
    void shouldMaskThePasswordOfAnAddressEverywhereFromThenOn() {
        read("rtsp://ann:url-4711@camera/1");
        assertThat(Redaction.redact("refused: url-4711")).isEqualTo("refused: ***");
        problem("ann:url-4712@192.0.2.10/1");
        assertThat(Redaction.redact("refused: url-4712")).isEqualTo("refused: ***");
    }

    @Test
    void shouldRefuseAPathThatCannotExist() {
        String yaml = "json-lines: {target: '-'}\nstreams: [{id: a, url: \"clip\\0.mp4\"}]\n";
        ConfigException refused = catchThrowableOfType(
                ConfigException.class, () -> ConfigLoader.parse(yaml, "site.yaml", folder, name -> null));
        assertThat(refused.problems()).hasSize(1);
        String address = "json-lines: {target: '-'}\nstreams: [{id: a, url: \"ann:x\\0@192.0.2.10\"}]\n";
        ConfigException unknown = catchThrowableOfType(
                ConfigException.class, () -> ConfigLoader.parse(address, "site.yaml", folder, name -> null));
        assertThat(unknown).hasMessageContaining("has no scheme");
    }
}
