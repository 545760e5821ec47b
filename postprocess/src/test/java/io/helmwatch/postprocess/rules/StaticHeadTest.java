package io.helmwatch.postprocess.rules;

import static io.helmwatch.postprocess.rules.Scenes.NO_HELMET;
import static io.helmwatch.postprocess.rules.Scenes.bareHead;
import static io.helmwatch.postprocess.rules.Scenes.phases;
import static io.helmwatch.postprocess.rules.Scenes.play;
import static io.helmwatch.postprocess.rules.Scenes.rules;
import static io.helmwatch.postprocess.rules.Scenes.secondsOf;
import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.incident.IncidentsConfig;
import io.helmwatch.config.rule.RuleConfig;
import io.helmwatch.postprocess.rules.Scenes.Scene;
import io.helmwatch.vision.Detection;
import io.helmwatch.vision.Incident;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A poster of a bare head at x = 900 in the zone, at 2 frames per second; heads are static after ten minutes. */
class StaticHeadTest {
    private static final double FPS = 2;
    private static final double STATIC = 600;

    private final Random random = new Random(3);
    private final StreamRules watched = new StreamRules(rules(NO_HELMET), IncidentsConfig.DEFAULT);

    /** A poster as a detector sees it: its box jitters, and one frame in ten does not show it. */
    private List<Detection> poster() {
        return random.nextInt(10) == 0 ? List.of() : List.of(bareHead(900 + random.nextGaussian() * 1.5));
    }

    @Test
    void shouldEndTheIncidentOfAPosterAsStaticAndStartNoneAgain() {
        List<Incident> incidents = play(watched, t -> poster(), FPS, 0, 3600);
        assertThat(incidents)
                .filteredOn(incident -> incident.phase() != Incident.Phase.UPDATE)
                .hasSize(2);
        Incident end = incidents.get(incidents.size() - 1);
        assertThat(end.endReason()).isEqualTo(Incident.EndReason.STATIC);
        assertThat(secondsOf(end.decidedAtMillis())).isBetween(STATIC, STATIC * 1.3);
        assertThat(watched.heads().track(0).isStatic()).isTrue();
        assertThat(watched.isAnyOpen()).isFalse();
    }

    @Test
    void shouldKnowThePosterAgainAfterItWasHidden() {
        Scene scene = t -> t >= 900 && t < 1200 ? List.of() : poster();
        List<Incident> incidents = play(watched, scene, FPS, 0, 1800);
        assertThat(incidents)
                .filteredOn(incident -> incident.phase() == Incident.Phase.START)
                .hasSize(1);
    }

    @Test
    void shouldStillReportSomebodyWhoPassesThePoster() {
        Scene scene = t -> t < 900 || t >= 940 ? poster() : List.of(bareHead(900), bareHead(700 + (t - 900) * 10));
        List<Incident> incidents = play(watched, scene, FPS, 0, 1000);
        assertThat(incidents)
                .filteredOn(incident -> incident.phase() == Incident.Phase.START)
                .extracting(incident -> secondsOf(incident.startedAtMillis()) > 850)
                .containsExactly(false, true);
    }

    @Test
    void shouldReportWhoStaysAndMovesALittle() {
        Scene person = t -> List.of(bareHead(900 + 12 * Math.sin(t / 40)));
        List<Incident> incidents = play(watched, person, FPS, 0, 1500);
        assertThat(phases(incidents)).first().asString().startsWith("START");
        assertThat(incidents).extracting(Incident::phase).doesNotContain(Incident.Phase.END);
    }

    @Test
    void shouldNotCountStaticHeadsAsPeople() {
        RuleConfig crowd = RuleConfig.of("crowd", RuleConfig.Kind.MORE_PEOPLE, List.of("pit"), 0);
        List<Incident> incidents =
                play(new StreamRules(rules(crowd), IncidentsConfig.DEFAULT), t -> poster(), FPS, 0, 1200);
        assertThat(incidents)
                .filteredOn(incident -> incident.phase() == Incident.Phase.END)
                .singleElement()
                .satisfies(end -> assertThat(secondsOf(end.lastAtMillis())).isBetween(STATIC, STATIC * 1.3));
    }
}
