import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The processes of a site: cameras, brokers, nodes. Threading: one thread; states of nodes may be read, and the site closed, by any. */
final class Site implements AutoCloseable {
    /** Partitions of the cameras, as a cluster has them by default. */
    static final int PARTITIONS = 64;

    private static final int NODE_HEAP_MEGABYTES = 256;
    private static final int START_SECONDS = 120;

    private final Path folder;
    private final Path home = Path.of(System.getProperty("helmwatch.home"));
    private final Hosts hosts;
    private final int cameras;
    private final int cameraPort;
    private final Brokers brokers;
    private final NavigableMap<String, Node> nodes = new ConcurrentSkipListMap<>();
    private volatile Process cameraProcess;

    Site(Path folder, Hosts hosts, int cameras, int brokers) throws IOException {
        this.folder = folder;
        this.hosts = hosts;
        this.cameras = cameras;
        this.cameraPort = hosts.cameraPort(cameras);
        this.brokers = new Brokers(folder, hosts, brokers);
    }

    Hosts hosts() {
        return hosts;
    }

    Brokers brokers() {
        return brokers;
    }

    // ---- cameras

    /** Starts the cameras; what they write tells of their sessions. */
    Process startCameras() throws IOException {
        cameraProcess = hosts.java(
                "cameras",
                folder,
                null,
                128,
                List.of(
                        "Cameras",
                        hosts.cameras(),
                        Integer.toString(cameraPort),
                        Integer.toString(cameras),
                        home.resolve("models/demo-clip/yard.mp4").toString()));
        return cameraProcess;
    }

    // ---- nodes

    /** A node, known from now on. */
    Node node(int number) {
        return nodes.computeIfAbsent("n" + number, Node::new);
    }

    List<Node> nodes() {
        return List.copyOf(nodes.values());
    }

    /** Forgets the last node. */
    Node removeLast() {
        return nodes.pollLastEntry().getValue();
    }

    Collection<Path> nodeLogs() throws IOException {
        try (var files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().matches("n\\d+\\.log")).toList();
        }
    }

    private Path config(String name, int weight) throws IOException {
        String streams = IntStream.range(0, cameras)
                .mapToObj(i -> "- {id: cam-%02d, url: 'rtsp://%s:%d/live', analyze-fps: 1, rules: [{name: bare, kind: no-helmet}]}"
                        .formatted(i + 1, hosts.cameras(), cameraPort + i))
                .collect(Collectors.joining("\n"));
        return Files.writeString(
                folder.resolve(name + ".yaml"),
                "kafka: {bootstrap-servers: '" + brokers.bootstrapServers() + "'}\n"
                        + "cluster: {name: proof, node: " + name + ", weight: " + weight + "}\n"
                        + "http: {enabled: false}\ninference: {workers: 1}\nmodel: {input: 224x128}\n"
                        + "incidents: {spool: {directory: spool-" + name + "}}\nstreams:\n" + streams + "\n");
    }

    /** Runs a command of an operator on the hub and waits for its end. */
    void command(String... words) throws IOException, InterruptedException {
        Path log = folder.resolve("commands.log");
        List<String> command = new ArrayList<>(List.of("io.helmwatch.pipeline.cli.Main"));
        command.addAll(List.of(words));
        command.addAll(List.of("-c", config("site", 1).toString()));
        if (hosts.java("hub", folder, log, NODE_HEAP_MEGABYTES, command).waitFor() != 0) {
            throw new IllegalStateException(Files.readString(log));
        }
    }

    /** A node as a process. */
    final class Node {
        private final String name;
        private volatile Process process;

        Node(String name) {
            this.name = name;
        }

        String name() {
            return name;
        }

        void start(int weight) throws IOException {
            process = hosts.java(
                    name,
                    folder,
                    folder.resolve(name + ".log"),
                    NODE_HEAP_MEGABYTES,
                    List.of("io.helmwatch.pipeline.cli.Main", "run", "-c", config(name, weight).toString()));
        }

        boolean isAlive() {
            return process != null && process.isAlive();
        }

        void signal(String signal) throws IOException, InterruptedException {
            if (isAlive()) {
                new ProcessBuilder("sh", "-c", "kill -" + signal + " " + process.pid()).start().waitFor();
            }
        }

        /** Waits for its end. */
        void await() throws InterruptedException {
            if (!process.waitFor(START_SECONDS, TimeUnit.SECONDS)) {
                throw new IllegalStateException(name + " does not end");
            }
        }
    }

    /** Kills all processes. */
    @Override
    public void close() {
        List<Process> all = new ArrayList<>(brokers.processes());
        nodes.values().forEach(node -> all.add(node.process));
        all.add(cameraProcess);
        for (Process process : all) {
            if (process != null) {
                process.destroyForcibly();
            }
        }
    }
}
