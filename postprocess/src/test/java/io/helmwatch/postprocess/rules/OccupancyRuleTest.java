package io.helmwatch.postprocess.rules;

import static io.helmwatch.postprocess.rules.Scenes.PIT;
import static io.helmwatch.postprocess.rules.Scenes.head;
import static io.helmwatch.postprocess.rules.Scenes.helmet;
import static io.helmwatch.postprocess.rules.Scenes.phases;
import static io.helmwatch.postprocess.rules.Scenes.play;
import static io.helmwatch.postprocess.rules.Scenes.rules;
import static io.helmwatch.postprocess.rules.Scenes.secondsOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.rule.RuleConfig;
import io.helmwatch.config.rule.StreamRulesConfig;
import io.helmwatch.config.rule.ZoneConfig;
import io.helmwatch.postprocess.rules.Scenes.Scene;
import io.helmwatch.vision.Incident;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Ten frames a second: heads are confirmed with the third frame. */
class OccupancyRuleTest {
    private static final int FPS = 10;

    private static RuleConfig moreThanOne(double confidence, String zone, Duration endAfter) {
        return new RuleConfig(
                "crowd",
                RuleConfig.Kind.MORE_PEOPLE,
                List.of(zone),
                confidence,
                3,
                5,
                Duration.ofSeconds(2),
                Duration.ofSeconds(3),
                endAfter,
                null,
                1);
    }

    private static RuleConfig moreThanOne(Duration endAfter) {
        return moreThanOne(0.5, "pit", endAfter);
    }

    @Test
    void shouldStartOnceThereWereTooManyForTheShortestTime() {
        Scene two = t -> List.of(helmet(900), helmet(1100));
        List<Incident> incidents = play(rules(moreThanOne(Duration.ofSeconds(5))), two, FPS, 2.3);
        assertThat(incidents).hasSize(1);
        assertThat(secondsOf(incidents.get(0).startedAtMillis())).isEqualTo(0.2);
        assertThat(secondsOf(incidents.get(0).decidedAtMillis())).isEqualTo(2.2);
    }

    @ParameterizedTest
    @CsvSource({"0.75, 1", "0.7499, 0"})
    void shouldCountHeadsFromTheConfiguredConfidenceOn(float confidence, int incidents) {
        Scene two = t -> List.of(helmet(900), head("helmet", confidence, 1100, 300));
        assertThat(play(rules(moreThanOne(0.75, "pit", Duration.ofSeconds(5))), two, FPS, 4))
                .hasSize(incidents);
    }

    /** Last seen at 4.9 s. */
    @Test
    void shouldCountALostHeadForHalfASecond() {
        Scene leaving = t -> t < 5 ? List.of(helmet(900), helmet(1100)) : List.of(helmet(900));
        List<Incident> incidents = play(rules(moreThanOne(Duration.ofSeconds(1))), leaving, FPS, 9);
        Incident end = incidents.get(incidents.size() - 1);
        assertThat(end.phase()).isEqualTo(Incident.Phase.END);
        assertThat(secondsOf(end.lastAtMillis())).isEqualTo(5.4);
        assertThat(secondsOf(end.decidedAtMillis())).isEqualTo(6.4);
    }

    @ParameterizedTest
    @CsvSource({"300, 0", "400, 1"})
    void shouldLookForTheCentresOfHeadsInTheZone(double y, int incidents) {
        ZoneConfig lower = new ZoneConfig(
                "lower",
                List.of(
                        new ZoneConfig.Point(0, 0.5),
                        new ZoneConfig.Point(1, 0.5),
                        new ZoneConfig.Point(1, 1),
                        new ZoneConfig.Point(0, 1)));
        StreamRulesConfig config = new StreamRulesConfig(
                List.of(PIT, lower), List.of(), 0, List.of(moreThanOne(0.5, "lower", Duration.ofSeconds(5))));
        Scene two = t -> List.of(head("helmet", 0.8f, 300, y), head("helmet", 0.8f, 900, y));
        assertThat(play(config, two, FPS, 4)).hasSize(incidents);
    }

    @Test
    void shouldReportWherePeopleAreInEveryUpdate() {
        Scene two = t -> List.of(helmet(900), helmet(1100));
        List<Incident> incidents = play(rules(moreThanOne(Duration.ofSeconds(5))), two, FPS, 6);
        assertThat(incidents).extracting(Incident::phase).containsExactly(Incident.Phase.START, Incident.Phase.UPDATE);
        assertThat(incidents.get(1).positions())
                .extracting(Incident.Position::track)
                .containsExactly(1, 2);
    }

    /** The second head is counted until 5.4 s, so that the incident ends at 5.6 s; it is back at 5.7 s. */
    @Test
    void shouldVoteAgainAfterAnIncident() {
        Scene flickering = t -> t < 5 || t >= 5.7 ? List.of(helmet(900), helmet(1100)) : List.of(helmet(900));
        List<Incident> incidents = play(rules(moreThanOne(Duration.ofMillis(200))), flickering, FPS, 8).stream()
                .filter(incident -> incident.phase() != Incident.Phase.UPDATE)
                .toList();
        assertThat(phases(incidents))
                .containsExactly(
                        "START gate-3/1795176000/crowd/1",
                        "END gate-3/1795176000/crowd/1",
                        "START gate-3/1795176000/crowd/2");
        assertThat(secondsOf(incidents.get(1).decidedAtMillis())).isEqualTo(5.6);
        assertThat(secondsOf(incidents.get(2).startedAtMillis())).isEqualTo(5.7);
        assertThat(secondsOf(incidents.get(2).decidedAtMillis())).isEqualTo(7.7);
    }
}
