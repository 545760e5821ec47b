package io.helmwatch.sinks.notify;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.helmwatch.config.incident.SpoolConfig;
import io.helmwatch.config.rule.ScheduleConfig;
import io.helmwatch.config.sink.NotifyConfig;
import io.helmwatch.sinks.DetectionSink;
import io.helmwatch.sinks.IncidentJson;
import io.helmwatch.sinks.spool.IncidentSpool;
import io.helmwatch.sinks.spool.Incidents;
import io.helmwatch.sinks.spool.SpooledEvent;
import io.helmwatch.vision.Incident;
import io.helmwatch.vision.StreamOutage;
import io.helmwatch.vision.StreamStatus;
import java.net.URI;
import java.nio.file.Path;
import java.time.Clock;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a target receives, in which order, and what happens while it is away. */
class NotificationTest {
    private static final NotifyConfig.Webhook ANY =
            new NotifyConfig.Webhook(URI.create("http://192.0.2.1/"), null, false, Duration.ofSeconds(1));
    private static final Set<NotifyConfig.Phase> START_AND_END =
            Set.of(NotifyConfig.Phase.START, NotifyConfig.Phase.END);

    @TempDir
    Path folder;

    private final Target target = new Target();

    /** A target in memory that can be away. */
    private static final class Target implements Notifier {
        final List<List<NotifyMessage>> delivered = new CopyOnWriteArrayList<>();
        volatile @Nullable NotifyException answer;
        volatile int attempts;
        volatile Predicate<List<NotifyMessage>> refused = messages -> false;

        @Override
        public void deliver(List<NotifyMessage> messages) throws NotifyException {
            attempts++;
            NotifyException failure = answer;
            if (failure != null) {
                throw failure;
            }
            if (refused.test(messages)) {
                throw NotifyException.permanent("answered 413", null);
            }
            delivered.add(messages);
        }

        List<String> ids() {
            return delivered.stream()
                    .flatMap(List::stream)
                    .map(NotifyMessage::id)
                    .toList();
        }

        @Override
        public void close() {
            // Nothing is open.
        }
    }

    private Notification open(NotifyConfig config) {
        return open(config, Clock.systemUTC());
    }

    private Notification open(NotifyConfig config, Clock clock) {
        return new Notification(config, SpoolConfig.DEFAULT.withDirectory(folder), target, incident -> false, clock);
    }

    private static NotifyConfig config(Set<NotifyConfig.Phase> phases, Duration coolDown, Duration digest) {
        return new NotifyConfig(
                "guards", ANY, phases, List.of(), List.of(), List.of(), null, coolDown, digest, null, false, null);
    }

    private static Incident incident(String stream, int number, int revision, Incident.Phase phase) {
        return Incidents.bareHead(stream, number, revision, phase);
    }

    @Test
    void shouldSendStartAndEndInOrderAndLeaveOutUpdates() {
        try (Notification guards = open(config(START_AND_END, Duration.ZERO, Duration.ZERO))) {
            guards.publish(incident("gate", 1, 0, Incident.Phase.START));
            guards.publish(incident("gate", 1, 1, Incident.Phase.UPDATE));
            guards.publish(incident("gate", 1, 2, Incident.Phase.END));
            await().untilAsserted(() -> assertThat(target.ids())
                    .containsExactly("gate/1795176000/no-helmet-in-pit/1/0", "gate/1795176000/no-helmet-in-pit/1/2"));
        }
    }

    @Test
    void shouldSendOnlyThePhasesThatAreWanted() {
        try (Notification guards = open(config(Set.of(NotifyConfig.Phase.END), Duration.ZERO, Duration.ZERO))) {
            guards.publish(incident("gate", 1, 0, Incident.Phase.START));
            guards.publish(incident("gate", 1, 1, Incident.Phase.END));
            await().untilAsserted(() -> assertThat(target.ids()).hasSize(1));
            assertThat(target.delivered.get(0).get(0).type()).isEqualTo(NotifyMessage.Type.INCIDENT_END);
        }
    }

    @Test
    void shouldSendOfClipsWhereThatIsWanted() {
        Incident.Clip clip = new Incident.Clip(
                "gate/x.mp4",
                "0".repeat(64),
                "https://evidence.example/gate/x.mp4",
                1,
                Incidents.NOON,
                Incidents.NOON + 9_000,
                false,
                new Incident.Sidecar("gate/x.json", "1".repeat(64), "https://evidence.example/gate/x.json"));
        Incident end = incident("gate", 1, 1, Incident.Phase.END);
        Set<NotifyConfig.Phase> wanted = Set.of(NotifyConfig.Phase.END, NotifyConfig.Phase.EVIDENCE);
        for (Set<NotifyConfig.Phase> phases : List.of(Set.of(NotifyConfig.Phase.END), wanted)) {
            target.delivered.clear();
            try (Notification guards = open(config(phases, Duration.ZERO, Duration.ZERO))) {
                guards.publish(incident("gate", 1, 0, Incident.Phase.START));
                guards.publish(end);
                guards.publish(end.evidence(clip));
                guards.publish(incident("gate", 2, 1, Incident.Phase.END));
                await().untilAsserted(() -> assertThat(target.ids()).hasSize(phases.size() + 1));
            }
            assertThat(target.ids().contains("gate/1795176000/no-helmet-in-pit/1/2"))
                    .isEqualTo(phases.equals(wanted));
        }
        NotifyMessage clipped = target.delivered.stream()
                .flatMap(List::stream)
                .filter(message -> message.type() == NotifyMessage.Type.INCIDENT_EVIDENCE)
                .findFirst()
                .orElseThrow();
        assertThat(NotifyText.subject(clipped, ZoneOffset.UTC)).startsWith("Clip of no helmet at gate, pit");
        assertThat(NotifyText.body(clipped, ZoneOffset.UTC)).contains("Clip: https://evidence.example/gate/x.mp4\n");
    }

    @Test
    void shouldKeepEverythingWhileTheTargetIsAwayAndAcrossARestart() {
        target.answer = NotifyException.retryable("the server is away", null);
        try (Notification guards = open(config(START_AND_END, Duration.ZERO, Duration.ZERO))) {
            guards.publish(incident("gate", 1, 0, Incident.Phase.START));
            guards.publish(incident("gate", 1, 1, Incident.Phase.END));
            await().untilAsserted(
                            () -> assertThat(guards.statistics().accepted()).isEqualTo(2));
            await().untilAsserted(() -> assertThat(guards.problem()).contains("the server is away"));
        }
        assertThat(target.ids()).isEmpty();
        target.answer = null;
        try (Notification guards = open(config(START_AND_END, Duration.ZERO, Duration.ZERO))) {
            await().untilAsserted(() -> assertThat(target.ids()).hasSize(2));
            assertThat(guards.problem()).isEmpty();
        }
    }

    @Test
    void shouldDeadLetterWhatTheTargetWillNeverTake() {
        target.answer = NotifyException.permanent("answered 400", null);
        try (Notification guards = open(config(START_AND_END, Duration.ZERO, Duration.ZERO))) {
            guards.publish(incident("gate", 1, 0, Incident.Phase.START));
            await().untilAsserted(
                            () -> assertThat(guards.statistics().deadLetters()).isEqualTo(1));
            target.answer = null;
            guards.publish(incident("gate", 1, 1, Incident.Phase.END));
            await().untilAsserted(() -> assertThat(target.ids()).hasSize(1));
        }
        assertThat(folder.resolve("notify/guards/dead-letters.jsonl")).content().contains("answered 400");
    }

    @Test
    void shouldWaitAsLongAsTheTargetAsks() throws Exception {
        target.answer = NotifyException.retryAfter("answered 429", Duration.ofHours(1));
        try (Notification guards = open(config(START_AND_END, Duration.ZERO, Duration.ZERO))) {
            guards.publish(incident("gate", 1, 0, Incident.Phase.START));
            await().untilAsserted(() -> assertThat(guards.problem()).contains("429"));
            target.answer = null;
            Thread.sleep(1_500);
            assertThat(target.attempts).isEqualTo(1);
        }
    }

    @Test
    void shouldSendOneIncidentOfAStreamAndRuleWithinTheCoolDown() {
        try (Notification guards = open(config(START_AND_END, Duration.ofMinutes(10), Duration.ZERO))) {
            for (int number = 1; number <= 3; number++) {
                guards.publish(incident("gate", number, 0, Incident.Phase.START));
            }
            for (int number = 1; number <= 3; number++) {
                guards.publish(incident("gate", number, 1, Incident.Phase.END));
            }
            guards.publish(incident("yard", 4, 0, Incident.Phase.START));
            await().untilAsserted(() -> assertThat(target.ids())
                    .containsExactly(
                            "gate/1795176000/no-helmet-in-pit/1/0",
                            "gate/1795176000/no-helmet-in-pit/1/1",
                            "yard/1795176000/no-helmet-in-pit/4/0"));
        }
    }

    @Test
    void shouldForgetACoolDownThatBeganInTheFuture() {
        Incident wrong = incident("gate", 1, 86_400, Incident.Phase.START);
        Incident right = incident("gate", 2, 0, Incident.Phase.START);
        try (Notification guards = open(config(START_AND_END, Duration.ofMinutes(10), Duration.ZERO))) {
            guards.publish(wrong);
            guards.publish(right);
            await().untilAsserted(() -> assertThat(target.ids()).containsExactly(wrong.eventId(), right.eventId()));
        }
    }

    @Test
    void shouldSendADigestAfterTheClockWasSetBack() {
        SettableClock clock = new SettableClock(Incidents.NOON);
        try (Notification guards = open(config(START_AND_END, Duration.ZERO, Duration.ofMinutes(10)), clock)) {
            guards.publish(incident("gate", 1, 0, Incident.Phase.START));
            await().untilAsserted(
                            () -> assertThat(guards.statistics().waiting()).isEqualTo(1));
            clock.move(Duration.ofDays(-1));
            await().untilAsserted(() -> assertThat(target.ids()).hasSize(1));
        }
    }

    @Test
    void shouldKeepDeliveringAfterADefectOfTheTarget() {
        AtomicBoolean isDefect = new AtomicBoolean(true);
        target.refused = messages -> {
            if (isDefect.get()) {
                throw new IllegalStateException("a defect");
            }
            return false;
        };
        try (Notification guards = open(config(START_AND_END, Duration.ZERO, Duration.ZERO))) {
            guards.publish(incident("gate", 1, 0, Incident.Phase.START));
            await().untilAsserted(() -> assertThat(guards.problem()).contains("a defect"));
            isDefect.set(false);
            await().untilAsserted(() -> assertThat(target.ids()).hasSize(1));
            assertThat(guards.problem()).isEmpty();
        }
    }

    @Test
    void shouldSetAsideAMessageThatCannotBeReadAndSendTheNext() {
        NotifyConfig config = config(START_AND_END, Duration.ZERO, Duration.ZERO);
        try (IncidentSpool spool = new IncidentSpool(
                Notification.spool(SpoolConfig.DEFAULT.withDirectory(folder), config.name()), Clock.systemUTC())) {
            spool.enqueue(
                    new SpooledEvent(0, "later/1", "later/1", "gate", "phase-of-later", 1, new byte[] {'{', '}'}));
        }
        try (Notification guards = open(config)) {
            guards.publish(incident("gate", 1, 0, Incident.Phase.START));
            await().untilAsserted(() -> assertThat(target.ids()).hasSize(1));
            assertThat(guards.statistics().deadLetters()).isEqualTo(1);
        }
    }

    @Test
    void shouldCollectMessagesIntoADigest() {
        try (Notification guards = open(config(START_AND_END, Duration.ZERO, Duration.ofMillis(1_500)))) {
            for (int number = 1; number <= 5; number++) {
                guards.publish(incident("gate", number, 0, Incident.Phase.START));
            }
            await().untilAsserted(() -> assertThat(target.ids()).hasSize(5));
            assertThat(target.delivered).hasSize(1);
        }
    }

    @Test
    void shouldSendOnlyWhatIsAskedFor() {
        ScheduleConfig night =
                new ScheduleConfig(ZoneOffset.UTC, Set.of(DayOfWeek.values()), LocalTime.of(20, 0), LocalTime.of(6, 0));
        List<NotifyConfig> unwanted = List.of(
                filtered(List.of("yard"), List.of(), List.of(), null),
                filtered(List.of(), List.of("crowd"), List.of(), null),
                filtered(List.of(), List.of(), List.of("roof"), null),
                filtered(List.of(), List.of(), List.of(), night));
        for (NotifyConfig config : unwanted) {
            NotifyFilter filter = new NotifyFilter(config);
            assertThat(filter.accepts(incident("gate", 1, 0, Incident.Phase.START)))
                    .as("%s", config)
                    .isFalse();
            assertThat(filter.accepts(incident("gate", 1, 1, Incident.Phase.END)))
                    .as("%s", config)
                    .isFalse();
        }
        NotifyFilter fitting =
                new NotifyFilter(filtered(List.of("gate"), List.of("no-helmet-in-pit"), List.of("pit"), null));
        assertThat(fitting.accepts(incident("gate", 1, 0, Incident.Phase.START)))
                .isTrue();
    }

    private static NotifyConfig filtered(
            List<String> streams, List<String> rules, List<String> zones, @Nullable ScheduleConfig schedule) {
        return new NotifyConfig(
                "guards",
                ANY,
                START_AND_END,
                streams,
                rules,
                zones,
                schedule,
                Duration.ZERO,
                Duration.ZERO,
                null,
                false,
                null);
    }

    @Test
    void shouldSendThatAStreamIsOfflineForLongAndThatItIsBack() {
        NotifyConfig config = new NotifyConfig(
                "guards",
                ANY,
                START_AND_END,
                List.of("gate"),
                List.of(),
                List.of(),
                null,
                Duration.ZERO,
                Duration.ZERO,
                Duration.ofMillis(300),
                false,
                null);
        try (Notification guards = open(config)) {
            DetectionSink streams = guards.streams();
            assertThat(streams).isNotNull();
            long now = System.currentTimeMillis();
            streams.publish(new StreamStatus("yard", StreamStatus.State.OFFLINE, "no route", now - 10_000));
            streams.publish(new StreamStatus("gate", StreamStatus.State.OFFLINE, "no route to host", now));
            await().untilAsserted(() -> assertThat(target.ids()).hasSize(1));
            NotifyMessage offline = target.delivered.get(0).get(0);
            assertThat(offline.type()).isEqualTo(NotifyMessage.Type.STREAM_OFFLINE);
            assertThat(offline.field("stream")).isEqualTo("gate");
            assertThat(offline.field("reason")).isEqualTo("no route to host");

            streams.publish(new StreamStatus("gate", StreamStatus.State.ONLINE, "", now + 5_000));
            await().untilAsserted(() -> assertThat(target.ids()).hasSize(2));
            assertThat(target.delivered.get(1).get(0).type()).isEqualTo(NotifyMessage.Type.STREAM_BACK);

            streams.publish(new StreamStatus("gate", StreamStatus.State.OFFLINE, "", System.currentTimeMillis()));
            streams.publish(new StreamStatus("gate", StreamStatus.State.ONLINE, "", System.currentTimeMillis()));
            streams.publish(new StreamStatus("gate", StreamStatus.State.ENDED, "", System.currentTimeMillis()));
            assertThat(guards.statistics().waiting()).isZero();
        }
    }

    private static NotifyConfig offlineAfter(Duration after) {
        return new NotifyConfig(
                "guards",
                ANY,
                START_AND_END,
                List.of(),
                List.of(),
                List.of(),
                null,
                Duration.ZERO,
                Duration.ZERO,
                after,
                false,
                null);
    }

    private static StreamStatus gate(StreamStatus.State state, long atMillis) {
        return new StreamStatus("gate", state, "no route to host", atMillis);
    }

    @Test
    void shouldSendOnceThatAStreamIsOfflineAndBackWhereItWasStoppedMeanwhileOrTheProcessEnded() {
        NotifyConfig config = offlineAfter(Duration.ofMillis(100));
        long since = System.currentTimeMillis() - 1_000;
        try (Notification guards = open(config)) {
            DetectionSink streams = requireNonNull(guards.streams());
            streams.publish(gate(StreamStatus.State.OFFLINE, since));
            await().untilAsserted(() -> assertThat(target.ids()).containsExactly("gate/stream.offline/" + since));
            streams.publish(gate(StreamStatus.State.ENDED, since + 500));
            await().untilAsserted(() -> assertThat(folder.resolve("notify/guards/outages.json"))
                    .content()
                    .contains("gate"));
        }
        try (Notification guards = open(config)) {
            DetectionSink streams = requireNonNull(guards.streams());
            streams.publish(gate(StreamStatus.State.STARTING, since + 800));
            streams.publish(gate(StreamStatus.State.OFFLINE, since + 900));
            streams.publish(gate(StreamStatus.State.ENDED, since + 1_000));
            streams.publish(gate(StreamStatus.State.STARTING, since + 1_100));
            streams.publish(gate(StreamStatus.State.ONLINE, since + 1_200));
            await().untilAsserted(() -> assertThat(target.ids())
                    .containsExactly("gate/stream.offline/" + since, "gate/stream.back/" + since));
        }
        try (Notification guards = open(config)) {
            requireNonNull(guards.streams()).publish(gate(StreamStatus.State.ONLINE, since + 1_300));
            assertThat(guards.statistics().waiting()).isZero();
        }
        assertThat(target.ids()).hasSize(2);
    }

    @Test
    void shouldCountTheTimeOfAnOutageOfWhateverTheClockSays() {
        SettableClock clock = new SettableClock(1_000);
        try (Notification guards = open(offlineAfter(Duration.ofSeconds(2)), clock)) {
            DetectionSink streams = requireNonNull(guards.streams());
            streams.publish(gate(StreamStatus.State.OFFLINE, clock.millis()));
            clock.set(Incidents.NOON);
            await().during(Duration.ofMillis(1_200))
                    .untilAsserted(() -> assertThat(target.ids()).isEmpty());
            clock.set(0);
            await().untilAsserted(() -> assertThat(target.ids()).containsExactly("gate/stream.offline/1000"));
        }
    }

    @Test
    void shouldSendThatAStreamIsBackWhichWasOfflineOnAnotherNode() {
        long now = System.currentTimeMillis();
        long since = now - 100_000;
        try (Notification guards = open(offlineAfter(Duration.ofSeconds(60)))) {
            DetectionSink streams = requireNonNull(guards.streams());
            streams.takeOverStream("gate", new StreamOutage(since, now - 10_000, "no route to host"));
            streams.publish(gate(StreamStatus.State.STARTING, now));
            streams.publish(gate(StreamStatus.State.ONLINE, now));
            await().untilAsserted(() -> assertThat(target.ids()).containsExactly("gate/stream.back/" + since));

            streams.takeOverStream("gate", new StreamOutage(since, since + 20_000, "no route to host"));
            await().untilAsserted(() -> assertThat(target.ids()).last().isEqualTo("gate/stream.offline/" + since));
            streams.takeOverStream("gate", null);
            streams.publish(gate(StreamStatus.State.ONLINE, now));
            assertThat(guards.statistics().waiting()).isZero();
        }
        assertThat(target.ids()).hasSize(2);
    }

    @Test
    void shouldDeliverADigestInPartsWhereItIsRefusedAndKeepFromNobodyWhatOneMessageIsRefusedFor() {
        target.refused = messages -> messages.size() > 2
                || messages.stream().anyMatch(message -> message.stream().equals("yard"));
        try (Notification guards = open(config(START_AND_END, Duration.ZERO, Duration.ofMillis(800)))) {
            for (int number = 1; number <= 4; number++) {
                guards.publish(incident("gate", number, 0, Incident.Phase.START));
            }
            guards.publish(incident("yard", 5, 0, Incident.Phase.START));
            await().untilAsserted(
                            () -> assertThat(guards.statistics().deadLetters()).isEqualTo(1));
            assertThat(target.ids())
                    .containsExactly(
                            "gate/1795176000/no-helmet-in-pit/1/0",
                            "gate/1795176000/no-helmet-in-pit/2/0",
                            "gate/1795176000/no-helmet-in-pit/3/0",
                            "gate/1795176000/no-helmet-in-pit/4/0");
            assertThat(guards.statistics().waiting()).isZero();
        }
        assertThat(folder.resolve("notify/guards/dead-letters.jsonl")).content().contains("yard");
    }

    @Test
    void shouldSendThatANodeIsLostAndBack() {
        try (Notification guards = open(config(START_AND_END, Duration.ZERO, Duration.ZERO))) {
            guards.publish(new NodeChange("site-a", "node-2", false, Incidents.NOON, 8));
            guards.publish(new NodeChange("site-a", "node-2", true, Incidents.NOON, 0));
            await().untilAsserted(() -> assertThat(target.ids())
                    .containsExactly("node-2/node.lost/" + Incidents.NOON, "node-2/node.back/" + Incidents.NOON));
            NotifyMessage lost = target.delivered.get(0).get(0);
            assertThat(NotifyText.subject(lost, ZoneOffset.UTC))
                    .isEqualTo("Node node-2 lost, last heard of 2026-11-20 12:00:00 Z");
            assertThat(NotifyText.body(lost, ZoneOffset.UTC))
                    .contains("Node: node-2\nCluster: site-a\nCameras: 8\n")
                    .doesNotContain("Camera:");
            assertThat(NotifyTemplate.ofText("{{node}}|{{camera}}|{{started}}").render(List.of(lost), ZoneOffset.UTC))
                    .isEqualTo("node-2||2026-11-20 12:00:00 Z");
            await().untilAsserted(() -> assertThat(guards.log().newest()).hasSize(2));
            assertThat(guards.log().newest().get(1).type().text()).isEqualTo("node.lost");
            assertThat(guards.log().newest().get(1).stream()).isEqualTo("node-2");
        }
    }

    @Test
    void shouldSayInWordsWhatHappened() {
        NotifyMessage message = NotifyMessage.of(new SpooledEvent(
                1,
                "id",
                "incident",
                "gate",
                "end",
                0,
                IncidentJson.incident(incident("gate", 1, 1, Incident.Phase.END), Incidents.NOON)));
        assertThat(NotifyText.subject(message, ZoneOffset.UTC)).isEqualTo("No helmet at gate, pit ended after 3 s");
        assertThat(NotifyText.body(message, ZoneOffset.UTC))
                .contains("Rule: no-helmet-in-pit", "Started: 2026-11-20 12:00:00 Z", "(compliance)");
    }
}
