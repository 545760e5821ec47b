package io.helmwatch.sinks.kafka;

import java.io.IOException;
import java.nio.file.Path;

/** A broker in a process of its own, so that it can be stopped, killed and paused like a real one: {@code DATA_DIR PORT}. */
final class BrokerProcess {
    private BrokerProcess() {}

    public static void main(String[] args) throws IOException {
        try (EmbeddedKafka broker = EmbeddedKafka.start(Path.of(args[0]), Integer.parseInt(args[1]))) {
            System.out.println("ready " + broker.bootstrapServers());
            while (System.in.read() >= 0) {
                Thread.onSpinWait();
            }
        }
    }
}
