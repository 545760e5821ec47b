package io.helmwatch.postprocess.rules;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.IncidentsConfig;
import io.helmwatch.config.RuleConfig;
import io.helmwatch.config.StreamRulesConfig;
import io.helmwatch.postprocess.tracking.YardClip;
import io.helmwatch.vision.Incident;
import io.helmwatch.vision.StreamStatus;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The clip's script: persons 3, 6 and 8 are bare-headed from 3.4, 10.4 and 18.3 s on, person 4 takes the helmet off at 10.9 s. */
class YardClipIncidentsTest {

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5, 8})
    void shouldTellExactlyTheIncidentsOfTheScript(int everyNth) throws IOException {
        RuleConfig rule = RuleConfig.of("bare", RuleConfig.Kind.NO_HELMET, List.of(), 0);
        StreamRules rules =
                new StreamRules(new StreamRulesConfig(List.of(), List.of(), 0, List.of(rule)), IncidentsConfig.DEFAULT);
        List<Incident> incidents = new ArrayList<>();
        for (YardClip.Frame frame : YardClip.frames(everyNth)) {
            rules.onFrame(frame.shown(), incidents::add);
        }
        rules.onStatus(new StreamStatus("yard", StreamStatus.State.ENDED, "", 0), incidents::add);

        List<Double> starts = incidents.stream()
                .filter(incident -> incident.phase() == Incident.Phase.START)
                .map(incident -> incident.startedAtMillis() / 1e3)
                .sorted()
                .toList();
        assertThat(starts).hasSize(4);
        assertThat(starts.get(0)).as("driver").isBetween(3.4, 4.5);
        assertThat(starts.get(1)).as("clerk or rigger").isBetween(10.4, 13.0);
        assertThat(starts.get(2)).as("rigger or clerk").isBetween(10.9, 13.0);
        assertThat(starts.get(3)).as("visitor").isBetween(18.3, 19.5);
        assertThat(incidents.stream().filter(incident -> incident.phase() == Incident.Phase.END))
                .hasSize(4)
                .extracting(Incident::id)
                .doesNotHaveDuplicates();
    }
}
