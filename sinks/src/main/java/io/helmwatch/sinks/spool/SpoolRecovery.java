package io.helmwatch.sinks.spool;

import io.helmwatch.resource.ConstantName;
import io.helmwatch.resource.Quantity;
import io.helmwatch.sinks.WrittenIncident;
import io.helmwatch.sinks.sqlite.SqliteFile;
import io.helmwatch.vision.Incident;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Clock;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is done to a spool file before it is used: messages of damaged files are salvaged, and incidents that were open when the process
 * died are ended.
 *
 * <p>Threading: one thread at a time.
 */
final class SpoolRecovery {
    private static final Logger LOG = LoggerFactory.getLogger(SpoolRecovery.class);

    private final SqliteFile file;
    private final Clock clock;

    SpoolRecovery(SqliteFile file, Clock clock) {
        this.file = file;
        this.clock = clock;
    }

    /** Adds the readable messages and open incidents of a damaged file; returns how many messages were new. */
    long salvage(Path damaged) throws IOException, SQLException {
        SpoolSalvage.Result found = SpoolSalvage.read(damaged);
        try (SpoolTransaction changes = new SpoolTransaction(file, clock)) {
            for (SpooledEvent event : found.events()) {
                changes.insert(event);
            }
            for (OpenIncident incident : found.open()) {
                changes.open(incident);
            }
            changes.commit();
            LOG.error(
                    "Damaged spool file {}: salvaged {}, {} unreadable",
                    damaged,
                    Quantity.of(changes.messages(), "message"),
                    Quantity.of(found.unreadable(), "row"));
            return changes.messages();
        }
    }

    /** Ends the open incidents, with the reason {@code interrupted}. */
    void endInterrupted() throws SQLException {
        List<OpenIncident> interrupted;
        try (SpoolTransaction changes = new SpoolTransaction(file, clock)) {
            interrupted = changes.openIncidents();
            for (OpenIncident incident : interrupted) {
                int revision = incident.revision() + 1;
                WrittenIncident.PendingEvent end =
                        WrittenIncident.interrupted(incident.value(), revision, clock.millis());
                changes.insert(new SpooledEvent(
                        0,
                        end.id(),
                        incident.incident(),
                        incident.stream(),
                        ConstantName.of(Incident.Phase.END),
                        clock.millis(),
                        end.value()));
                changes.close(incident.incident());
            }
            changes.commit();
        }
        if (!interrupted.isEmpty()) {
            LOG.warn(
                    "{} ended as interrupted: open when the process last stopped",
                    Quantity.of(interrupted.size(), "incident"));
        }
    }
}
