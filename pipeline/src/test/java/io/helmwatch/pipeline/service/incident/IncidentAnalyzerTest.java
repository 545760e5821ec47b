package io.helmwatch.pipeline.service.incident;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.incident.IncidentsConfig;
import io.helmwatch.config.rule.RuleConfig;
import io.helmwatch.config.rule.StreamRulesConfig;
import io.helmwatch.config.rule.ZoneConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.pipeline.ring.ScriptedStages;
import io.helmwatch.sinks.InMemoryIncidentSink;
import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.Detection;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.Incident;
import io.helmwatch.vision.ModelIdentity;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class IncidentAnalyzerTest {
    private static final RuleConfig BARE = RuleConfig.of("bare", RuleConfig.Kind.NO_HELMET, List.of(), 0);
    private static final long FRAME_NANOS = 200_000_000;

    private final AtomicLong clock = new AtomicLong();
    private final IncidentAnalyzer analyzer = new IncidentAnalyzer(clock::get);
    private final InMemoryIncidentSink sink = new InMemoryIncidentSink();
    private int frames;

    private static StreamConfig stream(String id, RuleConfig... rules) {
        return StreamConfig.of(id, "rtsp://camera/1")
                .withRules(new StreamRulesConfig(List.of(), List.of(), 0, List.of(rules)));
    }

    /** A bare head in the middle of the picture, five times a second. */
    private void show(String stream, int seconds) {
        for (int i = 0; i < 5 * seconds; i++) {
            clock.addAndGet(FRAME_NANOS);
            analyzer.analyze(
                    new FrameDetections(
                            stream,
                            1_795_176_000L,
                            frames++,
                            clock.get(),
                            clock.get() / 1_000_000,
                            new ImageSize(1280, 720),
                            new ModelIdentity("m", "1", "fp32", "cpu"),
                            List.of(new Detection("head", 0.9f, new BoundingBox(600, 300, 640, 350)))),
                    new ScriptedStages.Picture());
        }
    }

    private List<String> told() {
        return sink.incidents().stream()
                .map(incident -> incident.phase() + " " + incident.id()
                        + (incident.endReason() == null ? "" : " " + incident.endReason()))
                .toList();
    }

    @Test
    void shouldDoNothingBeforeItStarts() {
        show("gate", 5);
        analyzer.checkSilence("gate");
        analyzer.change(stream("gate", BARE));
        analyzer.close();
        assertThat(sink.incidents()).isEmpty();
    }

    @Test
    void shouldStartInTheMiddleOfAStream() {
        show("gate", 5);
        analyzer.begin(List.of(stream("gate"), stream("yard")), IncidentsConfig.DEFAULT, List.of(sink), null);
        show("gate", 5);
        assertThat(told()).isEmpty();
        analyzer.change(stream("gate", BARE));
        show("gate", 5);
        show("yard", 5);
        assertThat(told()).containsExactly("START gate/1795176000/bare/1");
        analyzer.close();
        analyzer.close();
        assertThat(told()).containsExactly("START gate/1795176000/bare/1", "END gate/1795176000/bare/1 INTERRUPTED");
    }

    @Test
    void shouldEndIncidentsOfALostStreamByTheClockAndLeaveTheOthersAlone() {
        analyzer.begin(
                List.of(stream("gate", BARE), stream("yard", BARE), stream("mute", BARE)),
                IncidentsConfig.DEFAULT,
                List.of(sink),
                null);
        show("yard", 5);
        show("gate", 5);
        clock.addAndGet(25_000_000_000L);
        for (String id : List.of("gate", "yard", "mute", "unknown")) {
            analyzer.checkSilence(id);
        }
        assertThat(told())
                .containsExactly(
                        "START yard/1795176000/bare/1",
                        "START gate/1795176000/bare/1",
                        "END yard/1795176000/bare/1 STREAM_LOST");
        Incident end = sink.incidents().get(2);
        assertThat(end.decidedAtMillis()).isEqualTo(5_000);
        assertThat(end.revision()).isEqualTo(1);
        analyzer.checkSilence("yard");
        assertThat(told()).hasSize(3);
        show("yard", 5);
        assertThat(told()).endsWith("START yard/1795176000/bare/2");
    }

    @Test
    void shouldPublishThePolygonOfTheZone() {
        List<ZoneConfig.Point> corners =
                List.of(new ZoneConfig.Point(0.1, 0.2), new ZoneConfig.Point(0.9, 0.2), new ZoneConfig.Point(0.5, 1));
        RuleConfig rule = RuleConfig.of("bare", RuleConfig.Kind.NO_HELMET, List.of("pit"), 0);
        StreamConfig stream = StreamConfig.of("gate", "rtsp://camera/1")
                .withRules(new StreamRulesConfig(List.of(new ZoneConfig("pit", corners)), List.of(), 0, List.of(rule)));
        analyzer.begin(List.of(stream), IncidentsConfig.DEFAULT, List.of(sink), null);
        show("gate", 5);
        assertThat(sink.incidents()).first().satisfies(incident -> {
            assertThat(incident.zone()).isEqualTo("pit");
            assertThat(incident.zonePolygon())
                    .containsExactly(
                            new Incident.Corner(0.1, 0.2), new Incident.Corner(0.9, 0.2), new Incident.Corner(0.5, 1));
        });
    }
}
