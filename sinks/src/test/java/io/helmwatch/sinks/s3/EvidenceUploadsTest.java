package io.helmwatch.sinks.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import io.helmwatch.config.incident.S3Config;
import io.helmwatch.config.incident.SpoolConfig;
import io.helmwatch.sinks.evidence.EvidenceCopies;
import io.helmwatch.sinks.evidence.EvidenceCopies.NewFile;
import io.helmwatch.sinks.evidence.EvidenceFolder;
import io.helmwatch.sinks.kafka.LogCapture;
import io.helmwatch.sinks.s3.FaultyNetwork.Fault;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A real S3 server that is away, slow, cut, restarted; a process that is killed: no file is lost, none is half there. */
@Timeout(120)
class EvidenceUploadsTest {
    private static final int FILES = 5;
    private static final int BYTES = 300_000;

    @TempDir
    static Path objects;

    private static S3Server server;

    @TempDir
    Path folder;

    private String prefix;
    private FaultyNetwork network;
    private Evidence evidence;

    @BeforeAll
    static void startServer() throws IOException {
        server = new S3Server(objects);
    }

    @AfterAll
    static void stopServer() throws InterruptedException {
        if (server != null) {
            server.close();
        }
    }

    @BeforeEach
    void start() throws IOException {
        prefix = folder.getFileName() + "/";
        network = new FaultyNetwork(server.port());
        evidence = new Evidence(folder, prefix);
    }

    @AfterEach
    void stop() throws IOException {
        network.close();
    }

    private S3Config config() {
        return evidence.config(network.port());
    }

    private void store(EvidenceUploads uploads, int from, int to) throws IOException {
        for (int number = from; number < to; number++) {
            evidence.store(uploads, number, BYTES);
        }
    }

    /** SHA-256 of every object, by key. */
    private Map<String, String> objects() throws IOException, InterruptedException {
        Map<String, String> objects = new TreeMap<>();
        for (String key : server.keys(prefix)) {
            objects.put(key, EvidenceFolder.sha256(server.get(key).body()));
        }
        return objects;
    }

    private void awaitAllCopied(EvidenceUploads uploads) throws Exception {
        await().atMost(60, TimeUnit.SECONDS)
                .untilAsserted(() -> assertThat(uploads.statistics().waiting()).isZero());
        assertThat(objects()).isEqualTo(evidence.stored());
    }

    static Stream<Arguments> faults() {
        return Stream.of(
                Arguments.of("slow down", Fault.answer(503, "SlowDown", "")),
                Arguments.of("an error of the server", Fault.answer(500, "InternalError", "")),
                Arguments.of("wrong credentials", Fault.answer(403, "SignatureDoesNotMatch", "")),
                Arguments.of("a connection cut before the first byte", Fault.cut(0)),
                Arguments.of("a connection cut in the middle", Fault.cut(BYTES / 2)),
                Arguments.of("a connection cut after the last byte", Fault.cut(BYTES)),
                Arguments.of("a connection that hangs in the middle", Fault.silence(BYTES / 2)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("faults")
    void shouldLoseNoFileAndStoreNoneInPartWhen(String what, Fault fault) throws Exception {
        network.fail(fault, 2);
        Duration silence = fault.isSilent() ? Duration.ofSeconds(1) : Evidence.PATIENT;
        try (EvidenceUploads uploads = evidence.open(config(), SpoolConfig.DEFAULT, silence)) {
            store(uploads, 0, FILES);
            awaitAllCopied(uploads);
            await().untilAsserted(() -> {
                assertThat(uploads.statistics().failures()).as(what).isGreaterThanOrEqualTo(2);
                assertThat(uploads.statistics().stored()).isEqualTo(FILES);
                assertThat(uploads.statistics().storedBytes()).isEqualTo((long) FILES * BYTES);
                assertThat(uploads.problem()).isEmpty();
            });
        }
    }

    @Test
    void shouldCopyWithContentTypeBelowThePrefix() throws Exception {
        try (EvidenceUploads uploads = evidence.open(config())) {
            store(uploads, 1, 2);
            awaitAllCopied(uploads);
            HttpResponse<byte[]> object = server.get(evidence.key(1));
            assertThat(object.headers().firstValue("content-type")).hasValue("video/mp4");
            assertThat(uploads.copies(EvidenceKind.CLIPS).url(Evidence.path(1)))
                    .isEqualTo("s3://evidence/" + prefix + "clips/gate-3/2026-11-20/120001.240-no-helmet-1.mp4");
        }
    }

    @Test
    void shouldLoseNoFileWhenTheServerIsAwayWhileTheProcessRestarts() throws Exception {
        server.stop();
        try (EvidenceUploads uploads = evidence.open(evidence.config(server.port()))) {
            store(uploads, 0, FILES);
            await().untilAsserted(() -> assertThat(uploads.problem()).contains("cannot be reached"));
            assertThat(uploads.statistics().waitingBytes()).isEqualTo((long) FILES * BYTES);
            assertThat(uploads.statistics().oldestWaitingMillis()).isPositive();
        }
        try (EvidenceUploads uploads = evidence.open(evidence.config(server.port()))) {
            assertThat(uploads.statistics().waiting()).isEqualTo(FILES);
            store(uploads, FILES, FILES + 1);
            server.start();
            awaitAllCopied(uploads);
            await().untilAsserted(() -> assertThat(uploads.problem()).isEmpty());
        }
    }

    /** Killed where half of the third file is on its way; the others wait. */
    @Test
    void shouldLoseNoFileWhenTheProcessIsKilledWhileItUploads() throws Exception {
        network.failOnly(Evidence.path(2));
        network.fail(Fault.silence(BYTES / 2), Integer.MAX_VALUE);
        Process process = process(Map.of());
        try {
            await().atMost(60, TimeUnit.SECONDS)
                    .until(() -> network.requests() >= 3 && server.keys(prefix).size() == 2);
        } finally {
            process.destroyForcibly().waitFor();
        }
        assertThat(server.keys(prefix)).containsExactly(evidence.key(0), evidence.key(1));
        network.failOnly("");
        network.fail(Fault.cut(0), 0);
        try (EvidenceUploads uploads = evidence.open(config())) {
            // Those that the process stored before.
            for (int number = 0; number < FILES; number++) {
                evidence.stored()
                        .put(
                                evidence.key(number),
                                EvidenceFolder.sha256(evidence.clips().resolve(Evidence.path(number))));
            }
            awaitAllCopied(uploads);
        }
    }

    @Test
    void shouldCopyAFileWhoseProcessDiedBeforeItWasConfirmedAndForgetOneThatWasNeverStored() throws Exception {
        byte[] content = {1, 2, 3};
        NewFile stored = new NewFile(Evidence.path(1), EvidenceFolder.sha256(content), content.length);
        NewFile lost = new NewFile(Evidence.path(2), EvidenceFolder.sha256(content), content.length);
        try (EvidenceUploads uploads = evidence.open(config())) {
            uploads.copies(EvidenceKind.CLIPS).announce(List.of(stored, lost));
            evidence.write(1, content);
            assertThat(uploads.statistics().waiting()).isEqualTo(2);
        }
        try (EvidenceUploads uploads = evidence.open(config())) {
            await().untilAsserted(
                            () -> assertThat(uploads.statistics().waiting()).isZero());
            await().untilAsserted(
                            () -> assertThat(uploads.statistics().missing()).isEqualTo(1));
            assertThat(server.keys(prefix)).containsExactly(evidence.key(1));
        }
    }

    @Test
    void shouldNotWaitForAFileThatCouldNotBeStored() throws Exception {
        try (EvidenceUploads uploads = evidence.open(config())) {
            NewFile failed = new NewFile(Evidence.path(9), EvidenceFolder.sha256(new byte[0]), 10);
            try (EvidenceCopies.Announcement announced =
                    uploads.copies(EvidenceKind.CLIPS).announce(List.of(failed))) {
                assertThat(uploads.statistics().waiting()).isEqualTo(1);
                assertThat(announced).isNotNull();
            }
            assertThat(uploads.statistics().waiting()).isZero();
            assertThat(uploads.statistics().waitingBytes()).isZero();
        }
    }

    @Test
    void shouldCountFilesThatRetentionDeletedBeforeTheyWereCopied() throws Exception {
        network.fail(Fault.answer(503, "SlowDown", ""), Integer.MAX_VALUE);
        try (EvidenceUploads uploads = evidence.open(config())) {
            store(uploads, 0, FILES);
            await().untilAsserted(() -> assertThat(uploads.problem()).contains("slow down"));
            Files.delete(evidence.clips().resolve(Evidence.path(0)));
            evidence.stored().remove(evidence.key(0));
            network.fail(Fault.cut(0), 0);
            awaitAllCopied(uploads);
            await().untilAsserted(
                            () -> assertThat(uploads.statistics().missing()).isEqualTo(1));
        }
    }

    @Test
    void shouldRejectAFileWhoseContentHasChanged() throws Exception {
        network.fail(Fault.answer(503, "SlowDown", ""), Integer.MAX_VALUE);
        try (EvidenceUploads uploads = evidence.open(config())) {
            store(uploads, 0, 2);
        }
        evidence.write(0, new byte[BYTES]);
        evidence.stored().remove(evidence.key(0));
        network.fail(Fault.cut(0), 0);
        try (EvidenceUploads uploads = evidence.open(config())) {
            awaitAllCopied(uploads);
            await().untilAsserted(
                            () -> assertThat(uploads.statistics().rejected()).isEqualTo(1));
        }
    }

    @ParameterizedTest
    @MethodSource("refusals")
    void shouldCopyTheOthersWhenOneObjectIsRefused(Fault refusal, int rejected, int waiting) throws Exception {
        network.failOnly(Evidence.path(0));
        network.fail(refusal, Integer.MAX_VALUE);
        try (EvidenceUploads uploads = evidence.open(config())) {
            store(uploads, 0, FILES);
            await().atMost(30, TimeUnit.SECONDS).untilAsserted(() -> {
                assertThat(uploads.statistics().stored()).isEqualTo(FILES - 1);
                assertThat(uploads.statistics().rejected()).isEqualTo(rejected);
                assertThat(uploads.statistics().waiting()).isEqualTo(waiting);
            });
            assertThat(server.keys(prefix)).hasSize(FILES - 1).doesNotContain(evidence.key(0));
        }
    }

    @Test
    void shouldSendAgainWhatWasRefusedForGoodAndForgetFilesThatAreGone() throws Exception {
        network.fail(Fault.answer(400, "EntityTooLarge", ""), Integer.MAX_VALUE);
        try (EvidenceUploads uploads = evidence.open(config())) {
            store(uploads, 0, 3);
            await().atMost(30, TimeUnit.SECONDS)
                    .untilAsserted(
                            () -> assertThat(uploads.statistics().rejected()).isEqualTo(3));
            UploadMaintenance.Contents contents = UploadMaintenance.list(spool());
            assertThat(contents.counts()).isEqualTo("0 copies waiting, 3 rejected");
            assertThat(contents.rejected()).first().satisfies(refused -> {
                assertThat(refused.copy()).isEqualTo(new UploadMaintenance.Copy("clips/" + Evidence.path(0), BYTES));
                assertThat(refused.reason()).contains("rejected the object", "EntityTooLarge");
            });
        }
        Files.delete(evidence.clips().resolve(Evidence.path(2)));
        evidence.stored().remove(evidence.key(2));

        assertThat(resend(("clips/" + Evidence.path(1))::equals)).isEqualTo(new UploadMaintenance.Resent(1, 0));
        assertThat(UploadMaintenance.list(spool()).counts()).isEqualTo("1 copy waiting, 2 rejected");
        assertThat(resend(name -> true)).isEqualTo(new UploadMaintenance.Resent(1, 1));
        assertThat(UploadMaintenance.list(spool()).counts()).isEqualTo("2 copies waiting, 0 rejected");

        network.fail(Fault.cut(0), 0);
        try (EvidenceUploads uploads = evidence.open(config())) {
            awaitAllCopied(uploads);
        }
        assertThat(UploadMaintenance.list(spool()).isEmpty()).isTrue();
    }

    @Test
    void shouldForgetARefusalOnceTheFileIsReplaced() throws Exception {
        network.fail(Fault.answer(400, "EntityTooLarge", ""), 1);
        try (EvidenceUploads uploads = evidence.open(config())) {
            store(uploads, 0, 1);
            await().atMost(30, TimeUnit.SECONDS)
                    .untilAsserted(
                            () -> assertThat(uploads.statistics().rejected()).isEqualTo(1));
            store(uploads, 0, 1);
            awaitAllCopied(uploads);
        }
        assertThat(UploadMaintenance.list(spool()).isEmpty()).isTrue();
    }

    private SpoolConfig spool() {
        return evidence.incidents(SpoolConfig.DEFAULT).spool();
    }

    private UploadMaintenance.Resent resend(Predicate<String> names) {
        return UploadMaintenance.resend(evidence.incidents(SpoolConfig.DEFAULT), Clock.systemUTC(), names);
    }

    static Stream<Arguments> refusals() {
        return Stream.of(
                Arguments.of(Fault.answer(400, "EntityTooLarge", ""), 1, 0),
                Arguments.of(Fault.answer(400, "InvalidArgument", ""), 0, 1));
    }

    @Test
    void shouldSayOnceThatTheQueueIsFullAndCountWhatIsRefused() throws Exception {
        SpoolConfig small = new SpoolConfig(Path.of("."), 1, false);
        try (LogCapture log = new LogCapture(Level.ERROR, EvidenceUploads.class.getName());
                EvidenceUploads uploads = evidence.open(config(), small)) {
            store(uploads, 0, 3);
            assertThat(uploads.statistics().refused()).isEqualTo(3);
            assertThat(log.lines()).singleElement().asString().contains("queue is full", "incidents.spool.max-bytes");
            assertThat(evidence.clips().resolve(Evidence.path(2))).exists();
        }
    }

    @Test
    void shouldDeleteObjectsThatAreTooOldAndNothingElse() throws Exception {
        S3Config config = Evidence.config(network.port(), prefix, S3Server.BUCKET, S3Server.KEY, Duration.ofHours(1));
        Path file = Files.write(folder.resolve("any"), new byte[] {1});
        String old = prefix + "clips/gate-3/2026-11-20/105959.000-no-helmet-1.mp4";
        String young = prefix + "clips/gate-3/2026-11-20/110001.000-no-helmet-2.mp4";
        String elsewhere = "other/" + prefix + "clips/gate-3/2026-11-20/105959.000-no-helmet-1.mp4";
        List<String> kept = List.of(
                young,
                prefix + "clips/gate-3/2026-11-20/notes.txt",
                prefix + "clips/gate-3/2026-99-99/105959.000-no-helmet-1.mp4",
                prefix + "reports/gate-3/2026-11-20/105959.000-no-helmet-1.mp4");
        List<String> deleted = List.of(
                old,
                prefix + "clips/gate-3/2026-11-19/235959.999-no-helmet-7.json",
                prefix + "snapshots/gate-4/2025-01-01/000000.000-no-helmet-7-drawn.jpg");
        try (S3Storage storage = new S3Storage(config, S3Storage.Limits.BACKGROUND)) {
            storage.put(elsewhere, file, 1, EvidenceFolder.sha256(file), "video/mp4");
            for (String key : Stream.concat(kept.stream(), deleted.stream()).toList()) {
                storage.put(key, file, 1, EvidenceFolder.sha256(file), "video/mp4");
            }
            int number = new S3Retention(storage, config.prefix(), Duration.ofHours(1))
                    .sweep(Instant.parse("2026-11-20T12:00:00Z"));
            assertThat(number).isEqualTo(deleted.size());
            assertThat(server.keys("")).contains(elsewhere);
            assertThat(server.keys(prefix)).containsExactlyInAnyOrderElementsOf(kept);
        }
        try (EvidenceUploads uploads = evidence.open(config)) {
            await().untilAsserted(
                            () -> assertThat(uploads.statistics().deleted()).isEqualTo(1));
            assertThat(server.keys(prefix)).doesNotContain(young);
        }
    }

    /** A process that stores and uploads clips. */
    private Process process(Map<String, String> environment) throws IOException {
        ProcessBuilder process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        UploadProcess.class.getName(),
                        folder.toString(),
                        Integer.toString(network.port()),
                        Integer.toString(FILES),
                        Integer.toString(BYTES),
                        prefix)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("process.log").toFile());
        process.environment().putAll(environment);
        return process.start();
    }

    /** What machines have in their environment for other programs. */
    @Test
    void shouldContactNothingButTheEndpointWhateverTheEnvironmentSays() throws Exception {
        AtomicInteger contacts = new AtomicInteger();
        try (ServerSocket other = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            Thread counting = new Thread(() -> {
                while (!other.isClosed()) {
                    try (Socket contact = other.accept()) {
                        contacts.incrementAndGet();
                    } catch (IOException closed) {
                        return;
                    }
                }
            });
            counting.start();
            String url = "http://127.0.0.1:" + other.getLocalPort();
            Process process = process(Map.of(
                    "HTTP_PROXY", url,
                    "http_proxy", url,
                    "HTTPS_PROXY", url,
                    "ALL_PROXY", url,
                    "AWS_EC2_METADATA_SERVICE_ENDPOINT", url,
                    "AWS_CONTAINER_CREDENTIALS_FULL_URI", url,
                    "AWS_ENDPOINT_URL", url,
                    "AWS_ENDPOINT_URL_S3", url,
                    "AWS_USE_FIPS_ENDPOINT", "true",
                    "AWS_USE_DUALSTACK_ENDPOINT", "true"));
            try {
                await().atMost(60, TimeUnit.SECONDS)
                        .until(() -> server.keys(prefix).size() == FILES);
            } finally {
                process.destroyForcibly().waitFor();
            }
        }
        assertThat(contacts).hasValue(0);
    }
}
