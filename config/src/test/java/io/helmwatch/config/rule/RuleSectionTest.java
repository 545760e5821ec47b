package io.helmwatch.config.rule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.helmwatch.config.ConfigLoader;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.incident.SpoolConfig;
import io.helmwatch.config.yaml.ConfigException;
import java.nio.file.Path;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RuleSectionTest {
    private static final String HEAD = """
            json-lines: {target: "-"}
            streams:
              - id: gate-3
                url: rtsp://camera/1
            """;

    @Test
    void shouldReadZonesMasksRulesAndIncidents() {
        HelmwatchConfig config = read("""
                    min-box: 12
                    zones:
                      - {name: pit, polygon: [[0, 0.5], [1, 0.5], [1, 1], [0, 1]]}
                    masks:
                      - {polygon: [[0, 0], [0.2, 0], [0.2, 0.1]]}
                    rules:
                      - name: no-helmet-in-pit
                        kind: no-helmet
                        zones: [pit]
                        confidence: 0.6
                        required: 4
                        of: 6
                        at-least: 3s
                        update-every: 1m
                        end-after: 20s
                        schedule: {time-zone: Europe/Berlin, days: [mon, fri], from: "06:00", to: "20:30"}
                      - {name: crowd, kind: occupancy, zones: [pit], more-than: 5, at-least: 10s}
                      - {name: buddy, kind: occupancy, fewer-than: 2}
                incidents:
                  helmet-labels: [hardhat]
                  max-gap: 3s
                  spool: {directory: spool, max-bytes: 64MiB, fsync: false}
                """);
        StreamRulesConfig rules = config.streams().get(0).rules();
        assertThat(rules.minBox()).isEqualTo(12);
        assertThat(rules.zones())
                .containsExactly(new ZoneConfig(
                        "pit",
                        List.of(
                                new ZoneConfig.Point(0, 0.5),
                                new ZoneConfig.Point(1, 0.5),
                                new ZoneConfig.Point(1, 1),
                                new ZoneConfig.Point(0, 1))));
        assertThat(rules.masks()).hasSize(1);
        assertThat(rules.rules())
                .containsExactly(
                        new RuleConfig(
                                "no-helmet-in-pit",
                                RuleConfig.Kind.NO_HELMET,
                                List.of("pit"),
                                0.6,
                                4,
                                6,
                                Duration.ofSeconds(3),
                                Duration.ofMinutes(1),
                                Duration.ofSeconds(20),
                                new ScheduleConfig(
                                        ZoneId.of("Europe/Berlin"),
                                        Set.of(DayOfWeek.MONDAY, DayOfWeek.FRIDAY),
                                        LocalTime.of(6, 0),
                                        LocalTime.of(20, 30)),
                                0),
                        new RuleConfig(
                                "crowd",
                                RuleConfig.Kind.MORE_PEOPLE,
                                List.of("pit"),
                                0.5,
                                3,
                                5,
                                Duration.ofSeconds(10),
                                Duration.ofSeconds(30),
                                Duration.ofSeconds(10),
                                null,
                                5),
                        RuleConfig.of("buddy", RuleConfig.Kind.FEWER_PEOPLE, List.of(), 2));
        assertThat(config.incidents().tracking().helmetLabels()).containsExactly("hardhat");
        assertThat(config.incidents().tracking().bareHeadLabels()).containsExactly("head");
        assertThat(config.incidents().tracking().maxGap()).isEqualTo(Duration.ofSeconds(3));
        assertThat(config.incidents().spool()).isEqualTo(new SpoolConfig(Path.of("/site/spool"), 64 << 20, false));
    }

    @Test
    void shouldReportEverythingThatIsWrongAtOnceWithStreamAndKey() {
        assertThat(problems("""
                    min-box: -1
                    zones:
                      - {name: pit, polygon: [[0, 0], [1, 1], [1, 0], [0, 1]]}
                      - {name: pit, polygon: [[0, 0], [1, 0], [1, 1]]}
                      - {name: line, polygon: [[0, 0], [0.5, 0.5], [1, 1]]}
                      - {name: far, polygon: [[0, 0], [640, 0], [640, 480]]}
                      - {polygon: [[0, 0], [1, 0]]}
                    rules:
                      - {name: a, kind: no-helmett}
                      - {name: b, kind: no-helmet, zones: [pitt], required: 6, of: 5, more-than: 3}
                      - {name: c, kind: occupancy, confidence: 1.5}
                      - name: d
                        kind: no-helmet
                        required: 2
                        schedule: {time-zone: Mars/Base, days: [mo], from: "25:00"}
                """))
                .containsExactlyInAnyOrder(
                        "streams[0] (gate-3).min-box=-1: must be from 0 to 10000",
                        "streams[0] (gate-3).zones[0].polygon: must not cross itself: list the corners in the order of the outline",
                        "streams[0] (gate-3).zones[1].name=pit: given twice; the first of this name is in line 7",
                        "streams[0] (gate-3).zones[2].polygon: must enclose an area, but its corners lie on a line",
                        "streams[0] (gate-3).zones[3].polygon[1]: must be two numbers from 0 to 1, [x, y] in fractions of the frame's"
                                + " width and height, but is [640, 0]; divide pixels by the frame's width and height",
                        "streams[0] (gate-3).zones[4].name: missing: expected a name such as pit-east",
                        "streams[0] (gate-3).zones[4].polygon: must have 3 to 64 corners, but has 2",
                        "streams[0] (gate-3).rules[0].kind=no-helmett: must be one of no-helmet, occupancy",
                        "streams[0] (gate-3).rules[1].zones: zone 'pitt' is not among the stream's zones; did you mean 'pit'?",
                        "streams[0] (gate-3).rules[1].required=6: must be at most 'of', which is 5",
                        "streams[0] (gate-3).rules[1].more-than=3: is for kind: occupancy, but the kind is no-helmet",
                        "streams[0] (gate-3).rules[2].kind=occupancy: occupancy needs either 'more-than' or 'fewer-than'",
                        "streams[0] (gate-3).rules[2].confidence=1.5: must be from 0 to 1",
                        "streams[0] (gate-3).rules[3].required=2: must be more than half of 'of', which is 5",
                        "streams[0] (gate-3).rules[3].schedule.time-zone=Mars/Base: must be a time zone such as Europe/Berlin or UTC",
                        "streams[0] (gate-3).rules[3].schedule.days[0]=mo: must be one of mon, tue, wed, thu, fri, sat, sun",
                        "streams[0] (gate-3).rules[3].schedule.from=25:00: must be a time of day such as 06:30, from 00:00 to 24:00");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            [[0, 0], [1, 0], [100, 100]]      | [100, 100];divide pixels
            [[0, 0], [1, 0], [-0.1, 1]]       | [-0.1, 1]
            [[0, 0], [1, 0], ['10%', 1]]      | [10%, 1];0.1 for 10%
            [[0, 0], [1, 0], [1.001, 1]]      | [1.001, 1]
            [[0, 0], [1, 0], [1, 1, 1]]       | but has 3
            [[0, 0], [1, 0], [NaN, 1]]        | [NaN, 1]
            [[0, 0], [1, 0], 5]               | polygon[2]=5;two numbers
            """)
    void shouldShowTheCornerThatIsWrong(String polygon, String facts) {
        assertThat(problems("    zones: [{name: a, polygon: " + polygon + "}]\n"))
                .singleElement()
                .asString()
                .contains(facts.split(";", -1));
    }

    @ParameterizedTest
    @CsvSource({
        "6:00, 24:00, 06:00, 00:00",
        "06:00, 20:30, 06:00, 20:30",
        "22:00, 06:00, 22:00, 06:00",
        "00:00, 23:59:30, 00:00, 23:59:30"
    })
    void shouldReadTimesAsPeopleWriteThem(String from, String to, LocalTime first, LocalTime end) {
        ScheduleConfig schedule =
                schedule("{time-zone: UTC, days: [MON, tues, Wednesday], from: " + from + ", to: " + to + "}");
        assertThat(schedule)
                .isEqualTo(new ScheduleConfig(
                        ZoneId.of("UTC"),
                        Set.of(DayOfWeek.MONDAY, DayOfWeek.TUESDAY, DayOfWeek.WEDNESDAY),
                        first,
                        end));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {time-zone: europe/berlin}                | time-zone=europe/berlin;did you mean Europe/Berlin?
            {time-zone: Europe/Berlim}                | did you mean Europe/Berlin?
            {time-zone: Mars/Phobos}                  | time-zone=Mars/Phobos;such as Europe/Berlin
            {from: '06:00'}                           | time-zone: missing
            {time-zone: UTC, from: 06.00}             | from=06.00;06:30
            {time-zone: UTC, to: '24:01'}             | to=24:01;24:00
            {time-zone: UTC, days: [mo]}              | days[0]=mo;mon, tue
            {time-zone: UTC, days: [Monatag]}         | days[0]=Monatag
            {time-zone: UTC, day: [mon]}              | did you mean 'days'?
            """)
    void shouldSayWhatIsWrongWithASchedule(String schedule, String facts) {
        assertThat(problems("    rules: [{name: a, kind: no-helmet, schedule: " + schedule + "}]\n"))
                .singleElement()
                .asString()
                .contains(facts.split(";", -1));
    }

    @Test
    void shouldReadAScheduleWithoutAValueAsAlways() {
        assertThat(schedule("")).isNull();
    }

    private static ScheduleConfig schedule(String text) {
        return read("    rules: [{name: a, kind: no-helmet, schedule: " + text + "}]\n")
                .streams()
                .get(0)
                .rules()
                .rules()
                .get(0)
                .schedule();
    }

    @Test
    void shouldReportWrongIncidentSettings() {
        assertThat(
                        problems(
                                "incidents: {helmet-labels: [head], observation: 0, lost-after: 10ms, spool: {max-bytes: 5 apples}}\n"))
                .containsExactlyInAnyOrder(
                        "incidents.bare-head-labels: must not share a label with helmet-labels",
                        "incidents.observation=0: must be from 1ms to 1m",
                        "incidents.lost-after=10ms: must be from 1s to 7d",
                        "incidents.spool.max-bytes=5 apples: must be a number of bytes such as 64KiB, 256MiB or 10GiB");
    }

    private static HelmwatchConfig read(String rest) {
        return ConfigLoader.parse(HEAD + rest, "site.yaml", Path.of("/site"), name -> null);
    }

    private static List<String> problems(String rest) {
        ConfigException thrown = catchThrowableOfType(ConfigException.class, () -> read(rest));
        return thrown.problems().stream()
                .map(problem -> problem.where() + ": " + problem.rule())
                .toList();
    }

    @Test
    void shouldRefuseTwoRulesOfOneName() {
        assertThat(problems("    rules: [{name: a, kind: no-helmet}, {name: a, kind: no-helmet}]\n"))
                .singleElement()
                .asString()
                .contains("rules[1]", "name", "a");
    }

    /** A majority of the votes: more than half, at most all. */
    @ParameterizedTest
    @CsvSource({"5, 5, ''", "3, 5, ''", "6, 5, at most", "2, 4, more than half", "2, 5, more than half", "1, 1, ''"})
    void shouldRequireAMajorityOfTheVotes(int required, int of, String fact) {
        String rules = "    rules: [{name: a, kind: no-helmet, required: " + required + ", of: " + of + "}]\n";
        if (fact.isEmpty()) {
            assertThat(read(rules).streams().get(0).rules().rules().get(0).required())
                    .isEqualTo(required);
        } else {
            assertThat(problems(rules)).singleElement().asString().contains("required", fact);
        }
    }
}
