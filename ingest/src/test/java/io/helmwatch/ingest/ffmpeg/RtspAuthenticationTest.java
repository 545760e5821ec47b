package io.helmwatch.ingest.ffmpeg;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.secret.Secret;
import io.helmwatch.config.stream.Credentials;
import io.helmwatch.config.stream.Credentials.BasicAuthentication;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.StreamProbe;
import io.helmwatch.vision.StreamStatus.State;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Cameras whose challenges FFmpeg's client cannot answer, and Basic where it is not allowed. */
@Timeout(60)
class RtspAuthenticationTest {
    private static final Duration SOON = Duration.ofSeconds(15);
    private static final String PASSWORD = "only-for-the-camera";
    private static final String MD5 = "Digest realm=\"cam\", nonce=\"" + RtspCamera.NONCE + "\"";
    private static final String SHA = MD5 + ", algorithm=\"SHA-256\"";
    private static final String BASIC = "Basic realm=\"cam\"";

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"sha", "md5 then sha", "sha then md5", "basic then sha"})
    void shouldAnswerWhatFfmpegCannot(String offer) {
        try (RtspCamera camera = new RtspCamera().requiring("operator", PASSWORD)) {
            camera.challengeWith(
                    switch (offer) {
                        case "sha" -> new String[] {SHA};
                        case "md5 then sha" -> new String[] {MD5, SHA};
                        case "sha then md5" -> new String[] {SHA, MD5};
                        default -> new String[] {BASIC, SHA};
                    });
            try (RunningSource source = new RunningSource(stream(camera.url(), BasicAuthentication.ALLOW))) {
                source.seen().await("frames", SOON, seen -> seen.frames().size() >= 10);
                assertThat(source.seen().states()).containsExactly(State.STARTING, State.ONLINE);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"TLS_ONLY", "NEVER"})
    void shouldNotSendThePasswordWithBasicOverAPlainConnection(BasicAuthentication basic) {
        try (RtspCamera camera = new RtspCamera().requiring("operator", PASSWORD)) {
            camera.challengeWith(BASIC);
            try (RunningSource source = new RunningSource(stream(camera.url(), basic))) {
                source.seen().await("refusal", SOON, seen -> seen.states().contains(State.OFFLINE));
                assertThat(source.seen().lastStatus().reason()).contains("credentials.basic");
            }
            assertThat(camera.requests()).isNotEmpty().noneMatch(request -> request.contains("Authorization:"));
        }
    }

    @Test
    void shouldPlayWithDigestWhereBasicIsForbidden() {
        try (RtspCamera camera = new RtspCamera().requiring("operator", PASSWORD)) {
            camera.challengeWith(BASIC, MD5);
            try (RunningSource source = new RunningSource(stream(camera.url(), BasicAuthentication.NEVER))) {
                source.seen().await("frames", SOON, seen -> seen.frames().size() >= 10);
            }
            assertThat(camera.requests()).noneMatch(request -> request.contains("Authorization: Basic"));
        }
    }

    @Test
    void shouldWarnOfAPasswordThatIsShown() {
        try (RtspCamera camera = new RtspCamera().requiring("operator", PASSWORD)) {
            camera.challengeWith(BASIC);
            StreamProbe exposed = FfmpegFrameSource.probe(stream(camera.url(), BasicAuthentication.ALLOW));
            camera.challengeWith(MD5);
            StreamProbe hidden = FfmpegFrameSource.probe(stream(camera.url(), BasicAuthentication.ALLOW));

            assertThat(exposed.reachable()).isTrue();
            assertThat(exposed.warnings())
                    .singleElement()
                    .asString()
                    .contains("Basic", "not encrypted", "credentials.basic");
            assertThat(hidden.warnings()).isEmpty();
        }
    }

    @Test
    void shouldSendBasicOverAnEncryptedConnectionWhereThatIsAllowed() {
        try (RtspCamera camera = RtspCamera.over(
                        TestCertificate.selfSigned(folder, "CN=camera").context())
                .requiring("operator", PASSWORD)) {
            camera.challengeWith(BASIC);
            try (RunningSource source = new RunningSource(stream(camera.url(), BasicAuthentication.TLS_ONLY))) {
                source.seen().await("frames", SOON, seen -> seen.frames().size() >= 10);
            }
        }
    }

    @Test
    void shouldRelayAnEncryptedCamera() {
        try (RtspCamera camera = RtspCamera.over(
                        TestCertificate.selfSigned(folder, "CN=camera").context())
                .requiring("operator", PASSWORD)) {
            camera.challengeWith(SHA);
            try (RunningSource source = new RunningSource(stream(camera.url(), BasicAuthentication.NEVER))) {
                source.seen().await("frames", SOON, seen -> seen.frames().size() >= 10);
            }
        }
    }

    @Test
    void shouldSayThatAnAlgorithmIsNotSupported() {
        try (RtspCamera camera = new RtspCamera().requiring("operator", PASSWORD)) {
            camera.challengeWith(MD5 + ", algorithm=SHA-512-256");
            try (RunningSource source = new RunningSource(stream(camera.url(), BasicAuthentication.ALLOW))) {
                source.seen().await("refusal", SOON, seen -> seen.states().contains(State.OFFLINE));
                assertThat(source.seen().lastStatus().reason())
                        .contains("SHA-512-256")
                        .contains("set the camera to Digest with MD5 or SHA-256");
            }
        }
    }

    @Test
    void shouldSayThatThePasswordIsWrongAlsoBehindTheRelay() {
        try (RtspCamera camera = new RtspCamera().requiring("operator", "another")) {
            try (RunningSource source = new RunningSource(stream(camera.url(), BasicAuthentication.NEVER))) {
                source.seen().await("refusal", SOON, seen -> seen.states().contains(State.OFFLINE));
                assertThat(source.seen().lastStatus().reason()).contains("refuses the user or password (401)");
            }
        }
    }

    @Test
    void shouldKeepASessionAliveAsTheCameraWantsIt() {
        try (RtspCamera camera = new RtspCamera()) {
            camera.wantGetParameterWithin(6_000);
            try (RunningSource source =
                    new RunningSource(StreamConfig.builder("gate", camera.url()).build())) {
                source.seen().await("the third session", Duration.ofSeconds(30), seen -> camera.sessionsServed() == 3);
                int before = source.seen().frames().size();
                source.seen()
                        .await(
                                "a session longer than 6 s",
                                SOON,
                                seen -> seen.frames().size() >= before + 200);
                assertThat(camera.sessionsServed()).isEqualTo(3);
            }
        }
    }

    private static StreamConfig stream(String url, BasicAuthentication basic) {
        return StreamConfig.builder("gate", url)
                .openTimeout(Duration.ofSeconds(8))
                .readTimeout(Duration.ofSeconds(4))
                .credentials(new Credentials("operator", Secret.of(PASSWORD), basic))
                .build();
    }
}
