import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.helmwatch.sinks.kafka.EmbeddedKafka;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * Nodes as processes, a broker that each of them reaches through a relay which can be cut, cameras that are looped clips: what happens to a cluster
 * when nodes die, hang, stop, are cut off and are added. benchmarks/cluster.sh runs it.
 *
 * <pre>ClusterProof FOLDER NODES CAMERAS REPEATS HANG_SECONDS [SCENARIO…]</pre>
 */
public final class ClusterProof {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long LIMIT_SECONDS = 120;
    private static final Pattern STARTED = Pattern.compile("Incident started: .* id=(\\S+)");
    private static final List<String> SCENARIOS = List.of("kill", "hang", "cut", "stop", "broker", "add", "weight");

    /** A detection; times in milliseconds since 1970. */
    private record Seen(String stream, String node, long epoch, boolean isMarked, boolean isStale, long capturedMillis) {}

    /** What one run of a scenario gave. */
    private record Outcome(
            double allAnalysedSeconds, int affected, int moved, int unmarked, int found, int marked, double twiceSeconds) {}

    private final Path folder;
    private final Path home = Path.of(System.getProperty("helmwatch.home"));
    private final int cameras;
    private final int hangSeconds;
    private final Map<String, Node> nodes = new TreeMap<>();
    private final List<Seen> seen = new CopyOnWriteArrayList<>();
    private final Map<String, Long> newest = new ConcurrentHashMap<>();
    /** Phase of every incident message by id of the incident. */
    private final Map<String, Set<String>> incidents = new ConcurrentHashMap<>();

    private final List<Relay> relays = new ArrayList<>();
    private EmbeddedKafka broker;
    private volatile boolean isDone;

    private ClusterProof(Path folder, int cameras, int hangSeconds) {
        this.folder = folder;
        this.cameras = cameras;
        this.hangSeconds = hangSeconds;
    }

    public static void main(String[] args) throws Exception {
        int count = Integer.parseInt(args[1]);
        int repeats = Integer.parseInt(args[3]);
        List<String> wanted = args.length > 5 ? Arrays.asList(args).subList(5, args.length) : SCENARIOS;
        ClusterProof proof =
                new ClusterProof(Path.of(args[0]), Integer.parseInt(args[2]), Integer.parseInt(args[4]));
        boolean isGood = false;
        try {
            proof.startBroker(count + 1);
            proof.follow();
            proof.apply();
            for (int i = 1; i <= count; i++) {
                proof.node("n" + i, i - 1).start(1);
            }
            proof.awaitSteady(proof.live());
            System.out.println("| what happens | runs | all analysed again, s: median, p95, max | cameras affected | moved"
                    + " | late messages: marked, by epoch only | both nodes at once, s |");
            System.out.println("| --- | --- | --- | --- | --- | --- | --- |");
            isGood = true;
            for (String scenario : wanted) {
                List<Outcome> outcomes = new ArrayList<>();
                for (int run = 0; run < repeats; run++) {
                    outcomes.add(proof.run(scenario));
                }
                isGood &= report(scenario, outcomes);
            }
            isGood &= proof.reportIncidents();
        } finally {
            proof.close();
        }
        System.exit(isGood ? 0 : 1);
    }

    private static boolean report(String scenario, List<Outcome> outcomes) {
        double[] seconds = outcomes.stream().mapToDouble(Outcome::allAnalysedSeconds).sorted().toArray();
        int last = seconds.length - 1;
        int p95 = (int) Math.ceil(0.95 * seconds.length) - 1;
        int unmarked = outcomes.stream().mapToInt(Outcome::unmarked).sum();
        System.out.printf(
                Locale.ROOT,
                "| %s | %d | %.1f, %.1f, %.1f | %s | %s | %d, %d | %.1f |%n",
                scenario,
                outcomes.size(),
                seconds[last / 2],
                seconds[Math.max(0, p95)],
                seconds[last],
                range(outcomes.stream().mapToInt(Outcome::affected).toArray()),
                range(outcomes.stream().mapToInt(Outcome::moved).toArray()),
                outcomes.stream().mapToInt(Outcome::marked).sum(),
                outcomes.stream().mapToInt(Outcome::found).sum(),
                outcomes.stream().mapToDouble(Outcome::twiceSeconds).max().orElse(0));
        if (unmarked > 0) {
            System.out.println(scenario + ": " + unmarked + " messages of a replaced node look current");
        }
        return unmarked == 0;
    }

    private static String range(int[] values) {
        int least = Arrays.stream(values).min().orElse(0);
        int most = Arrays.stream(values).max().orElse(0);
        return least == most ? Integer.toString(least) : least + " to " + most;
    }

    // ---- scenarios

    private Outcome run(String scenario) throws Exception {
        Map<String, String> before = awaitSteady(live());
        int from = seen.size();
        Node victim = fullest(before);
        Set<String> affected = of(before, victim.name);
        long startMillis = System.currentTimeMillis();
        double seconds;
        switch (scenario) {
            case "kill" -> {
                victim.signal("KILL");
                seconds = awaitTakenOver(affected, victim.name, startMillis);
            }
            case "hang" -> {
                victim.signal("STOP");
                seconds = awaitTakenOver(affected, victim.name, startMillis);
                sleepUntil(startMillis + 1_000L * hangSeconds);
                victim.signal("CONT");
            }
            case "cut" -> {
                victim.relay.isCut = true;
                seconds = awaitTakenOver(affected, victim.name, startMillis);
                sleepUntil(startMillis + 1_000L * hangSeconds);
                victim.relay.isCut = false;
            }
            case "stop" -> {
                victim.signal("TERM");
                seconds = awaitTakenOver(affected, victim.name, startMillis);
            }
            case "broker" -> {
                broker.stop();
                TimeUnit.SECONDS.sleep(10);
                affected = before.keySet();
                long backMillis = System.currentTimeMillis();
                broker.restart();
                seconds = awaitAfter(affected, backMillis);
            }
            case "add" -> {
                Node added = node("n" + (nodes.size() + 1), nodes.size());
                added.start(1);
                await("the added node has cameras", () -> !of(owners(), added.name).isEmpty());
                seconds = (System.currentTimeMillis() - startMillis) / 1_000.0;
            }
            case "weight" -> {
                victim.signal("TERM");
                awaitTakenOver(affected, victim.name, startMillis);
                victim.await();
                long againMillis = System.currentTimeMillis();
                victim.start(3);
                int others = live().size() - 1;
                await("share of three", () -> of(owners(), victim.name).size() >= cameras * 3 / (3 + others) - 1);
                seconds = (System.currentTimeMillis() - againMillis) / 1_000.0;
            }
            default -> throw new IllegalArgumentException("no scenario " + scenario);
        }
        Map<String, String> after = awaitSteady(live());
        int moved = (int) before.keySet().stream()
                .filter(camera -> !before.get(camera).equals(after.get(camera)))
                .count();
        if (!victim.isAlive()) {
            victim.await();
            victim.start(1);
            await("the restarted node has cameras", () -> !of(owners(), victim.name).isEmpty());
        }
        awaitSteady(live());
        TimeUnit.SECONDS.sleep(2);
        return outcome(seconds, affected, moved, seen.subList(from, seen.size()));
    }

    private Outcome outcome(double seconds, Set<String> affected, int moved, List<Seen> messages) {
        int marked = (int) messages.stream().filter(Seen::isMarked).count();
        int found = (int) messages.stream()
                .filter(message -> !message.isMarked() && message.isStale())
                .count();
        double twice = 0;
        Map<String, Map<Long, long[]>> spans = new HashMap<>();
        for (Seen message : messages) {
            long[] span = spans.computeIfAbsent(message.stream(), stream -> new TreeMap<>())
                    .computeIfAbsent(message.epoch(), epoch -> new long[] {Long.MAX_VALUE, Long.MIN_VALUE});
            span[0] = Math.min(span[0], message.capturedMillis());
            span[1] = Math.max(span[1], message.capturedMillis());
        }
        for (Map<Long, long[]> epochs : spans.values()) {
            long[] earlier = null;
            for (long[] span : epochs.values()) {
                if (earlier != null) {
                    twice = Math.max(twice, (earlier[1] - span[0]) / 1_000.0);
                }
                earlier = span;
            }
        }
        // Current by the rule, and captured by a node after the next one had begun.
        int unmarked = (int) messages.stream()
                .filter(message -> !message.isStale())
                .filter(message -> spans.get(message.stream()).entrySet().stream()
                        .anyMatch(later -> later.getKey() > message.epoch()
                                && later.getValue()[0] < message.capturedMillis()))
                .count();
        return new Outcome(seconds, affected.size(), moved, unmarked, found, marked, twice);
    }

    /** Seconds until every one of the cameras was analysed by another node. */
    private double awaitTakenOver(Set<String> affected, String victim, long sinceMillis) throws Exception {
        await("all cameras of " + victim + " analysed again", () -> seen.stream()
                .filter(message -> !message.isStale()
                        && !message.node().equals(victim)
                        && message.capturedMillis() >= sinceMillis)
                .map(Seen::stream)
                .collect(Collectors.toSet())
                .containsAll(affected));
        return (System.currentTimeMillis() - sinceMillis) / 1_000.0;
    }

    private double awaitAfter(Set<String> affected, long sinceMillis) throws Exception {
        await("all cameras delivered again", () -> seen.stream()
                .filter(message -> !message.isStale() && message.capturedMillis() >= sinceMillis)
                .map(Seen::stream)
                .collect(Collectors.toSet())
                .containsAll(affected));
        return (System.currentTimeMillis() - sinceMillis) / 1_000.0;
    }

    /** Waits until every camera is analysed, by the same node for four seconds; returns the node of each. */
    private Map<String, String> awaitSteady(Set<String> live) throws Exception {
        long[] since = {System.nanoTime()};
        List<Map<String, String>> last = new ArrayList<>(List.of(Map.of()));
        await("every camera analysed by one node", () -> {
            Map<String, String> now = owners();
            if (!now.equals(last.get(0)) || now.size() < cameras || !live.containsAll(now.values())) {
                last.set(0, now);
                since[0] = System.nanoTime();
            }
            return System.nanoTime() - since[0] > TimeUnit.SECONDS.toNanos(4);
        });
        return last.get(0);
    }

    /** Who analysed each camera last, within the latest four seconds. */
    private Map<String, String> owners() {
        long sinceMillis = System.currentTimeMillis() - 4_000;
        Map<String, String> owners = new TreeMap<>();
        for (int i = seen.size() - 1; i >= 0 && i > seen.size() - 40 * cameras; i--) {
            Seen message = seen.get(i);
            if (!message.isStale() && message.capturedMillis() >= sinceMillis) {
                owners.putIfAbsent(message.stream(), message.node());
            }
        }
        return owners;
    }

    private static Set<String> of(Map<String, String> owners, String node) {
        return owners.entrySet().stream()
                .filter(entry -> entry.getValue().equals(node))
                .map(Map.Entry::getKey)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private Node fullest(Map<String, String> owners) {
        return nodes.values().stream()
                .filter(Node::isAlive)
                .max(Comparator.comparingInt(node -> of(owners, node.name).size()))
                .orElseThrow();
    }

    private Set<String> live() {
        return nodes.values().stream().filter(Node::isAlive).map(node -> node.name).collect(Collectors.toSet());
    }

    private static void await(String what, BooleanSupplier condition) throws InterruptedException {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - until > 0) {
                throw new IllegalStateException(what + ": not within " + LIMIT_SECONDS + " s");
            }
            TimeUnit.MILLISECONDS.sleep(50);
        }
    }

    private static void sleepUntil(long millis) throws InterruptedException {
        TimeUnit.MILLISECONDS.sleep(Math.max(0, millis - System.currentTimeMillis()));
    }

    /** Stops all nodes, then compares what they logged with what arrived. */
    private boolean reportIncidents() throws Exception {
        for (Node node : nodes.values()) {
            node.signal("TERM");
        }
        for (Node node : nodes.values()) {
            node.await();
        }
        TimeUnit.SECONDS.sleep(2);
        Set<String> logged = new HashSet<>();
        for (Node node : nodes.values()) {
            Matcher started = STARTED.matcher(Files.readString(node.log));
            while (started.find()) {
                logged.add(started.group(1));
            }
        }
        Set<String> lost = new TreeSet<>(logged);
        lost.removeIf(id -> incidents.getOrDefault(id, Set.of()).contains("start"));
        Set<String> open = new TreeSet<>();
        incidents.forEach((id, phases) -> {
            if (!phases.contains("end")) {
                open.add(id);
            }
        });
        System.out.println();
        System.out.println(logged.size() + " incidents started, " + lost.size() + " lost, " + open.size()
                + " not ended, " + incidents.values().stream().filter(phases -> phases.contains("node-lost")).count()
                + " ended as node-lost");
        lost.forEach(id -> System.out.println("lost: " + id));
        return lost.isEmpty() && open.isEmpty();
    }

    // ---- broker and reader

    private void startBroker(int listeners) throws IOException {
        int[] direct = ports(1 + listeners);
        StringBuilder listen = new StringBuilder();
        StringBuilder advertise = new StringBuilder();
        StringBuilder protocols = new StringBuilder("CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT");
        for (int i = 0; i < listeners; i++) {
            Relay relay = new Relay(direct[i + 1]);
            relays.add(relay);
            listen.append(",NODE" + i + "://127.0.0.1:" + direct[i + 1]);
            advertise.append(",NODE" + i + "://127.0.0.1:" + relay.port());
            protocols.append(",NODE" + i + ":PLAINTEXT");
        }
        int controller = ports(1)[0];
        broker = EmbeddedKafka.start(
                folder.resolve("kafka"),
                direct[0],
                Map.of(
                        "listeners",
                        "CLIENTS://127.0.0.1:" + direct[0] + ",CONTROLLER://127.0.0.1:" + controller + listen,
                        "controller.quorum.voters",
                        "1@127.0.0.1:" + controller,
                        "advertised.listeners",
                        "CLIENTS://127.0.0.1:" + direct[0] + advertise,
                        "listener.security.protocol.map",
                        protocols.toString()));
    }

    private static int[] ports(int count) throws IOException {
        List<ServerSocket> sockets = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            sockets.add(new ServerSocket(0, 1, InetAddress.getLoopbackAddress()));
        }
        int[] ports = sockets.stream().mapToInt(ServerSocket::getLocalPort).toArray();
        for (ServerSocket socket : sockets) {
            socket.close();
        }
        return ports;
    }

    private void follow() {
        Thread reader = new Thread(() -> {
            while (!isDone) {
                try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(
                        Map.of("bootstrap.servers", broker.bootstrapServers(), "auto.offset.reset", "earliest"),
                        new StringDeserializer(),
                        new StringDeserializer())) {
                    consumer.assign(List.of(
                            new TopicPartition("helmwatch.detections", 0), new TopicPartition("helmwatch.events", 0)));
                    while (!isDone) {
                        consumer.poll(Duration.ofMillis(50)).forEach(record -> take(record.topic(), record.value()));
                    }
                } catch (RuntimeException e) {
                    System.err.println("reader: " + e);
                }
            }
        });
        reader.setDaemon(true);
        reader.start();
    }

    private void take(String topic, String value) {
        try {
            JsonNode message = JSON.readTree(value);
            String stream = message.path("stream").asText();
            if (topic.endsWith("events")) {
                Set<String> phases =
                        incidents.computeIfAbsent(message.path("incident").asText(), id -> ConcurrentHashMap.newKeySet());
                phases.add(message.path("phase").asText());
                phases.add(message.path("endReason").asText());
                return;
            }
            // The rule of docs/cluster.md.
            long epoch = message.path("epoch").asLong();
            long largest = newest.merge(stream, epoch, Math::max);
            boolean isMarked = message.has("superseded");
            seen.add(new Seen(
                    stream,
                    message.path("node").asText(),
                    epoch,
                    isMarked,
                    isMarked || epoch < largest,
                    Instant.parse(message.path("capturedAt").asText()).toEpochMilli()));
        } catch (IOException e) {
            System.err.println("not JSON: " + value);
        }
    }

    private void close() throws InterruptedException {
        isDone = true;
        for (Node node : nodes.values()) {
            if (node.isAlive()) {
                node.process.destroyForcibly().waitFor();
            }
        }
        if (broker != null) {
            broker.close();
        }
    }

    // ---- nodes

    private Node node(String name, int relay) {
        Node node = new Node(name, relays.get(relay));
        nodes.put(name, node);
        return node;
    }

    private Path config(String name, int port, int weight) throws IOException {
        String streams = IntStream.rangeClosed(1, cameras)
                .mapToObj(i -> "- {id: cam-%02d, url: '%s', realtime: true, loop: true, analyze-fps: 1, rules: [{name: bare, kind: no-helmet}]}"
                        .formatted(i, home.resolve("models/demo-clip/yard.mp4")))
                .collect(Collectors.joining("\n"));
        return Files.writeString(
                folder.resolve(name + ".yaml"),
                "kafka: {bootstrap-servers: '127.0.0.1:" + port + "'}\n"
                        + "cluster: {name: proof, node: " + name + ", weight: " + weight + "}\n"
                        + "http: {enabled: false}\ninference: {workers: 1}\n"
                        + "incidents: {spool: {directory: spool-" + name + "}}\nstreams:\n" + streams + "\n");
    }

    private Process helmwatch(Path log, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xshare:auto"));
        Stream.of("helmwatch.home", "helmwatch.natives", "org.bytedeco.javacpp.cachedir")
                .filter(key -> System.getProperty(key) != null)
                .forEach(key -> command.add("-D" + key + "=" + System.getProperty(key)));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), "io.helmwatch.pipeline.cli.Main"));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
    }

    private void apply() throws IOException, InterruptedException {
        Path site = config("site", broker.port(), 1);
        Path log = folder.resolve("apply.log");
        int code = helmwatch(log, "cameras", "apply", "-c", site.toString()).waitFor();
        if (code != 0) {
            throw new IllegalStateException(Files.readString(log));
        }
    }

    /** A node as a process. */
    private final class Node {
        final String name;
        final Relay relay;
        final Path log;
        Process process;

        Node(String name, Relay relay) {
            this.name = name;
            this.relay = relay;
            this.log = folder.resolve(name + ".log");
        }

        void start(int weight) throws IOException {
            process = helmwatch(log, "run", "-c", config(name, relay.port(), weight).toString());
        }

        boolean isAlive() {
            return process != null && process.isAlive();
        }

        void signal(String signal) throws IOException, InterruptedException {
            if (isAlive()) {
                new ProcessBuilder("sh", "-c", "kill -" + signal + " " + process.pid()).start().waitFor();
            }
        }

        void await() throws InterruptedException {
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                throw new IllegalStateException(name + " does not end");
            }
        }
    }

    /** Passes bytes on between a node and the broker, unless it is cut: then everything stays where it is, as on a network that drops packets. */
    private static final class Relay {
        private final ServerSocket server;
        private final int target;
        volatile boolean isCut;

        Relay(int target) throws IOException {
            this.target = target;
            this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
            daemon(this::accept);
        }

        int port() {
            return server.getLocalPort();
        }

        private static void daemon(Runnable work) {
            Thread thread = new Thread(work, "relay");
            thread.setDaemon(true);
            thread.start();
        }

        private void accept() {
            while (true) {
                try {
                    Socket near = server.accept();
                    daemon(() -> connect(near));
                } catch (IOException e) {
                    return;
                }
            }
        }

        private void connect(Socket near) {
            try {
                awaitWhole();
                Socket far = new Socket(InetAddress.getLoopbackAddress(), target);
                daemon(() -> pass(near, far));
                pass(far, near);
            } catch (IOException e) {
                close(near);
            }
        }

        private void pass(Socket from, Socket to) {
            byte[] buffer = new byte[1 << 16];
            try {
                InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream();
                for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
                    awaitWhole();
                    out.write(buffer, 0, length);
                    out.flush();
                }
            } catch (IOException e) {
                // The other side is gone.
            }
            close(from);
            close(to);
        }

        private void awaitWhole() throws IOException {
            while (isCut) {
                try {
                    TimeUnit.MILLISECONDS.sleep(20);
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
            }
        }

        private static void close(Socket socket) {
            try {
                socket.close();
            } catch (IOException e) {
                // Closed already.
            }
        }
    }
}
