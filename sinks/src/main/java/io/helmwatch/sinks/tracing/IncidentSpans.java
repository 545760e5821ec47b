package io.helmwatch.sinks.tracing;

import io.helmwatch.resource.ConstantName;
import io.helmwatch.sinks.IncidentSink;
import io.helmwatch.sinks.IncidentStatistics;
import io.helmwatch.vision.Incident;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.Tracer;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A span for each incident, made when it ends. Threading: any thread. */
final class IncidentSpans implements IncidentSink {
    private final Tracer tracer;

    IncidentSpans(Tracer tracer) {
        this.tracer = tracer;
    }

    @Override
    public void publish(Incident incident, Future<Incident.@Nullable Snapshot> snapshot) {
        Incident.EndReason endReason = incident.endReason();
        if (incident.phase() != Incident.Phase.END || endReason == null) {
            return;
        }
        String zone = incident.zone();
        Span span = tracer.spanBuilder("incident " + ConstantName.of(incident.kind()))
                .setStartTimestamp(incident.startedAtMillis(), TimeUnit.MILLISECONDS)
                .setAttribute("helmwatch.incident", incident.id())
                .setAttribute("helmwatch.stream", incident.stream())
                .setAttribute("helmwatch.rule", incident.rule())
                .setAttribute("helmwatch.zone", zone == null ? "" : zone)
                .setAttribute("helmwatch.end_reason", ConstantName.of(endReason))
                .setAttribute("helmwatch.people", incident.people())
                .startSpan();
        span.addEvent("last observation", Attributes.empty(), incident.lastAtMillis(), TimeUnit.MILLISECONDS);
        span.end(Math.max(incident.startedAtMillis(), incident.decidedAtMillis()), TimeUnit.MILLISECONDS);
    }

    @Override
    public IncidentStatistics statistics() {
        return IncidentStatistics.NONE;
    }

    @Override
    public void close() {
        // The spans belong to the owner of the tracer.
    }
}
