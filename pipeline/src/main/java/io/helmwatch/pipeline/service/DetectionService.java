package io.helmwatch.pipeline.service;

import io.helmwatch.config.Backend;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.pipeline.backend.Backends;
import io.helmwatch.pipeline.backend.ExchangeableWorkers;
import io.helmwatch.pipeline.backend.OpenedBackend;
import io.helmwatch.pipeline.backend.StageFactory;
import io.helmwatch.pipeline.compliance.ComplianceService;
import io.helmwatch.pipeline.desk.DeskParts;
import io.helmwatch.pipeline.desk.DeskSystem;
import io.helmwatch.pipeline.desk.StreamObserver;
import io.helmwatch.pipeline.health.HealthAnalyzer;
import io.helmwatch.pipeline.health.HealthMetrics;
import io.helmwatch.pipeline.metrics.MemoryMetrics;
import io.helmwatch.pipeline.metrics.PipelineMetrics;
import io.helmwatch.pipeline.metrics.ProcessMetrics;
import io.helmwatch.pipeline.metrics.ReloadMetrics;
import io.helmwatch.pipeline.metrics.SinkMetrics;
import io.helmwatch.pipeline.ring.FrameAnalyzer;
import io.helmwatch.pipeline.ring.HelmetPipeline;
import io.helmwatch.pipeline.ring.PipelineListener;
import io.helmwatch.pipeline.ring.StreamFeed;
import io.helmwatch.pipeline.ring.failure.FatalErrorHandler;
import io.helmwatch.pipeline.ring.stream.StreamEpochs;
import io.helmwatch.postprocess.rules.RuleLabels;
import io.helmwatch.resource.Closer;
import io.helmwatch.sinks.DetectionSink;
import io.helmwatch.sinks.IncidentSink;
import io.helmwatch.sinks.JsonLinesDetectionSink;
import io.helmwatch.sinks.SinkStatistics;
import io.helmwatch.sinks.kafka.EmbeddedKafka;
import io.helmwatch.sinks.kafka.KafkaAuditLog;
import io.helmwatch.sinks.kafka.KafkaDetectionSink;
import io.helmwatch.web.Desk;
import io.helmwatch.web.Service;
import io.helmwatch.web.SystemState;
import io.helmwatch.web.server.DeskServer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A configuration in operation: HTTP server, broker, backends, sinks, incidents, pipelines, streams.
 *
 * <p>Everything is started in this order and closed in reverse; what is still open after that is reported as a leak. Backends and the HTTP server
 * open while the broker and the sinks do, since each takes a second.
 *
 * <p>Threading: started and closed by one thread; {@link #stop} and {@link #reload} by any.
 */
public final class DetectionService implements AutoCloseable, Service {
    private static final Logger LOG = LoggerFactory.getLogger(DetectionService.class);

    private final HelmwatchConfig config;
    private final FatalErrorHandler fatalErrors;
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final List<DetectionSink> sinks = new CopyOnWriteArrayList<>();
    private final ReloadMetrics reloads = new ReloadMetrics();
    private final Closer owned = new Closer();
    /** Pipelines, incidents and sinks, which can be closed while the embedded broker is still readable. */
    private final Closer delivery = new Closer();

    private final HealthAnalyzer health;
    private final AuditPublisher audit = new AuditPublisher();

    private @Nullable DeskServer http;
    private @Nullable EmbeddedKafka broker;
    private @Nullable DeskParts desk;
    private @Nullable ComplianceService compliance;
    private volatile @Nullable StageFactory factory;
    private volatile List<OpenedBackend> backends = List.of();
    private volatile @Nullable IncidentService incidents;
    private volatile @Nullable DevicePipelines pipelines;
    private volatile @Nullable ServiceMonitor monitor;
    private volatile @Nullable RunningStreams streams;
    private volatile @Nullable ConfigReload reload;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private volatile @Nullable Supplier<HelmwatchConfig> reloadSource;

    private DetectionService(HelmwatchConfig config, FatalErrorHandler fatalErrors) {
        this.config = config;
        this.fatalErrors = fatalErrors;
        this.health = new HealthAnalyzer(config.cameraHealth(), new HealthMetrics(registry));
    }

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

    public static DetectionService start(
            HelmwatchConfig config,
            Path model,
            List<? extends DetectionSink> more,
            FatalErrorHandler fatalErrors,
            Function<Backend, StageFactory> backends) {
        DetectionService service = new DetectionService(config, fatalErrors);
        try {
            service.start(model, more, backends);
            return service;
        } catch (Throwable failure) {
            service.delivery.closeAfter(failure);
            service.owned.closeAfter(failure);
            throw failure;
        }
    }

    private void start(Path model, List<? extends DetectionSink> more, Function<Backend, StageFactory> choice) {
        more.forEach(this::addSink);
        ServerStart server = startHttp();
        StageFactory chosen = choice.apply(config.backend());
        factory = chosen;
        Map<Integer, List<StreamConfig>> placement = chosen.placement(config);
        BackendStart opening = BackendStart.begin(chosen, config, model, placement.keySet());
        owned.register(() -> opening.closeUnlessInUse(pipelines));
        try {
            KafkaConfig kafka = startBroker();
            owned.register(delivery);
            openSinks(kafka);
            openIncidents(kafka);
            openCompliance(kafka);
        } finally {
            backends = opening.await();
        }
        opening.throwFailure();
        http = server == null ? null : server.await();
        checkRules(config);
        startPipelines(chosen.backend(), placement);
        startMonitor();
        startStreams(placement);
    }

    private @Nullable ServerStart startHttp() {
        if (!config.http().enabled()) {
            return null;
        }
        DeskParts parts = owned.register(new DeskParts(config));
        desk = parts;
        ProcessMetrics process = owned.register(new ProcessMetrics(registry));
        process.bindDisk(config.incidents().spool().directory());
        process.bindDisk(config.incidents().snapshots().directory());
        if (config.incidents().clips().enabled()) {
            process.bindDisk(config.incidents().clips().directory());
        }
        reloads.bindTo(registry);
        Desk shown =
                new Desk(this, parts.streams(), parts.incidents(), parts.compliance(), system(), parts.live(), audit);
        return owned.register(ServerStart.begin(config.http(), shown));
    }

    private KafkaConfig startBroker() {
        KafkaConfig kafka = config.kafka();
        if (!kafka.embedded()) {
            return kafka;
        }
        EmbeddedKafka embedded = owned.register(EmbeddedKafka.start(kafka.embeddedDataDir(), kafka.embeddedPort()));
        broker = embedded;
        return kafka.withBootstrapServers(embedded.bootstrapServers());
    }

    private void addSink(DetectionSink sink) {
        sinks.add(delivery.register(sink));
    }

    private void openSinks(KafkaConfig kafka) {
        if (kafka.enabled()) {
            addSink(new KafkaDetectionSink(kafka));
            if (config.http().enabled()) {
                audit.sendTo(delivery.register(new KafkaAuditLog(kafka)));
            }
        }
        if (config.jsonLines().target() != null) {
            addSink(JsonLinesDetectionSink.open(config.jsonLines()));
        }
        sinks.forEach(sink -> SinkMetrics.bind(registry, sink));
    }

    private void openIncidents(KafkaConfig kafka) {
        Notifications notifications = delivery.register(Notifications.open(config, registry));
        sinks.addAll(notifications.streams());
        List<IncidentSink> more = new ArrayList<>(notifications.incidents());
        if (desk != null) {
            more.addAll(desk.incidentSinks());
        }
        IncidentService opened = delivery.register(new IncidentService(kafka, sinks, more, registry));
        opened.prepare(config.streams(), config.incidents());
        incidents = opened;
    }

    private void openCompliance(KafkaConfig kafka) {
        if (desk == null && !kafka.enabled()) {
            return;
        }
        ComplianceService opened = delivery.register(
                new ComplianceService(config, kafka, desk == null ? null : desk.complianceStore(), registry));
        SinkStatistics statistics = opened.delivery();
        if (statistics != null) {
            SinkMetrics.bind(registry, "compliance", statistics);
        }
        compliance = opened;
    }

    private void startPipelines(Backend kind, Map<Integer, List<StreamConfig>> placement) {
        List<HelmetPipeline> started = new ArrayList<>();
        List<RunningStreams.Device> devices = new ArrayList<>();
        StreamEpochs epochs = new StreamEpochs();
        try (Closer opened = new Closer()) {
            for (Map.Entry<Integer, List<StreamConfig>> device : placement.entrySet()) {
                OpenedBackend backend = backends.get(devices.size());
                LOG.info("{}", backend.description());
                HelmetPipeline pipeline = opened.register(backend.pipeline(fatalErrors)
                        .config(config.pipeline())
                        .maxBatchDelay(config.inference().maxDelay())
                        .analyzers(analyzers())
                        .sinks(sinks)
                        .listener(metrics(backend))
                        .expectedStreams(device.getValue().size())
                        .epochs(epochs)
                        .start());
                started.add(pipeline);
                devices.add(new RunningStreams.Device(device.getKey(), backend, pipeline));
            }
            pipelines = delivery.register(new DevicePipelines(started));
            opened.transfer();
        }
        List<StreamObserver> observers = new ArrayList<>(List.of(incidents(), health));
        if (compliance != null) {
            observers.add(compliance.observer());
        }
        RunningStreams running = new RunningStreams(
                kind, devices, observers, sinks, config.pipeline().shutdownTimeout());
        streams = running;
        reload = new ConfigReload(config, running, incidents(), this::checkRules);
    }

    private List<FrameAnalyzer> analyzers() {
        List<FrameAnalyzer> analyzers = new ArrayList<>(List.of(incidents().analyzer(), health));
        if (compliance != null) {
            analyzers.add(compliance.analyzer());
        }
        if (desk != null) {
            analyzers.addAll(desk.analyzers(incidents().analyzer()::heads));
        }
        return analyzers;
    }

    /** Refuses rules that can never fire with the labels of the opened model. */
    private void checkRules(HelmwatchConfig rules) {
        List<String> labels = backends.get(0).stages().engine().model().labels();
        RuleLabels.problem(rules.streams(), rules.incidents().tracking(), labels)
                .ifPresent(problem -> {
                    throw new IllegalArgumentException(problem);
                });
    }

    private PipelineListener metrics(OpenedBackend backend) {
        var model = backend.stages().engine().model();
        return new PipelineMetrics(registry, backend.device(), model.identity(), model.labels());
    }

    private void startMonitor() {
        IncidentAnalyzer rules = incidents().analyzer();
        monitor = delivery.register(ServiceMonitor.start(
                running(),
                sinks,
                new AnalysisWatch(streams()::analyzeFps, health::condition),
                feed -> rules.checkSilence(feed.id()),
                workerTunings()));
    }

    private List<WorkerTuning> workerTunings() {
        List<WorkerTuning> tunings = new ArrayList<>();
        for (int i = 0; i < backends.size(); i++) {
            OpenedBackend backend = backends.get(i);
            ExchangeableWorkers workers = backend.exchangeableWorkers();
            if (workers != null) {
                HelmetPipeline pipeline = running().all().get(i);
                tunings.add(
                        new WorkerTuning(pipeline, workers, WorkerTuning.Timing.DEFAULT, registry, backend.device()));
            }
        }
        return tunings;
    }

    private void startStreams(Map<Integer, List<StreamConfig>> placement) {
        RunningStreams running = streams();
        placement.forEach((device, placed) -> {
            if (placement.size() > 1) {
                LOG.info(
                        "Device {}: {} of {} streams",
                        device,
                        placed.size(),
                        config.streams().size());
            }
            placed.forEach(stream -> running.add(stream, device));
        });
        if (desk != null) {
            List<String> labels = backends.get(0).stages().engine().model().labels();
            desk.start(new StreamOperations(config, running, incidents(), requireStarted(reload), labels));
        }
        if (running.configs().isEmpty()) {
            LOG.info("No stream is configured: waiting for streams to be added");
        }
        if (stopped.getCount() == 0) {
            running.stopAll();
        }
    }

    private IncidentService incidents() {
        return requireStarted(incidents);
    }

    private DevicePipelines running() {
        return requireStarted(pipelines);
    }

    /** State of the service and its machine. */
    SystemState system() {
        return new DeskSystem(config, version(), new DeskSystem.Parts(this::backends, this::feeds, sinks, () -> {
            IncidentService opened = incidents;
            return opened == null ? null : opened.spool();
        }));
    }

    private Collection<StreamFeed> feeds() {
        DevicePipelines started = pipelines;
        return started == null ? List.of() : started.feeds();
    }

    /** What the page is served from; null without HTTP. */
    @Nullable
    DeskParts desk() {
        return desk;
    }

    /** The streams, to be changed while they run. */
    RunningStreams streams() {
        return requireStarted(streams);
    }

    private static <T> T requireStarted(@Nullable T part) {
        if (part == null) {
            throw new IllegalStateException("the service has not started yet");
        }
        return part;
    }

    /** Address of the embedded broker; empty without one. */
    public String embeddedBootstrapServers() {
        EmbeddedKafka embedded = broker;
        return embedded == null ? "" : embedded.bootstrapServers();
    }

    /** Address of the HTTP server; null without one. */
    public @Nullable InetSocketAddress httpAddress() {
        DeskServer server = http;
        return server == null ? null : server.address();
    }

    /** Messages delivered, over all sinks. */
    public long published() {
        return sinks.stream().mapToLong(sink -> sink.statistics().published()).sum();
    }

    /** Incidents that started so far. */
    public long startedIncidents() {
        return incidents().started();
    }

    /** The pipelines; null while starting. */
    public @Nullable DevicePipelines pipelines() {
        return pipelines;
    }

    /** The opened backends, one for each device; empty while starting. */
    public List<OpenedBackend> backends() {
        return backends;
    }

    /** Asks all streams to end; returns at once. */
    public void stop() {
        stopped.countDown();
        RunningStreams started = streams;
        if (started != null) {
            started.stopAll();
        }
    }

    /** Waits until every stream has ended; a service whose configuration has no stream runs until it is stopped. */
    public void awaitEnd() throws InterruptedException {
        if (config.streams().isEmpty()) {
            stopped.await();
        }
        do {
            running().awaitStreams();
        } while (!streams().areDone());
    }

    /** Streams that are not retried because their configuration has to change, with the reasons. */
    public List<String> failedStreams() {
        DevicePipelines started = pipelines;
        return started == null ? List.of() : ServiceHealth.failedStreams(started.feeds());
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
        if (started == null || watch == null) {
            return "";
        }
        return ServiceHealth.liveProblem(started, watch);
    }

    /** Sets where {@link #reload} reads the configuration. */
    public void reloadFrom(Supplier<HelmwatchConfig> source) {
        reloadSource = source;
    }

    @Override
    public synchronized String reload() {
        Supplier<HelmwatchConfig> source = reloadSource;
        if (source == null) {
            throw new IllegalStateException("there is no configuration file to read again");
        }
        String text;
        try {
            text = requireStarted(reload).apply(source.get());
        } catch (RuntimeException refused) {
            reloads.record(false, System.currentTimeMillis());
            throw refused;
        }
        reloads.record(true, System.currentTimeMillis());
        LOG.info("{}", text);
        return text;
    }

    @Override
    public String streamsPage() {
        DevicePipelines started = pipelines;
        return StreamsPage.of(started == null ? List.of() : started.feeds());
    }

    @Override
    public String metrics() {
        MemoryMetrics.bindHost(registry);
        MemoryMetrics.bindDevices(registry);
        return registry.scrape();
    }

    @Override
    public String version() {
        String packaged = DetectionService.class.getPackage().getImplementationVersion();
        return packaged == null ? "development" : packaged;
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
