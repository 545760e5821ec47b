package io.helmwatch.pipeline.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.helmwatch.config.ConfigLoader;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.http.DeskConfig;
import io.helmwatch.ingest.ffmpeg.RtspCamera;
import io.helmwatch.pipeline.ring.failure.FatalErrorHandler;
import io.helmwatch.resource.NativeMemory;
import io.helmwatch.sinks.history.HeadHour;
import io.helmwatch.sinks.history.IncidentHistory;
import io.helmwatch.web.Incidents;
import io.helmwatch.web.RefusedException;
import io.helmwatch.web.Streams;
import io.helmwatch.web.SystemState;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What lies behind the page, with cameras on the loopback and the demonstration clip. */
@Timeout(240)
class DeskPartsTest {
    private static final Path HOME = Path.of(System.getProperty("helmwatch.home"));
    private static final Path CLIP = HOME.resolve("models/demo-clip/yard.mp4");
    private static final Path MODEL = HOME.resolve("models/helmet-yolov5n.onnx");
    private static final ObjectMapper MAPPER = new ObjectMapper();

    @TempDir
    Path folder;

    private DetectionService start(String streams) {
        HelmwatchConfig config = ConfigLoader.parse(
                "json-lines: {target: lines.jsonl}\nhttp: {port: 0}\ndesk: {local-folders: [., " + CLIP.getParent()
                        + "]}\ninference: {workers: 1}\n"
                        + "incidents: {snapshots: {enabled: true, directory: pictures}}\n" + streams,
                "site.yaml",
                folder,
                name -> null);
        return DetectionService.start(config, MODEL, List.of(), FatalErrorHandler.LOG);
    }

    private static JsonNode json(String text, Object... values) {
        try {
            return MAPPER.readTree(text.formatted(values).replace('\'', '"'));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String state(Streams streams, String id) {
        return streams.find(id).orElseThrow().state();
    }

    @Test
    void shouldKeepAnAddedStreamOverARestartWithoutShowingItsPassword() throws Exception {
        try (RtspCamera camera = new RtspCamera().requiring("operator", "open-sesame")) {
            String url = camera.url().replace("://", "://operator:open-sesame@");
            try (DetectionService service = start("streams: []")) {
                Streams streams = service.desk().streams();
                assertThat(streams.list()).isEmpty();
                Streams.Stream added = streams.add(json("{'id':'gate','url':'%s','analyze-fps':2}", url));
                assertThat(added.origin()).isEqualTo(Streams.Origin.ADDED);
                assertThat(added.url()).isEqualTo(camera.url());
                assertThat(added.settings().toString()).contains("operator").doesNotContain("open-sesame");
                await(() -> state(streams, "gate").equals("online"));
                assertThatThrownBy(() -> streams.add(json("{'id':'gate','url':'%s'}", url)))
                        .isInstanceOf(RefusedException.class)
                        .hasMessageContaining("exists already");
                // Settings come back as they were shown: the password stays.
                streams.change("gate", added.settings());
            }
            try (DetectionService service = start("streams: []")) {
                Streams streams = service.desk().streams();
                await(() -> state(streams, "gate").equals("online")
                        && streams.find("gate").orElseThrow().analysedFps() > 0);
                Streams.Stream gate = streams.find("gate").orElseThrow();
                assertThat(gate.codec()).isEqualTo("h264");
                assertThat(gate.size()).isNotNull();
                assertThat(gate.latencyMillis()).isPositive();
                streams.remove("gate");
                assertThat(streams.list()).isEmpty();
                assertThatThrownBy(() -> streams.remove("gate")).hasMessageContaining("no stream gate");
            }
            try (DetectionService service = start("streams: []")) {
                assertThat(service.desk().streams().list()).isEmpty();
            }
        }
        assertThat(new String(
                        Files.readAllBytes(folder.resolve("helmwatch-data/streams.db")), StandardCharsets.ISO_8859_1))
                .doesNotContain("open-sesame");
        assertThat(NativeMemory.outstanding()).isEmpty();
    }

    @Test
    void shouldLetTheFileWinAndShowWhatCannotStartAsFailedUntilItIsRemoved() throws Exception {
        try (DetectionService service = start("streams: []")) {
            service.desk().streams().add(json("{'id':'yard','url':'%s','loop':true,'analyze-fps':1}", CLIP));
            Path clip = Files.copy(CLIP, folder.resolve("dock.mp4"));
            service.desk().streams().add(json("{'id':'dock','url':'%s','loop':true,'analyze-fps':1}", clip));
            Files.delete(clip);
        }
        String file = "streams: [{id: yard, url: '" + CLIP + "', loop: true, analyze-fps: 1}]";
        try (DetectionService service = start(file)) {
            Streams streams = service.desk().streams();
            assertThat(streams.list()).extracting(Streams.Stream::id).containsExactly("yard", "dock");
            assertThat(streams.find("yard").orElseThrow().origin()).isEqualTo(Streams.Origin.FILE);
            Streams.Stream dock = streams.find("dock").orElseThrow();
            assertThat(dock.state()).isEqualTo("failed");
            assertThat(dock.reason()).contains("there is no such file");
            streams.remove("dock");
            assertThat(streams.list()).hasSize(1);
            RefusedException refused = catchThrowableOfType(
                    RefusedException.class, () -> streams.change("yard", json("{'id':'yard','url':'%s'}", CLIP)));
            assertThat(refused.kind()).isEqualTo(RefusedException.Kind.CONFLICT);
            assertThatThrownBy(
                            () -> streams.changeRegions(
                                    "yard",
                                    json(
                                            "{'zones':[{'name':'pit','polygon':[[0,0],[1,0],[1,1]]}],'rules':[{'name':'bare','kind':'no-helmet'}]}")))
                    .hasMessageContaining("zones:")
                    .hasMessageContaining("- name: pit")
                    .hasMessageContaining("polygon: [[0, 0], [1, 0], [1, 1]]")
                    .hasMessageContaining("kind: no-helmet");
            RefusedException wrong = catchThrowableOfType(
                    RefusedException.class,
                    () -> streams.add(json("{'id':'b','url':'%s','zones':[{'name':'p','polygon':[[0,0]]}]}", CLIP)));
            assertThat(wrong.errors())
                    .extracting(RefusedException.FieldError::field)
                    .containsExactly("zones[0].polygon");
        }
    }

    @Test
    void shouldGiveTheNextFrameWithMasksBurnedInAndSayWhatRulesSee() throws Exception {
        try (DetectionService service = start("streams: []")) {
            Streams streams = service.desk().streams();
            streams.add(json(
                    "{'id':'yard','url':'%s','loop':true,'realtime':true,'analyze-fps':5,"
                            + "'masks':[{'polygon':[[0,0],[0.5,0],[0.5,1],[0,1]]}]}",
                    CLIP));
            await(() -> streams.find("yard").orElseThrow().lastFrameAt() != null);
            BufferedImage image = ImageIO.read(
                    new ByteArrayInputStream(streams.frame("yard", false).orElseThrow()));
            assertThat(image.getWidth()).isEqualTo(1280);
            assertThat(brightness(image, 100, 360)).as("masked").isLessThan(16);
            assertThat(brightness(image, 1_000, 360)).isGreaterThan(16);
            assertThat(streams.frame("yard", true)).isPresent();
            assertThat(streams.find("yard").orElseThrow().masked()).isTrue();

            List<Streams.RulePreview> previews = streams.preview(
                    "yard",
                    json("{'masks':[],'rules':[{'name':'any','kind':'occupancy','fewer-than':90,'confidence':0.1}]}"));
            assertThat(previews).singleElement().satisfies(preview -> {
                assertThat(preview.sentence()).contains("fewer than 90");
                assertThat(preview.violating()).isEqualTo(90 - preview.observed());
            });
            streams.changeRegions("yard", json("{'masks':[],'rules':[{'name':'bare','kind':'no-helmet'}]}"));
            BufferedImage whole = ImageIO.read(
                    new ByteArrayInputStream(streams.frame("yard", false).orElseThrow()));
            assertThat(brightness(whole, 100, 360)).isGreaterThan(16);
            Incidents incidents = service.desk().incidents();
            await(() -> streams.find("yard").orElseThrow().openIncidents() > 0
                    && !search(incidents).isEmpty());
            assertThatThrownBy(() -> streams.preview("nobody", json("{}"))).hasMessageContaining("no stream nobody");
        }
    }

    @Test
    void shouldRefuseFilesOfTheMachineThatTheConfigurationDoesNotAllow() {
        try (DetectionService service = start("streams: []")) {
            Streams streams = service.desk().streams();
            String outside = HOME.resolve("docs/page.jpg").toString();
            for (String settings : List.of(
                    "{'id':'a','url':'" + outside + "'}",
                    "{'id':'a','url':'rtsp://127.0.0.1:1/x','credentials':{'username':'u','password-file':'" + outside
                            + "'}}")) {
                RefusedException added =
                        catchThrowableOfType(RefusedException.class, () -> streams.add(json("%s", settings)));
                assertThat(added.errors()).hasSize(1);
                RefusedException probed =
                        catchThrowableOfType(RefusedException.class, () -> streams.probe(json("%s", settings)));
                assertThat(probed.errors()).isEqualTo(added.errors());
            }
            assertThat(streams.list()).isEmpty();
        }
    }

    private static int brightness(BufferedImage image, int x, int y) {
        int sum = 0;
        for (int dx = 0; dx < 20; dx++) {
            for (int dy = 0; dy < 20; dy++) {
                int rgb = image.getRGB(x + dx, y + dy);
                sum += ((rgb >> 16) & 255) + ((rgb >> 8) & 255) + (rgb & 255);
            }
        }
        return sum / (3 * 20 * 20);
    }

    private static List<Incidents.Incident> search(Incidents incidents) {
        return incidents
                .search(new Incidents.Query(null, null, null, null, null, Incidents.State.ALL, 100, null))
                .incidents();
    }

    @Test
    void shouldProbeAnAddressBeforeItIsSaved() throws Exception {
        try (RtspCamera camera = new RtspCamera().requiring("operator", "open-sesame");
                DetectionService service = start("streams: []")) {
            Streams streams = service.desk().streams();
            Streams.Probe probe = streams.probe(
                    json("{'url':'%s','credentials':{'username':'operator','password':'open-sesame'}}", camera.url()));
            assertThat(probe.problem()).isEmpty();
            assertThat(probe.ok()).isTrue();
            assertThat(probe.codec()).isEqualTo("h264");
            assertThat(probe.fps()).isBetween(15.0, 35.0);
            assertThat(probe.keyFrameSeconds()).isPositive();
            byte[] jpeg = Base64.getDecoder().decode(probe.image().replace("data:image/jpeg;base64,", ""));
            assertThat(ImageIO.read(new ByteArrayInputStream(jpeg)).getWidth()).isEqualTo(probe.width());

            Streams.Probe wrong = streams.probe(
                    json("{'url':'%s','credentials':{'username':'operator','password':'wrong-word'}}", camera.url()));
            assertThat(wrong.ok()).isFalse();
            assertThat(wrong.problem()).contains("password").doesNotContain("wrong-word");
            assertThat(streams.list()).isEmpty();
            Streams.Probe nobody = streams.probe(json("{'url':'rtsp://127.0.0.1:1/x'}"));
            assertThat(nobody.problem()).isNotEmpty();
            assertThat(nobody.image()).isNull();
        }
        assertThat(NativeMemory.outstanding()).isEmpty();
    }

    @Test
    void shouldKeepTheHistoryOfIncidentsWithSnapshotsAcknowledgementsAndCounts() throws Exception {
        String yard = "streams: [{id: yard, url: '" + CLIP
                + "', analyze-fps: 5, zones: [{name: all, polygon: [[0,0],[1,0],[1,1],[0,1]]}],"
                + " rules: [{name: bare, kind: no-helmet, zones: [all]}]}]";
        String id;
        try (DetectionService service = start(yard)) {
            service.awaitEnd();
            Incidents incidents = service.desk().incidents();
            await(() -> search(incidents).stream()
                            .filter(incident -> incident.state().equals("ended"))
                            .count()
                    == 4);
            Incidents.Incident first = search(incidents).get(3);
            id = first.id();
            assertThat(first.zone()).isEqualTo("all");
            assertThat(first.polygon()).hasSize(4);
            assertThat(first.boxes()).isEmpty();
            Incidents.Incident whole = incidents.find(id).orElseThrow();
            assertThat(whole.boxes()).hasSizeGreaterThan(3);
            assertThat(whole.boxes().get(0).box()).hasSize(4);
            assertThat(whole.durationSeconds()).isPositive();
            assertThat(incidents
                            .acknowledge(id, "anna", "told him")
                            .acknowledged()
                            .note())
                    .isEqualTo("told him");
            assertThat(incidents.withdrawAcknowledgement(id).acknowledged()).isNull();
            incidents.acknowledge(id, "anna", "");
            assertThatThrownBy(() -> incidents.acknowledge("nobody", "anna", ""))
                    .isInstanceOf(RefusedException.class);
            assertThat(search(incidents).stream().filter(Incidents.Incident::snapshot))
                    .isNotEmpty()
                    .allSatisfy(incident -> assertThat(ImageIO.read(new ByteArrayInputStream(
                                            incidents.snapshot(incident.id()).orElseThrow()))
                                    .getWidth())
                            .isEqualTo(1280));
            assertThat(incidents.snapshot("nobody")).isEmpty();
            SystemState.Snapshot system = service.system().now();
            assertThat(system.model()).contains("helmet-yolov5n");
            assertThat(system.kafka()).isNull();
            assertThat(system.disks()).isNotEmpty();
            assertThat(system.process().residentBytes()).isPositive();
        }
        try (IncidentHistory history = new IncidentHistory(
                DeskConfig.DEFAULT.withDirectory(folder.resolve("helmwatch-data")), Clock.systemUTC())) {
            assertThat(history.find(id).orElseThrow().acknowledgement().by()).isEqualTo("anna");
            List<HeadHour> hours = history.hours(0, System.currentTimeMillis() + 1);
            assertThat(hours.stream()
                            .filter(hour -> hour.zone().isEmpty())
                            .mapToLong(hour -> hour.counts().frames())
                            .sum())
                    .isEqualTo(125);
            assertThat(hours.stream()
                            .filter(hour -> hour.zone().equals("all"))
                            .mapToLong(hour -> hour.counts().bare())
                            .sum())
                    .isPositive();
        }
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(90);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waited too long").isLessThan(until);
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }
}
