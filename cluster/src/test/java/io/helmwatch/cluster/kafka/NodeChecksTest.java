package io.helmwatch.cluster.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.helmwatch.cluster.Arrival;
import io.helmwatch.cluster.NodeAnnouncement;
import io.helmwatch.cluster.NodeLoad;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class NodeChecksTest {
    private static final long NOW = 1_795_176_000_000L;
    private static final long STARTED = NOW - 60_000;

    private final Logger logger = (Logger) LoggerFactory.getLogger(NodeChecks.class);
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private final NodeChecks checks = new NodeChecks("site", "a", STARTED);

    @BeforeEach
    void listen() {
        log.start();
        logger.addAppender(log);
    }

    @AfterEach
    void close() {
        logger.detachAppender(log);
    }

    private void say(String node, long started, long published, boolean isNew) {
        byte[] message = new NodeAnnouncement(
                        node,
                        "site",
                        "1",
                        1,
                        1,
                        3,
                        "h:9400",
                        false,
                        NodeLoad.UNKNOWN,
                        started,
                        published,
                        published + 30_000)
                .write();
        checks.put(node, message, new Arrival(NOW, isNew));
    }

    private List<String> messages() {
        return log.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
    }

    @Test
    void shouldReportAnotherProcessOfTheSameNameOnce() {
        say("a", STARTED - 500_000, NOW, false);
        say("a", STARTED, NOW, true);
        assertThat(messages()).isEmpty();

        say("a", STARTED + 5_000, NOW, true);
        say("a", STARTED, NOW, true);
        say("a", STARTED + 5_000, NOW, true);

        assertThat(messages())
                .singleElement()
                .asString()
                .contains("another process calls itself node a too (address h:9400");
    }

    @Test
    void shouldReportAClockThatDiffersOnce() {
        say("b", STARTED, NOW - 600_000, false);
        say("b", STARTED, NOW - 600_000, true);
        say("b", STARTED, NOW, true);
        assertThat(messages()).as("read late once").isEmpty();

        for (int i = 0; i < 3; i++) {
            say("b", STARTED, NOW - 600_000, true);
            say("c", STARTED, NOW + 90_000, true);
        }

        assertThat(messages())
                .hasSize(2)
                .anyMatch(line -> line.contains("clock of node b is 600 s behind"))
                .anyMatch(line -> line.contains("clock of node c is 90 s ahead of"));
    }
}
