package io.helmwatch.sinks.notify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.helmwatch.config.incident.SpoolConfig;
import io.helmwatch.config.sink.NotifyConfig;
import io.helmwatch.sinks.spool.Incidents;
import io.helmwatch.vision.Incident;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A target that is notified of incidents that nobody acknowledged within ten minutes. */
class EscalationTest {
    private static final Duration AFTER = Duration.ofMinutes(10);

    @TempDir
    Path folder;

    private final List<String> received = new CopyOnWriteArrayList<>();
    private final Set<String> acknowledged = ConcurrentHashMap.newKeySet();
    private volatile boolean isAway;
    private final SettableClock clock = new SettableClock(Incidents.NOON);

    private final Notifier target = new Notifier() {
        @Override
        public void deliver(List<NotifyMessage> messages) throws NotifyException {
            if (isAway) {
                throw NotifyException.retryable("the target is away", null);
            }
            messages.forEach(message -> received.add(message.id()));
        }

        @Override
        public void close() {
            // Nothing is open.
        }
    };

    private Notification open() {
        NotifyConfig boss = new NotifyConfig(
                "boss",
                new NotifyConfig.Webhook(URI.create("http://192.0.2.1/"), null, false, Duration.ofSeconds(1)),
                Set.of(NotifyConfig.Phase.START, NotifyConfig.Phase.END),
                List.of(),
                List.of(),
                List.of(),
                null,
                Duration.ZERO,
                Duration.ZERO,
                null,
                false,
                AFTER);
        return new Notification(boss, SpoolConfig.DEFAULT.withDirectory(folder), target, acknowledged::contains, clock);
    }

    private static Incident incident(int number, Incident.Phase phase) {
        return Incidents.bareHead("gate", number, phase == Incident.Phase.START ? 0 : 1, phase);
    }

    @Test
    void shouldSendOnlyWhatNobodyAcknowledgedInTime() {
        try (Notification boss = open()) {
            boss.publish(incident(1, Incident.Phase.START));
            boss.publish(incident(2, Incident.Phase.START));
            boss.publish(incident(1, Incident.Phase.END));
            boss.publish(incident(2, Incident.Phase.END));
            await().untilAsserted(() -> assertThat(boss.statistics().accepted()).isEqualTo(4));
            acknowledged.add(incident(1, Incident.Phase.START).id());
            clock.move(AFTER);
            await().during(Duration.ofMillis(600))
                    .untilAsserted(() -> assertThat(received).isEmpty());

            clock.move(Duration.ofSeconds(10));
            await().untilAsserted(() -> assertThat(received)
                    .containsExactly(
                            incident(2, Incident.Phase.START).eventId(),
                            incident(2, Incident.Phase.END).eventId()));
            assertThat(boss.log().newest())
                    .extracting(DeliveryLog.Entry::outcome)
                    .containsExactly(
                            DeliveryLog.Outcome.DELIVERED,
                            DeliveryLog.Outcome.ACKNOWLEDGED,
                            DeliveryLog.Outcome.DELIVERED,
                            DeliveryLog.Outcome.ACKNOWLEDGED);
        }
    }

    @Test
    void shouldKeepWhatIsNotDueAcrossARestart() {
        try (Notification boss = open()) {
            boss.publish(incident(1, Incident.Phase.START));
            await().untilAsserted(() -> assertThat(boss.statistics().accepted()).isEqualTo(1));
        }
        clock.move(AFTER.plusSeconds(10));
        try (Notification boss = open()) {
            await().untilAsserted(() -> assertThat(received).hasSize(1));
            // The restart ended the incident as interrupted; that is due later.
            clock.move(AFTER.plusSeconds(10));
            await().untilAsserted(() -> assertThat(received).hasSize(2));
        }
    }

    @Test
    void shouldHoldBackAsLongWhatIsStampedAheadOfTheClock() {
        clock.set(Incidents.NOON - Duration.ofDays(1).toMillis());
        try (Notification boss = open()) {
            boss.publish(incident(1, Incident.Phase.START));
            await().untilAsserted(() -> assertThat(boss.statistics().accepted()).isEqualTo(1));
            await().during(Duration.ofMillis(600))
                    .untilAsserted(() -> assertThat(received).isEmpty());
            clock.move(AFTER);
            await().untilAsserted(() -> assertThat(received).hasSize(1));
        }
    }

    @Test
    void shouldNotWaitForAClockThatWasSetBack() {
        try (Notification boss = open()) {
            boss.publish(incident(1, Incident.Phase.START));
            await().untilAsserted(() -> assertThat(boss.statistics().accepted()).isEqualTo(1));
            clock.move(Duration.ofDays(-1));
            await().untilAsserted(() -> assertThat(received).hasSize(1));
        }
    }

    @Test
    void shouldSendTheEndOfWhatWasAcknowledgedOnlyAfterItsStart() {
        try (Notification boss = open()) {
            boss.publish(incident(1, Incident.Phase.START));
            clock.move(AFTER.plusSeconds(10));
            await().untilAsserted(() -> assertThat(received).hasSize(1));
            acknowledged.add(incident(1, Incident.Phase.START).id());
            boss.publish(incident(1, Incident.Phase.END));
            await().untilAsserted(() -> assertThat(received).hasSize(2));
        }
    }

    @Test
    void shouldSendNeitherStartNorEndOfWhatWasAcknowledgedWhileTheTargetWasAway() {
        isAway = true;
        try (Notification boss = open()) {
            boss.publish(incident(1, Incident.Phase.START));
            clock.move(AFTER.plusSeconds(10));
            await().untilAsserted(() -> assertThat(boss.log().newest())
                    .extracting(DeliveryLog.Entry::outcome)
                    .containsExactly(DeliveryLog.Outcome.RETRIED));
            acknowledged.add(incident(1, Incident.Phase.START).id());
            boss.publish(incident(1, Incident.Phase.END));
            isAway = false;
            await().untilAsserted(() -> assertThat(boss.log().newest())
                    .extracting(DeliveryLog.Entry::outcome)
                    .containsExactly(DeliveryLog.Outcome.ACKNOWLEDGED, DeliveryLog.Outcome.ACKNOWLEDGED));
            assertThat(received).isEmpty();
        }
    }
}
