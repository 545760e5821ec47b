import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * Reads incidents and acts on each message once.
 *
 * <p>Helmwatch delivers at least once: after a failure a message may come again, with the same id and the same bytes. So remember
 * the ids that were acted on, here the last 100,000 in memory; a real consumer writes the id in the same transaction as its action.
 *
 * <p>In a cluster a node that was replaced may still deliver: its messages are marked, or carry a smaller epoch than the newest of their
 * stream (docs/cluster.md). They are no reason to act.
 *
 * <pre>
 * java -cp 'pipeline/target/*:pipeline/target/lib/*' examples/IncidentConsumer.java BROKER:9092 [TOPIC [IDLE_SECONDS]]
 * </pre>
 *
 * With IDLE_SECONDS it ends after that long without a message; else it runs until it is stopped.
 */
public final class IncidentConsumer {
    private static final int REMEMBERED = 100_000;
    private static final Pattern EPOCH = Pattern.compile("\"epoch\":(\\d+)");

    /** Forgets the oldest. */
    private final Map<String, Boolean> actedOn = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
            return size() > REMEMBERED;
        }
    };

    /** The largest epoch of every stream. */
    private final Map<String, Long> epochs = new HashMap<>();

    private int repeats;
    private int superseded;

    public static void main(String[] args) {
        String topic = args.length > 1 ? args[1] : "helmwatch.events";
        long idleMillis = args.length > 2 ? 1_000L * Integer.parseInt(args[2]) : Long.MAX_VALUE;
        Properties properties = new Properties();
        properties.put("bootstrap.servers", args[0]);
        properties.put("group.id", "incident-consumer-example");
        properties.put("auto.offset.reset", "earliest");
        // Offsets are committed after the action, so that nothing is skipped when this program dies in between.
        properties.put("enable.auto.commit", "false");
        IncidentConsumer example = new IncidentConsumer();
        try (KafkaConsumer<String, String> consumer =
                new KafkaConsumer<>(properties, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of(topic));
            long lastMillis = System.currentTimeMillis();
            while (System.currentTimeMillis() - lastMillis < idleMillis) {
                ConsumerRecords<String, String> records = consumer.poll(Duration.ofMillis(500));
                for (ConsumerRecord<String, String> record : records) {
                    example.take(record);
                    lastMillis = System.currentTimeMillis();
                }
                consumer.commitSync();
            }
        }
        System.out.println("repeats dropped: " + example.repeats + ", superseded: " + example.superseded);
    }

    private void take(ConsumerRecord<String, String> record) {
        String id = header(record, "ce_id");
        if (actedOn.putIfAbsent(id, true) != null) {
            repeats++;
            return;
        }
        if (isSuperseded(record)) {
            superseded++;
            return;
        }
        act(record.key(), header(record, "ce_type"), header(record, "ce_subject"), record.value());
    }

    /** Whether another node had taken the stream over. */
    private boolean isSuperseded(ConsumerRecord<String, String> record) {
        Matcher found = EPOCH.matcher(record.value());
        long epoch = found.find() ? Long.parseLong(found.group(1)) : 0;
        long newest = epochs.merge(record.key(), epoch, Math::max);
        return epoch < newest || header(record, "ce_superseded").equals("true");
    }

    /** The place for an alarm, a ticket, a lamp. */
    private static void act(String stream, String type, String incident, String json) {
        switch (type) {
            case "io.helmwatch.incident.start" -> System.out.println("ALARM on  " + stream + " " + incident);
            case "io.helmwatch.incident.end" -> System.out.println("ALARM off " + stream + " " + incident);
            case "io.helmwatch.incident.evidence" -> System.out.println("clip of   " + stream + " " + incident);
            default -> System.out.println("goes on   " + stream + " " + incident);
        }
        if (json.contains("\"snapshot\"")) {
            System.out.println("  picture " + json.replaceAll(".*\"snapshot\":\\{\"path\":\"([^\"]*)\".*", "$1"));
        }
    }

    private static String header(ConsumerRecord<String, String> record, String name) {
        Header header = record.headers().lastHeader(name);
        return header == null ? "" : new String(header.value(), StandardCharsets.UTF_8);
    }
}
