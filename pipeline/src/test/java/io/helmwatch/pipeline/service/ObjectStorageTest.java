package io.helmwatch.pipeline.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.helmwatch.config.ConfigLoader;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.pipeline.cli.CommandRun;
import io.helmwatch.pipeline.ring.failure.FatalErrorHandler;
import io.helmwatch.resource.NativeMemory;
import io.helmwatch.web.Incidents;
import io.helmwatch.web.RefusedException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A service that copies its snapshots and clips to a real S3 server. */
@Timeout(240)
class ObjectStorageTest {
    private static final Path HOME = Path.of(System.getProperty("helmwatch.home"));
    private static final Path CLIP = HOME.resolve("models/demo-clip/yard.mp4");
    private static final Path MODEL = HOME.resolve("models/helmet-yolov5n.onnx");
    private static final Path SERVER = HOME.resolve("target/s3rver/node_modules/s3rver/bin/s3rver.js");
    private static final Map<String, String> ENVIRONMENT = Map.of("ID", "S3RVER", "KEY", "sEcr3t-K3y-s3rver");

    @TempDir
    Path folder;

    private int port;

    private Process startServer() throws Exception {
        assumeTrue(
                Files.isRegularFile(SERVER),
                "there is no S3 server: npm install --prefix target/s3rver --ignore-scripts s3rver@3.7.1");
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        Process server = new ProcessBuilder(
                        "node",
                        SERVER.toString(),
                        "--directory",
                        folder.resolve("s3").toString(),
                        "--address",
                        "127.0.0.1",
                        "--port",
                        Integer.toString(port),
                        "--configure-bucket",
                        "evidence")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        await(() -> object("none").statusCode() > 0);
        return server;
    }

    private HttpResponse<byte[]> object(String key) throws IOException, InterruptedException {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/evidence/" + key))
                                .build(),
                        HttpResponse.BodyHandlers.ofByteArray());
    }

    private String yaml() {
        return """
                json-lines: {target: lines.jsonl}
                http: {port: 0}
                inference: {workers: 1}
                incidents:
                  snapshots: {enabled: true, directory: pictures}
                  clips: {enabled: true, directory: clips, pre-roll: 1s, post-roll: 1s, max-length: 3s}
                  s3: {endpoint: "http://127.0.0.1:%d", bucket: evidence, prefix: plant-7/, access-key-env: ID, secret-key-env: KEY}
                streams:
                  - {id: yard, url: "%s", realtime: true, loop: true, analyze-fps: 5, rules: [{name: bare, kind: no-helmet}]}
                """.formatted(port, CLIP);
    }

    @Test
    void shouldCopyEvidenceAndShowItOnThePageAfterItIsDeletedHere() throws Exception {
        Process server = startServer();
        HelmwatchConfig config = ConfigLoader.parse(yaml(), "site.yaml", folder, ENVIRONMENT::get);
        try (DetectionService service = DetectionService.start(config, MODEL, List.of(), FatalErrorHandler.LOG)) {
            Incidents incidents = service.desk().incidents();
            await(() -> withClip(incidents).isPresent());
            String id = withClip(incidents).orElseThrow().id();
            JsonNode clip = message(id, "evidence").path("clip");
            String key = "plant-7/clips/" + clip.path("path").textValue();
            assertThat(clip.path("url").textValue()).isEqualTo("s3://evidence/" + key);
            JsonNode snapshot = message(id, "start").path("snapshot");
            String image = "plant-7/snapshots/" + snapshot.path("path").textValue();
            String sidecar = "plant-7/clips/" + clip.path("sidecarPath").textValue();
            await(() -> object(key).statusCode() == 200
                    && object(image).statusCode() == 200
                    && object(sidecar).statusCode() == 200);
            assertThat(sha256(object(key).body())).isEqualTo(clip.path("sha256").textValue());
            assertThat(sha256(object(sidecar).body()))
                    .isEqualTo(clip.path("sidecarSha256").textValue());
            assertThat(sha256(object(image).body()))
                    .isEqualTo(snapshot.path("sha256").textValue());
            assertThat(object(image).headers().firstValue("content-type")).hasValue("image/jpeg");

            // As retention does.
            Files.delete(folder.resolve("clips").resolve(clip.path("path").textValue()));
            Files.delete(
                    folder.resolve("clips").resolve(clip.path("sidecarPath").textValue()));
            Files.delete(
                    folder.resolve("pictures").resolve(snapshot.path("path").textValue()));
            Incidents.ClipFile video = incidents.clip(id).orElseThrow();
            assertThat(video.bytes()).isEqualTo(clip.path("bytes").longValue());
            assertThat(video.part().read(0, (int) video.bytes()))
                    .isEqualTo(object(key).body());
            assertThat(video.part().read(100, 50)).hasSize(50);
            assertThat(incidents.clipFrames(id)).hasValue(object(sidecar).body());
            assertThat(incidents.snapshot(id)).hasValue(object(image).body());
            assertThat(metrics(service))
                    .contains("helmwatch_evidence_uploads_files_total{result=\"stored\"}")
                    .contains("helmwatch_evidence_upload_healthy 1.0")
                    .doesNotContain("sEcr3t");

            Path site = writeSite();
            CommandRun where = CommandRun.of("clip", id, "-c", site);
            assertThat(where.out().strip()).isEqualTo("s3://evidence/" + key);
            Path drawn = folder.resolve("drawn.mp4");
            CommandRun draw = CommandRun.of("clip", id, "-c", site, "--draw", drawn);
            assertThat(draw.code()).as(draw.err()).isZero();
            assertThat(drawn).isNotEmptyFile();

            server.destroyForcibly().waitFor();
            CommandRun away = CommandRun.of("clip", id, "-c", site);
            assertThat(away.code()).isEqualTo(1);
            assertThat(away.err()).contains("it was deleted here; its copy: ", "cannot be reached");
            assertThatThrownBy(() -> incidents.clip(id))
                    .isInstanceOf(RefusedException.class)
                    .hasMessageContaining("cannot be reached");
        } finally {
            server.destroyForcibly().waitFor();
        }
        assertThat(NativeMemory.outstanding()).isEmpty();
    }

    /** The configuration with keys in files. */
    private Path writeSite() throws IOException {
        Files.writeString(folder.resolve("id"), "S3RVER");
        Files.writeString(folder.resolve("key"), "sEcr3t-K3y-s3rver");
        return Files.writeString(
                folder.resolve("site.yaml"),
                yaml().replace("access-key-env: ID, secret-key-env: KEY", "access-key-file: id, secret-key-file: key"));
    }

    @Test
    void shouldCheckTheStorageInTheDoctorsReport() throws Exception {
        try (ServerSocket closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = closed.getLocalPort();
        }
        Path site = writeSite();
        CommandRun away = CommandRun.of("doctor", "-c", site);
        assertThat(away.code()).isEqualTo(1);
        assertThat(away.out())
                .contains("http://127.0.0.1:" + port + " cannot be reached")
                .doesNotContain("sEcr3t");
    }

    private static Optional<Incidents.Incident> withClip(Incidents incidents) {
        return incidents
                .search(new Incidents.Query(null, null, null, null, null, Incidents.State.ALL, 100, null))
                .incidents()
                .stream()
                .filter(incident -> incident.clip() != null && incident.snapshot())
                .findFirst();
    }

    private JsonNode message(String incident, String phase) throws Exception {
        ObjectMapper mapper = new ObjectMapper();
        JsonNode[] found = new JsonNode[1];
        await(() -> {
            try (Stream<String> lines = Files.lines(folder.resolve("lines.jsonl"))) {
                found[0] = lines.filter(line -> line.contains("\"phase\":\"" + phase + "\""))
                        .filter(line -> line.contains("\"" + incident + "\""))
                        .map(line -> json(mapper, line))
                        .findFirst()
                        .orElse(null);
            }
            return found[0] != null;
        });
        return found[0];
    }

    private static JsonNode json(ObjectMapper mapper, String line) {
        try {
            return mapper.readTree(line);
        } catch (IOException e) {
            throw new AssertionError("not JSON: " + line, e);
        }
    }

    private static String metrics(DetectionService service) throws IOException, InterruptedException {
        URI address = URI.create("http://127.0.0.1:" + service.httpAddress().getPort() + "/metrics");
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(address).build(), HttpResponse.BodyHandlers.ofString())
                .body();
    }

    private static String sha256(byte[] content) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    }

    private static void await(Callable<Boolean> condition) throws Exception {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(90);
        while (true) {
            try {
                if (condition.call()) {
                    return;
                }
            } catch (IOException e) {
                // Not there yet.
            }
            assertThat(System.nanoTime()).as("waited too long").isLessThan(until);
            TimeUnit.MILLISECONDS.sleep(50);
        }
    }
}
