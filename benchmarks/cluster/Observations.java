import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * What a consumer reads of a site: detections and incidents, each judged by the rule of docs/cluster.md when it arrives; and the sessions that the
 * cameras have open. A thread of its own reads; the methods are for any thread.
 */
final class Observations {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String DETECTIONS = "helmwatch.detections";
    private static final String EVENTS = "helmwatch.events";

    /**
     * A detection, or the start of an incident; times in milliseconds since 1970.
     *
     * @param isMarked whether it says itself that it is superseded
     * @param isStale whether it is not current by the rule
     * @param millis when its frame was captured
     */
    record Seen(String stream, String node, long epoch, boolean isMarked, boolean isStale, long millis) {}

    /** From then on a camera has so many open sessions. */
    private record Sessions(long millis, String camera, int count) {}

    /** What one thread adds and others read meanwhile. */
    private static final class Recorded<T> {
        private final List<T> all = new ArrayList<>();

        synchronized void add(T one) {
            all.add(one);
        }

        synchronized int size() {
            return all.size();
        }

        /** All but the first so many. */
        synchronized List<T> from(int first) {
            return List.copyOf(all.subList(Math.min(first, all.size()), all.size()));
        }
    }

    private final Recorded<Seen> seen = new Recorded<>();
    private final Recorded<Seen> starts = new Recorded<>();
    private final Recorded<Sessions> sessions = new Recorded<>();
    private final Map<String, Long> newest = new ConcurrentHashMap<>();
    /** Phases of every incident. */
    private final Map<String, Set<String>> incidents = new ConcurrentHashMap<>();

    private volatile boolean isDone;

    /** Reads from the brokers, through restarts of them, until it is {@linkplain #stop stopped}. */
    void follow(String brokers) {
        Thread reader = new Thread(() -> read(brokers), "reader");
        reader.setDaemon(true);
        reader.start();
    }

    void stop() {
        isDone = true;
    }

    private void read(String brokers) {
        List<TopicPartition> topics = List.of(new TopicPartition(DETECTIONS, 0), new TopicPartition(EVENTS, 0));
        Map<TopicPartition, Long> next = new HashMap<>();
        while (!isDone) {
            try (KafkaConsumer<String, String> consumer = new KafkaConsumer<>(
                    Map.of("bootstrap.servers", brokers, "auto.offset.reset", "earliest", "enable.auto.commit", "false"),
                    new StringDeserializer(),
                    new StringDeserializer())) {
                consumer.assign(topics);
                next.forEach(consumer::seek);
                while (!isDone) {
                    consumer.poll(Duration.ofMillis(50)).forEach(record -> {
                        next.put(new TopicPartition(record.topic(), record.partition()), record.offset() + 1);
                        take(record.topic(), record.value());
                    });
                }
            } catch (RuntimeException e) {
                System.err.println("reader: " + e);
            }
        }
    }

    private void take(String topic, String value) {
        try {
            JsonNode message = JSON.readTree(value);
            String stream = message.path("stream").asText();
            long epoch = message.path("epoch").asLong();
            long largest = newest.merge(stream, epoch, Math::max);
            boolean isMarked = message.has("superseded");
            boolean isStale = isMarked || epoch < largest;
            String node = message.path("node").asText();
            if (topic.equals(DETECTIONS)) {
                seen.add(new Seen(stream, node, epoch, isMarked, isStale, millis(message, "capturedAt")));
                return;
            }
            String phase = message.path("phase").asText();
            Set<String> phases =
                    incidents.computeIfAbsent(message.path("incident").asText(), id -> ConcurrentHashMap.newKeySet());
            if (phase.equals("start") && !phases.contains("start")) {
                starts.add(new Seen(stream, node, epoch, isMarked, isStale, millis(message, "startedAt")));
            }
            phases.add(phase);
            phases.add(message.path("endReason").asText());
        } catch (IOException e) {
            System.err.println("not JSON: " + value);
        }
    }

    private static long millis(JsonNode message, String property) {
        return Instant.parse(message.path(property).asText()).toEpochMilli();
    }

    /** A camera has another number of open sessions. */
    void sessions(long millis, String camera, int count) {
        sessions.add(new Sessions(millis, camera, count));
    }

    /** Phases of every incident by its id. */
    Map<String, Set<String>> incidents() {
        return incidents;
    }

    /** Number of detections so far. */
    int count() {
        return seen.size();
    }

    /** Number of incidents that started so far. */
    int countStarts() {
        return starts.size();
    }

    /** Who analysed each camera last, within the latest seconds. */
    Map<String, String> owners(long windowMillis) {
        long sinceMillis = System.currentTimeMillis() - windowMillis;
        Map<String, String> owners = new TreeMap<>();
        List<Seen> all = seen.from(Math.max(0, seen.size() - 1_000));
        for (int i = all.size() - 1; i >= 0; i--) {
            Seen message = all.get(i);
            if (!message.isStale() && message.millis() >= sinceMillis) {
                owners.putIfAbsent(message.stream(), message.node());
            }
        }
        return owners;
    }

    /** Whether each of the cameras was analysed by another node than this one since then, in messages after the first so many. */
    boolean areAnalysed(Collection<String> cameras, String notBy, long sinceMillis, int from) {
        return seen.from(from).stream()
                .filter(message -> !message.isStale()
                        && !message.node().equals(notBy)
                        && message.millis() >= sinceMillis)
                .map(Seen::stream)
                .collect(Collectors.toSet())
                .containsAll(cameras);
    }

    /** What arrived in one run. */
    record Counts(int marked, int byEpochOnly, int unmarked, double bothSeconds, double openedTwiceSeconds) {}

    /**
     * Judges what arrived.
     *
     * @param from number of detections before the run
     * @param startsFrom number of started incidents before the run
     * @param sinceMillis when the run began
     */
    Counts counts(int from, int startsFrom, long sinceMillis) {
        List<Seen> messages = seen.from(from);
        List<Seen> incidentStarts = starts.from(startsFrom);
        Map<String, TreeMap<Long, long[]>> spans = new HashMap<>();
        for (Seen message : messages) {
            long[] span = spans.computeIfAbsent(message.stream(), stream -> new TreeMap<>())
                    .computeIfAbsent(message.epoch(), epoch -> new long[] {Long.MAX_VALUE, Long.MIN_VALUE});
            span[0] = Math.min(span[0], message.millis());
            span[1] = Math.max(span[1], message.millis());
        }
        double both = 0;
        for (TreeMap<Long, long[]> epochs : spans.values()) {
            long[] earlier = null;
            for (long[] span : epochs.values()) {
                if (earlier != null) {
                    both = Math.max(both, (earlier[1] - span[0]) / 1_000.0);
                }
                earlier = span;
            }
        }
        int unmarked = 0;
        int marked = 0;
        int byEpoch = 0;
        for (List<Seen> kind : List.of(messages, incidentStarts)) {
            for (Seen message : kind) {
                marked += message.isMarked() ? 1 : 0;
                byEpoch += !message.isMarked() && message.isStale() ? 1 : 0;
                // Current by the rule, and of a frame that was captured after the next node had begun.
                unmarked += !message.isStale()
                                && spans.getOrDefault(message.stream(), new TreeMap<>())
                                        .tailMap(message.epoch(), false)
                                        .values()
                                        .stream()
                                        .anyMatch(later -> later[0] < message.millis())
                        ? 1
                        : 0;
            }
        }
        return new Counts(marked, byEpoch, unmarked, both, openedTwice(sinceMillis));
    }

    /** Longest time since then in which a camera had more than one open session, all its times together. */
    private double openedTwice(long sinceMillis) {
        long now = System.currentTimeMillis();
        Map<String, Sessions> last = new HashMap<>();
        Map<String, Long> twice = new HashMap<>();
        List<Sessions> all = sessions.from(0);
        for (Sessions change : all) {
            Sessions before = last.put(change.camera(), change);
            if (before != null) {
                twice.merge(change.camera(), millisTwice(before, change.millis(), sinceMillis), Long::sum);
            }
        }
        last.forEach((camera, before) -> twice.merge(camera, millisTwice(before, now, sinceMillis), Long::sum));
        return twice.values().stream().mapToLong(millis -> millis).max().orElse(0) / 1_000.0;
    }

    private static long millisTwice(Sessions from, long toMillis, long sinceMillis) {
        return from.count() < 2 ? 0 : Math.max(0, toMillis - Math.max(from.millis(), sinceMillis));
    }
}
