package io.helmwatch.postprocess.rules;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.incident.TrackingConfig;
import io.helmwatch.config.rule.RuleConfig;
import io.helmwatch.config.rule.StreamRulesConfig;
import io.helmwatch.config.stream.StreamConfig;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RuleLabelsTest {

    @ParameterizedTest
    @CsvSource({"hat;person", "Helmet;Head", "person;bicycle;car"})
    void shouldNameBothListsWhereNoLabelOfTheModelIsConfigured(String labels) {
        List<String> model = List.of(labels.split(";"));

        assertThat(problem(RuleConfig.Kind.NO_HELMET, model).orElseThrow())
                .contains("gate/bare", "[helmet]", "[head]", model.toString(), "incidents.bare-head-labels");
        assertThat(problem(RuleConfig.Kind.MORE_PEOPLE, model).orElseThrow())
                .contains("incidents.helmet-labels", "incidents.bare-head-labels");
    }

    @Test
    void shouldRequireABareHeadForMissingHelmetsAndAnyHeadForOccupancy() {
        List<String> helmetsOnly = List.of("helmet", "vest");

        assertThat(problem(RuleConfig.Kind.NO_HELMET, helmetsOnly).orElseThrow())
                .contains("incidents.bare-head-labels [head]", "[helmet, vest]")
                .doesNotContain("helmet-labels [helmet]");
        assertThat(problem(RuleConfig.Kind.MORE_PEOPLE, helmetsOnly)).isEmpty();
        assertThat(problem(RuleConfig.Kind.FEWER_PEOPLE, List.of("head"))).isEmpty();
        assertThat(problem(RuleConfig.Kind.NO_HELMET, List.of("helmet", "head")))
                .isEmpty();
    }

    @Test
    void shouldAcceptStreamsWithoutRulesWhateverTheModel() {
        assertThat(RuleLabels.problem(
                        List.of(StreamConfig.of("gate", "rtsp://192.0.2.1/a")),
                        TrackingConfig.DEFAULT,
                        List.of("person")))
                .isEmpty();
    }

    private static Optional<String> problem(RuleConfig.Kind kind, List<String> model) {
        StreamRulesConfig rules =
                new StreamRulesConfig(List.of(), List.of(), 0, List.of(RuleConfig.of("bare", kind, List.of(), 3)));
        return RuleLabels.problem(
                List.of(StreamConfig.of("gate", "rtsp://192.0.2.1/a").withRules(rules)), TrackingConfig.DEFAULT, model);
    }
}
