import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.metadata.storage.Formatter;

/**
 * One broker of a cluster as a process, which is a controller too.
 *
 * <pre>Broker FOLDER NUMBER ADDRESS…</pre>
 *
 * Addresses are those of all brokers, HOST:PORT for clients; the controller has the next port. Ends with its process.
 */
public final class Broker {
    private Broker() {}

    public static void main(String[] args) throws Exception {
        Path folder = Path.of(args[0]);
        int number = Integer.parseInt(args[1]);
        List<String> addresses = List.of(args).subList(2, args.length);
        if (!Files.exists(folder.resolve("meta.properties"))) {
            new Formatter()
                    .setNodeId(number)
                    .setClusterId("aGVsbXdhdGNoLXByb29mMQ")
                    .addDirectory(folder.toString())
                    .setMetadataLogDirectory(folder.toString())
                    .setControllerListenerName("CONTROLLER")
                    .setPrintStream(new PrintStream(new ByteArrayOutputStream()))
                    .run();
        }
        KafkaRaftServer server = new KafkaRaftServer(new KafkaConfig(settings(folder, number, addresses), false), Time.SYSTEM);
        Runtime.getRuntime().addShutdownHook(new Thread(server::shutdown));
        server.startup();
        server.awaitShutdown();
    }

    private static String controller(String address) {
        int colon = address.lastIndexOf(':');
        return address.substring(0, colon + 1) + (Integer.parseInt(address.substring(colon + 1)) + 1);
    }

    private static Map<String, Object> settings(Path folder, int number, List<String> addresses) {
        String own = addresses.get(number - 1);
        String copies = Integer.toString(addresses.size());
        String needed = Integer.toString(addresses.size() / 2 + 1);
        Map<String, Object> settings = new HashMap<>();
        settings.put("process.roles", "broker,controller");
        settings.put("node.id", Integer.toString(number));
        settings.put(
                "controller.quorum.voters",
                IntStream.range(0, addresses.size())
                        .mapToObj(i -> i + 1 + "@" + controller(addresses.get(i)))
                        .collect(Collectors.joining(",")));
        settings.put("controller.listener.names", "CONTROLLER");
        settings.put("inter.broker.listener.name", "CLIENTS");
        settings.put("listeners", "CLIENTS://" + own + ",CONTROLLER://" + controller(own));
        settings.put("advertised.listeners", "CLIENTS://" + own);
        settings.put("listener.security.protocol.map", "CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT");
        settings.put("log.dirs", folder.toString());
        settings.put("auto.create.topics.enable", "false");
        settings.put("num.partitions", "1");
        settings.put("default.replication.factor", copies);
        settings.put("min.insync.replicas", needed);
        settings.put("offsets.topic.replication.factor", copies);
        settings.put("offsets.topic.num.partitions", "1");
        settings.put("transaction.state.log.replication.factor", copies);
        settings.put("transaction.state.log.min.isr", needed);
        settings.put("group.initial.rebalance.delay.ms", "0");
        settings.put("log.cleaner.dedupe.buffer.size", "4194304");
        settings.put("log.index.size.max.bytes", "1048576");
        // A broker that was killed may register again after this time instead of nine seconds.
        settings.put("broker.session.timeout.ms", "4000");
        settings.put("broker.heartbeat.interval.ms", "1000");
        return settings;
    }
}
