package io.helmwatch.ingest.ffmpeg;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.secret.Secret;
import io.helmwatch.config.stream.Credentials;
import io.helmwatch.config.stream.HostAndPort;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.vision.StreamStatus.State;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where a camera may send us, and that the password stays where it belongs. */
@Timeout(60)
class RtspRedirectTest {
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final String BASIC = "Basic realm=\"cam\"";
    private static final String PASSWORD = "only-for-the-camera";

    @TempDir
    Path folder;

    @Test
    void shouldFollowToAnotherPortOfTheHostWithoutCredentials() {
        try (RtspCamera camera = new RtspCamera().requiring("operator", PASSWORD);
                RtspCamera other = new RtspCamera()) {
            camera.redirectTo(other.url());
            try (RunningSource source = new RunningSource(stream(camera.url()).build())) {
                source.seen().await("frames", SOON, seen -> seen.frames().size() >= 5);
            }
            assertThat(camera.requests()).anyMatch(request -> request.contains("Authorization:"));
            assertThat(other.requests()).isNotEmpty().noneMatch(request -> request.contains("Authorization:"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"Basic realm=\"cam\"", "Digest realm=\"cam\", nonce=\"0a4f113b\""})
    void shouldNotAnswerAThiefOnAnotherPort(String challenge) {
        try (RtspCamera camera = new RtspCamera();
                RtspCamera thief = new RtspCamera().requiring("operator", PASSWORD)) {
            thief.challengeWith(challenge);
            camera.redirectTo(thief.url());
            try (RunningSource source = new RunningSource(stream(camera.url()).build())) {
                source.seen().await("refusal", SOON, seen -> seen.states().contains(State.OFFLINE));
                assertThat(source.seen().frames()).isEmpty();
                assertThat(source.seen().lastStatus().reason())
                        .contains(camera.url() + ", which redirects to " + thief.url(), "host and port only")
                        .doesNotContain("correct the credentials");
            }
            assertThat(thief.requests()).noneMatch(request -> request.contains("Authorization:"));
        }
    }

    @Test
    void shouldKeepCredentialsForARedirectToAnotherPathOfTheSameCamera() {
        try (RtspCamera camera = new RtspCamera().requiring("operator", PASSWORD)) {
            camera.redirectTo(camera.url() + "/2");
            try (RunningSource source = new RunningSource(stream(camera.url()).build())) {
                source.seen().await("refusal", SOON, seen -> seen.states().contains(State.OFFLINE));
            }
            assertThat(camera.requests())
                    .anyMatch(request -> request.contains("/live/2 ") && request.contains("Authorization:"));
        }
    }

    @Test
    void shouldNotEvenConnectToAnotherHost() throws IOException {
        try (ServerSocket elsewhere = new ServerSocket(0, 5, InetAddress.getByName("127.0.0.2"));
                RtspCamera camera = new RtspCamera()) {
            camera.redirectTo("rtsp://127.0.0.2:" + elsewhere.getLocalPort() + "/live");
            try (RunningSource source = new RunningSource(stream(camera.url()).build())) {
                source.seen().await("refusal", SOON, seen -> seen.states().contains(State.OFFLINE));
                assertThat(source.seen().lastStatus().reason())
                        .contains("127.0.0.2")
                        .contains("allowed-hosts");
            }
            assertThat(connections(elsewhere)).isFalse();
        }
    }

    @Test
    void shouldFollowToAnotherHostThatIsAllowed() throws IOException {
        try (ServerSocket elsewhere = new ServerSocket(0, 5, InetAddress.getByName("127.0.0.2"));
                RtspCamera camera = new RtspCamera()) {
            camera.redirectTo("rtsp://127.0.0.2:" + elsewhere.getLocalPort() + "/live");
            StreamConfig config = stream(camera.url())
                    .allowedHosts(List.of(new HostAndPort("127.0.0.2", elsewhere.getLocalPort())))
                    .build();
            try (RunningSource source = new RunningSource(config)) {
                assertThat(connections(elsewhere)).isTrue();
                assertThat(source.seen().frames()).isEmpty();
            }
        }
    }

    @Test
    void shouldNotLeaveAnEncryptedConnectionForAPlainOne() throws Exception {
        TestCertificate certificate = TestCertificate.selfSigned(folder, "CN=camera");
        try (RtspCamera plain = new RtspCamera();
                RtspCamera camera = RtspCamera.over(certificate.context())) {
            camera.redirectTo(plain.url());
            try (RunningSource source = new RunningSource(stream(camera.url()).build())) {
                source.seen().await("refusal", SOON, seen -> seen.states().contains(State.OFFLINE));
                assertThat(source.seen().lastStatus().reason()).contains("not encrypted");
            }
            assertThat(plain.requests()).isEmpty();
        }
    }

    @Test
    void shouldGiveUpOnACircle() {
        try (RtspCamera one = new RtspCamera();
                RtspCamera other = new RtspCamera()) {
            one.redirectTo(other.url());
            other.redirectTo(one.url());
            try (RunningSource source = new RunningSource(stream(one.url()).build())) {
                source.seen().await("refusal", SOON, seen -> seen.states().contains(State.OFFLINE));
                assertThat(source.seen().lastStatus().reason()).contains("redirects more than");
            }
        }
    }

    @Test
    void shouldAnswerBasicOnlyWhereItIsTheCamera() {
        try (RtspCamera camera = new RtspCamera().requiring("operator", PASSWORD)) {
            camera.challengeWith(BASIC);
            try (RunningSource source = new RunningSource(stream(camera.url()).build())) {
                source.seen().await("frames", SOON, seen -> seen.frames().size() >= 5);
            }
            String pair = Base64.getEncoder().encodeToString(("operator:" + PASSWORD).getBytes(StandardCharsets.UTF_8));
            assertThat(camera.requests()).anyMatch(request -> request.contains("Basic " + pair));
        }
    }

    private static boolean connections(ServerSocket server) throws IOException {
        server.setSoTimeout(1500);
        try {
            server.accept().close();
            return true;
        } catch (SocketTimeoutException e) {
            return false;
        }
    }

    private static StreamConfig.Builder stream(String url) {
        return StreamConfig.builder("gate", url)
                .openTimeout(Duration.ofSeconds(5))
                .readTimeout(Duration.ofSeconds(2))
                .credentials(new Credentials("operator", Secret.of(PASSWORD)));
    }
}
