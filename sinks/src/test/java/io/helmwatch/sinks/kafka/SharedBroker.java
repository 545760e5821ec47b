package io.helmwatch.sinks.kafka;

import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;

/**
 * One embedded broker for all test classes of this process that register this extension; started by the first, closed with the store of the whole run.
 * Classes use topics of their own. A test may stop the broker if it restarts it.
 */
final class SharedBroker implements BeforeAllCallback {
    private static final Namespace NAMESPACE = Namespace.create(SharedBroker.class);

    private EmbeddedKafka broker;

    @Override
    public void beforeAll(ExtensionContext context) {
        broker = context.getRoot()
                .getStore(NAMESPACE)
                .getOrComputeIfAbsent("broker", key -> EmbeddedKafka.start(), EmbeddedKafka.class);
        broker.restart();
    }

    EmbeddedKafka broker() {
        return broker;
    }

    String bootstrapServers() {
        return broker.bootstrapServers();
    }

    void stop() {
        broker.stop();
    }

    void restart() {
        broker.restart();
    }
}
