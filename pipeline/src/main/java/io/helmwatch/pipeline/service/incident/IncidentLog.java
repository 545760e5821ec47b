package io.helmwatch.pipeline.service.incident;

import io.helmwatch.resource.ConstantName;
import io.helmwatch.sinks.IncidentSink;
import io.helmwatch.sinks.IncidentStatistics;
import io.helmwatch.vision.Incident;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Logs one line when an incident starts, one when it ends and one when its clip is stored. Threading: as {@link IncidentSink}. */
final class IncidentLog implements IncidentSink {
    private static final Logger LOG = LoggerFactory.getLogger(IncidentLog.class);

    @Override
    public void publish(Incident incident, Future<Incident.@Nullable Snapshot> snapshot) {
        String zone = incident.zone() == null ? "" : " zone=" + incident.zone();
        switch (incident.phase()) {
            case START ->
                LOG.info(
                        "Incident started: {} stream={} rule={}{} id={}",
                        kind(incident),
                        incident.stream(),
                        incident.rule(),
                        zone,
                        incident.id());
            case END ->
                LOG.info(
                        "Incident ended: {} stream={} rule={}{} seconds={} reason={} id={}",
                        kind(incident),
                        incident.stream(),
                        incident.rule(),
                        zone,
                        (incident.lastAtMillis() - incident.startedAtMillis()) / 1000,
                        incident.endReason() == null ? "" : ConstantName.of(incident.endReason()),
                        incident.id());
            case EVIDENCE -> {
                Incident.Clip clip = incident.clip();
                if (clip != null) {
                    LOG.info(
                            "Incident clip stored: {} seconds={} bytes={} id={}",
                            clip.path(),
                            (clip.toMillis() - clip.fromMillis()) / 1000,
                            clip.bytes(),
                            incident.id());
                }
            }
            case UPDATE -> {
                // Updates are for consumers.
            }
        }
    }

    private static String kind(Incident incident) {
        String kind = ConstantName.of(incident.kind());
        return incident.people() > 1 ? kind + " people=" + incident.people() : kind;
    }

    @Override
    public IncidentStatistics statistics() {
        return IncidentStatistics.NONE;
    }

    @Override
    public void close() {}
}
