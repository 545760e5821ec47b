package io.helmwatch.pipeline.service;

import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.pipeline.backend.OpenedBackend;
import io.helmwatch.pipeline.backend.StageFactory;
import io.helmwatch.pipeline.desk.DeskSystem;
import io.helmwatch.pipeline.metrics.MemoryMetrics;
import io.helmwatch.pipeline.metrics.ReloadMetrics;
import io.helmwatch.pipeline.ring.StreamFeed;
import io.helmwatch.pipeline.service.incident.IncidentService;
import io.helmwatch.sinks.DetectionSink;
import io.helmwatch.sinks.IncidentStatistics;
import io.helmwatch.web.Service;
import io.helmwatch.web.SystemState;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What probes, metrics and the page learn of a service, from before its parts have started.
 *
 * <p>Threading: parts are set by the thread that starts the service and read by any.
 */
final class ServiceStatus implements Service {
    private static final Logger LOG = LoggerFactory.getLogger(ServiceStatus.class);

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final ReloadMetrics reloads = new ReloadMetrics();
    private volatile @Nullable StageFactory factory;
    private volatile List<OpenedBackend> backends = List.of();
    private volatile @Nullable IncidentService incidents;
    private volatile @Nullable DevicePipelines pipelines;
    private volatile @Nullable ServiceMonitor monitor;
    private volatile @Nullable ConfigReload reload;
    private volatile @Nullable Supplier<HelmwatchConfig> reloadSource;

    /** Where all meters of the service are registered. */
    PrometheusMeterRegistry registry() {
        return registry;
    }

    /** Backends are being opened. */
    void opening(StageFactory chosen) {
        factory = chosen;
    }

    /** Incidents are open. */
    void opened(IncidentService service) {
        incidents = service;
    }

    /** Backends are open, one for each device. */
    void opened(List<OpenedBackend> all) {
        backends = all;
    }

    /** The pipelines run: the service has started. */
    void started(DevicePipelines running, ConfigReload reloading) {
        reload = reloading;
        pipelines = running;
    }

    /** The pipelines are watched. */
    void watchedBy(ServiceMonitor started) {
        monitor = started;
    }

    /** Sets where {@link #reload} reads the configuration. */
    void reloadFrom(Supplier<HelmwatchConfig> source) {
        reloadSource = source;
    }

    /** State of the service and its machine. */
    SystemState system(HelmwatchConfig config, List<DetectionSink> sinks) {
        return new DeskSystem(config, version(), new DeskSystem.Parts(() -> backends, this::feeds, sinks, this::spool));
    }

    /** Empty while starting. */
    private Collection<StreamFeed> feeds() {
        DevicePipelines started = pipelines;
        return started == null ? List.of() : started.feeds();
    }

    /** Incidents that wait for the broker; null where none are published. */
    private @Nullable IncidentStatistics spool() {
        IncidentService opened = incidents;
        return opened == null ? null : opened.spool();
    }

    @Override
    public String version() {
        String packaged = DetectionService.class.getPackage().getImplementationVersion();
        return packaged == null ? "development" : packaged;
    }

    @Override
    public String startupProblem() {
        if (pipelines != null) {
            return "";
        }
        StageFactory chosen = factory;
        String progress = chosen == null ? "" : chosen.opening();
        return "starting: " + (progress.isEmpty() ? "opening the model and the broker" : progress);
    }

    @Override
    public String liveProblem() {
        DevicePipelines started = pipelines;
        ServiceMonitor watch = monitor;
        return started == null || watch == null ? "" : ServiceHealth.liveProblem(started, watch);
    }

    @Override
    public String streamsPage() {
        return StreamsPage.of(feeds());
    }

    @Override
    public String metrics() {
        MemoryMetrics.bindHost(registry);
        MemoryMetrics.bindDevices(registry);
        return registry.scrape();
    }

    /** Registers what is known of reloads, for a service whose metrics are read. */
    void bindReloads() {
        reloads.bindTo(registry);
    }

    @Override
    public synchronized String reload() {
        ConfigReload started = reload;
        if (started == null) {
            throw new IllegalStateException("the service is starting: try again in some seconds");
        }
        Supplier<HelmwatchConfig> source = reloadSource;
        if (source == null) {
            throw new IllegalStateException("there is no configuration file to read again");
        }
        String text;
        try {
            text = started.apply(source.get());
        } catch (RuntimeException refused) {
            reloads.record(false, System.currentTimeMillis());
            throw refused;
        }
        reloads.record(true, System.currentTimeMillis());
        LOG.info("{}", text);
        return text;
    }
}
