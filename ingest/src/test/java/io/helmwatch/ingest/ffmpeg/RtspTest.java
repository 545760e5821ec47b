package io.helmwatch.ingest.ffmpeg;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.helmwatch.config.secret.Secret;
import io.helmwatch.config.stream.Credentials;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.config.stream.StreamConfig.Transport;
import io.helmwatch.ingest.StreamProbe;
import io.helmwatch.ingest.ffmpeg.RecordingReceiver.Seen;
import io.helmwatch.resource.NativeMemory;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.StreamStatus;
import io.helmwatch.vision.StreamStatus.State;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
class RtspTest {
    private static final Duration SOON = Duration.ofSeconds(10);

    @ParameterizedTest
    @EnumSource(Transport.class)
    void shouldPlayOverBothTransports(Transport transport) {
        try (RtspCamera camera = new RtspCamera();
                RunningSource source = new RunningSource(stream("gate", camera.url(), transport, 2000, null))) {
            source.seen().await("30 frames", SOON, seen -> seen.frames().size() >= 30);

            assertThat(source.source().isLive()).isTrue();
            assertThat(source.seen().states()).containsExactly(State.STARTING, State.ONLINE);
            assertThat(source.seen().dropped(DropCause.CORRUPT)).isZero();
            List<Seen> frames = source.seen().frames();
            assertThat(frames).extracting(Seen::sequence).isSorted().doesNotHaveDuplicates();
            assertThat(frames).extracting(Seen::ptsNanos).isSorted().doesNotHaveDuplicates();
            assertThat(frames.get(0)).extracting(Seen::width, Seen::height).containsExactly(320, 240);
            long span = frames.get(29).ptsNanos() - frames.get(0).ptsNanos();
            assertThat(span / 1e9).isBetween(1.0, 1.4);
        }
    }

    /** FFmpeg would look at seven decoded frames first. */
    @Test
    void shouldShowTheFirstFrameOfASlowCameraOnceTheNextOneBegins() {
        InetSocketAddress anywhere = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        try (RtspCamera camera = RtspCamera.playing(TestClips.cameraH264(), 3, anywhere);
                RunningSource source = new RunningSource(stream("gate", camera.url(), Transport.TCP, 2000, null))) {
            source.seen().await("the first frame", SOON, seen -> !seen.frames().isEmpty());
            int sent = camera.framesSent();
            source.seen().await("the next ones", SOON, seen -> seen.frames().size() >= 3);

            // The next one is counted when all of it was sent.
            assertThat(sent).as("frames that the camera had sent").isBetween(1, 4);
            List<Seen> frames = source.seen().frames();
            assertThat(frames.get(0).sequence()).isZero();
            // FFmpeg gives the first packet no time: it is timed by arrival.
            assertThat((frames.get(1).ptsNanos() - frames.get(0).ptsNanos()) / 1e9)
                    .isCloseTo(1 / 3.0, within(0.3));
            assertThat((frames.get(2).ptsNanos() - frames.get(1).ptsNanos()) / 1e9)
                    .isCloseTo(1 / 3.0, within(0.001));
        }
    }

    @Test
    void shouldBeBackWithinThreeSecondsOfARestartAfterAKill() throws Exception {
        try (RtspCamera camera = new RtspCamera();
                RunningSource source = new RunningSource(stream("gate", camera.url(), Transport.TCP, 2000, null))) {
            source.seen().await("frames", SOON, seen -> seen.frames().size() >= 25);
            camera.kill();
            source.seen().await("offline", SOON, seen -> seen.states().contains(State.OFFLINE));
            Thread.sleep(700);
            int before = source.seen().frames().size();
            long restarted = System.nanoTime();
            camera.start();
            source.seen().await("frames again", SOON, seen -> seen.frames().size() > before);

            Seen first = source.seen().frames().get(before);
            Seen last = source.seen().frames().get(before - 1);
            assertThat((first.atNanos() - restarted) / 1e9).isLessThan(3.0);
            assertThat(first.ptsNanos()).isGreaterThan(last.ptsNanos());
            assertThat(first.sequence()).isGreaterThan(last.sequence());
            assertThat(source.seen().lastStatus().state()).isEqualTo(State.ONLINE);
        }
    }

    @ParameterizedTest
    @EnumSource(Transport.class)
    void shouldNoticeAStallWithinTheReadTimeout(Transport transport) {
        try (RtspCamera camera = new RtspCamera();
                RunningSource source = new RunningSource(stream("gate", camera.url(), transport, 1000, null))) {
            source.seen().await("frames", SOON, seen -> seen.frames().size() >= 10);
            camera.stall(true);
            long stalled = System.nanoTime();
            source.seen().await("offline", SOON, seen -> seen.states().contains(State.OFFLINE));

            double seconds = (System.nanoTime() - stalled) / 1e9;
            assertThat(seconds).isBetween(0.7, 1.6);
            assertThat(source.seen().lastStatus().reason()).isEqualTo(camera.url() + " sent no video for 1 s.");
        }
    }

    @Test
    void shouldGiveUpOpeningAServerThatNeverAnswers() {
        try (RtspCamera camera = new RtspCamera()) {
            camera.stall(true);
            try (RunningSource source = new RunningSource(stream("gate", camera.url(), Transport.TCP, 1000, null))) {
                long begun = System.nanoTime();
                source.seen().await("offline", SOON, seen -> seen.states().contains(State.OFFLINE));
                assertThat((System.nanoTime() - begun) / 1e9).isLessThan(3.5);
                assertThat(source.seen().lastStatus().reason()).contains("did not open within 3 s");
            }
        }
    }

    @Test
    void shouldStopAtOnceInEveryPhase() throws Exception {
        try (RtspCamera camera = new RtspCamera()) {
            // Playing.
            RunningSource playing = new RunningSource(stream("a", camera.url(), Transport.TCP, 5000, null));
            playing.seen().await("frames", SOON, seen -> seen.frames().size() >= 5);
            playing.stopWithin(Duration.ofSeconds(1));
            assertThat(playing.seen().lastStatus().state()).isEqualTo(State.ENDED);
            // Stalled while reading.
            RunningSource reading = new RunningSource(stream("b", camera.url(), Transport.TCP, 5000, null));
            reading.seen().await("frames", SOON, seen -> seen.frames().size() >= 5);
            camera.stall(true);
            Thread.sleep(200);
            reading.stopWithin(Duration.ofSeconds(1));
            // Stalled while opening.
            RunningSource opening = new RunningSource(stream("c", camera.url(), Transport.TCP, 5000, null));
            Thread.sleep(200);
            opening.stopWithin(Duration.ofSeconds(1));
            // Waiting for the next attempt.
            camera.kill();
            RunningSource waiting = new RunningSource(stream("d", camera.url(), Transport.TCP, 5000, null));
            waiting.seen().await("offline", SOON, seen -> seen.states().contains(State.OFFLINE));
            waiting.stopWithin(Duration.ofSeconds(1));
            assertThat(waiting.seen().lastStatus().state()).isEqualTo(State.ENDED);
        }
    }

    @Test
    void shouldSayThatThePasswordIsRefused() {
        try (RtspCamera camera = new RtspCamera().requiring("operator", "right");
                RunningSource source = new RunningSource(stream(
                        "gate",
                        camera.url(),
                        Transport.TCP,
                        2000,
                        new Credentials("operator", Secret.of("wrong-secret"))))) {
            source.seen().await("offline", SOON, seen -> seen.states().contains(State.OFFLINE));
            StreamStatus status = source.seen().lastStatus();
            assertThat(status.reason())
                    .isEqualTo(camera.url() + " refuses the user or password (401): correct the credentials.");
        }
    }

    @Test
    void shouldSayThatThePathDoesNotExist() {
        try (RtspCamera camera = new RtspCamera();
                RunningSource source =
                        new RunningSource(stream("gate", camera.unknownUrl(), Transport.TCP, 2000, null))) {
            source.seen().await("offline", SOON, seen -> seen.states().contains(State.OFFLINE));
            assertThat(source.seen().lastStatus().reason())
                    .isEqualTo(camera.unknownUrl() + " does not exist on the server (404): correct the path.");
        }
    }

    @Test
    void shouldSayThatTheTransportIsRefused() {
        try (RtspCamera camera = new RtspCamera()) {
            camera.refuseUdp();
            try (RunningSource source = new RunningSource(stream("gate", camera.url(), Transport.UDP, 2000, null))) {
                source.seen().await("offline", SOON, seen -> seen.states().contains(State.OFFLINE));
                assertThat(source.seen().lastStatus().reason())
                        .isEqualTo(camera.url() + " does not offer RTP over UDP: set transport to tcp.");
            }
        }
    }

    @Test
    void shouldProbe() {
        try (RtspCamera camera = new RtspCamera()) {
            StreamProbe there = FfmpegFrameSource.probe(stream("gate", camera.url(), Transport.TCP, 2000, null));
            assertThat(there.codec()).isEqualTo("h264");
            assertThat(there.size()).isEqualTo(new ImageSize(320, 240));
            camera.stall(true);
            StreamProbe silent = FfmpegFrameSource.probe(stream("gate", camera.url(), Transport.TCP, 2000, null));
            assertThat(silent.reachable()).isFalse();
            assertThat(silent.problem()).contains("did not open within 3 s");
            camera.kill();
            StreamProbe gone = FfmpegFrameSource.probe(stream("gate", camera.url(), Transport.TCP, 2000, null));
            assertThat(gone.problem()).startsWith(camera.url() + " refuses the connection");
        }
    }

    @ParameterizedTest(name = "{0} ms ahead: {1}")
    @CsvSource({"7200000, ahead of ours", "-5000, behind ours", "500, ''"})
    void shouldWarnOfACameraClockThatDiffers(long aheadMillis, String warning) {
        try (RtspCamera camera = new RtspCamera()) {
            camera.offsetClock(aheadMillis);

            StreamProbe probe = FfmpegFrameSource.probe(stream("gate", camera.url(), Transport.TCP, 2000, null));

            assertThat(probe.clockOffsetSeconds()).isCloseTo(aheadMillis / 1e3, within(0.5));
            assertThat(String.join("; ", probe.warnings())).contains(warning);
            assertThat(probe.warnings()).hasSize(warning.isEmpty() ? 0 : 1);
        }
    }

    @Test
    void shouldPlayOverTls(@TempDir Path folder) {
        try (RtspCamera camera = RtspCamera.over(
                        TestCertificate.selfSigned(folder, "CN=camera").context());
                RunningSource source = new RunningSource(stream("gate", camera.url(), Transport.TCP, 1000, null))) {
            assertThat(camera.url()).startsWith("rtsps://");
            source.seen().await("frames", SOON, seen -> seen.frames().size() >= 10);
            camera.stall(true);
            source.seen().await("offline", SOON, seen -> seen.states().contains(State.OFFLINE));
            assertThat(source.seen().lastStatus().reason()).isEqualTo(camera.url() + " sent no video for 1 s.");
        }
    }

    @Test
    void shouldKeepTryingACameraWhoseCodecIsUnknown() {
        try (RtspCamera camera = new RtspCamera()) {
            camera.callCodec("X-FUTURE");
            try (RunningSource source = new RunningSource(stream("gate", camera.url(), Transport.TCP, 2000, null))) {
                source.seen().await("offline", SOON, seen -> seen.states().contains(State.OFFLINE));
                assertThat(source.seen().lastStatus().reason())
                        .startsWith(camera.url() + " offers video in a codec that is not known: expected H.264, HEVC");
                camera.callCodec("H264");
                source.seen().await("frames", SOON, seen -> seen.frames().size() >= 3);
            }
        }
    }

    @Test
    void shouldKeepTheDeadlinesOfManyStreams() {
        // More than the ten trampolines that JavaCPP has for a callback class.
        List<RunningSource> sources = new ArrayList<>();
        try (RtspCamera camera = new RtspCamera()) {
            for (int i = 0; i < 14; i++) {
                sources.add(new RunningSource(stream("gate-" + i, camera.url(), Transport.TCP, 1500, null)));
            }
            for (RunningSource source : sources) {
                source.seen().await("frames", SOON, seen -> seen.frames().size() >= 5);
            }
            camera.stall(true);
            for (RunningSource source : sources) {
                source.seen()
                        .await(
                                "offline",
                                Duration.ofSeconds(4),
                                seen -> seen.states().contains(State.OFFLINE));
                assertThat(source.seen().lastStatus().reason()).endsWith("sent no video for 1500 ms.");
            }
        } finally {
            sources.forEach(source -> source.source().stop());
            sources.forEach(RunningSource::close);
        }
    }

    @Test
    void shouldPlayWithDigestCredentialsFromTheConfigurationOrTheUrl() {
        String password = "p:ä@/ ?#%25";
        try (RtspCamera camera = new RtspCamera().requiring("op er@tor", password)) {
            String inside = camera.url().replace("rtsp://", "rtsp://op%20er%40tor:p%3A%C3%A4%40%2F%20%3F%23%2525@");
            for (StreamConfig config : List.of(
                    stream("a", camera.url(), Transport.TCP, 2000, new Credentials("op er@tor", Secret.of(password))),
                    stream("b", inside, Transport.TCP, 2000, null))) {
                try (RunningSource source = new RunningSource(config)) {
                    source.seen().await("frames", SOON, seen -> seen.frames().size() >= 3);
                }
            }
        }
    }

    @Test
    void shouldOfferNoFrameThatThePacketLossDamaged() {
        try (RtspCamera camera = new RtspCamera();
                RunningSource source = new RunningSource(stream("gate", camera.url(), Transport.UDP, 2000, null))) {
            source.seen().await("frames", SOON, seen -> seen.frames().size() >= 10);
            camera.lose(0.2);
            source.seen().await("damage", SOON, seen -> seen.dropped(DropCause.CORRUPT) >= 10);
            source.seen().await("degraded", SOON, seen -> seen.states().contains(State.DEGRADED));
            assertThat(source.seen().lastStatus().reason()).contains("damaged");
            camera.lose(0);
            source.seen()
                    .await(
                            "recovery",
                            Duration.ofSeconds(20),
                            seen -> seen.lastStatus().state() == State.ONLINE);
        }
    }

    @Test
    void shouldStampCapturesByOurClockAndKeepTheCamerasBeside() {
        long ahead = 7_200_000;
        try (RtspCamera camera = new RtspCamera()) {
            camera.offsetClock(ahead);
            try (RunningSource source = new RunningSource(stream("gate", camera.url(), Transport.TCP, 2000, null))) {
                source.seen().await("frames", SOON, seen -> seen.frames().size() >= 20);
                Seen frame = source.seen().frames().get(19);
                assertThat(System.currentTimeMillis() - frame.capturedAtMillis())
                        .isBetween(0L, 1500L);
                assertThat(frame.cameraTimeMillis() - frame.capturedAtMillis()).isBetween(ahead - 200, ahead + 200);
                source.seen()
                        .await(
                                "the clock's offset",
                                SOON,
                                seen -> Math.abs(source.source().cameraClockOffsetSeconds() - ahead / 1000.0) < 1);
            }
        }
    }

    @Test
    void shouldTimeFramesByArrivalWhenAllStampsAreEqual() {
        try (RtspCamera camera = new RtspCamera()) {
            camera.stampBy(frame -> 90_000);
            try (RunningSource source = new RunningSource(stream("gate", camera.url(), Transport.TCP, 2000, null))) {
                source.seen()
                        .await(
                                "the verdict",
                                Duration.ofSeconds(20),
                                seen -> seen.statuses().stream()
                                        .anyMatch(status -> status.reason().contains("timed by arrival")));
                int before = source.seen().frames().size();
                source.seen().await("frames", SOON, seen -> seen.frames().size() >= before + 26);
                List<Seen> frames = source.seen().frames();
                assertThat(frames.get(before + 25).ptsNanos()
                                - frames.get(before).ptsNanos())
                        .isBetween(900_000_000L, 1_200_000_000L);
                assertThat(source.source().isTimedByArrival()).isTrue();
                assertThat(source.seen().states()).containsExactly(State.STARTING, State.ONLINE, State.ONLINE);
            }
        }
    }

    @Test
    void shouldKeepOneStreamWholeWhileAnotherDies() {
        try (RtspCamera healthy = new RtspCamera();
                RtspCamera dying = new RtspCamera();
                RunningSource first = new RunningSource(stream("healthy", healthy.url(), Transport.TCP, 2000, null));
                RunningSource second = new RunningSource(stream("dying", dying.url(), Transport.TCP, 500, null))) {
            first.seen().await("frames", SOON, seen -> seen.frames().size() >= 10);
            second.seen().await("frames", SOON, seen -> seen.frames().size() >= 10);
            dying.stall(true);
            second.seen().await("offline", SOON, seen -> seen.states().contains(State.OFFLINE));
            dying.kill();
            int before = first.seen().frames().size();
            first.seen().await("more frames", SOON, seen -> seen.frames().size() >= before + 25);

            assertThat(first.seen().states()).containsExactly(State.STARTING, State.ONLINE);
            assertThat(first.seen().dropped(DropCause.CORRUPT)).isZero();
            List<Seen> frames = first.seen().frames();
            assertThat(frames.get(frames.size() - 1).sequence()).isEqualTo(frames.size() - 1);
        }
    }

    @Test
    void shouldHoldNothingMoreAfterTenReconnects() throws Exception {
        try (RtspCamera camera = new RtspCamera()) {
            reconnect(camera, 1);
            long descriptors = openDescriptors();
            long threads = nativeThreads();
            long residentKilobytes = residentKilobytes();
            for (int i = 0; i < 5; i++) {
                reconnect(camera, 2);
            }

            assertThat(camera.sessionsServed()).isEqualTo(2 + 5 * 3);
            // The virtual machine starts compiler threads and opens archives as it likes; what a reconnect leaves would
            // stand here ten times.
            assertThat(nativeThreads()).as("threads").isLessThan(threads + 5);
            assertThat(openDescriptors()).as("file descriptors").isLessThan(descriptors + 5);
            assertThat(residentKilobytes() - residentKilobytes)
                    .as("resident kB")
                    .isLessThan(40_000);
            assertThat(NativeMemory.outstanding()).isEmpty();
        }
    }

    /** One source that is cut the given number of times and comes back each time. */
    private static void reconnect(RtspCamera camera, int times) throws InterruptedException {
        try (RunningSource source = new RunningSource(stream("gate", camera.url(), Transport.TCP, 2000, null))) {
            for (int i = 0; i <= times; i++) {
                int before = source.seen().frames().size();
                source.seen().await("frames", SOON, seen -> seen.frames().size() >= before + 3);
                if (i < times) {
                    int losses = i + 1;
                    camera.cut();
                    source.seen()
                            .await(
                                    "the loss",
                                    SOON,
                                    seen -> seen.states().stream()
                                                    .filter(state -> state == State.OFFLINE)
                                                    .count()
                                            == losses);
                }
            }
        }
        camera.awaitIdle();
    }

    private static long openDescriptors() throws IOException {
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
            return descriptors.count();
        }
    }

    /** Threads of the process, FFmpeg's included, without those that the JVM starts and ends as it likes. */
    private static long nativeThreads() throws IOException {
        try (Stream<Path> tasks = Files.list(Path.of("/proc/self/task"))) {
            return tasks.map(RtspTest::threadName)
                    .filter(name -> !name.matches("(C1|C2|G1|GC|VM) .*|Signal.*|Sweeper.*|Common-Cleaner|Attach.*"))
                    .count();
        }
    }

    private static String threadName(Path task) {
        try {
            return Files.readString(task.resolve("comm")).strip();
        } catch (IOException e) {
            return "GC gone";
        }
    }

    private static long residentKilobytes() throws IOException {
        return Long.parseLong(statusLine("VmRSS:").replace(" kB", ""));
    }

    private static String statusLine(String name) throws IOException {
        return Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith(name))
                .map(line -> line.substring(name.length()).strip())
                .findFirst()
                .orElseThrow();
    }

    private static StreamConfig stream(
            String id, String url, Transport transport, int readTimeoutMillis, Credentials credentials) {
        return StreamConfig.builder(id, url)
                .transport(transport)
                .openTimeout(Duration.ofSeconds(3))
                .readTimeout(Duration.ofMillis(readTimeoutMillis))
                .credentials(credentials)
                .build();
    }
}
