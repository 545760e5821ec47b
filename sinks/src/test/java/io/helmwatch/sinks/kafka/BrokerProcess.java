package io.helmwatch.sinks.kafka;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A broker in a process of its own, so that it can be stopped, killed and paused like a real one: {@code DATA_DIR PORT CONTROLLER_PORT
 * SECURED_PORT}.
 */
final class BrokerProcess {
    private BrokerProcess() {}

    public static void main(String[] args) throws IOException {
        PasswordListener listener =
                new PasswordListener(Integer.parseInt(args[1]), Integer.parseInt(args[2]), Integer.parseInt(args[3]));
        try (EmbeddedKafka broker = EmbeddedKafka.start(Path.of(args[0]), listener.plainPort(), listener.settings())) {
            System.out.println("ready " + broker.bootstrapServers());
            while (System.in.read() >= 0) {
                Thread.onSpinWait();
            }
        }
    }
}
