package io.helmwatch.pipeline.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.Incident;
import io.helmwatch.vision.Incident.Phase;
import io.helmwatch.vision.ModelIdentity;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class IncidentCountsTest {
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final IncidentCounts counts = new IncidentCounts(registry);

    private void publish(Phase phase) {
        Incident incident = Incident.builder().id("gate-3/1/no-helmet-in-pit/1").phase(phase).stream("gate-3")
                .rule("no-helmet-in-pit")
                .kind(Incident.Kind.NO_HELMET)
                .endReason(phase == Phase.END ? Incident.EndReason.ABSENCE : null)
                .size(new ImageSize(640, 360))
                .model(new ModelIdentity("helmet-yolov5n", "1.0.0", "fp32", "cpu"))
                .build();
        counts.publish(incident, CompletableFuture.completedFuture(null));
    }

    private Set<String> rules() {
        return registry.find("helmwatch.incidents").counters().stream()
                .map(counter -> counter.getId().getTag("rule"))
                .collect(Collectors.toSet());
    }

    @Test
    void shouldRemoveTheMetersOfARuleThatIsGoneOnceItsIncidentsHaveEnded() {
        counts.register("gate-3", Set.of("no-helmet-in-pit", "crowd"));
        publish(Phase.START);

        counts.register("gate-3", Set.of("other"));
        assertThat(rules()).containsExactlyInAnyOrder("no-helmet-in-pit", "other");
        assertThat(counts.open("gate-3")).isEqualTo(1);
        publish(Phase.UPDATE);
        publish(Phase.END);

        assertThat(rules()).containsExactly("other");
        assertThat(registry.find("helmwatch.incidents.open").gauges()).hasSize(1);
        assertThat(counts.started()).isEqualTo(1);
    }

    @Test
    void shouldKeepTheMetersOfARuleInForceAndRemoveThoseOfAStreamThatIsGone() {
        counts.register("gate-3", Set.of("no-helmet-in-pit"));
        publish(Phase.START);
        publish(Phase.END);
        assertThat(rules()).containsExactly("no-helmet-in-pit");

        counts.remove("gate-3");

        assertThat(registry.getMeters()).isEmpty();
    }
}
