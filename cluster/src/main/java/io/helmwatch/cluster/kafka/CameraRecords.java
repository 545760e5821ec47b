package io.helmwatch.cluster.kafka;

import io.helmwatch.cluster.PlacedCamera;
import io.helmwatch.config.cluster.ClusterConfig;
import io.helmwatch.config.sink.KafkaConfig;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.header.Header;
import org.jspecify.annotations.Nullable;

/**
 * Records of the topic of cameras, with their headers: how they are read, and what writes them.
 *
 * <p>Every method that writes returns when the broker has the record, and throws an {@link IllegalStateException} with one sentence when it does not answer
 * or refuses.
 *
 * <p>Threading: one thread.
 */
final class CameraRecords implements AutoCloseable {
    /** Header of a message without a value: the camera is now in that partition. */
    static final String MOVED_TO = "moved-to";

    /** Header of a camera that comes from that partition, which still has it: who holds this one asks for its release there, then starts it. */
    private static final String MOVED_FROM = "moved-from";

    /** No partition. */
    static final int NOWHERE = -1;

    /** Header of such a message: that node has taken the camera over already. */
    static final String TAKEN_BY = "taken-by";

    /** Header of a camera that was taken over from a node that could not reach it: COUNT/MILLIS, how often and when last. */
    private static final String MOVES = "taken-over";

    private static final Pattern NUMBER = Pattern.compile("\\d{1,9}");
    private static final Pattern MOVES_PARTS = Pattern.compile("(\\d{1,9})/(\\d{1,18})");

    /** A move that was asked for longer ago is over: where it is not, the camera is in two partitions, which nodes resolve. */
    private static final long MOVE_MILLIS = TimeUnit.MINUTES.toMillis(10);

    /** Take-overs that are longer ago do not count. */
    private static final long RECENT_MILLIS = TimeUnit.HOURS.toMillis(1);

    private final KafkaConfig kafka;
    private final ClusterConfig cluster;
    private final Duration timeout;
    private @Nullable Producer<byte[], byte[]> producer;

    /**
     * A camera in one of its partitions.
     *
     * @param moves how often it was taken over lately, as of the last time
     * @param movedMillis when that was, milliseconds since 1970 UTC
     * @param from the partition that it leaves, where it was moved lately; else {@link #NOWHERE}
     */
    record Copy(PlacedCamera camera, int moves, long movedMillis, int from) {
        /** How often the camera was taken over within the last hour. */
        int recentMoves(long nowMillis) {
            return nowMillis - movedMillis < RECENT_MILLIS ? moves : 0;
        }
    }

    /**
     * Connects with the first record.
     *
     * @param timeout longest wait for each answer
     */
    CameraRecords(KafkaConfig kafka, ClusterConfig cluster, Duration timeout) {
        this.kafka = kafka;
        this.cluster = cluster;
        this.timeout = timeout;
    }

    /** Reads a record that has a value. */
    static Copy read(String camera, ConsumerRecord<byte[], byte[]> record) {
        PlacedCamera placed =
                new PlacedCamera(camera, record.partition(), new String(record.value(), StandardCharsets.UTF_8));
        Matcher words = MOVES_PARTS.matcher(header(record, MOVES));
        int from = movedFrom(record, false);
        return words.matches()
                ? new Copy(placed, Integer.parseInt(words.group(1)), Long.parseLong(words.group(2)), from)
                : new Copy(placed, 0, 0, from);
    }

    /**
     * The partition that a camera leaves for that of the record; {@link #NOWHERE} where it does not move, or moved long ago.
     *
     * @param isNew whether the record was read as it was written, so that it is of now whatever the clock says that it was written by
     */
    static int movedFrom(ConsumerRecord<byte[], byte[]> record, boolean isNew) {
        String from = header(record, MOVED_FROM);
        boolean isMove = NUMBER.matcher(from).matches()
                && (isNew || System.currentTimeMillis() - record.timestamp() < MOVE_MILLIS)
                && Integer.parseInt(from) != record.partition();
        return isMove ? Integer.parseInt(from) : NOWHERE;
    }

    private static String header(ConsumerRecord<byte[], byte[]> record, String name) {
        Header header = record.headers().lastHeader(name);
        return header == null ? "" : new String(header.value(), StandardCharsets.UTF_8);
    }

    /** A camera. */
    void put(PlacedCamera camera) {
        send(record(camera));
    }

    private ProducerRecord<byte[], byte[]> record(PlacedCamera camera) {
        return new ProducerRecord<>(
                cluster.camerasTopic(), camera.partition(), bytes(camera.id()), bytes(camera.settings()));
    }

    /** A camera is to be moved here from its partition, in order. */
    void putMoved(PlacedCamera camera, int toPartition) {
        ProducerRecord<byte[], byte[]> record = record(new PlacedCamera(camera.id(), toPartition, camera.settings()));
        record.headers().add(MOVED_FROM, bytes(Integer.toString(camera.partition())));
        send(record);
    }

    /** A camera that was taken over: as {@link #put}, counted. */
    void putTaken(Copy copy, int toPartition) {
        PlacedCamera camera = copy.camera();
        long now = System.currentTimeMillis();
        ProducerRecord<byte[], byte[]> record = record(new PlacedCamera(camera.id(), toPartition, camera.settings()));
        record.headers().add(MOVES, bytes(copy.recentMoves(now) + 1 + "/" + now));
        send(record);
    }

    /** A camera is no longer in a partition. */
    void remove(String camera, int partition) {
        send(new ProducerRecord<>(cluster.camerasTopic(), partition, bytes(camera), null));
    }

    /** The stream of a camera that exists no longer has no state. */
    void removeState(String camera) {
        send(new ProducerRecord<>(kafka.topics().streams(), bytes(camera), null));
    }

    /**
     * A camera moves to another partition.
     *
     * @param takenBy the node that has it already; null where it is there only after it was released
     */
    void moveOut(String camera, int partition, int toPartition, @Nullable String takenBy) {
        ProducerRecord<byte[], byte[]> out =
                new ProducerRecord<>(cluster.camerasTopic(), partition, bytes(camera), null);
        out.headers().add(MOVED_TO, bytes(Integer.toString(toPartition)));
        if (takenBy != null) {
            out.headers().add(TAKEN_BY, bytes(takenBy));
        }
        send(out);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private void send(ProducerRecord<byte[], byte[]> record) {
        try {
            Producer<byte[], byte[]> open = producer;
            if (open == null) {
                open = new KafkaProducer<>(ClusterClients.producer(kafka, "helmwatch-cameras"));
                producer = open;
            }
            open.send(record).get(timeout.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException | KafkaException e) {
            throw ClusterClients.failure(kafka, cluster, e);
        } catch (InterruptedException e) {
            throw ClusterClients.interrupted(e);
        }
    }

    @Override
    public void close() {
        Producer<byte[], byte[]> open = producer;
        if (open != null) {
            open.close();
        }
    }
}
