package io.helmwatch.web.api;

import io.helmwatch.config.http.Role;
import io.helmwatch.web.AuditEntry;
import io.helmwatch.web.Compliance;
import io.helmwatch.web.Desk;
import io.helmwatch.web.RefusedException;
import io.helmwatch.web.RefusedException.Kind;
import io.helmwatch.web.SystemState;
import io.helmwatch.web.access.AuditLog;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** State of the system, counts of observed heads, audit log, reload. Threading: any thread. */
final class SystemRoutes {
    private static final Duration DEFAULT_TIME = Duration.ofDays(7);
    private static final Duration LONGEST_TIME = Duration.ofDays(400);
    private static final int DEFAULT_ENTRIES = 100;
    private static final int MOST_ENTRIES = 1_000;

    private final Desk desk;
    private final AuditLog audit;

    /**
     * Counts of observed heads.
     *
     * @param rows one for each stream, zone and hour
     */
    record ComplianceRows(List<Compliance.Row> rows) {}

    /**
     * The audit log.
     *
     * @param entries newest first
     */
    record AuditEntries(List<AuditEntry> entries) {}

    /**
     * What happened.
     *
     * @param message a sentence
     */
    record Message(String message) {}

    SystemRoutes(Desk desk, AuditLog audit) {
        this.desk = desk;
        this.audit = audit;
    }

    List<Route> routes() {
        return List.of(
                Route.get(
                                "/compliance",
                                "getCompliance",
                                "Counts of observed heads by stream, zone and hour",
                                ComplianceRows.class,
                                this::compliance)
                        .with(
                                new Route.Parameter("from", Instant.class, "first hour; default: 7 days before `to`"),
                                new Route.Parameter("to", Instant.class, "hours before; default: now")),
                Route.get(
                        "/system",
                        "getSystem",
                        "State of the service and its machine",
                        SystemState.Snapshot.class,
                        call -> Reply.json(system())),
                Route.get(
                                "/audit",
                                "getAudit",
                                "Logins and changes, newest first",
                                AuditEntries.class,
                                call -> Reply.json(new AuditEntries(
                                        audit.latest(call.number("limit", DEFAULT_ENTRIES, MOST_ENTRIES)))))
                        .forRole(Role.ADMIN)
                        .with(new Route.Parameter("limit", Integer.class, "most entries, 1 to 1000; default: 100")),
                Route.change(
                        "POST",
                        "/reload",
                        "reload",
                        "Read the configuration again and apply zones, masks and rules",
                        Role.ADMIN,
                        Message.class,
                        call -> reload()));
    }

    private SystemState.Snapshot system() {
        SystemState system = desk.system();
        if (system == null) {
            throw RefusedException.unavailable("the state of the system is not available");
        }
        return system.now();
    }

    private Reply compliance(Call call) {
        Compliance compliance = desk.compliance();
        if (compliance == null) {
            throw RefusedException.unavailable("counts of observed heads are not available");
        }
        Instant given = call.instant("to");
        Instant to = given == null ? Instant.now() : given;
        Instant start = call.instant("from");
        Duration time = start == null ? DEFAULT_TIME : Duration.between(start, to);
        if (time.isNegative() || time.compareTo(LONGEST_TIME) > 0) {
            throw new RefusedException(
                    Kind.INVALID, "from must be before to, by at most " + LONGEST_TIME.toDays() + " days");
        }
        return Reply.json(new ComplianceRows(compliance.between(start == null ? to.minus(time) : start, to)));
    }

    private Reply reload() {
        try {
            return Reply.json(new Message(desk.service().reload()));
        } catch (IllegalStateException unavailable) {
            throw RefusedException.unavailable(String.valueOf(unavailable.getMessage()));
        }
    }
}
