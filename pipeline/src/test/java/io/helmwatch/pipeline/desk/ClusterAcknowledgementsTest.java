package io.helmwatch.pipeline.desk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.helmwatch.cluster.kafka.CameraDirectory;
import io.helmwatch.cluster.kafka.ClusterNode;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.resource.Closer;
import io.helmwatch.sinks.notify.Notification;
import io.helmwatch.sinks.notify.Notifier;
import io.helmwatch.sinks.notify.NotifyMessage;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.Incident;
import io.helmwatch.vision.ModelIdentity;
import io.helmwatch.web.Incidents;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The desks of two nodes in this process with their histories on disk, and a real broker. */
@Timeout(90)
class ClusterAcknowledgementsTest extends NodesOnABroker {
    private final TestClock clock = new TestClock();

    /** The time of the notifications, which can be put forward by a quarter of an hour. */
    private static final class TestClock extends Clock {
        private volatile Clock now = Clock.systemUTC();

        void forward() {
            now = Clock.offset(now, Duration.ofMinutes(15));
        }

        @Override
        public ZoneId getZone() {
            return now.getZone();
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return now.withZone(zone);
        }

        @Override
        public Instant instant() {
            return now.instant();
        }
    }

    /** A node of which only the desk runs. */
    private final class Node implements AutoCloseable {
        private final HelmwatchConfig config;
        private final Closer parts = new Closer();
        private final DeskParts desk;
        private final List<String> notified = new CopyOnWriteArrayList<>();
        private @Nullable Notification boss;

        Node(String node) {
            config = config(node, 2, """
                    desk: {directory: desk-<node>}
                    incidents: {spool: {directory: spool-<node>}}
                    notify: [{name: boss, unacknowledged-after: 10m, webhook: {url: 'http://192.0.2.1/'}}]
                    """);
            opened.register(this);
            try (CameraDirectory directory = new CameraDirectory(config.kafka(), config.cluster())) {
                assertThat(directory.partitions()).as("creates the topics").isEqualTo(2);
            }
            desk = parts.register(new DeskParts(config));
            desk.join(parts.register(new ClusterNode(config.kafka(), config.cluster())), config.kafka());
        }

        /** Incidents that nobody acknowledges within ten minutes go to the boss. */
        Node notifying() {
            boss = parts.register(new Notification(
                    config.notifications().get(0),
                    config.incidents().spool(),
                    new Notifier() {
                        @Override
                        public void deliver(List<NotifyMessage> messages) {
                            messages.forEach(message -> notified.add(message.id()));
                        }

                        @Override
                        public void close() {
                            // Nothing is open.
                        }
                    },
                    desk::isAcknowledged,
                    clock));
            return this;
        }

        void detect(Incident incident) {
            desk.incidentSinks().forEach(sink -> sink.publish(incident));
            if (boss != null) {
                boss.publish(incident);
            }
            await().until(() -> incidents().find(incident.id()).isPresent());
        }

        Incidents incidents() {
            return desk.incidents();
        }

        String acknowledgedBy(Incident incident) {
            return incidents()
                    .find(incident.id())
                    .map(Incidents.Incident::acknowledged)
                    .map(said -> said.by() + ": " + said.note())
                    .orElse("nobody");
        }

        @Override
        public void close() {
            parts.close();
        }
    }

    private Incident incident(int number) {
        long now = clock.millis();
        return Incident.builder().id("gate/1/bare/" + number).stream("gate")
                .rule("bare")
                .kind(Incident.Kind.NO_HELMET)
                .track(1)
                .startedAtMillis(now)
                .lastAtMillis(now)
                .decidedAtMillis(now)
                .decidedSequence(1)
                .decidedPtsNanos(1)
                .peakConfidence(0.9f)
                .meanConfidence(0.9f)
                .observations(1)
                .size(new ImageSize(200, 100))
                .model(new ModelIdentity("helmet", "1", "fp32", "cpu"))
                .build();
    }

    private static void awaitAcknowledged(Node node, Incident incident, String by) {
        await().atMost(20, TimeUnit.SECONDS)
                .untilAsserted(() -> assertThat(node.acknowledgedBy(incident)).isEqualTo(by));
    }

    @Test
    void shouldShowAcknowledgementsOfEveryNodeOnEveryDeskAlsoWhereTheIncidentComesLater() {
        Node first = new Node("first");
        Node second = new Node("second");
        Incident bare = incident(1);
        Incident other = incident(2);
        first.detect(bare);
        first.detect(other);

        first.incidents().acknowledge(bare.id(), "kim", "sent home");
        first.incidents().acknowledge(other.id(), "kim", "");
        first.incidents().withdrawAcknowledgement(other.id());
        await().until(() -> second.desk.isAcknowledged(bare.id()));
        second.detect(bare);
        second.detect(other);

        awaitAcknowledged(second, bare, "kim: sent home");
        assertThat(second.acknowledgedBy(other)).isEqualTo("nobody");
        second.incidents().acknowledge(other.id(), "lee", "false alarm");
        awaitAcknowledged(first, other, "lee: false alarm");
        second.incidents().withdrawAcknowledgement(bare.id());
        awaitAcknowledged(first, bare, "nobody");
    }

    @Test
    void shouldPublishWhatWasAcknowledgedWhileTheBrokerWasAwayAndTheNodeStoppedSince() {
        Incident bare = incident(1);
        Node first = new Node("first");
        first.detect(bare);
        Node second = new Node("second");
        second.detect(bare);
        broker().stop();
        try {
            first.incidents().acknowledge(bare.id(), "kim", "");
            first.close();
        } finally {
            broker().restart();
        }
        assertThat(second.acknowledgedBy(bare)).isEqualTo("nobody");

        new Node("first");

        awaitAcknowledged(second, bare, "kim: ");
    }

    @Test
    void shouldNotEscalateWhatWasAcknowledgedOnAnotherNodeAlsoWhileThisOneWasDown() {
        Incident here = incident(1);
        Node first = new Node("first").notifying();
        Node second = new Node("second");
        first.detect(here);
        second.detect(here);
        second.incidents().acknowledge(here.id(), "lee", "");
        awaitAcknowledged(first, here, "lee: ");
        clock.forward();
        await().until(() -> first.boss.statistics().waiting() == 0);
        assertThat(first.notified).isEmpty();

        Incident down = incident(2);
        Incident ignored = incident(3);
        first.detect(down);
        first.detect(ignored);
        first.close();
        second.detect(down);
        second.incidents().acknowledge(down.id(), "lee", "");
        clock.forward();
        Node again = new Node("first").notifying();

        await().atMost(30, TimeUnit.SECONDS).until(() -> !again.notified.isEmpty());
        // The ends of what was open when the node stopped.
        clock.forward();
        await().atMost(30, TimeUnit.SECONDS).until(() -> again.boss.statistics().waiting() == 0);
        assertThat(again.notified).hasSize(2).allMatch(message -> message.startsWith(ignored.id()));
        assertThat(first.notified).isEmpty();
        assertThat(again.acknowledgedBy(down)).isEqualTo("lee: ");
    }
}
