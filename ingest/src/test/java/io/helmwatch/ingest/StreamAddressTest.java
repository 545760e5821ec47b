package io.helmwatch.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helmwatch.ingest.StreamAddress.Kind;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StreamAddressTest {

    @ParameterizedTest
    @CsvSource({
        // address, kind, finite, shown as
        "clips/a.mp4, FILE, true, clips/a.mp4",
        "/data/a b.mp4, FILE, true, /data/a b.mp4",
        "./a:b.mp4, FILE, true, ./a:b.mp4",
        "file:///data/a%20b.mp4, FILE, true, /data/a b.mp4",
        "file:/data/a.mp4, FILE, true, /data/a.mp4",
        "file://localhost/data/a.mp4, FILE, true, /data/a.mp4",
        "rtsp://cam/live, RTSP, false, rtsp://cam/live",
        "RTSP://cam:8554/live?channel=1&pwd=x, RTSP, false, rtsp://cam:8554/live",
        "rtsps://[fe80::1]:322/live, RTSP, false, rtsps://[fe80::1]:322/live",
        "rtsp://user:secret@cam/live, RTSP, false, rtsp://cam/live",
        "http://host/clip.MP4?token=x, HTTP, true, http://host/clip.MP4",
        "http://host/live.m3u8, HTTP, false, http://host/live.m3u8",
        "https://host/stream, HTTP, false, https://host/stream",
    })
    void shouldSplitAnAddress(String text, Kind kind, boolean finite, String shown) {
        StreamAddress address = StreamAddress.parse(text);

        assertThat(address.kind()).isEqualTo(kind);
        assertThat(address.isFinite()).isEqualTo(finite);
        assertThat(address).hasToString(shown);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "concat:a.mp4|/etc/passwd",
                "subfile:/etc/passwd",
                "data:video/mp4;base64,AAAA",
                "pipe:0",
                "fd:3",
                "udp://239.0.0.1:1234",
                "rtp://239.0.0.1:1234",
                "rtmp://host/app",
                "srt://host:1",
                "ftp://host/a.mp4",
                "crypto:/a.mp4",
                "cache:http://host/a.mp4",
                "async:/a.mp4",
                "unix:/run/socket",
                "tcp://host:1",
                "lavfi:testsrc",
            })
    void shouldRefuseEverySchemeThatIsNotAllowed(String text) {
        assertThatThrownBy(() -> StreamAddress.parse(text))
                .isInstanceOf(IngestException.class)
                .hasMessageStartingWith(
                        "The scheme '" + text.substring(0, text.indexOf(':')) + ":' is not allowed: expected a path");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "'  '; The address is empty",
                "rtsp:cam; lacks its slashes",
                "rtsp:///live; no valid host and port",
                "rtsp://cam:99999/live; port 99999: expected 1 to 65535",
                "rtsp://user:hid/den@cam/live; no valid host and port",
                "file://server/share/a.mp4; names a host",
            })
    void shouldSayInOneSentenceWhatIsWrong(String text, String expected) {
        assertThatThrownBy(() -> StreamAddress.parse(text))
                .isInstanceOf(IngestException.class)
                .hasMessageContaining(expected)
                .message()
                .doesNotContain("hid");
    }

    @Test
    void shouldTreatProtocolOptionsInANameAsAName() {
        // FFmpeg would read its subfile protocol here; as a file: path it is a name that does not exist.
        StreamAddress address = StreamAddress.parse("subfile,,start,0,end,9,,:/etc/passwd");
        assertThat(address.kind()).isEqualTo(Kind.FILE);
    }

    @Test
    void shouldGiveThePathOfAFile() {
        assertThat(StreamAddress.parse("file:///data/%41.mp4").file()).isEqualTo(Path.of("/data/A.mp4"));
    }
}
