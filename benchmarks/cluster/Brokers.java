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
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListTopicsOptions;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;

/** The brokers of a site as processes, and what they say of the group of its nodes. Threading: one thread; {@link #processes} by any. */
final class Brokers {
    private static final String GROUP = "helmwatch.proof";
    private static final String OFFSETS = "__consumer_offsets";
    private static final int BROKER_HEAP_MEGABYTES = 256;
    private static final int START_SECONDS = 120;

    private final Path folder;
    private final Hosts hosts;
    private final List<String> addresses = new ArrayList<>();
    private final Map<Integer, Process> processes = new ConcurrentHashMap<>();
    /** Lives through restarts of brokers; null before it is needed. */
    private Admin admin;

    Brokers(Path folder, Hosts hosts, int count) throws IOException {
        this.folder = folder;
        this.hosts = hosts;
        for (int i = 1; i <= count; i++) {
            addresses.add(hosts.broker(i));
        }
    }

    int count() {
        return addresses.size();
    }

    String bootstrapServers() {
        return String.join(",", addresses);
    }

    Collection<Process> processes() {
        return processes.values();
    }

    void launch() throws IOException {
        for (int i = 1; i <= addresses.size(); i++) {
            launch(i);
        }
    }

    void await() throws IOException, InterruptedException {
        for (int i = 1; i <= addresses.size(); i++) {
            await(i);
        }
    }

    void start(int number) throws IOException, InterruptedException {
        launch(number);
        await(number);
    }

    private void launch(int number) throws IOException {
        Path data = Files.createDirectories(folder.resolve("broker-" + number));
        List<String> command = new ArrayList<>(List.of("Broker", data.toString(), Integer.toString(number)));
        command.addAll(addresses);
        String host = "b" + number;
        processes.put(
                number, hosts.java(host, folder, folder.resolve(host + ".log"), BROKER_HEAP_MEGABYTES, command));
    }

    private void await(int number) throws IOException, InterruptedException {
        String[] address = addresses.get(number - 1).split(":");
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
    void stop(int number) throws InterruptedException {
        Process broker = processes.get(number);
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
}
