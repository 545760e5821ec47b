package io.helmwatch.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import io.helmwatch.config.ConfigLoader;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.incident.SpoolConfig;
import io.helmwatch.sinks.evidence.EvidenceCopies;
import io.helmwatch.sinks.evidence.EvidenceFolder;
import io.helmwatch.sinks.notify.Notification;
import io.helmwatch.sinks.s3.EvidenceKind;
import io.helmwatch.sinks.s3.EvidenceUploads;
import io.helmwatch.sinks.spool.IncidentSpool;
import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.Incident;
import io.helmwatch.vision.ModelIdentity;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SpoolCommandTest {
    @TempDir
    Path folder;

    private Path config;
    private SpoolConfig spoolConfig;

    @BeforeEach
    void configure() throws IOException {
        config = Files.writeString(
                folder.resolve("site.yaml"),
                "json-lines: {target: '-'}\nincidents: {spool: {directory: spool}}\n"
                        + "streams: [{id: gate-3, url: 'rtsp://192.0.2.1/a'}]\n");
        spoolConfig = new SpoolConfig(folder.resolve("spool"), 1 << 20, false);
    }

    private static Incident ended(int number) {
        return Incident.builder().id("gate-3/1795176000/pit/" + number).revision(1).phase(Incident.Phase.END).stream(
                        "gate-3")
                .rule("pit")
                .kind(Incident.Kind.NO_HELMET)
                .track(17)
                .startedAtMillis(1_000)
                .lastAtMillis(2_000)
                .decidedAtMillis(2_000)
                .decidedSequence(56)
                .decidedPtsNanos(2_240_000_000L)
                .endReason(Incident.EndReason.COMPLIANCE)
                .peakConfidence(0.9f)
                .meanConfidence(0.8f)
                .observations(51)
                .positions(List.of(new Incident.Position(17, 2_000, new BoundingBox(1, 2, 3, 4))))
                .size(new ImageSize(1920, 1080))
                .model(new ModelIdentity("m", "1", "fp32", "cpu"))
                .build();
    }

    private IncidentSpool spool() {
        return new IncidentSpool(spoolConfig, Clock.systemUTC());
    }

    @Test
    void shouldListAndExportWhileTheSpoolIsInUse() {
        try (IncidentSpool spool = spool()) {
            spool.append(List.of(ended(1), ended(2)));
            spool.deadLetter(spool.next(0, 1).get(0), "too large");
            CommandRun list = CommandRun.of("spool", "list", "-c", config);
            assertThat(list.code()).isZero();
            assertThat(list.out().lines())
                    .satisfiesExactly(
                            line -> assertThat(line).startsWith("waiting gate-3/1795176000/pit/2/1 end "),
                            line -> assertThat(line)
                                    .startsWith("dead gate-3/1795176000/pit/1/1 end ")
                                    .endsWith(" too large"));
            assertThat(list.err()).contains("1 waiting, 1 dead letter, 0 damaged files");
            CommandRun export = CommandRun.of("spool", "export", "-c", config);
            assertThat(export.lines())
                    .extracting(line -> line.get("id").asText())
                    .containsExactly("gate-3/1795176000/pit/2/1", "gate-3/1795176000/pit/1/1");
            CommandRun resend = CommandRun.of("spool", "resend", "-c", config);
            assertThat(resend.code()).isEqualTo(1);
            assertThat(resend.err()).contains("used by another process");
        }
    }

    @Test
    void shouldNeedNoPasswordOfCamerasBrokersAndPeople() throws IOException {
        Files.writeString(config, """
                notify: [{name: guards, webhook: {url: 'https://192.0.2.1/${NOT_SET_KEY}', secret-env: NOT_SET_SECRET}}]
                http: {users: [{name: kim, role: admin, password-hash: '${NOT_SET_HASH}'}]}
                """, StandardOpenOption.APPEND);
        Files.writeString(
                config,
                Files.readString(config)
                        .replaceFirst(
                                "streams:.*",
                                "streams: [{id: gate-3, url: 'rtsp://192.0.2.1/1', credentials: {username: u, password-env: NOT_SET_PASSWORD}}]"));
        try (IncidentSpool spool = spool();
                IncidentSpool own = new IncidentSpool(Notification.spool(spoolConfig, "guards"), Clock.systemUTC())) {
            spool.append(List.of(ended(1)));
            own.append(List.of(ended(2)));
        }

        CommandRun list = CommandRun.of("spool", "list", "-c", config);

        assertThat(list.code()).as(list.err()).isZero();
        assertThat(list.out()).contains("waiting gate-3/1795176000/pit/1/1 end ");
        assertThat(list.err()).contains("notification guards: 1 waiting");
        assertThat(CommandRun.of("spool", "list", "-c", config, "--notify", "guards")
                        .out())
                .contains("pit/2/1");
        assertThat(CommandRun.of("report", "-c", config, "--format", "csv").err())
                .as("no history yet, and no word of passwords")
                .doesNotContain("is not set");
        Files.writeString(config, "desk: {keep: soon}\n", StandardOpenOption.APPEND);
        assertThat(CommandRun.of("spool", "list", "-c", config).code()).isEqualTo(2);
    }

    @Test
    void shouldResendChosenDeadLettersAndNameWhatIsNotThere() {
        try (IncidentSpool spool = spool()) {
            spool.append(List.of(ended(1), ended(2)));
            spool.next(0, 2).forEach(event -> spool.deadLetter(event, "too large"));
        }
        CommandRun one = CommandRun.of("spool", "resend", "-c", config, "gate-3/1795176000/pit/2/1", "nobody");
        assertThat(one.code()).isEqualTo(1);
        assertThat(one.err()).contains("1 dead letter returned", "1 of 2 ids");
        assertThat(CommandRun.of("spool", "resend", "-c", config).err()).contains("1 dead letter returned");
        try (IncidentSpool spool = spool()) {
            assertThat(spool.waiting()).isEqualTo(2);
        }
    }

    @Test
    void shouldListAndResendWhatTheTargetOfANotificationRefused() throws IOException {
        Files.writeString(
                config,
                "notify: [{name: guards, webhook: {url: 'https://192.0.2.1/hook'}}]\n",
                StandardOpenOption.APPEND);
        SpoolConfig own = Notification.spool(spoolConfig, "guards");
        try (IncidentSpool spool = new IncidentSpool(own, Clock.systemUTC())) {
            spool.append(List.of(ended(1)));
            spool.deadLetter(spool.next(0, 1).get(0), "answered 413");
        }
        assertThat(CommandRun.of("spool", "list", "-c", config).err())
                .contains(
                        "0 waiting, 0 dead letters, 0 damaged files",
                        "notification guards: 0 waiting, 1 dead letter, 0 damaged files; see spool list --notify guards");
        CommandRun list = CommandRun.of("spool", "list", "--notify", "guards", "-c", config);
        assertThat(list.out()).startsWith("dead gate-3/1795176000/pit/1/1 end ").contains(" answered 413");
        assertThat(CommandRun.of("spool", "resend", "--notify", "guards", "-c", config)
                        .err())
                .contains("1 dead letter returned");
        try (IncidentSpool spool = new IncidentSpool(own, Clock.systemUTC())) {
            assertThat(spool.waiting()).isEqualTo(1);
        }
        CommandRun nobody = CommandRun.of("spool", "resend", "--notify", "nobody", "-c", config);
        assertThat(nobody.code()).isEqualTo(2);
        assertThat(nobody.err()).contains("there is no notification nobody", "expected one of guards");
    }

    @Test
    void shouldRepairFromDamagedFiles() throws IOException {
        try (IncidentSpool spool = spool()) {
            spool.append(List.of(ended(1), ended(2)));
        }
        Files.move(folder.resolve("spool/incidents.db"), folder.resolve("spool/damaged-1.db"));
        CommandRun repair = CommandRun.of("spool", "repair", "-c", config);
        assertThat(repair.code()).isZero();
        assertThat(repair.err()).contains("2 messages salvaged");
        assertThat(CommandRun.of("spool", "list", "-c", config).out()).contains("damaged ", "waiting ");
        assertThat(CommandRun.of("spool", "-c", config).code()).isEqualTo(2);
    }

    @Test
    void shouldListAndResendCopiesThatTheObjectStorageRefused() throws Exception {
        HttpServer storage = refusingStorage();
        try {
            Path keys = Files.writeString(folder.resolve("key"), "any-key-0815");
            Files.writeString(
                    config,
                    "json-lines: {target: '-'}\nstreams: [{id: gate-3, url: 'rtsp://192.0.2.1/a'}]\n"
                            + "incidents:\n  spool: {directory: spool}\n  clips: {enabled: true, directory: clips}\n"
                            + "  s3: {endpoint: 'http://127.0.0.1:"
                            + storage.getAddress().getPort()
                            + "', bucket: evidence, access-key-file: " + keys + ", secret-key-file: " + keys + "}\n");
            HelmwatchConfig site = ConfigLoader.load(config);
            Path clips = Files.createDirectories(folder.resolve("clips"));
            try (EvidenceUploads uploads = new EvidenceUploads(
                    Objects.requireNonNull(site.incidents().s3()), site.incidents(), Clock.systemUTC())) {
                for (String name : List.of("a.mp4", "b.mp4")) {
                    Path clip = Files.writeString(clips.resolve(name), name);
                    uploads.copies(EvidenceKind.CLIPS)
                            .announce(List.of(new EvidenceCopies.NewFile(name, EvidenceFolder.sha256(clip), 5)))
                            .confirm();
                }
                await().until(() -> uploads.statistics().rejected() == 2);
            }
        } finally {
            storage.stop(0);
        }

        assertThat(CommandRun.of("spool", "list", "-c", config).err())
                .contains("object storage: 0 copies waiting, 2 rejected; see spool list --copies");
        assertThat(CommandRun.of("spool", "list", "--copies", "-c", config)
                        .out()
                        .lines())
                .satisfiesExactly(
                        line -> assertThat(line)
                                .startsWith("rejected clips/a.mp4 ")
                                .contains("5 bytes", "EntityTooLarge"),
                        line -> assertThat(line).startsWith("rejected clips/b.mp4 "));
        CommandRun one = CommandRun.of("spool", "resend", "--copies", "-c", config, "clips/a.mp4", "clips/c.mp4");
        assertThat(one.code()).isEqualTo(1);
        assertThat(one.err()).contains("1 copy returned", "1 of 2 ids");
        Files.delete(folder.resolve("clips/b.mp4"));
        assertThat(CommandRun.of("spool", "resend", "--copies", "-c", config).err())
                .contains("0 copies returned, 1 forgotten, whose files were deleted");
        assertThat(CommandRun.of("spool", "list", "--copies", "-c", config).out())
                .isEqualTo("waiting clips/a.mp4 5 bytes\n");
        CommandRun export = CommandRun.of("spool", "export", "--copies", "-c", config);
        assertThat(export.code()).isEqualTo(2);
        assertThat(export.err()).contains("expected list or resend with --copies");
        assertThat(CommandRun.of("spool", "list", "--copies", "--notify", "guards", "-c", config)
                        .code())
                .isEqualTo(2);
    }

    /** Answers every request as a server does whose limit an object exceeds. */
    private static HttpServer refusingStorage() throws IOException {
        byte[] answer = "<Error><Code>EntityTooLarge</Code><Message>too large</Message></Error>"
                .getBytes(StandardCharsets.UTF_8);
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            exchange.getRequestBody().readAllBytes();
            exchange.sendResponseHeaders(400, answer.length);
            exchange.getResponseBody().write(answer);
            exchange.close();
        });
        server.start();
        return server;
    }
}
