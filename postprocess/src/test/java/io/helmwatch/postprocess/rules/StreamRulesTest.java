package io.helmwatch.postprocess.rules;

import static io.helmwatch.postprocess.rules.Scenes.NO_HELMET;
import static io.helmwatch.postprocess.rules.Scenes.PIT;
import static io.helmwatch.postprocess.rules.Scenes.bareHead;
import static io.helmwatch.postprocess.rules.Scenes.frame;
import static io.helmwatch.postprocess.rules.Scenes.head;
import static io.helmwatch.postprocess.rules.Scenes.helmet;
import static io.helmwatch.postprocess.rules.Scenes.noHelmet;
import static io.helmwatch.postprocess.rules.Scenes.phases;
import static io.helmwatch.postprocess.rules.Scenes.play;
import static io.helmwatch.postprocess.rules.Scenes.rules;
import static io.helmwatch.postprocess.rules.Scenes.secondsOf;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.sun.management.ThreadMXBean;
import io.helmwatch.config.incident.IncidentsConfig;
import io.helmwatch.config.incident.TrackingConfig;
import io.helmwatch.config.rule.RuleConfig;
import io.helmwatch.config.rule.ScheduleConfig;
import io.helmwatch.config.rule.StreamRulesConfig;
import io.helmwatch.config.rule.ZoneConfig;
import io.helmwatch.postprocess.rules.Scenes.Scene;
import io.helmwatch.vision.Detection;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.Incident;
import io.helmwatch.vision.StreamStatus;
import java.lang.management.ManagementFactory;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StreamRulesTest {
    @ParameterizedTest
    @ValueSource(doubles = {25, 12.5, 5, 3})
    void shouldTellStartAndEndOfOneBareHeadOnceAtEveryRate(double fps) {
        List<Incident> incidents =
                play(rules(NO_HELMET), t -> t >= 1 && t < 8 ? List.of(bareHead(900)) : List.of(), fps, 30);

        assertThat(phases(incidents)).containsExactly("START gate-3/1795176000/bare/1", "END gate-3/1795176000/bare/1");
        Incident start = incidents.get(0);
        assertThat(start.zone()).isEqualTo("pit");
        assertThat(start.kind()).isEqualTo(Incident.Kind.NO_HELMET);
        assertThat(start.track()).isEqualTo(1);
        assertThat(secondsOf(start.startedAtMillis())).isBetween(0.99, 1.0 + 1 / fps);
        assertThat(secondsOf(start.decidedAtMillis())).isBetween(3.0, 3.05 + 1 / fps);
        assertThat(start.peakConfidence()).isEqualTo(0.8f);
        assertThat(start.positions()).hasSize(1);
        assertThat(start.observations()).isBetween((int) (2 * fps) - 1, (int) (2 * fps) + 3);
        Incident end = incidents.get(1);
        assertThat(end.revision()).isEqualTo(1);
        assertThat(end.endReason()).isEqualTo(Incident.EndReason.ABSENCE);
        assertThat(secondsOf(end.lastAtMillis())).isBetween(8 - 1.01 / fps, 8.0);
        assertThat(secondsOf(end.decidedAtMillis())).isBetween(17.6, 18.4);
    }

    @Test
    void shouldRaiseNothingForAHelmet() {
        assertThat(play(rules(NO_HELMET), t -> List.of(helmet(900)), 25, 20)).isEmpty();
    }

    @Test
    void shouldRaiseNothingOutsideTheZone() {
        assertThat(play(rules(NO_HELMET), t -> List.of(bareHead(500)), 25, 20)).isEmpty();
    }

    @Test
    void shouldRaiseNothingForLessThanTheShortestTime() {
        assertThat(play(rules(NO_HELMET), t -> t < 1.9 ? List.of(bareHead(900)) : List.of(helmet(900)), 25, 20))
                .isEmpty();
    }

    @Test
    void shouldRaiseNothingWhereTheHelmetIsAmbiguous() {
        Scene doubtful = t -> List.of(head("head", 0.7f, 900, 300), head("helmet", 0.6f, 902, 300));
        assertThat(play(rules(NO_HELMET), doubtful, 25, 20)).isEmpty();
    }

    @Test
    void shouldRaiseNothingForWeakBoxes() {
        Scene weak = t -> List.of(t < 1 ? helmet(900) : head("head", 0.45f, 900, 300));
        assertThat(play(rules(NO_HELMET), weak, 25, 20)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(doubles = {25, 5})
    void shouldEndByComplianceWhenTheHelmetIsPutOnAndStartAnotherWhenItIsTakenOffAgain(double fps) {
        List<Incident> incidents =
                play(rules(NO_HELMET), t -> List.of(t < 5 || t >= 25 && t < 40 ? bareHead(900) : helmet(900)), fps, 60);
        assertThat(phases(incidents))
                .containsExactly(
                        "START gate-3/1795176000/bare/1",
                        "END gate-3/1795176000/bare/1",
                        "START gate-3/1795176000/bare/2",
                        "END gate-3/1795176000/bare/2");
        assertThat(incidents)
                .filteredOn(i -> i.phase() == Incident.Phase.END)
                .allSatisfy(end -> assertThat(end.endReason()).isEqualTo(Incident.EndReason.COMPLIANCE));
        assertThat(incidents)
                .allSatisfy(incident -> assertThat(incident.track()).isEqualTo(1));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void shouldRaiseOneIncidentDespiteWrongLabels(long seed) {
        Random random = new Random(seed);
        Scene noisy = t -> t < 15 ? List.of(random.nextInt(5) == 0 ? helmet(900) : bareHead(900)) : List.of();
        assertThat(phases(play(rules(NO_HELMET), noisy, 25, 40)))
                .containsExactly("START gate-3/1795176000/bare/1", "END gate-3/1795176000/bare/1");
    }

    /** One in seven frames shows a bare head: never three of five observations for long. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void shouldRaiseNothingForAHelmetThatIsSometimesMistaken(long seed) {
        Random random = new Random(seed);
        Scene noisy = t -> List.of(random.nextInt(7) == 0 ? bareHead(900) : helmet(900));
        assertThat(play(rules(NO_HELMET), noisy, 5, 60)).isEmpty();
    }

    @Test
    void shouldNotRaiseASecondIncidentForAHeadThatWasLostAndFoundAgain() {
        Scene hidden = t -> t < 6 || t >= 11 && t < 20 ? List.of(bareHead(900 + (t < 6 ? 0 : 60))) : List.of();
        List<Incident> incidents = play(rules(NO_HELMET), hidden, 25, 40);
        assertThat(phases(incidents)).containsExactly("START gate-3/1795176000/bare/1", "END gate-3/1795176000/bare/1");
        assertThat(incidents.get(1).track()).isEqualTo(2);
        assertThat(secondsOf(incidents.get(1).lastAtMillis())).isBetween(19.9, 20.0);
    }

    private static RuleConfig decidedAfter(Duration atLeast) {
        return noHelmet(atLeast, NO_HELMET.endAfter());
    }

    /** The n model at 5 frames per second: unseen for 0.8 s, turned round, found under another track while the first is still lost. */
    @ParameterizedTest
    @ValueSource(doubles = {50, 130})
    void shouldRaiseOneIncidentForAHeadThatIsFoundBesideItsLostTrack(double back) {
        Scene turning = t -> {
            double x = t < 6 ? 700 + 75 * t : 1150 - back - 20 * (t - 6.8);
            return t >= 6 && t < 6.8 || t > 12 ? List.of() : List.of(bareHead(x));
        };
        List<Incident> incidents = play(rules(decidedAfter(Duration.ofSeconds(1))), turning, 5, 30);
        assertThat(phases(incidents)).containsExactly("START gate-3/1795176000/bare/1", "END gate-3/1795176000/bare/1");
        assertThat(secondsOf(incidents.get(1).lastAtMillis())).isEqualTo(12.0);
    }

    @Test
    void shouldRaiseOneIncidentForAHeadWhoseTrackFollowsSomethingElse() {
        Scene stolen = t -> t < 6
                ? List.of(bareHead(900))
                : t < 12 ? List.of(bareHead(1010), head("head", 0.3f, 900, 300)) : List.of();
        List<Incident> incidents = play(rules(decidedAfter(Duration.ofSeconds(1))), stolen, 5, 30);
        assertThat(phases(incidents)).containsExactly("START gate-3/1795176000/bare/1", "END gate-3/1795176000/bare/1");
        assertThat(incidents.get(1).track()).isEqualTo(2);
    }

    @Test
    void shouldRaiseAnIncidentForEachOfTwoHeadsBesideEachOther() {
        Scene second = t -> t < 6 ? List.of(bareHead(900)) : List.of(bareHead(900), bareHead(980));
        assertThat(phases(play(rules(decidedAfter(Duration.ofSeconds(1))), second, 5, 12)))
                .containsExactly("START gate-3/1795176000/bare/1", "START gate-3/1795176000/bare/2");
    }

    @Test
    void shouldRaiseAnIncidentForABareHeadBesideOneThatComplies() {
        Scene second = t -> t < 6 ? List.of(bareHead(900)) : List.of(helmet(900), bareHead(980));
        assertThat(phases(play(rules(decidedAfter(Duration.ofSeconds(2))), second, 5, 12)))
                .containsExactly("START gate-3/1795176000/bare/1", "START gate-3/1795176000/bare/2");
    }

    @ParameterizedTest
    @ValueSource(longs = {-3_600_000, 3_600_000})
    void shouldKeepTheTrueTimesOfAnIncidentWhenTheClockIsSet(long stepMillis) {
        StreamRules rules = new StreamRules(rules(NO_HELMET), IncidentsConfig.DEFAULT);
        List<Incident> incidents = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            FrameDetections shown = frame(i, i / 10.0, i < 100 ? List.of(bareHead(900)) : List.of());
            rules.onFrame(
                    new FrameDetections(
                            shown.stream(),
                            shown.epochSeconds(),
                            shown.sequence(),
                            shown.ptsNanos(),
                            shown.capturedAtMillis() + (i < 50 ? 0 : stepMillis),
                            shown.size(),
                            shown.model(),
                            shown.detections()),
                    incidents::add);
        }
        assertThat(incidents).hasSize(2);
        Incident end = incidents.get(1);
        assertThat(end.phase()).isEqualTo(Incident.Phase.END);
        assertThat(secondsOf(end.startedAtMillis())).isZero();
        assertThat(secondsOf(end.lastAtMillis())).isEqualTo(9.9);
        assertThat(secondsOf(end.decidedAtMillis())).isEqualTo(19.9);
        assertThat(end.positions()).hasSize(8);
        assertThat(end.positions().get(7).atMillis() - end.positions().get(0).atMillis())
                .isEqualTo(7_000);
    }

    /** Jitter of the capture time is not a clock that was set. */
    @Test
    void shouldReportTheCaptureTimesOfFramesThatAreLate() {
        StreamRules rules = new StreamRules(rules(NO_HELMET), IncidentsConfig.DEFAULT);
        List<Incident> incidents = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            FrameDetections shown = frame(i, i / 10.0, i < 50 ? List.of(bareHead(900)) : List.of());
            rules.onFrame(
                    new FrameDetections(
                            shown.stream(),
                            shown.epochSeconds(),
                            shown.sequence(),
                            shown.ptsNanos(),
                            shown.capturedAtMillis() + (i == 49 ? 2_000 : i == 48 ? 2_001 : 0),
                            shown.size(),
                            shown.model(),
                            shown.detections()),
                    incidents::add);
        }
        assertThat(secondsOf(incidents.get(1).lastAtMillis())).isEqualTo(6.9);
        assertThat(incidents.get(1).decidedSequence()).isEqualTo(149);
    }

    private static RuleConfig crowd(RuleConfig.Kind kind, int limit, double confidence) {
        RuleConfig d = RuleConfig.of("crowd", kind, List.of("pit"), limit);
        return new RuleConfig(
                "crowd",
                kind,
                List.of("pit"),
                confidence,
                3,
                5,
                d.atLeast(),
                Duration.ofSeconds(3),
                Duration.ofSeconds(5),
                null,
                limit);
    }

    @Test
    void shouldCountOnlyConfidentConfirmedHeadsInTheZone() {
        RuleConfig rule = crowd(RuleConfig.Kind.MORE_PEOPLE, 1, 0.7);
        Scene outside = t -> List.of(helmet(900), helmet(600));
        Scene weak = t -> List.of(helmet(900), head("helmet", 0.69f, 1100, 300));
        Scene two = t -> List.of(helmet(900), head("helmet", 0.72f, 1100, 300));
        assertThat(play(rules(rule), outside, 10, 10)).isEmpty();
        assertThat(play(rules(rule), weak, 10, 10)).isEmpty();
        Incident start = play(rules(rule), two, 10, 4).get(0);
        assertThat(start.people()).isEqualTo(2);
        assertThat(start.kind()).isEqualTo(Incident.Kind.OCCUPANCY);
        assertThat(start.zone()).isEqualTo("pit");
        assertThat(start.zonePolygon()).hasSize(4);
        assertThat(start.meanConfidence()).isEqualTo(0.76f);
        assertThat(start.positions()).extracting(Incident.Position::track).containsExactly(1, 2);
    }

    /** Two of two people are in order, for either kind of limit. */
    @Test
    void shouldRaiseNothingAtTheLimitItself() {
        Scene two = t -> List.of(helmet(900), helmet(1100));
        assertThat(play(rules(crowd(RuleConfig.Kind.MORE_PEOPLE, 2, 0.5)), two, 10, 10))
                .isEmpty();
        assertThat(play(rules(crowd(RuleConfig.Kind.FEWER_PEOPLE, 2, 0.5)), two, 10, 10))
                .extracting(Incident::phase)
                // Before the heads are confirmed, nobody is there: not for long enough.
                .isEmpty();
        assertThat(play(rules(crowd(RuleConfig.Kind.MORE_PEOPLE, 1, 0.5)), two, 10, 4))
                .hasSize(1);
        assertThat(play(rules(crowd(RuleConfig.Kind.FEWER_PEOPLE, 3, 0.5)), two, 10, 4))
                .hasSize(1);
    }

    @Test
    void shouldReportTheFewestPeopleWhereTooFewAreThere() {
        Scene leaving = t -> t < 4 ? List.of(helmet(900), helmet(1100)) : t < 8 ? List.of(helmet(900)) : List.of();
        List<Incident> incidents =
                play(rules(crowd(RuleConfig.Kind.FEWER_PEOPLE, 3, 0.5)), t -> t < 12 ? leaving.at(t) : three(), 10, 25);
        assertThat(incidents.get(0).people()).isEqualTo(2);
        Incident end = incidents.get(incidents.size() - 1);
        assertThat(end.phase()).isEqualTo(Incident.Phase.END);
        assertThat(end.people()).isZero();
        assertThat(end.endReason()).isEqualTo(Incident.EndReason.COMPLIANCE);
        assertThat(secondsOf(end.lastAtMillis())).isBetween(12.0, 12.3);
        assertThat(secondsOf(end.decidedAtMillis()) - secondsOf(end.lastAtMillis()))
                .isCloseTo(5.0, within(0.001));
        assertThat(incidents.subList(1, incidents.size() - 1))
                .isNotEmpty()
                .allSatisfy(update -> assertThat(update.phase()).isEqualTo(Incident.Phase.UPDATE));
    }

    private static List<Detection> three() {
        return List.of(helmet(700), helmet(900), helmet(1100));
    }

    /** A head that is hidden for less than half a second still counts. */
    @ParameterizedTest
    @CsvSource({"0.4, 1", "1.7, 0"})
    void shouldStillCountAHeadThatIsHiddenForAMoment(double hiddenSeconds, int incidents) {
        Scene flickering = t -> t % 2 < hiddenSeconds ? List.of(helmet(900)) : List.of(helmet(900), helmet(1100));
        RuleConfig rule = new RuleConfig(
                "crowd",
                RuleConfig.Kind.MORE_PEOPLE,
                List.of("pit"),
                0.5,
                5,
                5,
                Duration.ofSeconds(3),
                Duration.ofSeconds(30),
                Duration.ofSeconds(5),
                null,
                1);
        assertThat(play(rules(rule), flickering, 10, 10)).hasSize(incidents);
    }

    @Test
    void shouldEndOpenOccupancyIncidentsWithTheStream() {
        StreamRules rules = new StreamRules(rules(crowd(RuleConfig.Kind.MORE_PEOPLE, 0, 0.5)), IncidentsConfig.DEFAULT);
        assertThat(rules.isAnyOpen()).isFalse();
        List<Incident> incidents = play(rules, t -> List.of(helmet(900)), 10, 0, 2.5);
        assertThat(incidents).hasSize(1);
        assertThat(rules.isAnyOpen()).isTrue();
        rules.onStatus(new StreamStatus("gate-3", StreamStatus.State.FAILED, "", 0), incidents::add);
        assertThat(incidents.get(1).endReason()).isEqualTo(Incident.EndReason.STREAM_ENDED);
        assertThat(rules.isAnyOpen()).isFalse();
        assertThat(play(rules, t -> List.of(helmet(900)), 10, 2.5, 3)).isEmpty();
    }

    @Test
    void shouldCarryThePolygonOfTheZone() {
        Incident start =
                play(rules(NO_HELMET), t -> List.of(bareHead(900)), 5, 5).get(0);
        assertThat(start.zonePolygon())
                .containsExactly(
                        new Incident.Corner(0.5, 0),
                        new Incident.Corner(1, 0),
                        new Incident.Corner(1, 1),
                        new Incident.Corner(0.5, 1));
        RuleConfig anywhere = RuleConfig.of("bare", RuleConfig.Kind.NO_HELMET, List.of(), 0);
        assertThat(play(rules(anywhere), t -> List.of(bareHead(900)), 5, 5)
                        .get(0)
                        .zonePolygon())
                .isEmpty();
    }

    @Test
    void shouldRaiseASecondIncidentForAnotherHeadFarAway() {
        Scene two = t -> t < 6 ? List.of(bareHead(700)) : List.of(bareHead(1200));
        assertThat(phases(play(rules(NO_HELMET), two, 25, 14)))
                .containsExactly("START gate-3/1795176000/bare/1", "START gate-3/1795176000/bare/2");
    }

    @Test
    void shouldEndWhenTheHeadLeavesTheZone() {
        Scene leaving = t -> List.of(bareHead(t < 6 ? 700 : Math.max(400, 700 - 100 * (t - 6))));
        List<Incident> incidents = play(rules(NO_HELMET), leaving, 25, 30);
        assertThat(incidents).hasSize(2);
        assertThat(incidents.get(1).endReason()).isEqualTo(Incident.EndReason.LEFT_ZONE);
    }

    @Test
    void shouldUpdateAtMostAsOftenAsConfiguredWithThePathSinceTheLastMessage() {
        Scene walking = t -> List.of(bareHead(700 + 4 * t));
        List<Incident> incidents = play(rules(NO_HELMET), walking, 25, 100);
        assertThat(incidents)
                .extracting(Incident::phase)
                .containsExactly(
                        Incident.Phase.START, Incident.Phase.UPDATE, Incident.Phase.UPDATE, Incident.Phase.UPDATE);
        assertThat(incidents).extracting(Incident::revision).containsExactly(0, 1, 2, 3);
        assertThat(secondsOf(incidents.get(2).decidedAtMillis())
                        - secondsOf(incidents.get(1).decidedAtMillis()))
                .isBetween(30.0, 30.05);
        assertThat(incidents.get(1).positions()).hasSizeBetween(29, 31);
        assertThat(incidents.get(1).positions())
                .isSortedAccordingTo((a, b) -> Long.compare(a.atMillis(), b.atMillis()));
    }

    @Test
    void shouldIgnoreMaskedAndSmallHeads() {
        List<ZoneConfig.Point> mask = List.of(
                new ZoneConfig.Point(0.6, 0),
                new ZoneConfig.Point(0.8, 0),
                new ZoneConfig.Point(0.8, 1),
                new ZoneConfig.Point(0.6, 1));
        StreamRulesConfig masked = new StreamRulesConfig(List.of(PIT), List.of(mask), 0, List.of(NO_HELMET));
        StreamRulesConfig large = new StreamRulesConfig(List.of(PIT), List.of(), 41, List.of(NO_HELMET));
        Scene scene = t -> List.of(bareHead(900));
        assertThat(play(masked, scene, 25, 10)).isEmpty();
        assertThat(play(large, scene, 25, 10)).isEmpty();
        assertThat(play(rules(NO_HELMET), scene, 25, 10)).hasSize(1);
    }

    @Test
    void shouldEndWhenTheScheduleDoes() {
        RuleConfig timed = new RuleConfig(
                "bare",
                RuleConfig.Kind.NO_HELMET,
                List.of("pit"),
                0.5,
                3,
                5,
                NO_HELMET.atLeast(),
                NO_HELMET.updateEvery(),
                NO_HELMET.endAfter(),
                new ScheduleConfig(
                        ZoneId.of("Europe/Berlin"), Set.of(DayOfWeek.FRIDAY), LocalTime.of(6, 0), LocalTime.of(13, 1)),
                0);
        List<Incident> incidents = play(rules(timed), t -> List.of(bareHead(900)), 5, 200);
        assertThat(incidents)
                .extracting(Incident::phase)
                .containsExactly(
                        Incident.Phase.START, Incident.Phase.UPDATE, Incident.Phase.UPDATE, Incident.Phase.END);
        assertThat(incidents.get(3).endReason()).isEqualTo(Incident.EndReason.SCHEDULE);
        assertThat(secondsOf(incidents.get(3).lastAtMillis())).isBetween(59.7, 60.0);
    }

    @Test
    void shouldReportThatTooManyPeopleAreInAZoneAndHowMany() {
        RuleConfig crowd = RuleConfig.of("crowd", RuleConfig.Kind.MORE_PEOPLE, List.of("pit"), 2);
        Scene scene = t -> {
            List<Detection> heads = new ArrayList<>(List.of(helmet(100), helmet(700), helmet(900)));
            if (t >= 5 && t < 12) {
                heads.add(bareHead(1100));
            }
            if (t >= 8 && t < 12) {
                heads.add(head("helmet", 0.9f, 1100, 500));
            }
            return heads;
        };
        List<Incident> incidents = play(rules(crowd), scene, 25, 30);
        assertThat(phases(incidents))
                .containsExactly("START gate-3/1795176000/crowd/1", "END gate-3/1795176000/crowd/1");
        assertThat(incidents.get(0).people()).isEqualTo(3);
        assertThat(incidents.get(0).limit()).isEqualTo(2);
        assertThat(incidents.get(0).track()).isZero();
        assertThat(incidents.get(0).positions()).hasSize(3);
        assertThat(secondsOf(incidents.get(0).startedAtMillis())).isBetween(5.0, 5.5);
        assertThat(incidents.get(1).people()).isEqualTo(4);
        assertThat(incidents.get(1).endReason()).isEqualTo(Incident.EndReason.COMPLIANCE);
    }

    @Test
    void shouldReportThatTooFewPeopleAreInTheFrame() {
        RuleConfig buddy = RuleConfig.of("buddy", RuleConfig.Kind.FEWER_PEOPLE, List.of(), 2);
        Scene scene = t -> t < 10 ? List.of(helmet(100), helmet(700)) : List.of(helmet(100));
        List<Incident> incidents = play(rules(buddy), scene, 5, 15);
        assertThat(phases(incidents)).containsExactly("START gate-3/1795176000/buddy/1");
        assertThat(incidents.get(0).zone()).isNull();
        assertThat(incidents.get(0).people()).isEqualTo(1);
        assertThat(secondsOf(incidents.get(0).startedAtMillis())).isBetween(10.0, 11.0);
    }

    @Test
    void shouldKeepWhatAnUnchangedRuleHasSeenOverAReload() {
        StreamRules rules = new StreamRules(rules(NO_HELMET), IncidentsConfig.DEFAULT);
        Scene scene = t -> List.of(bareHead(900));
        assertThat(play(rules, scene, 25, 0, 5)).hasSize(1);
        rules.reload(rules(NO_HELMET, RuleConfig.of("crowd", RuleConfig.Kind.MORE_PEOPLE, List.of("pit"), 0)));
        assertThat(phases(play(rules, scene, 25, 5, 10))).containsExactly("START gate-3/1795176000/crowd/1");
    }

    @Test
    void shouldEndIncidentsOfChangedAndRemovedRulesAtAReload() {
        StreamRules rules = new StreamRules(rules(NO_HELMET), IncidentsConfig.DEFAULT);
        Scene scene = t -> List.of(bareHead(900));
        assertThat(play(rules, scene, 25, 0, 5)).hasSize(1);
        rules.reload(rules(RuleConfig.of("bare", RuleConfig.Kind.NO_HELMET, List.of(), 0)));
        List<Incident> changed = play(rules, scene, 25, 5, 10);
        assertThat(phases(changed)).containsExactly("END gate-3/1795176000/bare/1", "START gate-3/1795176000/bare/2");
        assertThat(changed.get(0).endReason()).isEqualTo(Incident.EndReason.RULE_CHANGED);
        rules.reload(StreamRulesConfig.NONE);
        assertThat(phases(play(rules, scene, 25, 10, 15))).containsExactly("END gate-3/1795176000/bare/2");
        assertThat(rules.isAnyOpen()).isFalse();
    }

    @Test
    void shouldEndOpenIncidentsWithTheStreamAndKeepThemOverAnOutage() {
        StreamRules rules = new StreamRules(rules(NO_HELMET), IncidentsConfig.DEFAULT);
        assertThat(play(rules, t -> List.of(bareHead(900)), 25, 0, 5)).hasSize(1);
        List<Incident> ends = new ArrayList<>();
        rules.onStatus(new StreamStatus("gate-3", StreamStatus.State.OFFLINE, "no packets", 0), ends::add);
        assertThat(ends).isEmpty();
        rules.onStatus(new StreamStatus("gate-3", StreamStatus.State.ENDED, "", 0), ends::add);
        assertThat(ends).hasSize(1);
        assertThat(ends.get(0).endReason()).isEqualTo(Incident.EndReason.STREAM_ENDED);
        rules.endAll(Incident.EndReason.STREAM_ENDED, ends::add);
        assertThat(ends).hasSize(1);
    }

    @Test
    void shouldEndOpenIncidentsOfALostStreamAndStartOthersWhenItIsBack() {
        StreamRules rules = new StreamRules(rules(NO_HELMET), IncidentsConfig.DEFAULT);
        Scene scene = t -> List.of(bareHead(900));
        List<Incident> incidents = play(rules, scene, 25, 0, 5);
        incidents.addAll(play(rules, scene, 25, 12, 15));
        assertThat(phases(incidents)).containsExactly("START gate-3/1795176000/bare/1");
        incidents.addAll(play(rules, scene, 25, 45.2, 52));
        assertThat(phases(incidents))
                .containsExactly(
                        "START gate-3/1795176000/bare/1",
                        "END gate-3/1795176000/bare/1",
                        "START gate-3/1795176000/bare/2");
        Incident end = incidents.get(1);
        assertThat(end.endReason()).isEqualTo(Incident.EndReason.STREAM_LOST);
        assertThat(secondsOf(end.lastAtMillis())).isBetween(14.9, 15.0);
        assertThat(end.decidedAtMillis()).isEqualTo(end.lastAtMillis());
        assertThat(secondsOf(incidents.get(2).startedAtMillis())).isBetween(45.1, 45.3);
    }

    @Test
    void shouldReportTheSameEndWhileTheStreamIsLostAndOnce() {
        StreamRules waiting = new StreamRules(rules(NO_HELMET), IncidentsConfig.DEFAULT);
        StreamRules watched = new StreamRules(rules(NO_HELMET), IncidentsConfig.DEFAULT);
        Scene scene = t -> List.of(bareHead(900));
        List<Incident> byFrame = play(waiting, scene, 25, 0, 5);
        byFrame.addAll(play(waiting, scene, 25, 60, 61));
        List<Incident> bySilence = play(watched, scene, 25, 0, 5);
        watched.onSilence(29_999_999_999L, bySilence::add);
        assertThat(bySilence).hasSize(1);
        watched.onSilence(30_000_000_000L, bySilence::add);
        watched.onSilence(31_000_000_000L, bySilence::add);
        bySilence.addAll(play(watched, scene, 25, 60, 61));
        assertThat(bySilence).isEqualTo(byFrame).hasSize(2);
    }

    @Test
    void shouldNotReportAStreamOfRareFramesAsLost() {
        RuleConfig slow = new RuleConfig(
                "bare",
                RuleConfig.Kind.NO_HELMET,
                List.of("pit"),
                0.5,
                2,
                3,
                NO_HELMET.atLeast(),
                Duration.ofHours(1),
                Duration.ofMinutes(5),
                null,
                0);
        IncidentsConfig d = IncidentsConfig.DEFAULT;
        TrackingConfig patient = new TrackingConfig(
                d.tracking().helmetLabels(),
                d.tracking().bareHeadLabels(),
                d.tracking().startConfidence(),
                d.tracking().confirm(),
                Duration.ofMinutes(3),
                Duration.ZERO);
        StreamRules rules = new StreamRules(
                rules(slow), new IncidentsConfig(patient, d.observation(), d.lostAfter(), d.spool(), d.snapshots()));
        List<Incident> incidents = play(rules, t -> List.of(bareHead(900)), 1 / 60.0, 0, 1_800);
        assertThat(phases(incidents)).containsExactly("START gate-3/1795176000/bare/1");
        rules.onSilence(240_000_000_000L, incidents::add);
        assertThat(incidents).hasSize(1);
        rules.onSilence(241_000_000_000L, incidents::add);
        assertThat(incidents.get(1).endReason()).isEqualTo(Incident.EndReason.STREAM_LOST);
    }

    @Test
    void shouldEndIncidentsOfTrackedHeadsBeforeThoseOfLostOnes() {
        StreamRules rules = new StreamRules(rules(NO_HELMET), IncidentsConfig.DEFAULT);
        Scene firstLeaves = t -> t < 4
                ? (t < 0.5 ? List.of(bareHead(800)) : List.of(bareHead(800), bareHead(1100)))
                : List.of(bareHead(1100));
        assertThat(phases(play(rules, firstLeaves, 25, 0, 9)))
                .containsExactly("START gate-3/1795176000/bare/1", "START gate-3/1795176000/bare/2");

        List<Incident> ends = new ArrayList<>();
        rules.endAll(Incident.EndReason.INTERRUPTED, ends::add);

        assertThat(phases(ends)).containsExactly("END gate-3/1795176000/bare/2", "END gate-3/1795176000/bare/1");
    }

    @Test
    void shouldGiveTheSameIncidentsForTheSameFrames() {
        assertThat(randomWalk()).isEqualTo(randomWalk()).isNotEmpty();
    }

    private static List<Incident> randomWalk() {
        Random random = new Random(11);
        Scene scene = t -> {
            List<Detection> heads = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                double x = 640 + 500 * Math.sin(t / (3 + i) + i);
                heads.add(head(random.nextInt(4) == 0 ? "helmet" : "head", 0.8f, x, 60 + 100 * i));
            }
            return heads;
        };
        return play(
                rules(NO_HELMET, RuleConfig.of("crowd", RuleConfig.Kind.MORE_PEOPLE, List.of("pit"), 3)),
                scene,
                10,
                60);
    }

    @Tag("measured")
    @Test
    void shouldNotAllocatePerFrameInSteadyState() {
        StreamRules rules = new StreamRules(
                rules(
                        RuleConfig.of("bare", RuleConfig.Kind.NO_HELMET, List.of("pit"), 0),
                        RuleConfig.of("crowd", RuleConfig.Kind.MORE_PEOPLE, List.of("pit"), 50)),
                IncidentsConfig.DEFAULT);
        List<Detection> heads = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            heads.add(head("helmet", 0.8f, 60 + 60 * i, 300));
        }
        List<FrameDetections> frames = new ArrayList<>();
        for (int i = 0; i < 6_000; i++) {
            frames.add(frame(i, i / 25.0, heads));
        }
        List<Incident> incidents = new ArrayList<>();
        Consumer<Incident> out = incidents::add;
        for (int i = 0; i < 5_000; i++) {
            rules.onFrame(frames.get(i), out);
        }
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        // Processor time, which other work on the machine disturbs less than the clock's.
        long start = threads.getCurrentThreadCpuTime();
        for (int i = 5_000; i < 6_000; i++) {
            rules.onFrame(frames.get(i), out);
        }
        long nanos = threads.getCurrentThreadCpuTime() - start;
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        System.out.printf("20 heads, 2 rules, tracking included: %.1f us of processor time per frame%n", nanos / 1e6);
        assertThat(allocated).isLessThan(10_000);
        assertThat(incidents).isEmpty();
    }

    /** A gap of four times the one before is not unusual. */
    @Test
    void shouldTellALostStreamByAGapOfMoreThanFourTimesTheOneBefore() {
        RuleConfig patient = noHelmet(NO_HELMET.atLeast(), Duration.ofMinutes(1));
        StreamRules rules = new StreamRules(rules(patient), IncidentsConfig.DEFAULT);
        List<Incident> incidents = play(rules, t -> List.of(bareHead(900)), 25, 0, 5);
        rules.onFrame(frame(200, 12.96, List.of(bareHead(900))), incidents::add);
        rules.onFrame(frame(201, 20.96, List.of(bareHead(900))), incidents::add);
        int before = incidents.size();
        rules.onSilence(32_000_000_000L, incidents::add);
        assertThat(incidents).hasSize(before);
        rules.onSilence(32_000_000_001L, incidents::add);
        assertThat(incidents).hasSize(before + 1);
    }

    @Test
    void shouldKeepTheObservationsOfEachOfSeveralRulesOverAReload() {
        RuleConfig anywhere = RuleConfig.of("anywhere", RuleConfig.Kind.NO_HELMET, List.of(), 0);
        StreamRules rules = new StreamRules(rules(NO_HELMET, anywhere), IncidentsConfig.DEFAULT);
        assertThat(play(rules, t -> List.of(bareHead(900)), 25, 0, 3)).hasSize(2);
        rules.reload(rules(NO_HELMET, anywhere));
        assertThat(play(rules, t -> List.of(bareHead(900)), 25, 3, 5)).isEmpty();
        rules.reload(rules(anywhere, NO_HELMET));
        assertThat(play(rules, t -> List.of(bareHead(900)), 25, 5, 7)).isEmpty();
    }

    /** Heads are 40 pixels wide and 48 high. */
    @ParameterizedTest
    @CsvSource({"40, 1", "41, 0"})
    void shouldTrackHeadsFromTheSmallestSizeOn(int minBox, int incidents) {
        StreamRulesConfig config = new StreamRulesConfig(List.of(PIT), List.of(), minBox, List.of(NO_HELMET));
        assertThat(play(config, t -> List.of(bareHead(900)), 25, 5)).hasSize(incidents);
    }

    @ParameterizedTest
    @CsvSource({"0, 0.5, 1, 1, 1", "0.8, 0, 1, 1, 1", "0.6, 0.3, 0.8, 0.5, 0", "0, 0, 1, 0.4, 1"})
    void shouldIgnoreHeadsWhoseCentreIsMasked(double x1, double y1, double x2, double y2, int incidents) {
        List<ZoneConfig.Point> mask = List.of(
                new ZoneConfig.Point(x1, y1),
                new ZoneConfig.Point(x2, y1),
                new ZoneConfig.Point(x2, y2),
                new ZoneConfig.Point(x1, y2));
        StreamRulesConfig config = new StreamRulesConfig(List.of(PIT), List.of(mask), 0, List.of(NO_HELMET));
        assertThat(play(config, t -> List.of(bareHead(900)), 25, 5)).hasSize(incidents);
    }
}
