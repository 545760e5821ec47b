package io.helmwatch.web.server;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.helmwatch.config.http.AccessConfig;
import io.helmwatch.config.http.HttpConfig;
import io.helmwatch.config.http.PasswordHash;
import io.helmwatch.config.http.Role;
import io.helmwatch.config.secret.Secret;
import io.helmwatch.web.AuditEntry;
import io.helmwatch.web.Compliance;
import io.helmwatch.web.Desk;
import io.helmwatch.web.Incidents;
import io.helmwatch.web.LiveVideo;
import io.helmwatch.web.Nodes;
import io.helmwatch.web.Notifications;
import io.helmwatch.web.RefusedException;
import io.helmwatch.web.RefusedException.FieldError;
import io.helmwatch.web.Relay;
import io.helmwatch.web.Reports;
import io.helmwatch.web.Service;
import io.helmwatch.web.Streams;
import io.helmwatch.web.SystemState;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** A desk in memory: a stream of the file, streams that are added, one incident, and viewers that get back what they send. */
final class TestDesk implements Service, Streams, LiveVideo {
    static final String PASSWORD = "correct horse battery";
    static final String CAMERA_PASSWORD = "c4mera-s3cret";
    /** Of the password, with the fewest iterations that are accepted. */
    static final PasswordHash HASH = Objects.requireNonNull(PasswordHash.parse(
            "pbkdf2-sha256:100000:b18_nJ904Acwb9ehApJKPg:dGv_bO2_HxMdqzSNpMM8E1EPimG9B-AOKmjhDCtPPI4"));

    static final String VIEWER_TOKEN = "viewer-token-0123456789abcdef";
    static final String OPERATOR_TOKEN = "operator-token-0123456789abcdef";
    static final String ADMIN_TOKEN = "admin-token-0123456789abcdef";
    static final String INCIDENT = "gate-3/1795176000/no-helmet/1";
    static final byte[] VIDEO = "the video of an incident".getBytes(UTF_8);
    static final byte[] JPEG = {(byte) 0xff, (byte) 0xd8, (byte) 0xff, (byte) 0xd9};

    private static final Instant NOW = Instant.parse("2026-11-20T12:00:00.040Z");

    volatile String startupProblem = "";
    volatile String liveProblem = "";
    final List<AuditEntry> audited = new CopyOnWriteArrayList<>();
    final List<Connection> viewers = new CopyOnWriteArrayList<>();
    private final Map<String, Stream> added = new ConcurrentHashMap<>();
    private final Incidents incidents = new OneIncident();
    /** Null where the service is part of no cluster. */
    @Nullable
    Relay relay;

    /** Null where the service is part of no cluster. */
    @Nullable
    Nodes nodes = new OneNode();

    Desk desk() {
        return new Desk(
                this,
                this,
                incidents,
                this::between,
                new OneReport(),
                TestDesk::state,
                this,
                notifications(),
                nodes,
                relay,
                audited::add);
    }

    private static Notifications notifications() {
        return new Notifications() {
            @Override
            public List<Target> targets() {
                Delivery delivery = new Delivery(
                        Instant.parse("2026-11-20T12:00:00Z"),
                        "yard/1/rule/1/0",
                        "incident.start",
                        "yard",
                        1,
                        "delivered",
                        1,
                        "");
                return List.of(new Target(
                        "guards",
                        "webhook",
                        JsonNodeFactory.instance.objectNode(),
                        "",
                        0,
                        null,
                        1,
                        0,
                        0,
                        List.of(delivery)));
            }

            @Override
            public TestResult test(String name) {
                if (!name.equals("guards")) {
                    throw RefusedException.notFound("there is no notification target " + name);
                }
                return new TestResult(true, "guards has taken the test message");
            }
        };
    }

    /** Any free port of the loopback address, without users. */
    static HttpConfig open(Path folder) {
        AccessConfig access = AccessConfig.DEFAULT.withAuditFile(folder.resolve("audit.jsonl"));
        return new HttpConfig(true, "127.0.0.1", 0).withAccess(access);
    }

    /** The same with a user and a token of each role. */
    static HttpConfig withUsers(Path folder) {
        HttpConfig open = open(folder);
        return open.withAccess(open.access()
                .withUsers(List.of(
                        new AccessConfig.User("vera", Role.VIEWER, HASH),
                        new AccessConfig.User("olga", Role.OPERATOR, HASH),
                        new AccessConfig.User("ada", Role.ADMIN, HASH)))
                .withTokens(List.of(
                        new AccessConfig.Token("wall", Role.VIEWER, Secret.of(VIEWER_TOKEN)),
                        new AccessConfig.Token("guard", Role.OPERATOR, Secret.of(OPERATOR_TOKEN)),
                        new AccessConfig.Token("robot", Role.ADMIN, Secret.of(ADMIN_TOKEN)))));
    }

    @Override
    public String version() {
        return "1.2.3";
    }

    @Override
    public String startupProblem() {
        return startupProblem;
    }

    @Override
    public String liveProblem() {
        return liveProblem;
    }

    @Override
    public String metrics() {
        return "helmwatch_test 1\n";
    }

    @Override
    public String streamsPage() {
        return "{\"streams\":[]}\n";
    }

    @Override
    public String reload() {
        throw new IllegalStateException("there is no configuration file to read again");
    }

    private static Stream stream(String id, Origin origin, JsonNode settings) {
        return new Stream(
                id,
                "rtsp://192.0.2.10/stream1",
                origin,
                "online",
                "",
                null,
                NOW,
                0,
                new Size(1920, 1080),
                "h264",
                25.0,
                25,
                24.9,
                Map.of("ring-full", 0.1),
                80.0,
                NOW,
                1,
                false,
                settings,
                null);
    }

    private static Stream ofFile() {
        return stream(
                "gate-3", Origin.FILE, JsonNodeFactory.instance.objectNode().put("id", "gate-3"));
    }

    @Override
    public List<Stream> list() {
        List<Stream> all = new ArrayList<>(List.of(ofFile()));
        all.addAll(added.values());
        return all;
    }

    @Override
    public Optional<Stream> find(String id) {
        return list().stream().filter(stream -> stream.id().equals(id)).findFirst();
    }

    private Stream own(String id) {
        if (id.equals("gate-3")) {
            throw RefusedException.conflict("stream gate-3 is in the configuration file: change it there");
        }
        Stream stream = added.get(id);
        if (stream == null) {
            throw RefusedException.notFound("there is no stream of this id");
        }
        return stream;
    }

    @Override
    public Stream add(JsonNode settings) {
        String id = settings.path("id").asText();
        if (!id.matches("[A-Za-z0-9_][A-Za-z0-9._-]{0,63}") || added.size() > 100) {
            throw RefusedException.refused(
                    "the settings have a problem",
                    List.of(new FieldError(
                            "id", "must be letters; camera at rtsp://u:" + CAMERA_PASSWORD + "@192.0.2.1/")));
        }
        Stream stream = stream(id, Origin.ADDED, settings);
        added.put(id, stream);
        return stream;
    }

    @Override
    public Stream change(String id, JsonNode settings) {
        own(id);
        Stream stream = stream(id, Origin.ADDED, settings);
        added.put(id, stream);
        return stream;
    }

    @Override
    public void remove(String id) {
        own(id);
        added.remove(id);
    }

    @Override
    public Stream changeRegions(String id, JsonNode regions) {
        return own(id);
    }

    @Override
    public void restart(String id) {
        if (find(id).isEmpty()) {
            throw RefusedException.notFound("there is no stream of this id");
        }
    }

    @Override
    public List<RulePreview> preview(String id, JsonNode regions) {
        restart(id);
        return List.of(new RulePreview("no-helmet", "one bare head", 2, 1));
    }

    @Override
    public Optional<byte[]> frame(String id, boolean isDrawn) {
        return id.equals("gate-3") ? Optional.of(JPEG) : Optional.empty();
    }

    @Override
    public Probe probe(JsonNode settings) {
        return new Probe(false, "connection refused", "check the address", null, null, null, null, null, null, null);
    }

    private List<Compliance.Row> between(Instant from, Instant to) {
        return List.of(new Compliance.Row("gate-3", null, NOW, 90, 5, 3, 1000, 1, null));
    }

    /** A report of one camera. */
    private static final class OneReport implements Reports {
        private static final Figures FIGURES = new Figures(90, 5, 3, 1_000, 3.92, 0.9474, 1, 0, null);

        @Override
        public ZoneId timeZone() {
            return ZoneId.of("Europe/Berlin");
        }

        @Override
        public Report between(Instant from, Instant to) {
            return new Report(
                    "site-a",
                    from,
                    to,
                    timeZone().getId(),
                    FIGURES,
                    List.of(new ZoneFigures("gate-3", null, FIGURES)),
                    List.of(new ShiftFigures("early", null, null, FIGURES)),
                    List.of(new HourOfDayFigures(12, "gate-3", null, FIGURES)),
                    List.of(new CameraAvailability("gate-3", 10, 9, 0.9)),
                    List.of(new ReportedIncident(INCIDENT, "gate-3", "pit", "no-helmet", NOW, 4, null, null)));
        }

        @Override
        public List<HourlyFigures> hours(Instant from, Instant to) {
            return List.of(new HourlyFigures("gate-3", null, NOW, "early", FIGURES, 9));
        }
    }

    private static SystemState.Snapshot state() {
        return new SystemState.Snapshot(
                "1.2.3",
                NOW,
                "site-a",
                "cpu",
                "helmet-yolov5n 1.0.0",
                2,
                4,
                new SystemState.Rates(25, 24.9, Map.of("ring-full", 0.1)),
                new SystemState.Kafka("connected", 0, null),
                new SystemState.Spool(0, 0, null, 0),
                List.of(new SystemState.Disk("/var", 1, 2)),
                new SystemState.Process(0.5, 1, 2, 3),
                List.of(new SystemState.Gpu("H200", 1, 2)));
    }

    @Override
    public Viewer connect(Connection connection) {
        viewers.add(connection);
        return new Viewer() {
            @Override
            public void received(String message) {
                connection.send(connection.role() + " " + message, done -> {});
                connection.send(ByteBuffer.wrap(JPEG), done -> {});
            }

            @Override
            public void closed() {
                viewers.remove(connection);
            }
        };
    }

    /** A cluster of one node. */
    private static final class OneNode implements Nodes {
        @Override
        public String cluster() {
            return "site-a";
        }

        @Override
        public NodeList now() {
            Node node = new Node(
                    "node-1",
                    State.ONLINE,
                    "1.2.3",
                    2,
                    64,
                    1,
                    1,
                    "https://192.0.2.7:9400/",
                    NOW,
                    NOW,
                    16,
                    List.of("H200"),
                    "cuda",
                    2.5,
                    1L << 30,
                    25,
                    24.9);
            return new NodeList("site-a", "node-1", 1, 0, List.of(node));
        }
    }

    /** One incident. */
    private static final class OneIncident implements Incidents {
        private volatile Acknowledgement acknowledged;

        private Incident incident(boolean hasBoxes) {
            return new Incident(
                    INCIDENT,
                    "gate-3",
                    "no-helmet",
                    "no-helmet",
                    "pit",
                    List.of(new Point(0, 0), new Point(1, 0), new Point(1, 1)),
                    "ended",
                    NOW,
                    NOW.plusSeconds(42),
                    "compliance",
                    42,
                    0.88,
                    1,
                    7,
                    acknowledged,
                    true,
                    1920,
                    1080,
                    hasBoxes ? List.of(new Box(NOW, List.of(1.0, 2.0, 3.0, 4.0), 0.88, "head")) : List.of(),
                    new Clip(NOW.minusSeconds(5), NOW.plusSeconds(47), false),
                    null,
                    false);
        }

        @Override
        public Page search(Query query) {
            boolean isOther = query.stream() != null && !query.stream().equals("gate-3");
            return new Page(isOther ? List.of() : List.of(incident(false)), null);
        }

        @Override
        public Optional<Incident> find(String id) {
            return id.equals(INCIDENT) ? Optional.of(incident(true)) : Optional.empty();
        }

        @Override
        public Optional<byte[]> snapshot(String id) {
            return id.equals(INCIDENT) ? Optional.of(JPEG) : Optional.empty();
        }

        @Override
        public Optional<ClipFile> clip(String id) {
            Part part = (first, length) -> Arrays.copyOfRange(VIDEO, (int) first, (int) first + length);
            return id.equals(INCIDENT) ? Optional.of(new ClipFile(VIDEO.length, part)) : Optional.empty();
        }

        @Override
        public Optional<byte[]> clipFrames(String id) {
            return id.equals(INCIDENT) ? Optional.of("{\"frames\":[]}".getBytes(UTF_8)) : Optional.empty();
        }

        @Override
        public Incident acknowledge(String id, String by, String text) {
            existing(id);
            acknowledged = new Acknowledgement(NOW, by, text);
            return incident(true);
        }

        @Override
        public Incident withdrawAcknowledgement(String id) {
            existing(id);
            acknowledged = null;
            return incident(true);
        }

        private void existing(String id) {
            if (!id.equals(INCIDENT)) {
                throw RefusedException.notFound("there is no incident of this id");
            }
        }
    }
}
