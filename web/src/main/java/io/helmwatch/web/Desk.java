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
 * @param notifications targets of notifications
 * @param nodes the nodes of the cluster; null without one, which is answered with 404
 * @param relay the desks of the other nodes; null without a cluster
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
        @Nullable Nodes nodes,
        @Nullable Relay relay,
        AuditSink audit) {}
