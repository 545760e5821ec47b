package io.helmwatch.ingest.ffmpeg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.helmwatch.config.secret.Secret;
import io.helmwatch.config.stream.Credentials;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.config.stream.StreamConfig.Transport;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.StreamStatus.State;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The same camera from other hands: GStreamer's RTSP server, where it is installed. */
@Timeout(90)
class GStreamerCameraTest {
    private static final Duration SOON = Duration.ofSeconds(15);
    private static final String PYTHON = "/usr/bin/python3";

    @BeforeAll
    static void needsGStreamer() throws Exception {
        String check = "import gi\ngi.require_version('Gst','1.0')\ngi.require_version('GstRtspServer','1.0')\n"
                + "from gi.repository import Gst, GstRtspServer\nGst.init(None)\n"
                + "assert all(Gst.ElementFactory.find(e) for e in ['x265enc','rtph265pay','rtph264pay','h264parse','multifilesrc'])";
        boolean installed;
        try {
            Process process = new ProcessBuilder(PYTHON, "-c", check)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            installed = process.waitFor(30, TimeUnit.SECONDS) && process.exitValue() == 0;
        } catch (IOException e) {
            installed = false;
        }
        assumeTrue(
                installed,
                "skipped: GStreamer's RTSP server is not installed (Debian: gstreamer1.0-rtsp, gstreamer1.0-plugins-base, -good,"
                        + " -bad, -ugly, gir1.2-gst-rtsp-server-1.0, python3-gi)");
    }

    @ParameterizedTest
    @CsvSource({"h264, TCP", "h264, UDP", "h265, TCP", "h265, UDP"})
    void shouldPlay(String path, Transport transport) throws Exception {
        try (Camera camera = new Camera(freePort());
                RunningSource source = new RunningSource(stream(camera.url(path), transport, null))) {
            source.seen().await("frames", SOON, seen -> seen.frames().size() >= 40);

            assertThat(source.seen().states()).containsExactly(State.STARTING, State.ONLINE);
            var frames = source.seen().frames();
            assertThat(frames.get(0).width()).isEqualTo(320);
            assertThat(frames)
                    .extracting(RecordingReceiver.Seen::ptsNanos)
                    .isSorted()
                    .doesNotHaveDuplicates();
            assertThat(source.seen().dropped(DropCause.CORRUPT)).isLessThanOrEqualTo(25);
        }
    }

    @Test
    void shouldLogInWithDigestAndSayWhenItIsRefused() throws Exception {
        try (Camera camera = new Camera(freePort(), "operator", "p:ss w@rd")) {
            try (RunningSource source = new RunningSource(
                    stream(camera.url("h264"), Transport.TCP, new Credentials("operator", Secret.of("p:ss w@rd"))))) {
                source.seen().await("frames", SOON, seen -> seen.frames().size() >= 5);
            }
            try (RunningSource source = new RunningSource(
                    stream(camera.url("h264"), Transport.TCP, new Credentials("operator", Secret.of("wrong one"))))) {
                source.seen().await("refusal", SOON, seen -> seen.states().contains(State.OFFLINE));
                assertThat(source.seen().lastStatus().reason()).contains("refuses the user or password (401)");
            }
            try (RunningSource source = new RunningSource(stream(
                    camera.url("nothing"), Transport.TCP, new Credentials("operator", Secret.of("p:ss w@rd"))))) {
                source.seen().await("absence", SOON, seen -> seen.states().contains(State.OFFLINE));
                assertThat(source.seen().lastStatus().reason()).contains("(404)");
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"TCP", "UDP"})
    void shouldBeBackWithinThreeSecondsOfARestartAfterAKill(Transport transport) throws Exception {
        int port = freePort();
        try (Camera first = new Camera(port)) {
            try (RunningSource source = new RunningSource(stream(first.url("h264"), transport, null))) {
                source.seen().await("frames", SOON, seen -> seen.frames().size() >= 25);
                first.kill();
                source.seen().await("offline", SOON, seen -> seen.states().contains(State.OFFLINE));
                int before = source.seen().frames().size();
                try (Camera second = new Camera(port)) {
                    long restarted = System.nanoTime();
                    source.seen()
                            .await("frames again", SOON, seen -> seen.frames().size() > before);
                    double seconds = (source.seen().frames().get(before).atNanos() - restarted) / 1e9;
                    assertThat(seconds).isLessThan(3.0);
                    assertThat(second.isAlive()).isTrue();
                }
            }
        }
    }

    @Test
    void shouldNoticeAFrozenServerWithinTheReadTimeout() throws Exception {
        try (Camera camera = new Camera(freePort());
                RunningSource source = new RunningSource(stream(camera.url("h264"), Transport.TCP, null))) {
            source.seen().await("frames", SOON, seen -> seen.frames().size() >= 25);
            camera.signal("STOP");
            long frozen = System.nanoTime();
            source.seen().await("offline", SOON, seen -> seen.states().contains(State.OFFLINE));
            assertThat((System.nanoTime() - frozen) / 1e9).isBetween(1.0, 3.0);
            camera.signal("CONT");
            source.seen().await("frames again", SOON, seen -> seen.lastStatus().state() == State.ONLINE);
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }

    private static StreamConfig stream(String url, Transport transport, Credentials credentials) {
        return StreamConfig.builder("gst", url)
                .transport(transport)
                .openTimeout(Duration.ofSeconds(5))
                .readTimeout(Duration.ofSeconds(2))
                .credentials(credentials)
                .build();
    }

    private static final class Camera implements AutoCloseable {
        private final int port;
        private final Process process;

        Camera(int port, String... credentials) throws Exception {
            this.port = port;
            List<String> command = new ArrayList<>(List.of(
                    PYTHON,
                    Path.of("src/test/gstreamer/rtsp_camera.py")
                            .toAbsolutePath()
                            .toString(),
                    String.valueOf(port),
                    TestClips.cameraH264().toString()));
            command.addAll(List.of(credentials));
            process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            BufferedReader said =
                    new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
            assertThat(said.readLine()).isEqualTo("ready");
        }

        String url(String path) {
            return "rtsp://127.0.0.1:" + port + "/" + path;
        }

        boolean isAlive() {
            return process.isAlive();
        }

        void kill() throws InterruptedException {
            process.destroyForcibly().waitFor();
        }

        void signal(String name) throws Exception {
            assertThat(new ProcessBuilder("sh", "-c", "kill -" + name + " " + process.pid())
                            .start()
                            .waitFor())
                    .isZero();
        }

        @Override
        public void close() throws InterruptedException {
            kill();
        }
    }
}
