package io.helmwatch.config;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.composer.Composer;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.parser.ParserImpl;
import org.yaml.snakeyaml.reader.StreamReader;
import org.yaml.snakeyaml.resolver.Resolver;

/**
 * Reads a configuration from YAML and checks it: everything that is wrong is collected and thrown at once.
 *
 * <p>In values, <code>${NAME}</code> is replaced by an environment variable and <code>${NAME:-text}</code> by the text where
 * the variable is not set or empty; <code>$${</code> stands for <code>${</code>. Relative paths are taken from the file's folder.
 *
 * <p>Threading: stateless; every method may be called by any thread. Passwords that were read are registered with
 * {@link Redaction} before anything can show them.
 */
public final class ConfigLoader {
    /** A configuration has a few kilobytes; more than this is something else. */
    private static final int MAX_BYTES = 1 << 20;

    private static final int MAX_NESTING = 20;
    private static final int MAX_ALIASES = 200;
    private static final Duration LONGEST = Duration.ofDays(1);
    private static final Pattern ITEM = Pattern.compile("\\[\\d+](?: \\([^)]*\\))?");
    private static final Pattern STREAM_ID = Pattern.compile("[A-Za-z0-9._-]{1,64}");
    private static final Pattern DEVICE = Pattern.compile("[0-9]|[1-5][0-9]|6[0-3]");
    private static final int ANY_DEVICE = -1;
    private static final Pattern TOPIC = Pattern.compile("[A-Za-z0-9._-]{1,249}");
    private static final Pattern BOOTSTRAP = Pattern.compile("(?:\\[[0-9A-Fa-f:.]+]|[A-Za-z0-9._-]+):(\\d{1,5})");
    private static final Pattern SCHEME = Pattern.compile("([A-Za-z][A-Za-z0-9+.-]+):.*", Pattern.DOTALL);
    private static final Pattern CAMERA = Pattern.compile(
            "(?i)(?:rtsps?|https?)://(\\[[0-9A-F:.]+]|[^\\s/?#\\[\\]:]+)(?::(\\d{1,5}))?(?:[/?#]\\S*)?");
    private static final Pattern VARIABLE = Pattern.compile("\\$(\\$\\{)|\\$\\{([^}]*)}|\\$\\{");
    private static final Pattern VARIABLE_NAME = Pattern.compile("([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?", Pattern.DOTALL);
    private static final Pattern JAAS_PASSWORD = Pattern.compile(
            "(?i)(?:password|secret|token)\\s*=\\s*(?:\"((?:\\\\.|[^\"\\\\])*)\"|'([^']*)'|([^\\s;]+))");
    private static final Pattern SECRET_PROPERTY =
            Pattern.compile("(?i).*(?:password|secret|token|credential|jaas|keystore\\.key|oauth|assertion).*");
    private static final Set<String> OWN_PROPERTIES =
            Set.of("bootstrap.servers", "key.serializer", "value.serializer", "transactional.id");

    private ConfigLoader() {}

    /**
     * Reads a file, with the process's environment.
     *
     * @throws ConfigException with everything that is wrong, also when the file cannot be read
     */
    public static HelmwatchConfig load(Path file) {
        return load(file, System::getenv);
    }

    /**
     * Reads a file.
     *
     * @param environment gives a variable's value, null where it is not set
     * @throws ConfigException with everything that is wrong, also when the file cannot be read
     */
    public static HelmwatchConfig load(Path file, Function<String, @Nullable String> environment) {
        String name = String.valueOf(file);
        byte[] bytes;
        try {
            if (Files.isDirectory(file)) {
                throw refused(name, "is a folder: expected a YAML file");
            }
            if (Files.size(file) > MAX_BYTES) {
                throw refused(name, "has " + Files.size(file) + " bytes: expected a YAML file of at most " + MAX_BYTES);
            }
            bytes = Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw refused(name, "there is no such file");
        } catch (IOException e) {
            throw refused(name, "cannot be read: " + e.getClass().getSimpleName());
        }
        Path folder = file.toAbsolutePath().normalize().getParent();
        return parse(decode(bytes, name), name, folder == null ? Path.of("/") : folder, environment);
    }

    /**
     * Reads text.
     *
     * @param yaml the configuration
     * @param name how problems name it
     * @param folder where relative paths start
     * @param environment gives a variable's value, null where it is not set
     * @throws ConfigException with everything that is wrong
     */
    public static HelmwatchConfig parse(
            String yaml, String name, Path folder, Function<String, @Nullable String> environment) {
        Node root = compose(yaml, name);
        Context context = new Context(name, folder, environment);
        HelmwatchConfig config = context.read(root);
        if (!context.problems.isEmpty()) {
            context.problems.sort(
                    Comparator.comparingInt(problem -> problem.line() == 0 ? Integer.MAX_VALUE : problem.line()));
            throw new ConfigException(context.problems);
        }
        return config;
    }

    private static ConfigException refused(String name, String rule) {
        return new ConfigException(List.of(new Problem(name, 0, 0, "", rule)));
    }

    private static ConfigException refused(String name, @Nullable Mark mark, String rule) {
        int line = mark == null ? 0 : mark.getLine() + 1;
        int column = mark == null ? 0 : mark.getColumn() + 1;
        return new ConfigException(List.of(new Problem(name, line, column, "", rule)));
    }

    private static String decode(byte[] bytes, String name) {
        CharsetDecoder decoder = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
        ByteBuffer in = ByteBuffer.wrap(bytes);
        CharBuffer out = CharBuffer.allocate(bytes.length);
        CoderResult result = decoder.decode(in, out, true);
        String text = out.flip().toString();
        if (result.isError()) {
            int line = 1 + (int) text.chars().filter(c -> c == '\n').count();
            int column = text.length() - text.lastIndexOf('\n');
            int found = bytes[in.position()] & 0xff;
            throw new ConfigException(List.of(new Problem(
                    name,
                    line,
                    column,
                    "",
                    String.format(Locale.ROOT, "is not UTF-8 text (byte 0x%02x): save the file as UTF-8", found))));
        }
        return text.startsWith("\uFEFF") ? text.substring(1) : text;
    }

    /** The tree of the one document. Nothing of the text is quoted in errors: the line may hold a password. */
    static Node compose(String yaml, String name) {
        LoaderOptions options = new LoaderOptions();
        options.setNestingDepthLimit(MAX_NESTING);
        options.setMaxAliasesForCollections(MAX_ALIASES);
        options.setCodePointLimit(MAX_BYTES);
        Node root;
        try {
            root = new Composer(new ParserImpl(new StreamReader(yaml), options), new Resolver(), options)
                    .getSingleNode();
        } catch (MarkedYAMLException e) {
            throw refused(name, e.getProblemMark(), "is not valid YAML: " + plainWords(e));
        } catch (YAMLException e) {
            throw refused(name, "is not valid YAML: " + firstLine(e.getMessage()));
        }
        if (root == null || Section.isNull(root)) {
            throw refused(name, "is empty: expected at least 'streams:' with one stream");
        }
        if (!(root instanceof MappingNode)) {
            throw refused(
                    name,
                    root.getStartMark(),
                    "must be sections (key: value lines) such as 'streams:', but is " + Section.kind(root));
        }
        return root;
    }

    private static String plainWords(MarkedYAMLException e) {
        String problem = firstLine(e.getProblem());
        if (problem.contains("TAB")) {
            return "a tab where YAML wants spaces";
        }
        return problem;
    }

    private static String firstLine(@Nullable String message) {
        String text = message == null ? "unreadable" : message.strip();
        int end = text.indexOf('\n');
        return Redaction.redact(ConfigText.shorten(end < 0 ? text : text.substring(0, end)));
    }

    /** One pass over one file: collects problems, substitutes variables, resolves paths. */
    static final class Context {
        private final String file;
        private final Path folder;
        private final Function<String, @Nullable String> environment;
        private final List<Problem> problems = new ArrayList<>();
        private final Set<String> keys = new TreeSet<>();

        Context(String file, Path folder, Function<String, @Nullable String> environment) {
            this.file = file;
            this.folder = folder;
            this.environment = environment;
        }

        void problem(@Nullable Node node, String where, String rule) {
            Mark mark = node == null ? null : node.getStartMark();
            int line = mark == null ? 0 : mark.getLine() + 1;
            int column = mark == null ? 0 : mark.getColumn() + 1;
            problems.add(new Problem(file, line, column, where, rule));
        }

        /** Remembers a key that is read, as {@code streams[].url}, so that the documentation can be held against the code. */
        void asked(String path) {
            keys.add(ITEM.matcher(path).replaceAll("[]"));
        }

        Set<String> keys() {
            return keys;
        }

        Path resolve(String path) {
            return folder.resolve(path).normalize();
        }

        /** The scalar with variables replaced; null (and a problem) where one is not set. */
        @Nullable
        String substitute(ScalarNode scalar, String where) {
            String text = scalar.getValue();
            if (!text.contains("${")) {
                return text;
            }
            StringBuilder result = new StringBuilder();
            Matcher matcher = VARIABLE.matcher(text);
            boolean complete = true;
            while (matcher.find()) {
                String value = null;
                if (matcher.group(1) != null) {
                    value = "${";
                } else if (matcher.group(2) == null) {
                    problem(scalar, where, "'${' without '}': write $${ for a plain ${");
                } else {
                    value = variable(scalar, where, matcher.group(2));
                }
                complete &= value != null;
                matcher.appendReplacement(result, Matcher.quoteReplacement(value == null ? "" : value));
            }
            matcher.appendTail(result);
            return complete ? result.toString() : null;
        }

        private @Nullable String variable(ScalarNode scalar, String where, String expression) {
            Matcher matcher = VARIABLE_NAME.matcher(expression);
            if (!matcher.matches()) {
                problem(scalar, where, "expected ${NAME} or ${NAME:-default}");
                return null;
            }
            String value = environment.apply(matcher.group(1));
            String byDefault = matcher.group(2);
            if (byDefault != null) {
                return value == null || value.isEmpty() ? byDefault : value;
            }
            if (value == null) {
                problem(scalar, where, "environment variable " + matcher.group(1) + " is not set");
            }
            return value;
        }

        HelmwatchConfig read(Node root) {
            Section top = new Section(this, "", root, false);
            Backend backend = top.choice("backend", Backend.AUTO);
            ModelConfig model = model(top.section("model", false));
            InferenceConfig inference = inference(top.section("inference", false));
            PipelineConfig pipeline = pipeline(top.section("pipeline", false));
            GpuConfig gpu = gpu(top.section("gpu", false));
            List<StreamConfig> streams = streams(top, gpu.devices());
            KafkaConfig kafka = kafka(top.section("kafka", false));
            JsonLinesConfig jsonLines = jsonLines(top.section("json-lines", false));
            HttpConfig http = http(top.section("http", false));
            IncidentsConfig incidents = new RulesReader(this).incidents(top.section("incidents", false));
            if (!kafka.enabled() && jsonLines.target() == null && problems.isEmpty()) {
                problem(
                        null,
                        "",
                        "nothing receives the detections: set kafka.bootstrap-servers, kafka.embedded or json-lines.target");
            }
            top.end();
            return new HelmwatchConfig(
                    backend, model, inference, pipeline, streams, kafka, jsonLines, http, incidents, gpu);
        }

        private ModelConfig model(Section section) {
            ModelConfig d = ModelConfig.DEFAULT;
            Path path = section.path("path");
            if (path != null && !Files.isRegularFile(path)) {
                section.problem("path", "there is no such file (looked for " + path + ")");
            }
            List<String> labels = section.texts("labels");
            if (Set.copyOf(labels).size() != labels.size()) {
                section.problem("labels", "a label is given twice");
            }
            section.asked("letterbox-anchor");
            boolean padGiven = section.has("letterbox-pad-value");
            int pad = section.wholeNumber("letterbox-pad-value", 0, 0, 255);
            ModelConfig model = new ModelConfig(
                    path,
                    labels,
                    section.number("confidence", d.confidence(), 0, 1),
                    section.number("iou", d.iou(), 0, 1),
                    section.wholeNumber("max-detections", d.maxDetections(), 1, 100_000),
                    section.flag("class-agnostic-nms", d.classAgnosticNms()),
                    section.has("letterbox-anchor")
                            ? section.choice("letterbox-anchor", ModelConfig.Anchor.CENTER)
                            : null,
                    padGiven ? Integer.valueOf(pad) : null);
            section.end();
            return model;
        }

        private InferenceConfig inference(Section section) {
            InferenceConfig d = InferenceConfig.DEFAULT;
            InferenceConfig inference = new InferenceConfig(
                    section.wholeNumber("workers", d.workers(), 0, 256),
                    section.wholeNumber("max-batch", d.maxBatch(), 0, 1_024),
                    section.duration("max-delay", d.maxDelay(), Duration.ZERO, Duration.ofSeconds(10)));
            section.end();
            return inference;
        }

        private GpuConfig gpu(Section section) {
            GpuConfig d = GpuConfig.DEFAULT;
            Precision precision = section.choice("precision", d.precision());
            GraphForm graph = section.choice("graph", d.graph());
            Int8Config int8 = int8(section.section("int8", false));
            if (precision == Precision.INT8 && int8.pictures() == null) {
                section.problem("precision", "int8 needs a folder of pictures to calibrate on: set gpu.int8.pictures");
            }
            GpuConfig gpu = new GpuConfig(
                    devices(section, d.devices()),
                    precision,
                    graph,
                    int8,
                    section.wholeNumber("builder-level", d.builderLevel(), 0, 5),
                    section.wholeNumber("lanes", d.lanes(), 1, 16),
                    section.flag("hardware-decoding", d.hardwareDecoding()),
                    section.path("cache"));
            section.end();
            return gpu;
        }

        private static Int8Config int8(Section section) {
            Int8Config d = Int8Config.DEFAULT;
            Int8Config int8 = new Int8Config(
                    folder(section, "pictures"),
                    section.choice("calibrator", d.calibrator()),
                    folder(section, "check-pictures"),
                    section.number("max-loss", d.maxLoss(), 0, 1),
                    section.texts("keep-fp16"));
            section.end();
            return int8;
        }

        private static @Nullable Path folder(Section section, String key) {
            Path path = section.path(key);
            if (path != null && !Files.isDirectory(path)) {
                section.problem(key, "there is no such folder (looked for " + path + ")");
            }
            return path;
        }

        /** {@code all}, one index or a list of them. */
        private static List<Integer> devices(Section section, List<Integer> byDefault) {
            List<String> texts;
            if (section.isList("devices")) {
                texts = section.texts("devices");
            } else {
                String single = section.text("devices");
                if (single == null) {
                    return byDefault;
                }
                if (single.strip().equalsIgnoreCase("all")) {
                    return List.of();
                }
                texts = List.of(single.strip());
            }
            List<Integer> devices = new ArrayList<>();
            for (String text : texts) {
                if (!DEVICE.matcher(text).matches() || devices.contains(Integer.valueOf(text))) {
                    section.problem(
                            "devices", "must be all, an index from 0 to 63, or a list of such indices, each once");
                    return byDefault;
                }
                devices.add(Integer.valueOf(text));
            }
            if (devices.isEmpty()) {
                section.problem("devices", "must name at least one GPU; all takes every one");
                return byDefault;
            }
            return devices;
        }

        private PipelineConfig pipeline(Section section) {
            PipelineConfig d = PipelineConfig.DEFAULT;
            int ringSize = section.wholeNumber("ring-size", d.ringSize(), 0, 65_536);
            if (Integer.bitCount(ringSize) > 1) {
                section.problem("ring-size", "must be a power of two, or 0 to have it chosen");
            }
            PipelineConfig pipeline = new PipelineConfig(
                    ringSize,
                    section.duration("max-frame-age", d.maxFrameAge(), Duration.ofMillis(1), LONGEST),
                    section.duration("shutdown-timeout", d.shutdownTimeout(), Duration.ofMillis(100), LONGEST));
            section.end();
            return pipeline;
        }

        private List<StreamConfig> streams(Section top, List<Integer> devices) {
            List<Node> items = top.items("streams");
            if (items == null) {
                top.problem("streams", "missing: expected at least one stream, each with 'id' and 'url'");
                return List.of();
            }
            if (items.isEmpty() && problems.isEmpty()) {
                top.problem("streams", "must hold at least one stream");
            }
            List<StreamConfig> streams = new ArrayList<>();
            Map<String, Integer> lines = new HashMap<>();
            for (int i = 0; i < items.size(); i++) {
                StreamConfig stream = stream(items.get(i), i, lines, devices);
                if (stream != null) {
                    streams.add(stream);
                }
            }
            return streams;
        }

        private @Nullable StreamConfig stream(Node item, int index, Map<String, Integer> lines, List<Integer> devices) {
            String idAsWritten = idOf(item);
            String path = "streams[" + index + "]" + (idAsWritten == null ? "" : " (" + idAsWritten + ")");
            Section section = new Section(this, path, item, false);
            String id = section.text("id");
            if (id == null) {
                if (!section.has("id") && item instanceof MappingNode) {
                    section.problem("id", "missing: expected a name such as gate-3");
                }
            } else if (!STREAM_ID.matcher(id).matches()) {
                section.problem("id", "must be 1 to 64 letters, digits, dots, dashes or underscores");
            } else {
                Integer earlier = lines.putIfAbsent(id, item.getStartMark().getLine() + 1);
                if (earlier != null) {
                    section.problem("id", "given twice; the first stream of this id is in line " + earlier);
                }
            }
            String url = url(section, item);
            Duration least = Duration.ofMillis(100);
            StreamConfig d = StreamConfig.of("", "");
            StreamConfig.Transport transport = section.choice("transport", d.transport());
            double analyzeFps = section.number("analyze-fps", d.analyzeFps(), 0, Double.MAX_VALUE);
            boolean realtime = section.flag("realtime", d.realtime());
            boolean loop = section.flag("loop", d.loop());
            Duration openTimeout = section.duration("open-timeout", d.openTimeout(), least, LONGEST);
            Duration readTimeout = section.duration("read-timeout", d.readTimeout(), least, LONGEST);
            StreamConfig.Credentials credentials = credentials(section, url);
            List<HostAndPort> allowedHosts = allowedHosts(section, url);
            Duration poll =
                    section.has("poll") ? section.duration("poll", Duration.ofSeconds(1), least, LONGEST) : null;
            section.asked("poll");
            if (poll != null && url != null && !isHttp(url)) {
                section.problem("poll", "is for image URLs of http and https, but the url is neither");
            }
            String aspect = section.text("pixel-aspect");
            PixelAspect pixelAspect = aspect == null ? null : PixelAspect.parse(aspect);
            if (aspect != null && pixelAspect == null) {
                section.problem("pixel-aspect", PixelAspect.RULE);
            }
            Path tlsCaFile = tlsCaFile(section, url);
            StreamRulesConfig rules = new RulesReader(this).stream(section);
            int device = section.wholeNumber("device", ANY_DEVICE, 0, 63);
            if (device != ANY_DEVICE && !devices.isEmpty() && !devices.contains(device)) {
                section.problem("device", "is not among gpu.devices, which are " + devices);
            }
            section.end();
            if (id == null || url == null) {
                return null;
            }
            if (url.contains("://")) {
                if (section.has("realtime") || section.has("loop")) {
                    section.problem(
                            section.has("realtime") ? "realtime" : "loop", "is for files, but the url is a stream");
                }
            } else if (section.has("transport")) {
                section.problem("transport", "is for rtsp, but the url is a file or folder");
            }
            return new StreamConfig(
                    id,
                    url,
                    transport,
                    analyzeFps,
                    realtime,
                    loop,
                    openTimeout,
                    readTimeout,
                    credentials,
                    tlsCaFile,
                    allowedHosts,
                    poll,
                    pixelAspect,
                    rules,
                    device == ANY_DEVICE ? null : device);
        }

        /** The id for the path of problems, before anything is checked. */
        private static @Nullable String idOf(Node item) {
            if (item instanceof MappingNode mapping) {
                for (var tuple : mapping.getValue()) {
                    if (tuple.getKeyNode() instanceof ScalarNode key
                            && key.getValue().equals("id")
                            && tuple.getValueNode() instanceof ScalarNode value
                            && !value.getValue().isBlank()) {
                        return Redaction.redact(ConfigText.shorten(value.getValue()));
                    }
                }
            }
            return null;
        }

        /** The camera's URL, or the absolute path of a file or folder; null where wrong. */
        private @Nullable String url(Section section, Node item) {
            String url = section.text("url");
            if (url == null) {
                if (!section.has("url") && item instanceof MappingNode) {
                    section.problem("url", "missing: expected rtsp://..., rtsps://..., http(s)://... or a path");
                }
                return null;
            }
            url = url.strip();
            UserInfo userInfo = UserInfo.of(url);
            if (userInfo != null) {
                Redaction.register(userInfo.username(), Secret.of(userInfo.password()));
            }
            Matcher scheme = SCHEME.matcher(url);
            String lower = scheme.matches() ? scheme.group(1).toLowerCase(Locale.ROOT) : "";
            switch (lower) {
                case "" -> {
                    return existing(section, url);
                }
                case "file" -> {
                    return existing(section, url.replaceFirst("(?i)^file:(?://(?:localhost)?(?=/))?", ""));
                }
                case "rtsp", "rtsps", "http", "https" -> {
                    String shown = userInfo == null ? url : userInfo.urlWithout();
                    Matcher camera = CAMERA.matcher(shown);
                    if (!camera.matches()) {
                        section.problem("url", "must be " + lower + "://host[:port][/path] without blanks");
                        return null;
                    }
                    String port = camera.group(2);
                    if (port != null && !isPort(port)) {
                        section.problem("url", "port " + port + " must be from 1 to 65535");
                        return null;
                    }
                    return url;
                }
                default -> {
                    section.problem(
                            "url",
                            "scheme '" + lower
                                    + "' is not allowed: expected rtsp, rtsps, http, https or the path of a file or folder");
                    return null;
                }
            }
        }

        private @Nullable String existing(Section section, String path) {
            try {
                Path resolved = resolve(path);
                if (path.isBlank() || !Files.exists(resolved)) {
                    section.problem("url", "there is no such file or folder (looked for " + resolved + ")");
                    return null;
                }
                return resolved.toString();
            } catch (InvalidPathException e) {
                section.problem("url", "must be rtsp://..., rtsps://..., http(s)://... or a path");
                return null;
            }
        }

        private StreamConfig.@Nullable Credentials credentials(Section stream, @Nullable String url) {
            boolean given = stream.has("credentials");
            Section section = stream.section("credentials", true);
            String username = secretText(section, "username");
            StreamConfig.BasicAuthentication basic = section.choice("basic", StreamConfig.BasicAuthentication.ALLOW);
            String usernameEnv = section.text("username-env");
            String passwordEnv = section.text("password-env");
            Path passwordFile = section.path("password-file");
            if (section.has("password")) {
                section.problem(
                        "password",
                        "a password does not belong into the file: use password-env: NAME or password-file: PATH");
                section.text("password");
            }
            section.end();
            if (!given) {
                return null;
            }
            UserInfo userInfo = url == null ? null : UserInfo.of(url);
            boolean namesNobody = Stream.of("username", "username-env", "password", "password-env", "password-file")
                    .noneMatch(section::has);
            if (userInfo != null && namesNobody) {
                return new StreamConfig.Credentials(userInfo.username(), Secret.of(userInfo.password()), basic);
            }
            if (username != null && usernameEnv != null) {
                section.problem("username-env", "excludes username");
            } else if (usernameEnv != null) {
                username = variableOf(section, "username-env", usernameEnv);
            } else if (username == null && !section.has("username")) {
                section.problem("username", "missing: expected username or username-env");
            }
            String password = null;
            if (passwordEnv != null && passwordFile != null) {
                section.problem("password-file", "excludes password-env");
            } else if (passwordEnv != null) {
                password = variableOf(section, "password-env", passwordEnv);
            } else if (passwordFile != null) {
                password = contentOf(section, passwordFile);
            } else if (!section.has("password")) {
                section.problem("password-env", "missing: expected password-env or password-file");
            }
            if (userInfo != null) {
                section.problem("username", "the url has a user already: keep one of the two");
            }
            if (url != null && !url.contains("://")) {
                stream.problem("credentials", "is for cameras, but the url is a file or folder");
            }
            return username == null || password == null
                    ? null
                    : new StreamConfig.Credentials(username, Secret.of(password), basic);
        }

        private static boolean isHttp(String url) {
            return url.regionMatches(true, 0, "http:", 0, 5) || url.regionMatches(true, 0, "https:", 0, 6);
        }

        /** Hosts that an HTTP camera may name besides its own. */
        private static List<HostAndPort> allowedHosts(Section section, @Nullable String url) {
            List<HostAndPort> hosts = new ArrayList<>();
            for (String text : section.texts("allowed-hosts")) {
                HostAndPort host = HostAndPort.parse(text);
                if (host == null) {
                    section.problem("allowed-hosts", "'" + ConfigText.shorten(text) + "' " + HostAndPort.RULE);
                } else {
                    hosts.add(host);
                }
            }
            if (!hosts.isEmpty() && url != null && !isHttp(url)) {
                section.problem("allowed-hosts", "is for http and https, but the url is neither");
            }
            return hosts;
        }

        /** The file that the camera's certificate is verified against; null where none is given. */
        private static @Nullable Path tlsCaFile(Section stream, @Nullable String url) {
            Path file = stream.path("tls-ca-file");
            if (file == null) {
                return null;
            }
            if (url != null
                    && !url.regionMatches(true, 0, "rtsps:", 0, 6)
                    && !url.regionMatches(true, 0, "https:", 0, 6)) {
                stream.problem("tls-ca-file", "is for rtsps and https, but the url is neither");
            }
            try {
                // FFmpeg reads PEM only, and would say of another file nothing but that the connection failed.
                byte[] content = Files.readAllBytes(file);
                boolean isPem =
                        new String(content, StandardCharsets.ISO_8859_1).contains("-----BEGIN CERTIFICATE-----");
                if (!isPem
                        || CertificateFactory.getInstance("X.509")
                                .generateCertificates(new ByteArrayInputStream(content))
                                .isEmpty()) {
                    stream.problem("tls-ca-file", "holds no certificate: expected a PEM file");
                }
            } catch (IOException e) {
                stream.problem("tls-ca-file", "cannot be read (looked for " + file + ")");
            } catch (CertificateException e) {
                stream.problem("tls-ca-file", "holds a damaged certificate: expected a PEM file");
            }
            return file;
        }

        private static @Nullable String secretText(Section section, String key) {
            return section.text(key);
        }

        private @Nullable String variableOf(Section section, String key, String name) {
            String value = environment.apply(name);
            if (value == null || value.isEmpty()) {
                section.problem(key, "environment variable " + ConfigText.shorten(name) + " is not set");
                return null;
            }
            return value;
        }

        /** The first line of a password file, without its line end. */
        private static @Nullable String contentOf(Section section, Path file) {
            try {
                if (Files.size(file) > 65_536) {
                    section.problem("password-file", "must be a small text file: " + file);
                    return null;
                }
                String content = Files.readString(file);
                String password = content.lines().findFirst().orElse("");
                if (password.isEmpty()) {
                    section.problem("password-file", "is empty: " + file);
                    return null;
                }
                return password;
            } catch (NoSuchFileException e) {
                section.problem("password-file", "there is no such file (looked for " + file + ")");
            } catch (IOException e) {
                section.problem("password-file", "cannot be read as UTF-8 text: " + file);
            }
            return null;
        }

        private KafkaConfig kafka(Section section) {
            KafkaConfig d = KafkaConfig.DEFAULT;
            boolean embedded = section.flag("embedded", d.embedded());
            String bootstrap = section.text(
                    "bootstrap-servers",
                    d.bootstrapServers(),
                    Context::isBootstrap,
                    "must be host:port, several separated by commas");
            if (embedded && section.has("bootstrap-servers")) {
                section.problem("bootstrap-servers", "excludes embedded: true, which starts a broker of its own");
            }
            boolean implied = embedded || section.has("bootstrap-servers");
            boolean enabled = section.flag("enabled", implied);
            if (enabled && !implied) {
                section.problem("enabled", "needs bootstrap-servers or embedded: true");
            }
            KafkaConfig kafka = new KafkaConfig(
                    enabled,
                    bootstrap.replace(" ", ""),
                    embedded,
                    section.path("embedded-data-dir"),
                    section.wholeNumber("embedded-port", d.embeddedPort(), 0, 65_535),
                    topic(section, "detections-topic", d.detectionsTopic()),
                    topic(section, "events-topic", d.eventsTopic()),
                    topic(section, "streams-topic", d.streamsTopic()),
                    section.flag("create-topics", d.createTopics()),
                    section.wholeNumber("queue-capacity", d.queueCapacity(), 1, 10_000_000),
                    properties(section.section("properties", true)));
            if (Set.copyOf(List.of(kafka.detectionsTopic(), kafka.eventsTopic(), kafka.streamsTopic()))
                            .size()
                    < 3) {
                section.problem("streams-topic", "the three topics must have different names");
            }
            section.end();
            return kafka;
        }

        private static String topic(Section section, String key, String byDefault) {
            return section.text(
                    key,
                    byDefault,
                    name -> TOPIC.matcher(name).matches() && !name.equals(".") && !name.equals(".."),
                    "must be 1 to 249 letters, digits, dots, dashes or underscores");
        }

        private static Map<String, Secret> properties(Section section) {
            Map<String, Secret> properties = new TreeMap<>();
            section.asTexts().forEach((key, value) -> {
                if (OWN_PROPERTIES.contains(key)) {
                    section.problem(
                            key,
                            key.equals("bootstrap.servers")
                                    ? "is set by kafka.bootstrap-servers"
                                    : "is set by Helmwatch and cannot be changed");
                }
                Secret secret = Secret.of(value);
                if (SECRET_PROPERTY.matcher(key).matches()) {
                    Redaction.register(secret);
                    Matcher password = JAAS_PASSWORD.matcher(value);
                    while (password.find()) {
                        for (int group = 1; group <= 3; group++) {
                            if (password.group(group) != null) {
                                Redaction.register(Secret.of(password.group(group)));
                                Redaction.register(
                                        Secret.of(password.group(group).replaceAll("\\\\(.)", "$1")));
                            }
                        }
                    }
                }
                properties.put(key, secret);
            });
            return properties;
        }

        private static boolean isBootstrap(String servers) {
            for (String server : servers.split(",", -1)) {
                Matcher matcher = BOOTSTRAP.matcher(server.strip());
                if (!matcher.matches() || !isPort(matcher.group(1))) {
                    return false;
                }
            }
            return true;
        }

        private static boolean isPort(String digits) {
            int port = Integer.parseInt(digits);
            return port >= 1 && port <= 65_535;
        }

        private JsonLinesConfig jsonLines(Section section) {
            String target = section.text("target");
            if (target != null && !target.equals("-")) {
                Path path = section.path("target");
                if (path != null && Files.isDirectory(path)) {
                    section.problem("target", "must be a file or - for standard output, but is a folder");
                }
                target = path == null ? null : path.toString();
            }
            section.end();
            return new JsonLinesConfig(target);
        }

        private HttpConfig http(Section section) {
            HttpConfig d = HttpConfig.DEFAULT;
            HttpConfig http = new HttpConfig(
                    section.flag("enabled", d.enabled()),
                    section.text("host", d.host(), host -> !host.isBlank(), "must be a host name or address"),
                    section.wholeNumber("port", d.port(), 0, 65_535));
            section.end();
            return http;
        }
    }
}
