package io.helmwatch.cluster.kafka;

import io.helmwatch.cluster.LostNodes;
import io.helmwatch.cluster.NodeListener;
import io.helmwatch.config.cluster.ClusterConfig;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.resource.Quantity;
import io.helmwatch.resource.ThreadStop;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reports nodes that are lost: the node that has partition {@value #PARTITION} of the cameras does, so that it is one, and says so in the lost node's message
 * of the topic of nodes, so that a successor does not repeat it. A node that finds that remark about itself reports that it is back.
 *
 * <p>Threading: a thread of its own calls the listener; {@link #close} by one thread.
 */
final class NodeWatch implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NodeWatch.class);
    private static final int PARTITION = 0;
    private static final long PERIOD_MILLIS = 500;
    private static final long CLOSE_MILLIS = 5_000;

    private final KafkaConfig kafka;
    private final ClusterConfig cluster;
    private final LostNodes nodes;
    private final TopicTable topic;
    private final Supplier<Set<Integer>> partitions;
    private final NodeListener listener;
    private final Thread thread = new Thread(this::run, "cluster-nodes");
    private final CountDownLatch closed = new CountDownLatch(1);

    // Owned by the thread.
    private boolean isReporter;
    private long reporterNanos;

    /** Starts the thread. */
    NodeWatch(KafkaConfig kafka, ClusterConfig cluster, Supplier<Set<Integer>> partitions, NodeListener listener) {
        this.kafka = kafka;
        this.cluster = cluster;
        this.partitions = partitions;
        this.listener = listener;
        LostNodes told = new LostNodes(cluster.name(), cluster.node(), System.currentTimeMillis());
        nodes = told;
        topic = new TopicTable(
                kafka,
                cluster.nodesTopic(),
                (partition, node, message, arrival) -> told.put(node, message, System.nanoTime()));
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        try {
            while (!closed.await(PERIOD_MILLIS, TimeUnit.MILLISECONDS)) {
                reportBack();
                if (mayReport()) {
                    reportLost();
                }
            }
        } catch (InterruptedException | InterruptException end) {
            LOG.debug("Lost nodes are reported no longer");
        }
    }

    /** Whether this node reports, and knows what the one before it has reported. */
    private boolean mayReport() {
        boolean isNow = partitions.get().contains(PARTITION);
        if (isNow && !isReporter) {
            reporterNanos = System.nanoTime();
        }
        isReporter = isNow;
        return isReporter && topic.isReadSince(reporterNanos);
    }

    private void reportBack() {
        long heardMillis = topic.isRead() ? nodes.returnedFromMillis() : 0;
        if (heardMillis > 0 && listener.back(heardMillis)) {
            nodes.reportedBack(heardMillis);
        }
    }

    private void reportLost() throws InterruptedException {
        List<LostNodes.Lost> lost = nodes.lost(System.nanoTime());
        if (lost.isEmpty()) {
            return;
        }
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(ClusterClients.producer(kafka, "helmwatch-nodes"))) {
            for (LostNodes.Lost node : lost) {
                if (listener.lost(node.said())) {
                    LOG.warn(
                            "Cluster {}: node {} lost with {}",
                            cluster.name(),
                            node.said().node(),
                            Quantity.of(node.said().cameras(), "camera"));
                    mark(producer, node);
                }
            }
        } catch (InterruptException e) {
            throw e;
        } catch (ExecutionException | TimeoutException | KafkaException e) {
            LOG.warn(
                    "Cluster {}: lost nodes not marked in topic {}: {}",
                    cluster.name(),
                    cluster.nodesTopic(),
                    e.toString());
        }
    }

    private void mark(KafkaProducer<byte[], byte[]> producer, LostNodes.Lost node)
            throws InterruptedException, ExecutionException, TimeoutException {
        String name = node.said().node();
        byte[] marked = LostNodes.mark(node, System.currentTimeMillis());
        // Own knowledge at once: the topic may be read a moment later.
        nodes.put(name, marked, System.nanoTime());
        producer.send(new ProducerRecord<>(cluster.nodesTopic(), name.getBytes(StandardCharsets.UTF_8), marked))
                .get(ClusterClients.TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Ends what it does at the moment: a report without its remark would be repeated. */
    @Override
    public void close() {
        closed.countDown();
        ThreadStop.join(thread, CLOSE_MILLIS);
        thread.interrupt();
        topic.close();
    }
}
