package io.helmwatch.pipeline.desk;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.helmwatch.config.secret.Redaction;
import io.helmwatch.config.sink.NotifyConfig;
import io.helmwatch.config.sink.NotifySettings;
import io.helmwatch.sinks.IncidentStatistics;
import io.helmwatch.sinks.notify.DeliveryLog;
import io.helmwatch.sinks.notify.Notification;
import io.helmwatch.sinks.notify.Notifier;
import io.helmwatch.sinks.notify.NotifyException;
import io.helmwatch.sinks.notify.NotifyMessage;
import io.helmwatch.web.Notifications;
import io.helmwatch.web.RefusedException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Targets of notifications, for the page and its API. A test is sent over a connection of its own, so that it says what is wrong now
 * although messages wait.
 *
 * <p>Threading: as {@link Notifications}. Ownership: the targets belong to the caller.
 */
public final class DeskNotifications implements Notifications {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final Supplier<List<Notification>> running;
    private final Function<NotifyConfig, Notifier> connect;

    /**
     * The targets of a service.
     *
     * @param running the targets in operation; empty while the service starts
     * @param connect a client of a target, closed after the test
     */
    public DeskNotifications(Supplier<List<Notification>> running, Function<NotifyConfig, Notifier> connect) {
        this.running = running;
        this.connect = connect;
    }

    @Override
    public List<Target> targets() {
        return running.get().stream().map(DeskNotifications::target).toList();
    }

    private static Target target(Notification target) {
        IncidentStatistics statistics = target.statistics();
        long oldest = statistics.oldestWaitingMillis();
        return new Target(
                target.name(),
                kind(target.config()),
                MAPPER.valueToTree(NotifySettings.values(target.config())),
                Redaction.redact(target.problem()),
                statistics.waiting(),
                oldest == 0 ? null : Instant.ofEpochMilli(oldest),
                statistics.delivered(),
                statistics.deadLetters(),
                statistics.refused(),
                target.log().newest().stream().map(DeskNotifications::delivery).toList());
    }

    private static String kind(NotifyConfig target) {
        return target.target().getClass().getSimpleName().toLowerCase(Locale.ROOT);
    }

    private static Delivery delivery(DeliveryLog.Entry entry) {
        return new Delivery(
                Instant.ofEpochMilli(entry.atMillis()),
                entry.id(),
                entry.type().text(),
                entry.stream(),
                entry.messages(),
                entry.outcome().name().toLowerCase(Locale.ROOT),
                entry.attempts(),
                Redaction.redact(entry.reason()));
    }

    @Override
    public TestResult test(String name) {
        NotifyConfig target = running.get().stream()
                .map(Notification::config)
                .filter(config -> config.name().equals(name))
                .findFirst()
                .orElseThrow(() -> RefusedException.notFound("there is no notification target " + name));
        try (Notifier notifier = connect.apply(target)) {
            notifier.deliver(List.of(NotifyMessage.test(name, System.currentTimeMillis())));
            return new TestResult(true, name + " has taken the test message");
        } catch (NotifyException e) {
            return new TestResult(false, Redaction.redact(String.valueOf(e.getMessage())));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw RefusedException.unavailable("the service is ending: nothing was sent");
        }
    }
}
