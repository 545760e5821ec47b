package io.helmwatch.ingest.ffmpeg;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.helmwatch.config.secret.Secret;
import io.helmwatch.config.stream.Credentials;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.StreamProbe;
import io.helmwatch.vision.StreamStatus;
import io.helmwatch.vision.StreamStatus.State;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.bytedeco.ffmpeg.global.avutil;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/** Whatever user and password are, and whatever goes wrong, neither log nor state shows the password. */
@Timeout(60)
class SecretsTest {
    private final Logger logger = (Logger) LoggerFactory.getLogger("io.helmwatch");
    private final Recorder recorder = new Recorder();

    @BeforeEach
    void listenToEverything() {
        recorder.setContext(logger.getLoggerContext());
        recorder.start();
        logger.setLevel(Level.TRACE);
        logger.setAdditive(false);
        logger.addAppender(recorder);
    }

    @AfterEach
    void listenNoMore() {
        logger.detachAppender(recorder);
        logger.setAdditive(true);
        logger.setLevel(null);
    }

    @Test
    void shouldNeverShowAPassword() {
        SplittableRandom random = new SplittableRandom(4);
        List<String> passwords = new ArrayList<>(List.of(
                "p@ss:word/with?all#of&them",
                "blank blank",
                "100%sure%41",
                "ümläut-密码-🔑",
                "quote\"quote'quote",
                "back\\slash",
                "a=b;c=d,e|f",
                "[brackets]{braces}<angles>",
                "$(command) `ticks` ${variable}"));
        for (int i = 0; i < 20; i++) {
            passwords.add(random.ints(random.nextInt(6, 24), 33, 127)
                    .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                    .toString());
        }
        try (RtspCamera camera = new RtspCamera().requiring("operator", "none of them")) {
            int closedPort = closedPort();
            List<String> users = List.of("operator", "op@site", "op/erator?", "100%", "Bedienerin ä");
            for (String password : passwords) {
                String user = users.get(random.nextInt(users.size()));
                Credentials credentials = new Credentials(user, Secret.of(password));
                String encoded =
                        URLEncoder.encode(password, StandardCharsets.UTF_8).replace("+", "%20");
                String host = "127.0.0.1:" + camera.port();
                List<StreamConfig> streams = List.of(
                        stream("rtsp://" + host + "/live", credentials),
                        stream("rtsp://" + host + "/nothing", credentials),
                        stream("rtsp://127.0.0.1:" + closedPort + "/live", credentials),
                        stream("rtsp://operator:" + encoded + "@" + host + "/live", null),
                        stream("http://operator:" + encoded + "@127.0.0.1:" + closedPort + "/clip.mp4", null),
                        stream("http://127.0.0.1:" + closedPort + "/live?user=operator&password=" + encoded, null),
                        stream("rtmp://operator:" + encoded + "@" + host + "/live", null));
                for (StreamConfig config : streams) {
                    StreamProbe probe = FfmpegFrameSource.probe(config);
                    assertThat(probe.reachable()).isFalse();
                    assertHides(probe.problem(), password, encoded);
                    assertHides(config.toString(), password, encoded);
                }
            }
            for (String line : recorder.lines) {
                for (String password : passwords) {
                    assertHides(line, password, URLEncoder.encode(password, StandardCharsets.UTF_8));
                }
            }
            assertThat(recorder.lines).as("FFmpeg's own log was listened to").anyMatch(line -> line.contains("401"));
        }
    }

    @Test
    void shouldMaskSecretsInFfmpegsOwnLines() throws InterruptedException {
        awaitFreshWindow();
        FfmpegFrameSource.probe(stream("absent.mp4", new Credentials("operator", Secret.of("tulip-field"))));

        avutil.av_log(null, avutil.AV_LOG_WARNING, "cannot open rtsp://operator:hunter2@cam/live\n");
        avutil.av_log(null, avutil.AV_LOG_WARNING, "sent tulip-field to the camera\n");

        assertThat(recorder.lines)
                .contains("cannot open rtsp://***@cam/live", "sent *** to the camera")
                .noneMatch(line -> line.contains("hunter2") || line.contains("tulip-field"));
    }

    @Test
    void shouldNotLetFfmpegFloodTheLog() throws InterruptedException {
        awaitFreshWindow();
        FfmpegFrameSource.probe(stream("absent.mp4", null));

        for (int i = 0; i < 1000; i++) {
            avutil.av_log(null, avutil.AV_LOG_WARNING, "again\n");
        }

        assertThat(recorder.lines).filteredOn("again"::equals).hasSizeBetween(1, 60);
    }

    @Test
    void shouldNotShowThePasswordThatIsRight() {
        String password = "s3cret-Right";
        try (RtspCamera camera = new RtspCamera().requiring("operator", password);
                RunningSource source =
                        new RunningSource(stream(camera.url(), new Credentials("operator", Secret.of(password))))) {
            source.seen()
                    .await(
                            "frames",
                            Duration.ofSeconds(10),
                            seen -> seen.frames().size() > 3);
            camera.cut();
            source.seen()
                    .await(
                            "the loss",
                            Duration.ofSeconds(10),
                            seen -> seen.states().contains(State.OFFLINE));
            for (StreamStatus status : source.seen().statuses()) {
                assertHides(status.toString(), password, password);
            }
        }
        recorder.lines.forEach(line -> assertHides(line, password, password));
    }

    private static void assertHides(String text, String password, String encoded) {
        assertThat(text).doesNotContain(password).doesNotContain(encoded);
        String basic = Base64.getEncoder().encodeToString(("operator:" + password).getBytes(StandardCharsets.UTF_8));
        assertThat(text).doesNotContain(basic);
    }

    /** What was logged in this second counts against the lines that are let through. */
    private static void awaitFreshWindow() throws InterruptedException {
        Thread.sleep(1100);
    }

    private static int closedPort() {
        try (java.net.ServerSocket socket = new java.net.ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (java.io.IOException e) {
            throw new AssertionError(e);
        }
    }

    private static StreamConfig stream(String url, Credentials credentials) {
        return StreamConfig.builder("gate", url)
                .openTimeout(Duration.ofSeconds(3))
                .readTimeout(Duration.ofSeconds(2))
                .credentials(credentials)
                .build();
    }

    private static final class Recorder extends AppenderBase<ILoggingEvent> {
        private final Queue<String> lines = new ConcurrentLinkedQueue<>();

        @Override
        protected void append(ILoggingEvent event) {
            lines.add(event.getFormattedMessage());
        }
    }
}
