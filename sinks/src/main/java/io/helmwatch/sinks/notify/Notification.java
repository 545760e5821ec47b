package io.helmwatch.sinks.notify;

import io.helmwatch.config.incident.SpoolConfig;
import io.helmwatch.config.sink.NotifyConfig;
import io.helmwatch.resource.Closer;
import io.helmwatch.sinks.DetectionSink;
import io.helmwatch.sinks.IncidentSink;
import io.helmwatch.sinks.IncidentStatistics;
import io.helmwatch.sinks.spool.IncidentSpool;
import io.helmwatch.sinks.spool.SpoolingIncidentSink;
import io.helmwatch.vision.Incident;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.Future;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One target in operation: incidents that it wants go to a spool of its own, from where they are delivered. A target that is away holds up
 * neither the others nor Kafka.
 *
 * <p>Threading: any thread publishes; closed by one. Ownership: spool, threads, connection.
 */
public final class Notification implements IncidentSink {
    private static final String FOLDER = "notify";

    private final NotifyConfig config;
    private final NotifyFilter filter;
    private final SpoolingIncidentSink accepted;
    private final NotifySender sender;
    private final @Nullable StreamWatch streams;
    private final IncidentSpool messages;
    private final Clock clock;
    private final Closer owned = new Closer();

    /**
     * Opens the spool, {@code notify/NAME} in the folder of the incidents' spool, and begins to deliver what is in it.
     *
     * @param notifier the target; owned from here on
     * @param acknowledged whether somebody has acknowledged an incident, by its id
     * @throws io.helmwatch.sinks.sqlite.SqliteException when the spool cannot be used
     */
    public Notification(
            NotifyConfig config, SpoolConfig spool, Notifier notifier, Predicate<String> acknowledged, Clock clock) {
        this.config = config;
        this.filter = new NotifyFilter(config);
        this.clock = clock;
        try (Closer opened = new Closer()) {
            opened.register(notifier);
            SpoolConfig own = spool(spool, config.name());
            messages = opened.register(new IncidentSpool(own, clock));
            sender = opened.register(new NotifySender(config, messages, notifier, acknowledged, clock));
            accepted = opened.register(new SpoolingIncidentSink(messages, "spool of notification " + config.name()));
            streams = config.offlineAfter() == null
                    ? null
                    : opened.register(new StreamWatch(
                            config, config.offlineAfter(), messages, new OutageFile(own.directory()), clock));
            owned.register(opened.transfer());
        }
    }

    /**
     * The spool of a target.
     *
     * @param incidents the spool for Kafka
     * @param target its name
     */
    public static SpoolConfig spool(SpoolConfig incidents, String target) {
        return incidents.withDirectory(incidents.directory().resolve(FOLDER).resolve(target));
    }

    /**
     * The names of the targets that have a spool beside the one for Kafka.
     *
     * @param incidents the spool for Kafka
     * @throws UncheckedIOException when its folder cannot be read, as a sentence
     */
    public static List<String> spools(SpoolConfig incidents) {
        Path folder = incidents.directory().resolve(FOLDER);
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> children = Files.list(folder)) {
            return children.filter(Files::isDirectory)
                    .map(child -> child.getFileName().toString())
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException("folder " + folder + " cannot be read: " + e.getMessage(), e);
        }
    }

    /** The target's name. */
    public String name() {
        return config.name();
    }

    /** The target's settings. */
    public NotifyConfig config() {
        return config;
    }

    /** What became of the newest messages. */
    public DeliveryLog log() {
        return sender.log();
    }

    /** Receives states of streams; null where the target is not notified of streams. */
    public @Nullable DetectionSink streams() {
        return streams;
    }

    /**
     * Stores that a node of the cluster is lost, or back.
     *
     * @throws io.helmwatch.sinks.sqlite.SqliteException when it cannot be stored; to be called again
     */
    public void publish(NodeChange change) {
        NotifyMessage.Type type = change.isBack() ? NotifyMessage.Type.NODE_BACK : NotifyMessage.Type.NODE_LOST;
        messages.enqueue(NotifyMessage.ofNode(type, change, clock.millis()));
    }

    /** Why messages are not stored, or else why the target takes none, one sentence without secrets; empty while both are. */
    public String problem() {
        String unstored = accepted.statistics().problem();
        return unstored.isEmpty() ? sender.problem() : unstored;
    }

    @Override
    public void publish(Incident incident, Future<Incident.@Nullable Snapshot> snapshot) {
        if (filter.accepts(incident)) {
            accepted.publish(incident, snapshot);
        }
    }

    @Override
    public IncidentStatistics statistics() {
        return accepted.statistics();
    }

    @Override
    public void close() {
        owned.close();
    }
}
