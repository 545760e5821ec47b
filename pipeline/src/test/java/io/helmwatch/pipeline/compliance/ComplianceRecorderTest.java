package io.helmwatch.pipeline.compliance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.helmwatch.config.incident.TrackingConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.sinks.compliance.ComplianceStore;
import io.helmwatch.sinks.sqlite.SqliteException;
import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.ComplianceMinute;
import io.helmwatch.vision.CountOrigin;
import io.helmwatch.vision.Detection;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.ModelIdentity;
import io.helmwatch.vision.NodeEpoch;
import io.helmwatch.vision.StreamOwnership;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ComplianceRecorderTest {
    private static final long NOON = Instant.parse("2026-11-20T12:00:00Z").toEpochMilli();
    private static final StreamConfig GATE = StreamConfig.of("gate", "rtsp://127.0.0.1/");

    private final ComplianceCounters counters = new ComplianceCounters(
            TrackingConfig.DEFAULT, Clock.fixed(Instant.ofEpochMilli(NOON), ZoneOffset.UTC), StreamOwnership.NONE);
    private final MeterRegistry registry = new SimpleMeterRegistry();

    /** Remembers what it was given; fails as often as it is told. */
    private static final class RecordingStore implements ComplianceStore {
        private final List<ComplianceMinute> minutes = new ArrayList<>();
        private int failures;

        @Override
        public synchronized int store(Collection<ComplianceMinute> given) {
            if (failures-- > 0) {
                throw new SqliteException("the disk is full", null);
            }
            minutes.addAll(given);
            return 0;
        }
    }

    private void frame(long atMillis) {
        counters.analyze(detections(atMillis), null);
    }

    private static FrameDetections detections(long atMillis) {
        return new FrameDetections(
                "gate",
                1,
                1,
                atMillis * 1_000_000,
                atMillis,
                new ImageSize(200, 100),
                new ModelIdentity("m", "1", "fp32", "cpu"),
                List.of(new Detection("helmet", 0.9f, new BoundingBox(10, 10, 20, 20))));
    }

    /** A node that has every stream, and knows it or does not. */
    private static final class SwitchedOwnership implements StreamOwnership {
        private Verdict verdict = Verdict.CURRENT;

        @Override
        public NodeEpoch origin(String stream) {
            return null;
        }

        @Override
        public Verdict verdict(String stream, NodeEpoch origin) {
            return verdict;
        }
    }

    @Test
    void shouldCountInAPartOfItsOwnWhileTheNodeDoesNotKnowWhetherItHasTheStream() {
        SwitchedOwnership ownership = new SwitchedOwnership();
        ComplianceCounters counters = new ComplianceCounters(
                TrackingConfig.DEFAULT, Clock.fixed(Instant.ofEpochMilli(NOON), ZoneOffset.UTC), ownership);
        counters.added(GATE);
        NodeEpoch first = new NodeEpoch("n1", 4);
        counters.analyze(detections(NOON).withOrigin(first), null);
        ownership.verdict = StreamOwnership.Verdict.UNDECIDED;
        counters.analyze(detections(NOON + 100).withOrigin(first), null);
        counters.analyze(detections(NOON + 200).withOrigin(first), null);
        ownership.verdict = StreamOwnership.Verdict.CURRENT;
        NodeEpoch later = new NodeEpoch("n1", 6);
        counters.analyze(detections(NOON + 300).withOrigin(later), null);

        List<ComplianceMinute> minutes = counters.drainAll();
        assertThat(minutes)
                .extracting(minute -> minute.counts().frames(), ComplianceMinute::origin)
                .containsExactly(
                        tuple(1L, new CountOrigin(first, false)),
                        tuple(2L, new CountOrigin(first, true)),
                        tuple(1L, new CountOrigin(later, false)));
        assertThat(minutes).extracting(ComplianceMinute::key).doesNotHaveDuplicates();
    }

    private double meter(String what, String store) {
        return registry.get("helmwatch.compliance.counts." + what)
                .tag("store", store)
                .functionCounter()
                .count();
    }

    @Test
    void shouldRecordTheSameCountsInEveryStoreAlsoThoseOfAMinuteThatIsNotOver() {
        RecordingStore history = new RecordingStore();
        RecordingStore outbox = new RecordingStore();
        outbox.failures = 1;
        counters.added(GATE);
        frame(NOON - 60_000);
        frame(NOON);
        try (ComplianceRecorder recorder =
                new ComplianceRecorder(counters, Map.of("history", history, "outbox", outbox), registry)) {
            assertThat(recorder).isNotNull();
        }
        assertThat(history.minutes)
                .extracting(
                        ComplianceMinute::minuteMillis,
                        minute -> minute.counts().helmet())
                .containsExactly(tuple(NOON - 60_000, 1L), tuple(NOON, 1L));
        assertThat(meter("recorded", "history")).isEqualTo(2);
        assertThat(outbox.minutes).as("its only attempt failed").isEmpty();
        assertThat(meter("recorded", "outbox")).isZero();
    }

    @Test
    void shouldCountAMinuteInPartsOfTheirOwnWhenAStreamChangesOrStartsAgain() {
        counters.added(GATE);
        frame(NOON);
        counters.changed(GATE);
        frame(NOON + 100);
        counters.removed("gate");
        frame(NOON + 200);
        counters.added(GATE);
        frame(NOON + 300);
        List<ComplianceMinute> minutes = counters.drainAll();
        assertThat(minutes).hasSize(3).allSatisfy(minute -> {
            assertThat(minute.minuteMillis()).isEqualTo(NOON);
            assertThat(minute.counts().frames()).isEqualTo(1);
        });
        assertThat(minutes).extracting(ComplianceMinute::key).doesNotHaveDuplicates();
        assertThat(counters.drainAll()).isEmpty();
    }
}
