package io.helmwatch.postprocess.rules;

import static io.helmwatch.postprocess.rules.Scenes.NO_HELMET;
import static io.helmwatch.postprocess.rules.Scenes.PIT;
import static io.helmwatch.postprocess.rules.Scenes.bareHead;
import static io.helmwatch.postprocess.rules.Scenes.head;
import static io.helmwatch.postprocess.rules.Scenes.helmet;
import static io.helmwatch.postprocess.rules.Scenes.noHelmet;
import static io.helmwatch.postprocess.rules.Scenes.phases;
import static io.helmwatch.postprocess.rules.Scenes.play;
import static io.helmwatch.postprocess.rules.Scenes.rules;
import static io.helmwatch.postprocess.rules.Scenes.secondsOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.helmwatch.config.incident.IncidentsConfig;
import io.helmwatch.config.rule.RuleConfig;
import io.helmwatch.config.rule.StreamRulesConfig;
import io.helmwatch.config.rule.ZoneConfig;
import io.helmwatch.postprocess.rules.Scenes.Scene;
import io.helmwatch.vision.Incident;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Ten frames a second, so that two frames are an observation and three observations decide. */
class NoHelmetRuleTest {
    private static final int FPS = 10;

    private final StreamRules rules = new StreamRules(rules(NO_HELMET), IncidentsConfig.DEFAULT);

    private static RuleConfig endingAfter(Duration endAfter) {
        return noHelmet(NO_HELMET.atLeast(), endAfter);
    }

    @Test
    void shouldStartOnceTheHeadWasBareForTheShortestTime() {
        List<Incident> incidents = play(rules, t -> List.of(bareHead(900)), FPS, 0, 2.1);
        assertThat(incidents).hasSize(1);
        Incident start = incidents.get(0);
        assertThat(secondsOf(start.startedAtMillis())).isZero();
        assertThat(secondsOf(start.decidedAtMillis())).isEqualTo(2.0);
        assertThat(start.observations()).isEqualTo(21);
        assertThat(start.meanConfidence()).isCloseTo(0.8f, within(1e-6f));
        assertThat(play(
                        new StreamRules(rules(NO_HELMET), IncidentsConfig.DEFAULT),
                        t -> List.of(bareHead(900)),
                        FPS,
                        0,
                        2))
                .isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"0.5, 1", "0.49, 0"})
    void shouldCountBoxesFromTheConfiguredConfidenceOn(float confidence, int incidents) {
        Scene scene = t -> List.of(t == 0 ? helmet(900) : head("head", confidence, 900, 300));
        assertThat(play(rules, scene, FPS, 0, 4)).hasSize(incidents);
    }

    @ParameterizedTest
    @CsvSource({"900, 300, 0", "900, 400, 1", "300, 400, 1", "300, 300, 0"})
    void shouldLookForTheCentreOfTheHeadInItsZone(double x, double y, int incidents) {
        ZoneConfig lower = new ZoneConfig(
                "lower",
                List.of(
                        new ZoneConfig.Point(0, 0.5),
                        new ZoneConfig.Point(1, 0.5),
                        new ZoneConfig.Point(1, 1),
                        new ZoneConfig.Point(0, 1)));
        RuleConfig rule = RuleConfig.of("bare", RuleConfig.Kind.NO_HELMET, List.of("lower"), 0);
        StreamRulesConfig config = new StreamRulesConfig(List.of(lower), List.of(), 0, List.of(rule));
        assertThat(play(config, t -> List.of(head("head", 0.8f, x, y)), FPS, 4)).hasSize(incidents);
    }

    @Test
    void shouldNameTheZoneOfTheHead() {
        ZoneConfig gate = new ZoneConfig(
                "gate",
                List.of(new ZoneConfig.Point(0, 0), new ZoneConfig.Point(0.2, 0), new ZoneConfig.Point(0.2, 1)));
        RuleConfig rule = RuleConfig.of("bare", RuleConfig.Kind.NO_HELMET, List.of("gate", "pit"), 0);
        StreamRulesConfig config = new StreamRulesConfig(List.of(gate, PIT), List.of(), 0, List.of(rule));
        assertThat(play(config, t -> List.of(bareHead(900)), FPS, 4).get(0).zone())
                .isEqualTo("pit");
        assertThat(play(config, t -> List.of(bareHead(230)), FPS, 4).get(0).zone())
                .isEqualTo("gate");
    }

    /** The zone begins at 640. Votes last for the longest gap of tracking, two seconds. */
    @ParameterizedTest
    @CsvSource({"2.9, 0, 2.9", "3.0, 3.0, 5.0"})
    void shouldDiscardTheVotesOfAHeadThatWasOutsideForLonger(double back, double started, double decided) {
        Scene scene = t -> List.of(bareHead(t < 1 || t >= back ? 645 : 630));
        List<Incident> incidents = play(rules, scene, FPS, 0, 6);
        assertThat(incidents).hasSize(1);
        assertThat(secondsOf(incidents.get(0).startedAtMillis())).isEqualTo(started);
        assertThat(secondsOf(incidents.get(0).decidedAtMillis())).isEqualTo(decided);
        assertThat(incidents.get(0).observations()).isEqualTo(started == 0 ? 11 : 21);
    }

    @Test
    void shouldKeepTheVotesForTwoObservationsWhereThoseAreLonger() {
        IncidentsConfig d = IncidentsConfig.DEFAULT;
        StreamRules slow = new StreamRules(
                rules(NO_HELMET),
                new IncidentsConfig(d.tracking(), Duration.ofMillis(1_500), d.lostAfter(), d.spool(), d.snapshots()));
        Scene scene = t -> List.of(bareHead(t < 7 || t >= 9.9 ? 645 : 630));
        List<Incident> incidents = play(slow, scene, FPS, 0, 20);
        assertThat(incidents).isNotEmpty();
        assertThat(secondsOf(incidents.get(0).startedAtMillis())).isZero();
    }

    @Test
    void shouldDiscardTheObservationsOfAHeadThatWoreAHelmetInBetween() {
        Scene scene = t -> List.of(t < 1 || t >= 3 ? bareHead(900) : helmet(900));
        Incident start = play(rules, scene, FPS, 0, 7).get(0);
        assertThat(secondsOf(start.startedAtMillis())).isEqualTo(3.0);
        assertThat(secondsOf(start.decidedAtMillis())).isEqualTo(5.0);
        assertThat(start.observations()).isBetween(15, 21);
    }

    /** Where the model reports both labels with the same confidence, the frame shows nothing. */
    @Test
    void shouldNotStartWithAFrameThatShowsBothAlike() {
        Scene scene =
                t -> t == 2 || t == 1 ? List.of(bareHead(900), head("helmet", 0.8f, 900, 300)) : List.of(bareHead(900));
        Incident start = play(rules, scene, FPS, 0, 3).get(0);
        assertThat(secondsOf(start.decidedAtMillis())).isEqualTo(2.1);
        assertThat(start.observations()).isEqualTo(20);
    }

    @Test
    void shouldContinueTheIncidentOfALostHeadWithAllItsObservations() {
        Scene hidden = t -> t < 6 || t >= 11 && t < 20 ? List.of(bareHead(t < 6 ? 900 : 960)) : List.of();
        List<Incident> incidents = play(rules, hidden, FPS, 0, 40);
        assertThat(phases(incidents)).containsExactly("START gate-3/1795176000/bare/1", "END gate-3/1795176000/bare/1");
        assertThat(incidents.get(1).observations()).isEqualTo(150);
        assertThat(incidents.get(1).track()).isEqualTo(2);
    }

    /** The frame that continues the incident is the last one that shows it. */
    @Test
    void shouldExtendAnIncidentByTheFrameThatContinuesIt() {
        Scene hidden = t -> t < 6 || t >= 11 && t < 11.65 ? List.of(bareHead(t < 6 ? 900 : 960)) : List.of();
        List<Incident> incidents = play(rules, hidden, FPS, 0, 40);
        assertThat(phases(incidents)).containsExactly("START gate-3/1795176000/bare/1", "END gate-3/1795176000/bare/1");
        assertThat(secondsOf(incidents.get(1).lastAtMillis())).isEqualTo(11.6);
        assertThat(secondsOf(incidents.get(1).decidedAtMillis())).isEqualTo(21.6);
    }

    /** Of two suspended incidents a bare head continues the nearer one. */
    @Test
    void shouldContinueTheIncidentOfTheNearestHead() {
        Scene scene = t -> t < 4 ? List.of(bareHead(700), bareHead(860)) : t < 9 ? List.of() : List.of(bareHead(800));
        List<Incident> incidents = play(rules, scene, FPS, 0, 40);
        assertThat(incidents).extracting(Incident::phase).startsWith(Incident.Phase.START, Incident.Phase.START);
        Incident updated = incidents.stream()
                .filter(incident -> incident.phase() == Incident.Phase.UPDATE)
                .findFirst()
                .orElseThrow();
        assertThat(updated.id()).isEqualTo("gate-3/1795176000/bare/2");
    }

    @Test
    void shouldEndAfterTheConfiguredTimeExactly() {
        StreamRules quick = new StreamRules(rules(endingAfter(Duration.ofSeconds(3))), IncidentsConfig.DEFAULT);
        Scene scene = t -> t < 4 ? List.of(bareHead(900)) : List.of();
        List<Incident> incidents = play(quick, scene, FPS, 0, 20);
        assertThat(incidents).hasSize(2);
        assertThat(secondsOf(incidents.get(1).lastAtMillis())).isEqualTo(3.9);
        assertThat(secondsOf(incidents.get(1).decidedAtMillis())).isEqualTo(6.9);
        assertThat(incidents.get(1).endReason()).isEqualTo(Incident.EndReason.ABSENCE);
    }

    @Test
    void shouldReportWhetherAnIncidentIsOpen() {
        assertThat(rules.isAnyOpen()).isFalse();
        play(rules, t -> List.of(helmet(1200), bareHead(900)), FPS, 0, 1.9);
        assertThat(rules.isAnyOpen()).isFalse();
        play(rules, t -> List.of(helmet(1200), bareHead(900)), FPS, 1.9, 3);
        assertThat(rules.isAnyOpen()).isTrue();
        rules.endAll(Incident.EndReason.INTERRUPTED, incident -> {});
        assertThat(rules.isAnyOpen()).isFalse();
    }

    @Test
    void shouldDiscardTheVotesOfAllHeadsWhenTheStreamEnds() {
        play(rules, t -> List.of(bareHead(900)), FPS, 0, 1.5);
        rules.endAll(Incident.EndReason.STREAM_ENDED, incident -> {});
        List<Incident> incidents = play(rules, t -> List.of(bareHead(900)), FPS, 1.5, 4);
        assertThat(secondsOf(incidents.get(0).startedAtMillis())).isEqualTo(1.5);
        assertThat(secondsOf(incidents.get(0).decidedAtMillis())).isEqualTo(3.5);
    }

    @Test
    void shouldEndSuspendedIncidentsInTheOrderOfTheirSuspension() {
        StreamRules patient = new StreamRules(rules(endingAfter(Duration.ofMinutes(1))), IncidentsConfig.DEFAULT);
        Scene scene = t -> t < 4 ? List.of(bareHead(700), bareHead(1100)) : t < 6 ? List.of(bareHead(700)) : List.of();
        assertThat(play(patient, scene, FPS, 0, 12)).hasSize(2);
        List<Incident> ends = new ArrayList<>();
        patient.endAll(Incident.EndReason.INTERRUPTED, ends::add);
        assertThat(phases(ends)).containsExactly("END gate-3/1795176000/bare/2", "END gate-3/1795176000/bare/1");
    }
}
