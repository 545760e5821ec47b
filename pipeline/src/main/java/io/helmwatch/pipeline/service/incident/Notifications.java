package io.helmwatch.pipeline.service.incident;

import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.cluster.ClusterConfig;
import io.helmwatch.config.sink.NotifyConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.pipeline.desk.StreamObserver;
import io.helmwatch.pipeline.metrics.NotifyMetrics;
import io.helmwatch.resource.Closer;
import io.helmwatch.sinks.DetectionSink;
import io.helmwatch.sinks.IncidentSink;
import io.helmwatch.sinks.notify.AnnouncedStreams;
import io.helmwatch.sinks.notify.Notification;
import io.helmwatch.sinks.notify.Notifier;
import io.helmwatch.sinks.notify.mail.MailNotifier;
import io.helmwatch.sinks.notify.mqtt.MqttNotifier;
import io.helmwatch.sinks.notify.webhook.WebhookNotifier;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * The targets of a configuration that are notified of incidents and streams.
 *
 * <p>Threading: opened and closed by one thread; as a {@link StreamObserver}.
 */
public final class Notifications implements StreamObserver, AutoCloseable {
    private final List<Notification> targets = new ArrayList<>();
    /** One for each target that announces streams. */
    private final List<AnnouncedStreams> announced = new ArrayList<>();

    private final Closer owned = new Closer();

    private Notifications() {}

    /**
     * Opens the spools and begins to deliver what is in them.
     *
     * @param acknowledged whether somebody has acknowledged an incident, by its id
     * @throws io.helmwatch.sinks.sqlite.SqliteException when a spool cannot be used; everything opened is closed again
     */
    public static Notifications open(HelmwatchConfig config, Predicate<String> acknowledged, MeterRegistry registry) {
        Notifications notifications = new Notifications();
        try (Closer opened = new Closer()) {
            for (NotifyConfig target : config.notifications()) {
                notifications.targets.add(opened.register(new Notification(
                        target,
                        config.incidents().spool(),
                        notifications.open(target, config),
                        acknowledged,
                        Clock.systemUTC())));
            }
            notifications.owned.register(opened.transfer());
        }
        notifications.targets.forEach(target -> NotifyMetrics.bind(registry, target));
        return notifications;
    }

    private Notifier open(NotifyConfig target, HelmwatchConfig config) {
        if (target.target() instanceof NotifyConfig.Mqtt mqtt) {
            AnnouncedStreams streams = new AnnouncedStreams();
            announced.add(streams);
            ClusterConfig cluster = config.cluster();
            return new MqttNotifier(mqtt, cluster == null ? null : cluster.node(), streams);
        }
        return notifier(target, config);
    }

    /** A client of a target beside the one in operation: for a test. */
    public static Notifier notifier(NotifyConfig target, HelmwatchConfig config) {
        if (target.target() instanceof NotifyConfig.Webhook webhook) {
            return new WebhookNotifier(webhook, zone(target), Clock.systemUTC());
        }
        if (target.target() instanceof NotifyConfig.Mqtt mqtt) {
            return new MqttNotifier(mqtt);
        }
        if (target.target() instanceof NotifyConfig.Mail mail) {
            return new MailNotifier(mail, config.incidents().snapshots().directory(), zone(target));
        }
        throw new IllegalStateException("notify target of an unknown kind");
    }

    /** Time zone of times for people. */
    private static ZoneId zone(NotifyConfig target) {
        return target.schedule() == null
                ? ZoneId.systemDefault()
                : target.schedule().zone();
    }

    /** The targets. */
    public List<Notification> targets() {
        return List.copyOf(targets);
    }

    /** What receives incidents. */
    public List<? extends IncidentSink> incidents() {
        return List.copyOf(targets);
    }

    /** What receives states of streams. */
    public List<DetectionSink> streams() {
        List<DetectionSink> sinks = new ArrayList<>(announced);
        for (Notification target : targets) {
            DetectionSink streams = target.streams();
            if (streams != null) {
                sinks.add(streams);
            }
        }
        return sinks;
    }

    @Override
    public void added(StreamConfig stream) {
        announced.forEach(streams -> streams.put(stream));
    }

    @Override
    public void changed(StreamConfig stream) {
        announced.forEach(streams -> streams.put(stream));
    }

    @Override
    public void removed(String stream) {
        announced.forEach(streams -> streams.release(stream));
    }

    /** Persists what was accepted, delivers what it can within seconds; the rest stays in the spools. */
    @Override
    public void close() {
        owned.close();
    }
}
