package io.helmwatch.pipeline.service;

import io.helmwatch.cluster.kafka.ClusterNode;
import io.helmwatch.config.Backend;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.cluster.ClusterConfig;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.pipeline.backend.Backends;
import io.helmwatch.pipeline.backend.OpenedBackend;
import io.helmwatch.pipeline.backend.StageFactory;
import io.helmwatch.pipeline.compliance.ComplianceService;
import io.helmwatch.pipeline.desk.DeskParts;
import io.helmwatch.pipeline.health.HealthAnalyzer;
import io.helmwatch.pipeline.health.HealthMetrics;
import io.helmwatch.pipeline.ring.failure.FatalErrorHandler;
import io.helmwatch.pipeline.service.incident.IncidentService;
import io.helmwatch.postprocess.rules.RuleLabels;
import io.helmwatch.resource.Closer;
import io.helmwatch.sinks.DetectionSink;
import io.helmwatch.sinks.kafka.EmbeddedKafka;
import io.helmwatch.web.SystemState;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A configuration in operation.
 *
 * <p>The constructor starts the parts in the order in which it reads, and they are closed in reverse; what is still open after that is reported as a
 * leak. Backends and the HTTP server open while the broker and the sinks do, since each takes a second.
 *
 * <p>Threading: started and closed by one thread; {@link #stop} and {@link #reload} by any.
 */
public final class DetectionService implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(DetectionService.class);

    private final HelmwatchConfig config;
    private final ServiceStatus status = new ServiceStatus();
    private final CountDownLatch stopped = new CountDownLatch(1);

    private final SystemState system;
    private final ServiceSinks sinks;
    private final ServiceDesk desk;
    private final @Nullable EmbeddedKafka broker;
    private final IncidentService incidents;
    private final DevicePipelines pipelines;
    private final RunningStreams streams;
    /** Pipelines, incidents and sinks, which can be closed while the embedded broker is still readable. */
    private final Closer delivery;

    private final Closer owned;

    /**
     * Starts everything; streams run when this returns.
     *
     * @param config what to run
     * @param model the ONNX file
     * @param more sinks beside the configured ones; closed with the service
     * @param fatalErrors handles errors after which the process cannot continue
     * @throws RuntimeException one sentence; everything opened is closed again
     */
    public static DetectionService start(
            HelmwatchConfig config, Path model, List<? extends DetectionSink> more, FatalErrorHandler fatalErrors) {
        return start(config, model, more, fatalErrors, Backends::choose);
    }

    /**
     * The same with another choice of the backend.
     *
     * @param choice the stages of a configured backend
     */
    public static DetectionService start(
            HelmwatchConfig config,
            Path model,
            List<? extends DetectionSink> more,
            FatalErrorHandler fatalErrors,
            Function<Backend, StageFactory> choice) {
        return new DetectionService(config, model, more, fatalErrors, choice);
    }

    /** In a cluster the streams of the file are those that {@code cameras apply} writes; a node has those that it is given. */
    private static HelmwatchConfig withOwnStreams(HelmwatchConfig config) {
        return config.cluster() == null ? config : config.withStreams(List.of());
    }

    private DetectionService(
            HelmwatchConfig configured,
            Path model,
            List<? extends DetectionSink> more,
            FatalErrorHandler fatalErrors,
            Function<Backend, StageFactory> choice) {
        this.config = withOwnStreams(configured);
        try (Closer opened = new Closer();
                Closer delivering = new Closer()) {
            sinks = delivering.register(new ServiceSinks(config, status.registry(), more));
            system = status.system(config, sinks.detections());
            desk = opened.register(new ServiceDesk(config, status, system, sinks));
            StageFactory factory = choice.apply(config.backend());
            Map<Integer, List<StreamConfig>> placement = factory.placement(config);
            BackendStart opening = opened.register(openBackends(factory, model, placement));
            broker = startBroker(opened);
            KafkaConfig kafka =
                    broker == null ? config.kafka() : config.kafka().withBootstrapServers(broker.bootstrapServers());
            sinks.openDetections(kafka);
            ClusterNode node = sinks.node();
            if (node != null) {
                desk.join(node, kafka);
            }
            IncidentService rules = sinks.openIncidents(kafka, desk.incidentSinks(), desk::isAcknowledged);
            status.opened(rules);
            ComplianceService compliance = sinks.openCompliance(kafka, desk.complianceStore());
            List<OpenedBackend> backends = awaitBackends(opening);
            desk.awaitServer();
            List<String> labels = backends.get(0).stages().engine().model().labels();
            checkRules(config, labels);
            HealthAnalyzer health = new HealthAnalyzer(config.cameraHealth(), new HealthMetrics(status.registry()));
            PipelineStart pipelineStart = new PipelineStart(
                    config,
                    fatalErrors,
                    status.registry(),
                    sinks.detections(),
                    rules,
                    health,
                    compliance,
                    desk,
                    sinks.ownership());
            List<RunningStreams.Device> devices = pipelineStart.start(placement, backends);
            pipelines = delivering.register(new DevicePipelines(
                    devices.stream().map(RunningStreams.Device::pipeline).toList()));
            opening.usedBy(pipelines);
            RunningStreams running = new RunningStreams(
                    factory.backend(),
                    devices,
                    pipelineStart.observers(sinks.observers()),
                    sinks.detections(),
                    config.pipeline().shutdownTimeout());
            ConfigReload reload =
                    new ConfigReload(config, running, rules, other -> checkRules(other, labels), desk::updateLogins);
            status.started(pipelines, reload);
            status.watchedBy(delivering.register(ServiceMonitor.start(
                    pipelines,
                    sinks.detections(),
                    new AnalysisWatch(running::analyzeFps, health::condition),
                    feed -> rules.analyzer().checkSilence(feed.id()),
                    pipelineStart.tunings(devices))));
            running.addAll(placement);
            StreamOperations operations = new StreamOperations(config, running, rules, reload, labels);
            desk.start(operations);
            ClusterConfig cluster = config.cluster();
            if (node != null && cluster != null) {
                node.start(
                        new ClusterCameras(cluster, operations, running, rules, sinks.detections()),
                        NodeIdentity.of(config, status.version(), desk.address(), system));
            } else if (running.configs().isEmpty()) {
                LOG.info("No stream is configured: waiting for streams to be added");
            }
            incidents = rules;
            streams = running;
            delivery = opened.register(delivering.transfer());
            owned = opened.transfer();
        }
    }

    private BackendStart openBackends(StageFactory factory, Path model, Map<Integer, List<StreamConfig>> placement) {
        status.opening(factory);
        return BackendStart.begin(factory, config, model, placement.keySet());
    }

    private List<OpenedBackend> awaitBackends(BackendStart opening) {
        List<OpenedBackend> backends = opening.await();
        backends.forEach(backend -> LOG.info("{}", backend.description()));
        status.opened(backends);
        return backends;
    }

    private @Nullable EmbeddedKafka startBroker(Closer opened) {
        KafkaConfig kafka = config.kafka();
        return kafka.embedded()
                ? opened.register(EmbeddedKafka.start(kafka.embeddedDataDir(), kafka.embeddedPort()))
                : null;
    }

    /** Refuses rules that can never fire with the labels of the opened model. */
    private static void checkRules(HelmwatchConfig rules, List<String> labels) {
        RuleLabels.problem(rules.streams(), rules.incidents().tracking(), labels)
                .ifPresent(problem -> {
                    throw new IllegalArgumentException(problem);
                });
    }

    /** State of the service and its machine. */
    SystemState system() {
        return system;
    }

    /** What the page is served from; null without HTTP. */
    @Nullable
    DeskParts desk() {
        return desk.parts();
    }

    /** The streams, to be changed while they run. */
    RunningStreams streams() {
        return streams;
    }

    /** What probes learn. */
    ServiceStatus status() {
        return status;
    }

    /** Address of the embedded broker; empty without one. */
    public String embeddedBootstrapServers() {
        return broker == null ? "" : broker.bootstrapServers();
    }

    /** Address of the HTTP server; null without one. */
    public @Nullable InetSocketAddress httpAddress() {
        return desk.address();
    }

    /** Messages delivered, over all sinks. */
    public long published() {
        return sinks.published();
    }

    /** Incidents that started so far. */
    public long startedIncidents() {
        return incidents.started();
    }

    /** The pipelines of all devices. */
    public DevicePipelines pipelines() {
        return pipelines;
    }

    /** Why the process should be restarted, as a sentence; empty when it should not. */
    public String liveProblem() {
        return status.liveProblem();
    }

    /** Streams that are not retried because their configuration has to change, with the reasons. */
    public List<String> failedStreams() {
        return ServiceHealth.failedStreams(pipelines.feeds());
    }

    /** Sets where {@link #reload} reads the configuration. */
    public void reloadFrom(Supplier<HelmwatchConfig> source) {
        status.reloadFrom(() -> withOwnStreams(source.get()));
    }

    /**
     * Reads the configuration again and applies what may change while the service runs.
     *
     * @return one sentence that says what changed
     * @throws RuntimeException what is wrong with it, as a sentence; nothing has changed then
     */
    public String reload() {
        return status.reload();
    }

    /** Asks all streams to end; returns at once. */
    public void stop() {
        stopped.countDown();
        streams.stopAll();
    }

    /** Waits until every stream has ended; a service whose configuration has no stream runs until it is stopped. */
    public void awaitEnd() throws InterruptedException {
        if (config.streams().isEmpty()) {
            stopped.await();
        }
        do {
            pipelines.awaitStreams();
        } while (!streams.areDone());
    }

    /** Drains the pipelines, ends open incidents and delivers what the sinks hold; the embedded broker stays readable until {@link #close}. */
    public void closePipelineAndSinks() {
        delivery.close();
    }

    /** Drains and closes everything; a second call does nothing. */
    @Override
    public void close() {
        owned.close();
    }
}
