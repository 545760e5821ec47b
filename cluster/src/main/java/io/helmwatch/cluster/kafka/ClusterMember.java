package io.helmwatch.cluster.kafka;

import io.helmwatch.cluster.ClusterStatistics;
import io.helmwatch.cluster.Lease;
import io.helmwatch.config.cluster.ClusterConfig;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.resource.ThreadStop;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One member of the cluster's group. It has the cameras of the partitions that it is assigned: a partition is read from its beginning to its end,
 * then its cameras start; before it is given to another member, they are stopped and their incidents delivered.
 *
 * <p>Each commit of offsets that the group coordinator accepts renews the {@link Lease}: only a member of the current generation may commit.
 *
 * <p>Threading: a thread of its own; {@link #close} by one thread.
 */
final class ClusterMember implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterMember.class);
    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration COMMIT_TIMEOUT = Duration.ofSeconds(1);
    private static final long WAIT_MILLIS = 100;
    private static final long RETRY_MILLIS = 1_000;
    private static final long CLOSE_MILLIS = 5_000;
    private static final int RENEWALS_PER_SESSION = 6;

    private final KafkaConfig kafka;
    private final ClusterConfig cluster;
    private final int index;
    private final CameraQueue cameras;
    private final ClusterStatistics statistics;
    private final long renewalNanos;
    private final Thread thread;
    private volatile boolean closing;
    private volatile Set<Integer> started = Set.of();

    // Owned by the thread.
    private final HeldPartitions held;
    private Lease lease;
    private long generation;
    private long renewedNanos;

    ClusterMember(
            KafkaConfig kafka,
            ClusterConfig cluster,
            int index,
            CameraQueue cameras,
            CameraArrivals arrivals,
            ClusterStatistics statistics) {
        this.kafka = kafka;
        this.cluster = cluster;
        this.index = index;
        this.cameras = cameras;
        this.statistics = statistics;
        this.renewalNanos = cluster.sessionTimeout().toNanos() / RENEWALS_PER_SESSION;
        this.held = new HeldPartitions(cameras, arrivals, statistics);
        this.lease = newLease();
        this.thread = new Thread(this::run, "cluster-member-" + index);
        thread.setDaemon(true);
        thread.start();
    }

    private Lease newLease() {
        return new Lease(cluster.sessionTimeout(), System::nanoTime);
    }

    private void run() {
        String problem = "";
        while (!closing) {
            try (KafkaConsumer<byte[], byte[]> consumer =
                    new KafkaConsumer<>(ClusterClients.member(kafka, cluster, index))) {
                consumer.subscribe(List.of(cluster.camerasTopic()), new Assignment(consumer));
                while (!closing) {
                    consumer.poll(POLL).forEach(record -> held.apply(record, generation, lease));
                    held.startDue(
                            partition ->
                                    consumer.currentLag(partition(partition)).orElse(-1),
                            generation,
                            lease);
                    started = lease.isValid() ? held.started() : Set.of();
                    renewLease(consumer);
                }
                statistics.left(index);
                // Leaves the group: the others need not wait for the session timeout.
                consumer.close(CloseOptions.timeout(COMMIT_TIMEOUT));
            } catch (InterruptException e) {
                return;
            } catch (KafkaException e) {
                loseAll();
                if (!problem.equals(e.toString())) {
                    problem = e.toString();
                    LOG.warn("Cluster {}: member {} failed: {}; joining again", cluster.name(), index, problem);
                }
                pause();
            }
        }
    }

    private void pause() {
        try {
            TimeUnit.MILLISECONDS.sleep(RETRY_MILLIS);
        } catch (InterruptedException e) {
            closing = true;
            Thread.currentThread().interrupt();
        }
    }

    /** The partitions whose cameras this member had started when it looked last, within the latest second; any thread. */
    Set<Integer> partitions() {
        return started;
    }

    private TopicPartition partition(int number) {
        return new TopicPartition(cluster.camerasTopic(), number);
    }

    private boolean isRenewalDue(long now) {
        return !held.isEmpty() && now - renewedNanos >= renewalNanos;
    }

    private void renewLease(KafkaConsumer<byte[], byte[]> consumer) {
        long now = System.nanoTime();
        if (isRenewalDue(now)) {
            renewedNanos = now;
            Lease renewed = lease;
            consumer.commitAsync(offsets(), (offsets, failure) -> {
                if (failure == null) {
                    renewed.renew(now);
                    statistics.heard(index, now);
                }
            });
        }
    }

    /** As {@link #renewLease}, while the thread of the consumer waits for cameras to stop. */
    private void renewLeaseWaiting(KafkaConsumer<byte[], byte[]> consumer) {
        long now = System.nanoTime();
        if (isRenewalDue(now)) {
            renewedNanos = now;
            try {
                consumer.commitSync(offsets(), COMMIT_TIMEOUT);
                lease.renew(now);
                statistics.heard(index, now);
            } catch (InterruptException e) {
                throw e;
            } catch (KafkaException e) {
                LOG.debug("Lease not renewed: {}", e.toString());
            }
        }
    }

    private Map<TopicPartition, OffsetAndMetadata> offsets() {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        held.nextOffsets()
                .forEach((partition, next) ->
                        offsets.put(partition(partition), new OffsetAndMetadata(next, cluster.node())));
        return offsets;
    }

    private void loseAll() {
        statistics.lost(index);
        lose(held.all());
    }

    private void lose(List<Integer> partitions) {
        started = Set.of();
        lease.end();
        lease = newLease();
        List<String> fenced = held.remove(partitions);
        cameras.lose(partitions, fenced);
    }

    /** Follows what the group assigns. */
    private final class Assignment implements ConsumerRebalanceListener {
        private final KafkaConsumer<byte[], byte[]> consumer;

        Assignment(KafkaConsumer<byte[], byte[]> consumer) {
            this.consumer = consumer;
        }

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            generation = consumer.groupMetadata().generationId();
            statistics.assigned(index, held.count() + partitions.size(), generation);
            if (partitions.isEmpty()) {
                return;
            }
            LOG.info(
                    "Cluster {}: member {} assigned partitions {}, generation {}",
                    cluster.name(),
                    index,
                    numbers(partitions),
                    generation);
            held.add(numbers(partitions));
            consumer.seekToBeginning(partitions);
            renewedNanos = System.nanoTime() - renewalNanos;
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            if (partitions.isEmpty() || closing) {
                return;
            }
            List<Integer> numbers = numbers(partitions);
            LOG.info("Cluster {}: member {} hands partitions {} over", cluster.name(), index, numbers);
            long start = System.nanoTime();
            Future<?> stopped = cameras.release(numbers);
            while (!isDone(stopped)) {
                renewLeaseWaiting(consumer);
            }
            held.remove(numbers);
            statistics.kept(index, held.count());
            statistics.released().add(System.nanoTime() - start);
        }

        @Override
        public void onPartitionsLost(Collection<TopicPartition> partitions) {
            if (partitions.isEmpty()) {
                return;
            }
            LOG.warn(
                    "Cluster {}: member {} was removed from the group; partitions {} belong to other nodes now",
                    cluster.name(),
                    index,
                    numbers(partitions));
            statistics.lost(index);
            lose(numbers(partitions));
        }

        private List<Integer> numbers(Collection<TopicPartition> partitions) {
            return partitions.stream().map(TopicPartition::partition).sorted().toList();
        }

        private boolean isDone(Future<?> stopped) {
            try {
                stopped.get(WAIT_MILLIS, TimeUnit.MILLISECONDS);
                return true;
            } catch (TimeoutException e) {
                return closing;
            } catch (ExecutionException e) {
                return true;
            } catch (InterruptedException e) {
                throw new InterruptException(e);
            }
        }
    }

    /** Leaves the group; asked of several members at first, so that they leave together. */
    void beginClose() {
        closing = true;
    }

    /** Leaves the group. */
    @Override
    public void close() {
        closing = true;
        ThreadStop.join(thread, CLOSE_MILLIS);
        thread.interrupt();
    }
}
