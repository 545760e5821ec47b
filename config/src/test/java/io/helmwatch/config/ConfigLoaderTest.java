package io.helmwatch.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.tuple;

import io.helmwatch.config.http.AccessConfig;
import io.helmwatch.config.http.DeskConfig;
import io.helmwatch.config.http.HttpConfig;
import io.helmwatch.config.incident.ClipConfig;
import io.helmwatch.config.incident.IncidentsConfig;
import io.helmwatch.config.incident.SnapshotConfig;
import io.helmwatch.config.incident.SpoolConfig;
import io.helmwatch.config.incident.TrackingConfig;
import io.helmwatch.config.inference.CalibrationMethod;
import io.helmwatch.config.inference.GpuConfig;
import io.helmwatch.config.inference.GpuPrecision;
import io.helmwatch.config.inference.GraphForm;
import io.helmwatch.config.inference.HardwareDecoding;
import io.helmwatch.config.inference.Int8Config;
import io.helmwatch.config.schema.Durations;
import io.helmwatch.config.secret.Redaction;
import io.helmwatch.config.secret.Secret;
import io.helmwatch.config.sink.JsonLinesConfig;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.config.stream.Credentials;
import io.helmwatch.config.stream.HostAndPort;
import io.helmwatch.config.stream.PixelAspect;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.config.yaml.ConfigException;
import io.helmwatch.config.yaml.Problem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigLoaderTest {
    private static final String SINK = "json-lines: {target: '-'}\n";
    private static final String STREAM = "streams: [{id: gate-3, url: 'rtsp://camera/1'}]\n";

    private static final String CERTIFICATE = """
            -----BEGIN CERTIFICATE-----
            MIIBcDCCARWgAwIBAgIUJGIcJPjGy+2kOdYbGOcJtBbghcQwCgYIKoZIzj0EAwIw
            DDEKMAgGA1UEAwwBYzAgFw0yNjExMjAyMDU2MThaGA8yMTI2MTAyNzIwNTYxOFow
            DDEKMAgGA1UEAwwBYzBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABMRx1+78wr26
            e+fkeYvga1BPe/36vOu+xJ9e4QBfDwN//7S17NF1IqJ532qEyKfJtgoLT3/e12iG
            mqv56hB0QzajUzBRMB0GA1UdDgQWBBQlI1QgYvW1U9n9vOLWKl+MFOdNJzAfBgNV
            HSMEGDAWgBQlI1QgYvW1U9n9vOLWKl+MFOdNJzAPBgNVHRMBAf8EBTADAQH/MAoG
            CCqGSM49BAMCA0kAMEYCIQDjWhr9Ka92hztDr5/w3O4TkRiocH9693qgId1tyIRk
            JwIhAJLWxni9FPRyxLJrzo/sbyQh+Y5QMNpNEqjO9D1oZIYh
            -----END CERTIFICATE-----
            """;

    @TempDir
    private Path folder;

    private final Map<String, String> environment = new HashMap<>();

    private HelmwatchConfig parse(String yaml) {
        return ConfigLoader.parse(yaml, "site.yaml", folder, environment::get);
    }

    private List<String> problems(String yaml) {
        ConfigException refused = catchThrowableOfType(ConfigException.class, () -> parse(yaml));
        assertThat(refused).as("accepted: " + yaml).isNotNull();
        return refused.problems().stream().map(Problem::toString).toList();
    }

    private HelmwatchConfig load(byte[] content) throws IOException {
        Path file = folder.resolve("site.yaml");
        Files.write(file, content);
        return ConfigLoader.load(file, environment::get);
    }

    private String refusal(byte[] content) {
        ConfigException refused = catchThrowableOfType(ConfigException.class, () -> load(content));
        assertThat(refused).isNotNull();
        assertThat(refused.problems()).hasSize(1);
        return refused.problems().get(0).toString().replace(folder.toString(), "FOLDER");
    }

    @Test
    void shouldReadSiteOfTenLines() {
        environment.put("GATE3_PASSWORD", "p@ss:w/rd");
        HelmwatchConfig config = parse("""
                kafka:
                  bootstrap-servers: broker-1:9092, broker-2:9092
                streams:
                  - id: gate-3
                    url: rtsp://192.0.2.10/stream1
                    analyze-fps: 5
                    credentials: {username: operator, password-env: GATE3_PASSWORD}
                  - id: yard
                    url: rtsps://192.0.2.11:322/stream1?channel=1
                    transport: udp
                """);
        assertThat(config.kafka()).isEqualTo(KafkaConfig.DEFAULT.withBootstrapServers("broker-1:9092,broker-2:9092"));
        assertThat(config.streams()).extracting(StreamConfig::id).containsExactly("gate-3", "yard");
        StreamConfig gate = config.streams().get(0);
        assertThat(gate.analyzeFps()).isEqualTo(5);
        assertThat(gate.url()).isEqualTo("rtsp://192.0.2.10/stream1");
        assertThat(gate.credentials()).isEqualTo(new Credentials("operator", Secret.of("p@ss:w/rd")));
        assertThat(gate.connectUrl().reveal()).isEqualTo("rtsp://operator:p%40ss%3Aw%2Frd@192.0.2.10/stream1");
        assertThat(config.streams().get(1).transport()).isEqualTo(StreamConfig.Transport.UDP);
    }

    @Test
    void shouldUseEveryDefaultOfAnEmptyConfiguration() {
        HelmwatchConfig config = parse(SINK + STREAM);
        assertThat(config)
                .isEqualTo(HelmwatchConfig.builder()
                        .streams(List.of(StreamConfig.of("gate-3", "rtsp://camera/1")))
                        .jsonLines(new JsonLinesConfig("-"))
                        .http(HttpConfig.DEFAULT.withAccess(
                                AccessConfig.DEFAULT.withAuditFile(folder.resolve("helmwatch-audit.jsonl"))))
                        .incidents(new IncidentsConfig(
                                TrackingConfig.DEFAULT,
                                IncidentsConfig.DEFAULT.observation(),
                                IncidentsConfig.DEFAULT.lostAfter(),
                                SpoolConfig.DEFAULT.withDirectory(folder.resolve("helmwatch-spool")),
                                SnapshotConfig.DEFAULT.withDirectory(folder.resolve("helmwatch-snapshots")),
                                ClipConfig.DEFAULT.withDirectory(folder.resolve("helmwatch-clips"))))
                        .desk(DeskConfig.DEFAULT.withDirectory(folder.resolve("helmwatch-data")))
                        .build());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "all", textBlock = """
            {}                   | 0
            {devices: 1}         | 1
            {devices: [2, 0]}    | 2, 0
            {devices: ALL}       | all
            """)
    void shouldReadTheGpusToUse(String section, @Nullable String expected) {
        List<Integer> indices = expected == null
                ? List.of()
                : Stream.of(expected.split(", ", -1)).map(Integer::valueOf).toList();
        assertThat(parse(SINK + STREAM + "gpu: " + section).gpu().devices()).isEqualTo(indices);
    }

    @ParameterizedTest
    @CsvSource({"auto, AUTO", "always, ALWAYS", "never, NEVER", "true, ALWAYS", "false, NEVER"})
    void shouldReadWhereStreamsAreDecodedAlsoAsEarlierVersionsWroteIt(String text, HardwareDecoding expected) {
        GpuConfig gpu = parse(SINK + STREAM + "gpu: {hardware-decoding: " + text + "}\n")
                .gpu();
        assertThat(gpu.hardwareDecoding()).isEqualTo(expected);
    }

    @Test
    void shouldReadHowInt8EnginesAreBuilt() throws IOException {
        Files.createDirectories(folder.resolve("site-pictures"));
        GpuConfig gpu = parse(SINK + STREAM + """
                gpu:
                  precision: int8
                  graph: raw
                  int8: {pictures: site-pictures, calibrator: entropy, max-loss: 0.02, keep-fp16: ['head*', spp.merge]}
                """).gpu();

        assertThat(gpu.precision()).isEqualTo(GpuPrecision.INT8);
        assertThat(gpu.graph()).isEqualTo(GraphForm.RAW);
        assertThat(gpu.int8())
                .isEqualTo(new Int8Config(
                        folder.resolve("site-pictures"),
                        CalibrationMethod.ENTROPY,
                        null,
                        0.02,
                        List.of("head*", "spp.merge")));
        assertThat(parse(SINK + STREAM).gpu().int8()).isEqualTo(Int8Config.DEFAULT);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {precision: int8}                   | gpu.precision=int8: int8 needs a folder of images to calibrate on: set gpu.int8.pictures
            {precision: int4}                   | gpu.precision=int4: must be one of fp32, fp16, int8
            {graph: cut}                        | gpu.graph=cut: must be one of decoded, raw
            {int8: {pictures: nosuch}}          | there is no such folder
            {int8: {check-pictures: nosuch}}    | there is no such folder
            {int8: {calibrator: kl}}            | gpu.int8.calibrator=kl: must be one of minmax, entropy
            {int8: {max-loss: 1.5}}             | gpu.int8.max-loss=1.5: must be
            {int8: {picture: x}}                | did you mean 'pictures'?
            """)
    void shouldSayWhatIsWrongWithInt8(String section, String sentence) {
        assertThat(problems(SINK + STREAM + "gpu: " + section))
                .singleElement()
                .asString()
                .contains(sentence);
    }

    @Test
    void shouldTakeAStreamsOwnGpuOnlyFromThoseInUse() {
        String two = SINK + """
                streams:
                  - {id: gate-3, url: 'rtsp://camera/1', device: 1}
                  - {id: yard, url: 'rtsp://camera/2', device: 2}
                  - {id: pit, url: 'rtsp://camera/3'}
                """;
        assertThat(problems(two + "gpu: {devices: [0, 1]}"))
                .singleElement()
                .asString()
                .endsWith("streams[1] (yard).device=2: is not among gpu.devices, which are [0, 1]");
        assertThat(parse(two + "gpu: {devices: all}").streams())
                .extracting(StreamConfig::device)
                .containsExactly(1, 2, null);
    }

    @Test
    void shouldReportEverythingThatIsWrongAtOnceInTheOrderOfTheFile() {
        assertThat(problems("""
                backend: gpu
                kafka:
                  bootstrap-server: broker:9092
                  queue-capacity: many
                streams:
                  - id: gate-3
                    url: rtsp://camera/1
                  - id: gate-3
                    url: rtsp://camera/2
                    analyze-fps: -2
                    transprt: tcp
                  - url: rtsp://camera/3
                    open-timeout: soon
                htp: {port: 1}
                """))
                .containsExactly(
                        "site.yaml:1: backend=gpu: must be one of auto, cpu, cuda",
                        "site.yaml:3: kafka.bootstrap-server: unknown key; did you mean 'bootstrap-servers'?",
                        "site.yaml:4: kafka.queue-capacity=many: must be a whole number",
                        "site.yaml:8: streams[1] (gate-3).id=gate-3: given twice; the first stream of this id is in line 6",
                        "site.yaml:10: streams[1] (gate-3).analyze-fps=-2: must be >= 0",
                        "site.yaml:11: streams[1] (gate-3).transprt: unknown key; did you mean 'transport'?",
                        "site.yaml:12: streams[2].id: missing: expected a name such as gate-3",
                        "site.yaml:13: streams[2].open-timeout=soon: must be a duration such as 500ms, 10s, 2m, 1h or PT10S",
                        "site.yaml:14: htp: unknown key; did you mean 'http'?");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            model: {confidence: 1.01}              | model.confidence=1.01: must be from 0 to 1
            model: {confidence: NaN}               | model.confidence=NaN: must be from 0 to 1
            model: {confidence: high}              | model.confidence=high: must be a number
            model: {iou: -0.1}                     | model.iou=-0.1: must be from 0 to 1
            model: {max-detections: 0}             | model.max-detections=0: must be from 1 to 100000
            model: {class-agnostic-nms: maybe}     | model.class-agnostic-nms=maybe: must be true or false
            model: {letterbox-anchor: left}        | model.letterbox-anchor=left: must be one of center, top-left
            model: {letterbox-pad-value: 256}      | model.letterbox-pad-value=256: must be from 0 to 255
            model: {labels: helmet}                | model.labels=helmet: must be a list (lines that begin with '- '), but is a single value
            model: {labels: [a, [b]]}              | model.labels[1]: must be a single value, but is a list
            model: {labels: [a, a]}                | model.labels: a label is given twice
            model: {labels: ['a ', b]}             | model.labels: a label is empty, begins or ends with a blank, or has a control character
            model: {labels: ['', b]}               | model.labels: a label is empty, begins or ends with a blank, or has a control character
            model: {labels: ["a\tb"]}              | model.labels: a label is empty, begins or ends with a blank, or has a control character
            model: {labels: ["a\\u202Eb"]}         | model.labels: a label is empty, begins or ends with a blank, or has a control character
            model: {labels: ["a\\u2066b"]}         | model.labels: a label is empty, begins or ends with a blank, or has a control character
            gpu: {devices: first}                  | gpu.devices=first: must be all, an index from 0 to 63, or a list of such indices, each once
            gpu: {devices: 64}                     | gpu.devices=64: must be all, an index from 0 to 63, or a list of such indices, each once
            gpu: {devices: [0, 1, 0]}              | gpu.devices: must be all, an index from 0 to 63, or a list of such indices, each once
            gpu: {devices: []}                     | gpu.devices: must name at least one GPU; all uses every GPU
            gpu: {device: 1}                       | gpu.device: unknown key; did you mean 'devices'?
            model: {path: {a: b}}                  | model.path: must be a single value, but is a section
            model: {maxDetections: 1}              | model.maxDetections: unknown key; did you mean 'max-detections'?
            model: [confidence]                    | model: must be a section (key: value lines), but is a list
            inference: {workers: 99999999999}      | inference.workers=99999999999: must be from 0 to 256
            model: {path: yolov5s.pt}              | model.path=yolov5s.pt: is a PyTorch model: export it to ONNX (in YOLOv5: python export.py --weights yolov5s.pt --include onnx)
            model: {path: a.engine}                | model.path=a.engine: is a TensorRT engine: set the ONNX model that it was built from; Helmwatch builds its own engine
            inference: {max-delay: 2}              | inference.max-delay=2: must be a duration such as 500ms, 10s, 2m, 1h or PT10S; did you mean 2s?
            inference: {workers: 1.5}              | inference.workers=1.5: must be a whole number
            inference: {max-delay: 1 year}         | inference.max-delay=1 year: must be a duration such as 500ms, 10s, 2m, 1h or PT10S
            inference: {max-delay: 11s}            | inference.max-delay=11s: must be from 0s to 10s
            pipeline: {ring-size: 100}             | pipeline.ring-size=100: must be a power of two, or 0 to have it chosen
            pipeline: {max-frame-age: 0}           | pipeline.max-frame-age=0: must be from 1ms to 1d
            pipeline: {shutdown-timeout: -PT1S}    | pipeline.shutdown-timeout=-PT1S: must be from 100ms to 1d
            http: {port: 65536}                    | http.port=65536: must be from 0 to 65535
            http: {host: ' '}                      | http.host= : must be a host name or address
            kafka: {bootstrap-servers: broker}     | kafka.bootstrap-servers=broker: must be host:port, several separated by commas
            kafka: {bootstrap-servers: 'b:0'}      | kafka.bootstrap-servers=b:0: must be host:port, several separated by commas
            kafka: {bootstrap-servers: 'b:1,'}     | kafka.bootstrap-servers=b:1,: must be host:port, several separated by commas
            kafka: {bootstrap-servers: 'b:1', embedded: true} | kafka.bootstrap-servers=b:1: excludes embedded: true, which starts a broker of its own
            kafka: {enabled: true}                 | kafka.enabled=true: needs bootstrap-servers or embedded: true
            kafka: {embedded: true, detections-topic: a b} | kafka.detections-topic=a b: must be 1 to 249 letters, digits, dots, dashes or underscores
            kafka: {embedded: true, detections-topic: helmwatch.streams} | kafka.streams-topic: the five topics must have different names
            desk: {shifts: [{name: a, from: "06:00", to: "14:00"}, {name: b, from: "22:00", to: "06:15"}]} | desk.shifts[1].from=22:00: overlaps the shift a
            desk: {shifts: [{name: a, from: "06:10", to: "14:00"}]} | desk.shifts[0].from=06:10: must be a time of day such as 06:00 or 14:30, a full quarter of an hour
            desk: {time-zone: Europe/Berln} | desk.time-zone=Europe/Berln: must be a time zone such as Europe/Berlin or UTC; did you mean Europe/Berlin?
            kafka: {embedded: true, queue-capacity: 0} | kafka.queue-capacity=0: must be from 1 to 10000000
            kafka: {embedded: true, properties: {bootstrap.servers: x}} | kafka.properties.bootstrap.servers: is set by kafka.bootstrap-servers
            kafka: {embedded: true, properties: {key.serializer: x}} | kafka.properties.key.serializer: is set by Helmwatch and cannot be changed
            kafka: {embedded: true, properties: {linger.ms: [1]}} | kafka.properties.linger.ms: must be a single value, but is a list
            """)
    void shouldHoldValuesAgainstTheirRules(String yaml, String problem) {
        assertThat(problems(yaml + "\n" + SINK + STREAM)).containsExactly("site.yaml:1: " + problem);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {url: 'rtsp://c/1'}                         | streams[0].id: missing: expected a name such as gate-3
            {id: a b, url: 'rtsp://c/1'}                | streams[0] (a b).id=a b: must be 1 to 64 letters, digits, dots, dashes or underscores, and not start with a dot or dash
            {id: a}                                     | streams[0] (a).url: missing: expected rtsp://..., rtsps://..., http(s)://... or a path
            {id: a, url: 'rtsp://'}                     | streams[0] (a).url=rtsp://: must be rtsp://host[:port][/path] without blanks
            {id: a, url: 'rtsp:camera'}                 | streams[0] (a).url=rtsp:camera: must be rtsp://host[:port][/path] without blanks
            {id: a, url: 'rtsp://c:70000/1'}            | streams[0] (a).url=rtsp://c:70000/1: port 70000 must be from 1 to 65535
            {id: a, url: 'rtsp://c/a b'}                | streams[0] (a).url=rtsp://c/a b: must be rtsp://host[:port][/path] without blanks
            {id: a, url: 'concat:x+y'}                  | streams[0] (a).url=concat:x+y: scheme 'concat' is not allowed: expected rtsp, rtsps, http, https or the path of a file or folder
            {id: a, url: 'subfile:,,start,0,end,9,,:x'} | streams[0] (a).url=subfile:,,start,0,end,9,,:x: scheme 'subfile' is not allowed: expected rtsp, rtsps, http, https or the path of a file or folder
            {id: a, url: 'ftp://h/x'}                   | streams[0] (a).url=ftp://h/x: scheme 'ftp' is not allowed: expected rtsp, rtsps, http, https or the path of a file or folder
            {id: .., url: 'rtsp://c/1'}                 | streams[0] (..).id=..: must be 1 to 64 letters, digits, dots, dashes or underscores, and not start with a dot or dash
            {id: ., url: 'rtsp://c/1'}                  | streams[0] (.).id=.: must be 1 to 64 letters, digits, dots, dashes or underscores, and not start with a dot or dash
            {id: -rf, url: 'rtsp://c/1'}                | streams[0] (-rf).id=-rf: must be 1 to 64 letters, digits, dots, dashes or underscores, and not start with a dot or dash
            {id: 'a"b', url: 'rtsp://c/1'}              | streams[0] (a"b).id=a"b: must be 1 to 64 letters, digits, dots, dashes or underscores, and not start with a dot or dash
            {id: a, url: none.mp4}                      | streams[0] (a).url=none.mp4: there is no such file or folder (looked for FOLDER/none.mp4)
            {id: a, url: 'rtsp://c/1', loop: true}      | streams[0] (a).loop=true: is for files, but the url is a stream
            {id: a, url: ., transport: udp}             | streams[0] (a).transport=udp: is for rtsp, but the url is a file or folder
            {id: a, url: 'rtsp://c/1', read-timeout: 1ms} | streams[0] (a).read-timeout=1ms: must be from 100ms to 1d
            gate-3                                      | streams[0]: must be a section (key: value lines), but is a single value
            {id: a, url: 'rtsp://c/1', credentials: {username: u}} | streams[0] (a).credentials.password-env: missing: expected password-env or password-file
            {id: a, url: 'rtsp://c/1', credentials: {password-file: p}} | streams[0] (a).credentials.username: missing: expected username or username-env
            {id: a, url: 'rtsp://c/1', credentials: {username: u, password-env: NOPE}} | streams[0] (a).credentials.password-env: environment variable NOPE is not set
            {id: a, url: 'rtsp://c/1', credentials: {username: u, password-file: nope}} | streams[0] (a).credentials.password-file: there is no such file (looked for FOLDER/nope)
            {id: a, url: 'rtsp://c/1', credentials: {username: u, password-file: empty}} | streams[0] (a).credentials.password-file: is empty: FOLDER/empty
            {id: a, url: 'rtsp://c/1', credentials: {username: u, password-file: p, password-env: P}} | streams[0] (a).credentials.password-file: excludes password-env
            {id: a, url: 'rtsp://c/1', credentials: {username: u, password: secret, password-file: p}} | streams[0] (a).credentials.password: a password does not belong in the file: use password-env: NAME or password-file: PATH
            {id: a, url: 'rtsp://x:y@c/1', credentials: {username: u, password-file: p}} | streams[0] (a).credentials.username: the url has a user already: keep one of the two
            {id: a, url: 'rtsps://c/1', tls-ca-file: nope} | streams[0] (a).tls-ca-file=nope: cannot be read (looked for FOLDER/nope)
            {id: a, url: 'https://c/1', tls-ca-file: empty} | streams[0] (a).tls-ca-file=empty: has no certificate: expected a PEM file
            {id: a, url: 'rtsps://c/1', tls-ca-file: torn.pem} | streams[0] (a).tls-ca-file=torn.pem: has a damaged certificate: expected a PEM file
            {id: a, url: 'rtsp://c/1', tls-ca-file: ca.pem} | streams[0] (a).tls-ca-file=ca.pem: is for rtsps and https, but the url is neither
            {id: a, url: 'rtsp://c/1', credentials: {username: u, password-file: p, basic: tls}} | streams[0] (a).credentials.basic: must be one of allow, tls-only, never
            {id: a, url: 'rtsp://c/1', allowed-hosts: [d]} | streams[0] (a).allowed-hosts: is for http and https, but the url is neither
            {id: a, url: 'http://c/1', allowed-hosts: ['http://d']} | streams[0] (a).allowed-hosts[0]=http://d: must be a host or host:port such as 192.0.2.10 or nvr.example:8080
            {id: a, url: 'rtsp://c/1', poll: 1s}        | streams[0] (a).poll=1s: is for image URLs of http and https, but the url is neither
            {id: a, url: 'rtsp://c/1', pixel-aspect: '0:1'} | streams[0] (a).pixel-aspect=0:1: must be width:height of a pixel, such as 2:1 or 16:11, from 1:8 to 8:1
            {id: a, url: ., credentials: {username: u, password-file: p}} | streams[0] (a).credentials: is for cameras, but the url is a file or folder
            """)
    void shouldRefuseStreamsThatCannotWork(String stream, String problem) throws IOException {
        Files.writeString(folder.resolve("p"), "pass-word-77");
        Files.writeString(folder.resolve("empty"), "");
        Files.writeString(folder.resolve("ca.pem"), CERTIFICATE);
        Files.writeString(folder.resolve("torn.pem"), CERTIFICATE.replaceFirst("M", "x"));
        String yaml = SINK + "streams:\n  - " + stream + "\n";
        List<String> expected = List.of("site.yaml:3: " + problem);
        assertThat(problems(yaml))
                .extracting(line -> line.replace(folder.toString(), "FOLDER"))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "rtsp://camera",
                "RTSP://camera:8554/a/b?c=d#e",
                "rtsps://[2001:db8::1]:322/x",
                "rtsp://user:p@ss/w?rd#1@camera:554/x",
                "http://camera/mjpg",
                "https://camera/live.m3u8",
                "clip.mp4",
                "./clip.mp4",
                "pictures",
                "file:clip.mp4",
                "on"
            })
    void shouldAcceptCamerasFilesAndFolders(String url) throws IOException {
        Files.createFile(folder.resolve("clip.mp4"));
        Files.createFile(folder.resolve("on"));
        Files.createDirectory(folder.resolve("pictures"));
        HelmwatchConfig config = parse(SINK + "streams:\n  - id: on\n    url: " + url + "\n");
        assertThat(config.streams().get(0).id()).isEqualTo("on");
        if (!url.contains("://")) {
            assertThat(Path.of(config.streams().get(0).url())).isAbsolute().exists();
        }
    }

    @Test
    void shouldReadFileUrlWithAbsolutePath() throws IOException {
        Path clip = Files.createFile(folder.resolve("clip.mp4"));
        HelmwatchConfig config = parse(SINK + "streams: [{id: a, url: 'file://" + clip + "'}]");
        assertThat(config.streams().get(0).url()).isEqualTo(clip.toString());
    }

    @Test
    void shouldAskForStreamsAndForSomebodyWhoListens() {
        assertThat(problems(SINK))
                .containsExactly(
                        "site.yaml:1: streams: missing: expected at least one stream, each with 'id' and 'url'; or [] to add streams while the service runs");
        assertThat(problems(SINK + "http: {enabled: false}\nstreams: []"))
                .containsExactly("site.yaml:3: streams: must have at least one stream");
        assertThat(parse(SINK + "streams: []").streams()).isEmpty();
        assertThat(problems(STREAM))
                .containsExactly(
                        "site.yaml: no sink for the detections: set kafka.bootstrap-servers, kafka.embedded or json-lines.target");
    }

    @ParameterizedTest
    @CsvSource({
        "500ms, PT0.5S",
        "10s, PT10S",
        "1.5s, PT1.5S",
        "2m, PT2M",
        "1h, PT1H",
        "7d, PT168H",
        "PT10S, PT10S",
        "P1DT1S, PT24H1S",
        "0, PT0S",
        "10 s, PT10S"
    })
    void shouldReadDurations(String text, Duration expected) {
        assertThat(Durations.parse(text)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "10", "s", "10 seconds", "-1s", "1,5s", "1e3s", "PT", "P1Y", "99999999999999s"})
    void shouldRefuseWhatIsNoDuration(String text) {
        assertThat(Durations.parse(text)).isNull();
    }

    @ParameterizedTest
    @ValueSource(strings = {"0s", "1ms", "1500ms", "10s", "2m", "3h", "1d", "61s"})
    void shouldWriteDurationsAsTheyAreRead(String text) {
        assertThat(Durations.format(Durations.parse(text))).isEqualTo(text);
    }

    @Test
    void shouldReplaceVariables() {
        environment.put("HOST", "broker");
        environment.put("EMPTY", "");
        HelmwatchConfig config = parse("""
                kafka:
                  bootstrap-servers: ${HOST}:${PORT:-9092}
                  detections-topic: a${EMPTY}b${EMPTY:-c}
                  properties:
                    client.rack: $${HOST} costs $5
                """ + STREAM);
        assertThat(config.kafka().bootstrapServers()).isEqualTo("broker:9092");
        assertThat(config.kafka().topics().detections()).isEqualTo("abc");
        assertThat(config.kafka().properties()).containsEntry("client.rack", Secret.of("${HOST} costs $5"));
    }

    @Test
    void shouldReportVariablesThatAreNotSetOrNotClosed() {
        assertThat(problems("""
                kafka:
                  bootstrap-servers: ${HOST}:9092
                  detections-topic: ${OPEN
                  events-topic: ${1BAD}
                """ + STREAM))
                .containsExactly(
                        "site.yaml:2: kafka.bootstrap-servers=${HOST}:9092: environment variable HOST is not set",
                        "site.yaml:3: kafka.detections-topic=${OPEN: '${' without '}': write $${ for a plain ${",
                        "site.yaml:4: kafka.events-topic=${1BAD}: expected ${NAME} or ${NAME:-default}");
    }

    @ParameterizedTest
    @CsvSource({
        "GATE_PASSWORD, true",
        "CAMPW, true",
        "SITE_SECRET_2, true",
        "CAMERA_API_KEY, true",
        "GATE_PASS, true",
        "GATE_PASSWORD_FILE, false",
        "PASSAGE, false",
        "KEYBOARD, false",
        "GATE, false"
    })
    void shouldMaskAVariableWhoseNameSaysThatItIsACredential(String variable, boolean masked) {
        String value = "part-" + Integer.toHexString(variable.hashCode());
        environment.put(variable, value);

        HelmwatchConfig config = parse(
                "streams: [{id: a, url: 'rtsp://192.0.2.7/live/${" + variable + "}/1'}]\njson-lines: {target: '-'}");

        assertThat(config.streams().get(0).url()).isEqualTo("rtsp://192.0.2.7/live/" + value + "/1");
        assertThat(Redaction.redact("404 for /live/" + value + "/1").contains(value))
                .isEqualTo(!masked);
    }

    @Test
    void shouldReadCredentialsFromEnvironmentOrFile() throws IOException {
        environment.put("CAMERA_USER", "operator");
        Files.writeString(folder.resolve("pass"), "s3cr3t #1\r\nsecond line\n");
        HelmwatchConfig config = parse(SINK + """
                streams:
                  - id: a
                    url: rtsp://camera/1
                    credentials: {username-env: CAMERA_USER, password-file: pass}
                """);
        assertThat(config.streams().get(0).credentials())
                .isEqualTo(new Credentials("operator", Secret.of("s3cr3t #1")));
    }

    @Test
    void shouldReadWhatAnHttpCameraMayDo() {
        StreamConfig stream = parse(SINK + """
                streams:
                  - id: a
                    url: http://operator:pass-word@camera/snapshot.jpg
                    credentials: {basic: tls-only}
                    allowed-hosts: [CDN.example, '192.0.2.7:8080', '[2001:db8::1]:80']
                    poll: 500ms
                    pixel-aspect: '2:1'
                """).streams().get(0);
        assertThat(stream.credentials())
                .isEqualTo(
                        new Credentials("operator", Secret.of("pass-word"), Credentials.BasicAuthentication.TLS_ONLY));
        assertThat(stream.allowedHosts())
                .containsExactly(
                        new HostAndPort("cdn.example", 0),
                        new HostAndPort("192.0.2.7", 8080),
                        new HostAndPort("2001:db8::1", 80));
        assertThat(stream.poll()).isEqualTo(Duration.ofMillis(500));
        assertThat(stream.pixelAspect()).isEqualTo(new PixelAspect(2, 1));
    }

    @Test
    void shouldShareSettingsThroughAnchorsAndMerges() {
        HelmwatchConfig config = parse(SINK + """
                streams:
                  - &gate
                    id: a
                    url: rtsp://camera/1
                    analyze-fps: 5
                  - <<: *gate
                    id: b
                """);
        assertThat(config.streams())
                .extracting(StreamConfig::id, StreamConfig::analyzeFps)
                .containsExactly(tuple("a", 5.0), tuple("b", 5.0));
    }

    @Test
    void shouldRefuseKeysThatAreGivenTwice() {
        assertThat(problems(SINK + STREAM + "model:\n  iou: 0.4\n  iou: 0.5\nmodel: {}\n"))
                .containsExactly(
                        "site.yaml:5: model.iou: given twice; the first is in line 4",
                        "site.yaml:6: model: given twice; the first is in line 3");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            ''                          | FOLDER/site.yaml: is empty: expected at least 'streams:' with one stream
            '# only a comment'          | FOLDER/site.yaml: is empty: expected at least 'streams:' with one stream
            '---'                       | FOLDER/site.yaml: is empty: expected at least 'streams:' with one stream
            'streams'                   | FOLDER/site.yaml:1:1: must be sections (key: value lines) such as 'streams:', but is a single value
            '- a'                       | FOLDER/site.yaml:1:1: must be sections (key: value lines) such as 'streams:', but is a list
            'a:\\n\\tb: 1'              | FOLDER/site.yaml:2:1: is not valid YAML: a tab where YAML expects spaces
            'a: 1\\n\\nb: x\\0'         | FOLDER/site.yaml:3:5: is not valid YAML: a control character U+0000: remove it, or write it as an escape in "..."
            """)
    void shouldReportInOneSentenceWhyTextIsNoConfiguration(String text, String problem) {
        String yaml = text.replace("\\n", "\n").replace("\\t", "\t").replace("\\0", "\0") + "\n";
        assertThat(refusal(yaml.getBytes(StandardCharsets.UTF_8))).isEqualTo(problem);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            `streams:~  - id: a~   url: b`            | 3:4 | indentation;same column
            `streams:~  - id: a~  url: b`             | 3:3 | indentation;dashes
            `streams:~- id: a~  url: x~ foo: y`       | 4:2 | indentation
            `kafka:~  a: b~ - c`                      | 3:2 | indentation
            `streams:~ - id: a~     url: b`           | 3:9 | indented further than line 2
            `a: 1~~  b: 2`                            | 3:4 | indented further than line 1
            `streams~  - id: a`                       | 2:7 | line 1;colon missing
            `a: b: c`                                 | 1:5 | ': ';quotation marks
            `streams:~- id: a~  url:b`                | 3:3 | colon, or the space after it
            `a: 1~b`                                  | 2:1 | colon, or the space after it
            `a: [1`                                   | 1:4 | list in [ ];closing ]
            `a: [1, 2~b: 3`                           | 1:4 | list in [ ];comma
            `a: {name: x kind: y}`                    | 1:4 | section in { };comma
            `a: "x`                                   | 1:4 | quotation mark;never closed
            `a: 'it's'`                               | 1:8 | quotation mark;twice
            `a: "C:\\clips"`                          | 1:8 | backslash;'...'
            `a: %x`                                   | 1:4 | starts with %;quotation marks
            `a: @x`                                   | 1:4 | starts with @;quotation marks
            `a: !!x y`                                | 1:4 | starts with !;quotation marks
            `a: 1~---~b: 2`                           | 2:1 | second document
            `a: *nobody`                              | 1:4 | *nobody;anchor &
            """)
    void shouldSayInPlainWordsWhatIsWrongWithTheSyntax(String text, String place, String facts) {
        String yaml = text.replace("~", "\n") + "\n";
        assertThat(refusal(yaml.getBytes(StandardCharsets.UTF_8)))
                .startsWith("FOLDER/site.yaml:" + place + ": is not valid YAML: ")
                .contains(facts.split(";", -1))
                .doesNotContain("<block", "mapping", "token", "scalar");
    }

    @Test
    void shouldNameTheFirstByteThatIsNotUtf8() {
        assertThat(refusal("a: 1\nb: \u00e4\n".getBytes(StandardCharsets.ISO_8859_1)))
                .contains("FOLDER/site.yaml:2:4: ", "0xe4", "save the file as UTF-8");
        assertThat(refusal("a: 1\n".getBytes(StandardCharsets.UTF_16)))
                .contains("FOLDER/site.yaml:1:1: ", "0xfe", "save the file as UTF-8");
        assertThat(refusal(new byte[] {'a', ':', ' ', (byte) 0xc3}))
                .contains("FOLDER/site.yaml:1:4: ", "0xc3", "save the file as UTF-8");
    }

    @Test
    void shouldReadFileWithByteOrderMark() throws IOException {
        assertThat(load(("\uFEFF" + SINK + STREAM).getBytes(StandardCharsets.UTF_8))
                        .streams())
                .hasSize(1);
    }

    @Test
    void shouldBoundAliasesNestingAndSize() {
        StringBuilder bomb = new StringBuilder("a0: &a0 [x, x]\n");
        for (int i = 1; i < 40; i++) {
            bomb.append("a").append(i).append(": &a").append(i).append(" [");
            bomb.append(("*a" + (i - 1) + ", ").repeat(9)).append("x]\n");
        }
        assertThat(refusal(bomb.toString().getBytes(StandardCharsets.UTF_8)))
                .contains("FOLDER/site.yaml", "aliases", "200");
        assertThat(refusal(("a: " + "[".repeat(5_000) + "]".repeat(5_000)).getBytes(StandardCharsets.UTF_8)))
                .contains("FOLDER/site.yaml", "Nesting", "20");
        assertThat(refusal(("a: " + "x".repeat(2_000_000)).getBytes(StandardCharsets.UTF_8)))
                .contains("FOLDER/site.yaml", "2000003 bytes", "at most 1048576");
    }

    @Test
    void shouldNotFollowNodesThatHoldThemselves() {
        assertThat(problems("streams: &a [*a]\n" + SINK))
                .containsExactly("site.yaml:1: streams[0]: must be a section (key: value lines), but is a list");
        assertThat(problems("model: &m {labels: *m}\n" + SINK + STREAM))
                .containsExactly(
                        "site.yaml:1: model.labels: must be a list (lines that begin with '- '), but is a section");
        HelmwatchConfig config = parse("model: &m {iou: 0.5, <<: *m}\n" + SINK + STREAM);
        assertThat(config.model().iou()).isEqualTo(0.5);
    }

    @Test
    void shouldReportWhenThereIsNoFile() {
        ConfigException refused =
                catchThrowableOfType(ConfigException.class, () -> ConfigLoader.load(folder.resolve("none.yaml")));
        assertThat(refused).hasMessageContainingAll(folder.resolve("none.yaml").toString(), "no such file");
        assertThat(catchThrowableOfType(ConfigException.class, () -> ConfigLoader.load(folder)))
                .hasMessageContainingAll(folder.toString(), "is a folder", "YAML file");
    }

    @Test
    void shouldResolvePathsAgainstTheFolderOfTheFile() throws IOException {
        Files.createFile(folder.resolve("m.onnx"));
        HelmwatchConfig config = parse("""
                model: {path: m.onnx}
                kafka: {embedded: true, embedded-data-dir: data}
                json-lines: {target: out/lines.jsonl}
                """ + STREAM);
        assertThat(config.model().path()).isEqualTo(folder.resolve("m.onnx"));
        assertThat(config.kafka().embeddedDataDir()).isEqualTo(folder.resolve("data"));
        assertThat(config.jsonLines().target())
                .isEqualTo(folder.resolve("out/lines.jsonl").toString());
        assertThat(problems("model: {path: n.onnx}\n" + SINK + STREAM))
                .containsExactly(
                        "site.yaml:1: model.path=n.onnx: there is no such file (looked for " + folder + "/n.onnx)");
    }

    @Test
    void shouldSwitchKafkaOffWhereItSaysSo() {
        HelmwatchConfig config = parse("kafka: {bootstrap-servers: 'b:1', enabled: false}\n" + SINK + STREAM);
        assertThat(config.kafka().enabled()).isFalse();
    }
}
