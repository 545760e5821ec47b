package io.helmwatch.cluster.kafka;

import io.helmwatch.cluster.Acknowledgement;
import io.helmwatch.cluster.AcknowledgementStore;
import io.helmwatch.cluster.NodeLoad;
import io.helmwatch.config.cluster.ClusterConfig;
import io.helmwatch.config.sink.KafkaConfig;
import java.io.IOException;
import java.util.Collection;
import java.util.List;

/** A node in a process of its own, on which an acknowledgement was given. It ends with its input. */
final class NodeProcess {
    private NodeProcess() {}

    public static void main(String[] args) throws IOException {
        KafkaConfig kafka = KafkaConfig.DEFAULT.withBootstrapServers(args[0]);
        try (ClusterNode node = new ClusterNode(kafka, ClusterConfig.of("site", "a"))) {
            node.openAcknowledgements(new Given()).publish();
            node.start(new RecordingRunner(), new ClusterNode.Identity("test", "", false, () -> NodeLoad.UNKNOWN));
            System.out.println("ready");
            while (System.in.read() >= 0) {
                Thread.onSpinWait();
            }
        }
    }

    private static final class Given implements AcknowledgementStore {
        @Override
        public List<Unpublished> unpublished() {
            return List.of(new Unpublished(new Acknowledgement("gate/1/rule/1", false, 1_000, "ann", "", "a"), 1));
        }

        @Override
        public void published(Unpublished change) {
            // Repeated with the next one.
        }

        @Override
        public void apply(Collection<Acknowledgement> said) {
            // Nothing is kept.
        }
    }
}
