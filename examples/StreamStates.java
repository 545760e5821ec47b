import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * Shows the current state of every stream, by the rules of {@code docs/events.md}: the last message of each key counts, a message
 * without a value removes the stream, a state that is past its {@code validUntil} is unknown, except for {@code ended}, and in a cluster a
 * state with a smaller epoch than the last is ignored.
 *
 * <pre>
 * java -cp 'pipeline/target/*:pipeline/target/lib/*' examples/StreamStates.java BROKER:9092 [TOPIC [SECONDS]]
 * </pre>
 *
 * With SECONDS it prints the states that it knows after that long and stops; else it prints every change until it is stopped.
 */
public final class StreamStates {
    private static final Pattern STATE = Pattern.compile("\"state\":\"([a-z]+)\"");
    private static final Pattern EPOCH = Pattern.compile("\"epoch\":(\\d+)");
    private static final Pattern VALID_UNTIL = Pattern.compile("\"validUntil\":\"([^\"]+)\"");

    /** The last message of every stream. */
    private final Map<String, String> messages = new TreeMap<>();

    private final Map<String, String> shown = new TreeMap<>();

    public static void main(String[] args) {
        String topic = args.length > 1 ? args[1] : "helmwatch.streams";
        long seconds = args.length > 2 ? Long.parseLong(args[2]) : 0;
        Properties properties = new Properties();
        properties.put("bootstrap.servers", args[0]);
        properties.put("enable.auto.commit", "false");
        StreamStates states = new StreamStates();
        try (KafkaConsumer<String, String> consumer =
                new KafkaConsumer<>(properties, new StringDeserializer(), new StringDeserializer())) {
            // No group: every reader needs the whole topic, from its beginning.
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .map(info -> new TopicPartition(topic, info.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Instant end = Instant.now().plusSeconds(seconds);
            while (seconds == 0 || Instant.now().isBefore(end)) {
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofMillis(500))) {
                    states.apply(record.key(), record.value());
                }
                if (seconds == 0) {
                    states.printChanges(Instant.now());
                }
            }
        }
        if (seconds > 0) {
            states.printChanges(Instant.now());
        }
    }

    private void apply(String stream, String message) {
        if (message == null) {
            messages.remove(stream);
        } else if (!messages.containsKey(stream) || epoch(message) >= epoch(messages.get(stream))) {
            messages.put(stream, message);
        }
    }

    private static long epoch(String message) {
        Matcher epoch = EPOCH.matcher(message);
        return epoch.find() ? Long.parseLong(epoch.group(1)) : 0;
    }

    private static String state(String message, Instant now) {
        Matcher state = STATE.matcher(message);
        Matcher validUntil = VALID_UNTIL.matcher(message);
        String name = state.find() ? state.group(1) : "unknown";
        boolean isExpired = validUntil.find() && now.isAfter(Instant.parse(validUntil.group(1)));
        return isExpired && !name.equals("ended") ? "unknown" : name;
    }

    private void printChanges(Instant now) {
        Map<String, String> current = new TreeMap<>();
        messages.forEach((stream, message) -> current.put(stream, state(message, now)));
        current.forEach((stream, state) -> {
            if (!state.equals(shown.get(stream))) {
                System.out.println(stream + " " + state);
            }
        });
        shown.keySet().stream()
                .filter(stream -> !current.containsKey(stream))
                .forEach(stream -> System.out.println(stream + " removed"));
        shown.clear();
        shown.putAll(current);
    }
}
