import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;

/** The processes of a site: cameras, brokers, nodes. Threading: one thread; states of nodes may be read, and the site closed, by any. */
final class Site implements AutoCloseable {
    /** Partitions of the cameras, as a cluster has them by default. */
    static final int PARTITIONS = 64;

    private static final String GROUP = "helmwatch.proof";
    private static final String OFFSETS = "__consumer_offsets";
    private static final int NODE_HEAP_MEGABYTES = 256;
    private static final int BROKER_HEAP_MEGABYTES = 256;
    private static final int START_SECONDS = 120;

    private final Path folder;
    private final Path home = Path.of(System.getProperty("helmwatch.home"));
    private final Hosts hosts;
    private final int cameras;
    private final int cameraPort;
    private final List<String> brokers = new ArrayList<>();
    private final Map<Integer, Process> brokerProcesses = new ConcurrentHashMap<>();
    private final NavigableMap<String, Node> nodes = new ConcurrentSkipListMap<>();
    private volatile Process cameraProcess;
    /** Lives through restarts of brokers; null before it is needed. */
    private Admin admin;

    Site(Path folder, Hosts hosts, int cameras, int brokers) throws IOException {
        this.folder = folder;
        this.hosts = hosts;
        this.cameras = cameras;
        this.cameraPort = hosts.cameraPort(cameras);
        for (int i = 1; i <= brokers; i++) {
            this.brokers.add(hosts.broker(i));
        }
    }

    Hosts hosts() {
        return hosts;
    }

    /** Number of brokers. */
    int brokers() {
        return brokers.size();
    }

    String bootstrapServers() {
        return String.join(",", brokers);
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

    // ---- brokers

    void launchBrokers() throws IOException {
        for (int i = 1; i <= brokers.size(); i++) {
            launchBroker(i);
        }
    }

    void awaitBrokers() throws IOException, InterruptedException {
        for (int i = 1; i <= brokers.size(); i++) {
            awaitBroker(i);
        }
    }

    void startBroker(int number) throws IOException, InterruptedException {
        launchBroker(number);
        awaitBroker(number);
    }

    private void launchBroker(int number) throws IOException {
        Path data = Files.createDirectories(folder.resolve("broker-" + number));
        List<String> command = new ArrayList<>(List.of("Broker", data.toString(), Integer.toString(number)));
        command.addAll(brokers);
        String host = "b" + number;
        brokerProcesses.put(
                number, hosts.java(host, folder, folder.resolve(host + ".log"), BROKER_HEAP_MEGABYTES, command));
    }

    private void awaitBroker(int number) throws IOException, InterruptedException {
        String[] address = brokers.get(number - 1).split(":");
        for (int attempt = 0; attempt < 10 * START_SECONDS; attempt++) {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(address[0], Integer.parseInt(address[1])), 1_000);
                return;
            } catch (IOException notYet) {
                TimeUnit.MILLISECONDS.sleep(100);
            }
        }
        throw new IllegalStateException("broker " + number + " does not listen within " + START_SECONDS + " s");
    }

    /** Stops a broker in an orderly way. */
    void stopBroker(int number) throws InterruptedException {
        Process broker = brokerProcesses.get(number);
        broker.destroy();
        if (!broker.waitFor(START_SECONDS, TimeUnit.SECONDS)) {
            throw new IllegalStateException("broker " + number + " does not end");
        }
    }

    private Admin admin() {
        if (admin == null) {
            admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers()));
        }
        return admin;
    }

    /** Number of members of the nodes' group that have partitions. */
    int members() {
        try {
            return (int) admin().describeConsumerGroups(List.of(GROUP)).all().get().get(GROUP).members().stream()
                    .filter(member -> !member.assignment().topicPartitions().isEmpty())
                    .count();
        } catch (ExecutionException | InterruptedException notYet) {
            return 0;
        }
    }

    /** Number of partitions that a node has. */
    int partitions(String node) {
        try {
            return admin().describeConsumerGroups(List.of(GROUP)).all().get().get(GROUP).members().stream()
                    .filter(member -> member.clientId().startsWith(node + "#"))
                    .mapToInt(member -> member.assignment().topicPartitions().size())
                    .sum();
        } catch (ExecutionException | InterruptedException notYet) {
            return 0;
        }
    }

    /** The broker that coordinates the group of the nodes. */
    int coordinator() throws Exception {
        return leader(admin().describeTopics(List.of(OFFSETS)).allTopicNames().get().get(OFFSETS).partitions().get(0));
    }

    private static int leader(TopicPartitionInfo partition) {
        return partition.leader().id();
    }

    /** Makes another broker the leader of everything that the coordinator leads. */
    void moveLeader() throws Exception {
        int from = coordinator();
        Set<String> topics =
                admin().listTopics(new ListTopicsOptions().listInternal(true)).names().get();
        Map<TopicPartition, Optional<NewPartitionReassignment>> orders = new HashMap<>();
        for (TopicDescription topic : admin().describeTopics(topics).allTopicNames().get().values()) {
            for (TopicPartitionInfo partition : topic.partitions()) {
                List<Integer> replicas = new ArrayList<>(
                        partition.replicas().stream().map(org.apache.kafka.common.Node::id).toList());
                if (leader(partition) == from && replicas.size() > 1) {
                    replicas.remove((Integer) from);
                    replicas.add(from);
                    orders.put(
                            new TopicPartition(topic.name(), partition.partition()),
                            Optional.of(new NewPartitionReassignment(replicas)));
                }
            }
        }
        if (orders.isEmpty()) {
            throw new IllegalStateException("there is no other broker: expected three");
        }
        admin().alterPartitionReassignments(orders).all().get();
        admin().electLeaders(ElectionType.PREFERRED, orders.keySet()).all().get();
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
                "kafka: {bootstrap-servers: '" + bootstrapServers() + "'}\n"
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
        List<Process> all = new ArrayList<>(brokerProcesses.values());
        nodes.values().forEach(node -> all.add(node.process));
        all.add(cameraProcess);
        for (Process process : all) {
            if (process != null) {
                process.destroyForcibly();
            }
        }
    }
}
