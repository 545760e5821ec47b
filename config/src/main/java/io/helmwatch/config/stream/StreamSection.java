package io.helmwatch.config.stream;

import static io.helmwatch.config.schema.ValueTypes.choice;
import static io.helmwatch.config.schema.ValueTypes.duration;
import static io.helmwatch.config.schema.ValueTypes.flag;
import static io.helmwatch.config.schema.ValueTypes.listOf;
import static io.helmwatch.config.schema.ValueTypes.map;
import static io.helmwatch.config.schema.ValueTypes.number;
import static io.helmwatch.config.schema.ValueTypes.parsed;
import static io.helmwatch.config.schema.ValueTypes.path;
import static io.helmwatch.config.schema.ValueTypes.scalar;
import static io.helmwatch.config.schema.ValueTypes.wholeNumber;

import io.helmwatch.config.rule.StreamRulesConfig;
import io.helmwatch.config.rule.StreamRulesSection;
import io.helmwatch.config.schema.Entry;
import io.helmwatch.config.schema.Key;
import io.helmwatch.config.schema.Names;
import io.helmwatch.config.schema.NestedSection;
import io.helmwatch.config.schema.Section;
import io.helmwatch.config.schema.SectionList;
import io.helmwatch.config.schema.SectionSpec;
import io.helmwatch.config.secret.CertificateFile;
import io.helmwatch.config.secret.Redaction;
import io.helmwatch.config.stream.StreamConfig.Transport;
import io.helmwatch.config.yaml.Yaml;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;

/** The items of {@code streams}. Threading: any thread; an instance reads one item. */
public final class StreamSection {
    private static final StreamConfig DEFAULT = StreamConfig.of("", "");
    private static final Duration LEAST = Duration.ofMillis(100);
    private static final Duration LONGEST = Duration.ofDays(1);

    private static final Key<StreamConfig, String> ID = Key.required(
                    "id", Names.type(), StreamConfig::id, "a name such as gate-3", "unique name in events and metrics")
            .exampleInForce("gate-3");
    private static final Key<StreamConfig, String> URL = Key.required(
                    "url",
                    scalar("URL or path", StreamUrl::parse, Yaml::scalar),
                    StreamConfig::url,
                    "rtsp://..., rtsps://..., http(s)://... or a path",
                    "`rtsp`, `rtsps`, `http` or `https` URL, or the path of a clip, an image or a folder of images"
                            + " ([streams](streams.md))")
            .exampleInForce("rtsp://192.0.2.10:554/stream1");
    private static final Key<StreamConfig, Transport> TRANSPORT = Key.of(
            "transport",
            choice(Transport.class),
            DEFAULT.transport(),
            StreamConfig::transport,
            "how RTSP carries its packets");
    private static final Key<StreamConfig, Double> ANALYZE_FPS = Key.of(
                    "analyze-fps",
                    number(0, Double.MAX_VALUE),
                    DEFAULT.analyzeFps(),
                    StreamConfig::analyzeFps,
                    "frames analysed per second of stream time")
            .meaning("all");
    private static final Key<StreamConfig, DecodeMode> DECODE = Key.of(
            "decode",
            choice(DecodeMode.class),
            DEFAULT.decode(),
            StreamConfig::decode,
            "frames that are decoded: as few as `analyze-fps` needs, all, or key frames only"
                    + " ([decoding](streams.md#decoding-only-what-is-analysed))");
    private static final Key<StreamConfig, Boolean> REALTIME = Key.of(
                    "realtime",
                    flag(),
                    DEFAULT.realtime(),
                    StreamConfig::realtime,
                    "files: played at their own rate and treated as live, so that late frames are dropped")
            .notInFirstExample();
    private static final Key<StreamConfig, Boolean> LOOP = Key.of(
                    "loop", flag(), DEFAULT.loop(), StreamConfig::loop, "files: played again when they end")
            .notInFirstExample();
    private static final Key<StreamConfig, Duration> OPEN_TIMEOUT = Key.of(
            "open-timeout",
            duration(LEAST, LONGEST),
            DEFAULT.openTimeout(),
            StreamConfig::openTimeout,
            "longest time to open the stream");
    private static final Key<StreamConfig, Duration> READ_TIMEOUT = Key.of(
            "read-timeout",
            duration(LEAST, LONGEST),
            DEFAULT.readTimeout(),
            StreamConfig::readTimeout,
            "longest time without a packet before the stream is reconnected");
    private static final NestedSection<StreamConfig, Credentials> CREDENTIALS =
            NestedSection.<StreamConfig, Credentials>optional(
                            "credentials", CredentialsSection.SPEC, StreamConfig::credentials, "none")
                    .secret();
    private static final Key<StreamConfig, Path> TLS_CA_FILE = Key.<StreamConfig, Path>optional(
                    "tls-ca-file",
                    path(),
                    StreamConfig::tlsCaFile,
                    "not verified",
                    "`rtsps`, `https`: PEM file of the certificates that the camera's must be or be signed by"
                            + " ([TLS](streams.md#tls))")
            .example("cameras.pem");
    private static final Key<StreamConfig, List<HostAndPort>> ALLOWED_HOSTS = Key.<StreamConfig, List<HostAndPort>>of(
                    "allowed-hosts",
                    listOf(parsed(
                            "`host` or `host:port`",
                            HostAndPort::parse,
                            host -> Yaml.scalar(host.toString()),
                            HostAndPort.RULE)),
                    DEFAULT.allowedHosts(),
                    StreamConfig::allowedHosts,
                    "`http`, `https`: hosts, besides the camera's own, that it may redirect to or name in a playlist")
            .example("[cdn.example]");
    private static final Key<StreamConfig, Duration> POLL = Key.<StreamConfig, Duration>optional(
                    "poll",
                    duration(LEAST, LONGEST),
                    StreamConfig::poll,
                    "the URL delivers a stream",
                    "`http`, `https`: time between two requests of a URL that delivers a single image")
            .example("1s");
    private static final Key<StreamConfig, PixelAspect> PIXEL_ASPECT = Key.<StreamConfig, PixelAspect>optional(
                    "pixel-aspect",
                    parsed("`width:height`", PixelAspect::parse, PixelAspect::toString, PixelAspect.RULE),
                    StreamConfig::pixelAspect,
                    "the stream's own, else `1:1`",
                    "shape of a pixel, for recorders that do not send it")
            .example("2:1");
    private static final Key<StreamConfig, Integer> DEVICE = Key.<StreamConfig, Integer>optional(
                    "device",
                    wholeNumber(0, 63),
                    StreamConfig::device,
                    "chosen so that the streams are spread evenly",
                    "index of the GPU that analyses the stream, one of `gpu.devices`")
            .example("0");
    private static final Key<StreamConfig, Set<HealthCheck>> IGNORE_HEALTH = Key.<StreamConfig, Set<HealthCheck>>of(
                    "ignore-health",
                    map(
                            listOf(choice(HealthCheck.class)),
                            Set::copyOf,
                            checks -> checks.stream().sorted().toList()),
                    DEFAULT.ignoreHealth(),
                    StreamConfig::ignoreHealth,
                    "what may be wrong with the image without the stream being `degraded`: `moved` for a camera that turns"
                            + " ([camera health](streams.md#camera-health))")
            .example("[moved]");
    private static final StreamRulesSection<StreamConfig> RULES = new StreamRulesSection<>(StreamConfig::rules);

    static final SectionSpec<StreamConfig> SPEC = SectionSpec.of(
                    "cameras and files; `[]` where all are added while the service runs",
                    ID,
                    URL,
                    TRANSPORT,
                    ANALYZE_FPS,
                    DECODE,
                    REALTIME,
                    LOOP,
                    OPEN_TIMEOUT,
                    READ_TIMEOUT,
                    CREDENTIALS,
                    TLS_CA_FILE,
                    ALLOWED_HOSTS,
                    POLL,
                    PIXEL_ASPECT,
                    DEVICE,
                    IGNORE_HEALTH)
            .with(RULES.entries());

    /** What is drawn on the frame and what starts incidents there. */
    static final SectionSpec<StreamConfig> REGIONS = new SectionSpec<>("zones, masks and rules", RULES.entries());

    private final Section section;

    StreamSection(Section section) {
        this.section = section;
    }

    /**
     * The streams as a list in another section.
     *
     * @param getter the streams in the record of that section
     */
    public static <R> SectionList<R, StreamConfig> list(Function<R, List<StreamConfig>> getter) {
        return SectionList.<R, StreamConfig>of("streams", SPEC, getter, "required")
                .furtherExample(Map.of("id", "yard-clip", "url", "${CLIP:-.}", "realtime", "false", "loop", "false"));
    }

    /**
     * All streams.
     *
     * @param list as {@link #list} made it
     * @param devices the GPUs in use; empty for all
     * @param mayBeEmpty whether an empty list may be given: streams are added while the service runs
     */
    public static List<StreamConfig> readAll(
            Section top, SectionList<?, StreamConfig> list, List<Integer> devices, boolean mayBeEmpty) {
        List<Section> sections = top.sections(list, StreamSection::label);
        if (sections == null) {
            top.problem(
                    list,
                    "missing: expected at least one stream, each with 'id' and 'url'"
                            + (mayBeEmpty ? "; or [] to add streams while the service runs" : ""));
            return List.of();
        }
        if (sections.isEmpty() && !mayBeEmpty && !top.file().hasProblems()) {
            top.problem(list, "must have at least one stream");
        }
        List<StreamConfig> streams = new ArrayList<>();
        Map<String, Integer> lines = new HashMap<>();
        for (Section section : sections) {
            StreamConfig stream = new StreamSection(section).read(lines, devices);
            if (stream != null) {
                streams.add(stream);
            }
        }
        return streams;
    }

    /** The id in brackets, before it is checked. */
    private static String label(Node item) {
        if (item instanceof MappingNode mapping) {
            for (NodeTuple tuple : mapping.getValue()) {
                if (tuple.getKeyNode() instanceof ScalarNode key
                        && key.getValue().equals(ID.name())
                        && tuple.getValueNode() instanceof ScalarNode value
                        && !value.getValue().isBlank()) {
                    return " (" + Redaction.redact(Yaml.shorten(value.getValue())) + ")";
                }
            }
        }
        return "";
    }

    /**
     * The stream; null where its id or address is missing or wrong.
     *
     * @param lines ids of the streams so far with their lines; this one's is added
     * @param devices the GPUs in use; empty for all
     */
    @Nullable
    StreamConfig read(Map<String, Integer> lines, List<Integer> devices) {
        String id = section.required(ID);
        if (id != null) {
            Names.requireUnique(section, ID, id, lines, "stream of this id");
        }
        String url = section.required(URL);
        Credentials credentials = CredentialsSection.read(section.section(CREDENTIALS), url);
        Path tlsCaFile = section.optional(TLS_CA_FILE);
        if (tlsCaFile != null) {
            String problem = CertificateFile.problem(tlsCaFile);
            if (!problem.isEmpty()) {
                section.problem(TLS_CA_FILE, problem);
            }
        }
        Integer device = section.optional(DEVICE);
        if (device != null && !devices.isEmpty() && !devices.contains(device)) {
            section.problem(DEVICE, "is not among gpu.devices, which are " + devices);
        }
        StreamRulesConfig rules = RULES.read(section);
        if (url != null) {
            checkAgainst(url);
        }
        StreamConfig.Builder stream = StreamConfig.builder(id == null ? "" : id, url == null ? "" : url)
                .transport(section.value(TRANSPORT))
                .analyzeFps(section.value(ANALYZE_FPS))
                .decode(section.value(DECODE))
                .realtime(section.value(REALTIME))
                .loop(section.value(LOOP))
                .openTimeout(section.value(OPEN_TIMEOUT))
                .readTimeout(section.value(READ_TIMEOUT))
                .credentials(credentials)
                .tlsCaFile(tlsCaFile)
                .allowedHosts(section.value(ALLOWED_HOSTS))
                .poll(section.optional(POLL))
                .pixelAspect(section.optional(PIXEL_ASPECT))
                .rules(rules)
                .device(device)
                .ignoreHealth(section.value(IGNORE_HEALTH));
        return id == null || url == null ? null : stream.build();
    }

    /** Keys that have no effect with this kind of address. */
    private void checkAgainst(String url) {
        String other = StreamUrl.isCamera(url) ? "is for files, but the url is a stream" : "";
        refuse(REALTIME, other);
        if (!section.hasOther(REALTIME)) {
            refuse(LOOP, other);
        }
        refuse(TRANSPORT, StreamUrl.isCamera(url) ? "" : "is for rtsp, but the url is a file or folder");
        refuse(CREDENTIALS, StreamUrl.isCamera(url) ? "" : "is for cameras, but the url is a file or folder");
        refuse(TLS_CA_FILE, StreamUrl.isEncrypted(url) ? "" : "is for rtsps and https, but the url is neither");
        refuse(ALLOWED_HOSTS, StreamUrl.isHttp(url) ? "" : "is for http and https, but the url is neither");
        refuse(POLL, StreamUrl.isHttp(url) ? "" : "is for image URLs of http and https, but the url is neither");
    }

    private void refuse(Entry<?> entry, String rule) {
        boolean isGiven = entry instanceof Key<?, ?> key ? section.hasOther(key) : section.has(entry);
        if (!rule.isEmpty() && isGiven) {
            section.problem(entry, rule);
        }
    }
}
