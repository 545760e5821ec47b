import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * Sums counts of observed heads by stream, zone and hour.
 *
 * <p>A message has the whole counts of one minute and replaces the earlier messages of its key: repeats and corrections change the sum by the difference,
 * which is nothing for a repeat. So keep the last message of each key, here in memory, for as long as corrections are expected.
 *
 * <pre>
 * java -cp 'pipeline/target/*:pipeline/target/lib/*' examples/ComplianceSums.java BROKER:9092 [TOPIC]
 * </pre>
 *
 * It reads what the topic has now, prints the sums, and ends.
 */
public final class ComplianceSums {
    private static final String[] COUNTS = {"helmet", "bare", "uncertain", "frames"};

    private final Map<String, long[]> minutes = new HashMap<>();
    private final Map<String, long[]> hours = new TreeMap<>();

    public static void main(String[] args) {
        String topic = args.length > 1 ? args[1] : "helmwatch.compliance";
        Properties properties = new Properties();
        properties.put("bootstrap.servers", args[0]);
        ComplianceSums sums = new ComplianceSums();
        try (KafkaConsumer<String, String> consumer =
                new KafkaConsumer<>(properties, new StringDeserializer(), new StringDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .map(partition -> new TopicPartition(topic, partition.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (ends.entrySet().stream().anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                ConsumerRecords<String, String> records = consumer.poll(Duration.ofMillis(500));
                for (ConsumerRecord<String, String> record : records) {
                    sums.take(record.key(), record.value());
                }
            }
        }
        sums.hours.forEach((place, sum) -> System.out.printf(
                "%s helmet=%d bare=%d uncertain=%d frames=%d%n", place, sum[0], sum[1], sum[2], sum[3]));
    }

    private void take(String key, String json) {
        if (json.contains("\"superseded\":true")) {
            // Of a node that had been replaced: the other node has counted the same heads.
            return;
        }
        String zone = text(json, "zone");
        String place = text(json, "minute").substring(0, 13) + " " + text(json, "stream") + " " + (zone.isEmpty() ? "(all)" : zone);
        long[] earlier = minutes.getOrDefault(key, new long[COUNTS.length]);
        long[] counts = new long[COUNTS.length];
        long[] sum = hours.computeIfAbsent(place, unused -> new long[COUNTS.length]);
        for (int i = 0; i < COUNTS.length; i++) {
            counts[i] = Long.parseLong(find(json, "\"" + COUNTS[i] + "\":(\\d+)"));
            sum[i] += counts[i] - earlier[i];
        }
        minutes.put(key, counts);
    }

    private static String text(String json, String name) {
        return find(json, "\"" + name + "\":\"([^\"]*)\"");
    }

    private static String find(String json, String pattern) {
        Matcher matcher = Pattern.compile(pattern).matcher(json);
        return matcher.find() ? matcher.group(1) : "";
    }
}
