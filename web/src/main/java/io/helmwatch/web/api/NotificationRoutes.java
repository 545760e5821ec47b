package io.helmwatch.web.api;

import io.helmwatch.config.http.Role;
import io.helmwatch.web.Notifications;
import io.helmwatch.web.Notifications.Target;
import io.helmwatch.web.Notifications.TestResult;
import io.helmwatch.web.RefusedException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Targets of notifications: settings, deliveries, tests. Threading: any thread. */
final class NotificationRoutes {
    private final @Nullable Notifications notifications;

    /**
     * The targets.
     *
     * @param targets in the order of the configuration
     */
    record NotificationTargets(List<Target> targets) {}

    NotificationRoutes(@Nullable Notifications notifications) {
        this.notifications = notifications;
    }

    List<Route> routes() {
        return List.of(
                Route.get(
                                "/notifications",
                                "listNotifications",
                                "Targets of notifications, and what became of their newest messages",
                                NotificationTargets.class,
                                call -> Reply.json(
                                        new NotificationTargets(notifications().targets())))
                        .forRole(Role.OPERATOR),
                Route.change(
                        "POST",
                        "/notifications/{id}/test",
                        "testNotification",
                        "Send a test message to a target",
                        Role.ADMIN,
                        TestResult.class,
                        call -> Reply.json(notifications().test(call.path().getOrDefault("id", "")))));
    }

    private Notifications notifications() {
        Notifications known = notifications;
        if (known == null) {
            throw RefusedException.unavailable("notifications are not available");
        }
        return known;
    }
}
