package io.helmwatch.pipeline.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.incident.SpoolConfig;
import io.helmwatch.sinks.spool.IncidentSpool;
import io.helmwatch.sinks.spool.SpoolingIncidentSink;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Clock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IncidentMetricsTest {
    @TempDir
    Path folder;

    /** Meters hold what they measure weakly. */
    @Test
    void shouldMeasureForAsLongAsTheSinkLives() {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        try (IncidentSpool spool = new IncidentSpool(new SpoolConfig(folder, 1 << 20, false), Clock.systemUTC());
                SpoolingIncidentSink sink = new SpoolingIncidentSink(spool)) {
            IncidentMetrics.bind(registry, sink.statistics());
            System.gc();
            assertThat(registry.get("helmwatch.incident.spool.messages").gauge().value())
                    .isZero();
            assertThat(sink.statistics()).isSameAs(sink.statistics());
        }
    }
}
