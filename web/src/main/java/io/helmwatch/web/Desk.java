package io.helmwatch.web;

import org.jspecify.annotations.Nullable;

/**
 * What the server serves. Parts that are null are answered with 503.
 *
 * @param service the service as a whole
 * @param streams its streams
 * @param incidents the history of incidents
 * @param compliance counts of observed heads
 * @param reports reports of a time
 * @param system state of the service and its machine
 * @param live live video
 * @param notifications who is told about incidents
 * @param audit receives logins and changes beside the audit file
 */
public record Desk(
        Service service,
        @Nullable Streams streams,
        @Nullable Incidents incidents,
        @Nullable Compliance compliance,
        @Nullable Reports reports,
        @Nullable SystemState system,
        @Nullable LiveVideo live,
        @Nullable Notifications notifications,
        AuditSink audit) {

    /** A service without any of the other parts. */
    public static Desk of(Service service) {
        return new Desk(service, null, null, null, null, null, null, null, entry -> {});
    }

    /** The same with streams. */
    public Desk withStreams(Streams other) {
        return new Desk(service, other, incidents, compliance, reports, system, live, notifications, audit);
    }

    /** The same with a history of incidents. */
    public Desk withIncidents(Incidents other) {
        return new Desk(service, streams, other, compliance, reports, system, live, notifications, audit);
    }

    /** The same with counts of observed heads. */
    public Desk withCompliance(Compliance other) {
        return new Desk(service, streams, incidents, other, reports, system, live, notifications, audit);
    }

    /** The same with reports. */
    public Desk withReports(Reports other) {
        return new Desk(service, streams, incidents, compliance, other, system, live, notifications, audit);
    }

    /** The same with the state of the system. */
    public Desk withSystem(SystemState other) {
        return new Desk(service, streams, incidents, compliance, reports, other, live, notifications, audit);
    }

    /** The same with live video. */
    public Desk withLive(LiveVideo other) {
        return new Desk(service, streams, incidents, compliance, reports, system, other, notifications, audit);
    }

    /** The same with those who are told about incidents. */
    public Desk withNotifications(Notifications other) {
        return new Desk(service, streams, incidents, compliance, reports, system, live, other, audit);
    }

    /** The same with a receiver of logins and changes. */
    public Desk withAudit(AuditSink other) {
        return new Desk(service, streams, incidents, compliance, reports, system, live, notifications, other);
    }
}
