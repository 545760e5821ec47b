package io.helmwatch.pipeline.service;

import io.helmwatch.config.Backend;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.IncidentsConfig;
import io.helmwatch.config.KafkaConfig;
import io.helmwatch.config.StreamConfig;
import io.helmwatch.config.StreamRulesConfig;
import io.helmwatch.pipeline.backend.Backends;
import io.helmwatch.pipeline.backend.OpenedBackend;
import io.helmwatch.pipeline.backend.StageFactory;
import io.helmwatch.pipeline.http.HealthEndpoint;
import io.helmwatch.pipeline.http.StreamsJson;
import io.helmwatch.pipeline.metrics.MemoryMetrics;
import io.helmwatch.pipeline.metrics.PipelineMetrics;
import io.helmwatch.pipeline.metrics.ProcessMetrics;
import io.helmwatch.pipeline.metrics.ReloadMetrics;
import io.helmwatch.pipeline.metrics.SinkMetrics;
import io.helmwatch.pipeline.ring.FatalErrorHandler;
import io.helmwatch.pipeline.ring.HelmetPipeline;
import io.helmwatch.pipeline.ring.PipelineListener;
import io.helmwatch.postprocess.rules.RuleLabels;
import io.helmwatch.resource.Closer;
import io.helmwatch.sinks.DetectionSink;
import io.helmwatch.sinks.JsonLinesDetectionSink;
import io.helmwatch.sinks.kafka.EmbeddedKafka;
import io.helmwatch.sinks.kafka.KafkaDetectionSink;
import io.helmwatch.vision.StreamStatus;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A configuration in operation: HTTP endpoint, broker, backends, sinks, incidents, pipelines, streams.
 *
 * <p>Everything is started in this order and closed in reverse; what is still open after that is reported as a leak. Backends open while
 * the broker and the sinks do, since each takes a second.
 *
 * <p>Threading: started and closed by one thread; {@link #stop} and {@link #reload} by any.
 */
public final class DetectionService implements AutoCloseable, HealthEndpoint.Health {
    private static final Logger LOG = LoggerFactory.getLogger(DetectionService.class);
    private static final Duration STALL_LIMIT = Duration.ofSeconds(30);

    private final HelmwatchConfig config;
    private final FatalErrorHandler fatalErrors;
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final List<DetectionSink> sinks = new CopyOnWriteArrayList<>();
    private final ReloadMetrics reloads = new ReloadMetrics();
    private final Closer owned = new Closer();
    /** Pipelines, incidents and sinks, which can be closed while the embedded broker is still readable. */
    private final Closer delivery = new Closer();

    private @Nullable HealthEndpoint http;
    private @Nullable EmbeddedKafka broker;
    private volatile @Nullable StageFactory factory;
    private volatile List<OpenedBackend> backends = List.of();
    private volatile @Nullable IncidentService incidents;
    private volatile @Nullable DevicePipelines pipelines;
    private volatile @Nullable ServiceMonitor monitor;
    private volatile @Nullable Supplier<HelmwatchConfig> reloadSource;
    private volatile boolean stopRequested;

    private DetectionService(HelmwatchConfig config, FatalErrorHandler fatalErrors) {
        this.config = config;
        this.fatalErrors = fatalErrors;
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
        startHttp();
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
        } finally {
            backends = opening.await();
        }
        opening.throwFailure();
        checkRules(config);
        startPipelines(List.copyOf(placement.values()));
        startMonitor();
        startStreams(List.copyOf(placement.values()));
    }

    private void startHttp() {
        if (config.http().enabled()) {
            ProcessMetrics process = owned.register(new ProcessMetrics(registry));
            process.bindDisk(config.incidents().spool().directory());
            process.bindDisk(config.incidents().snapshots().directory());
            reloads.bindTo(registry);
            HealthEndpoint endpoint = owned.register(new HealthEndpoint(config.http(), registry, this));
            http = endpoint;
            LOG.info(
                    "HTTP endpoint on {}:{}: /live /ready /startup /metrics /streams",
                    endpoint.address().getHostString(),
                    endpoint.address().getPort());
        }
    }

    private KafkaConfig startBroker() {
        KafkaConfig kafka = config.kafka();
        if (!kafka.embedded()) {
            return kafka;
        }
        EmbeddedKafka embedded = owned.register(EmbeddedKafka.start(kafka.embeddedDataDir(), kafka.embeddedPort()));
        broker = embedded;
        return at(embedded.bootstrapServers(), kafka);
    }

    private static KafkaConfig at(String bootstrapServers, KafkaConfig kafka) {
        return new KafkaConfig(
                true,
                bootstrapServers,
                kafka.embedded(),
                kafka.embeddedDataDir(),
                kafka.embeddedPort(),
                kafka.detectionsTopic(),
                kafka.eventsTopic(),
                kafka.streamsTopic(),
                kafka.createTopics(),
                kafka.queueCapacity(),
                kafka.properties());
    }

    private void addSink(DetectionSink sink) {
        sinks.add(delivery.register(sink));
    }

    private void openSinks(KafkaConfig kafka) {
        if (kafka.enabled()) {
            addSink(new KafkaDetectionSink(kafka));
        }
        if (config.jsonLines().target() != null) {
            addSink(JsonLinesDetectionSink.open(config.jsonLines()));
        }
        sinks.forEach(sink -> SinkMetrics.bind(registry, sink));
    }

    private void openIncidents(KafkaConfig kafka) {
        incidents = delivery.register(IncidentService.open(config, kafka, sinks, registry));
    }

    private void startPipelines(List<List<StreamConfig>> placement) {
        List<HelmetPipeline> started = new ArrayList<>();
        try (Closer opened = new Closer()) {
            for (int i = 0; i < backends.size(); i++) {
                OpenedBackend backend = backends.get(i);
                LOG.info("{}", backend.description());
                started.add(opened.register(backend.pipeline()
                        .config(config.pipeline())
                        .maxBatchDelay(config.inference().maxDelay())
                        .analyzers(List.of(incidents().analyzer()))
                        .sinks(sinks)
                        .listener(metrics(backend))
                        .fatalErrors(fatalErrors)
                        .expectedStreams(placement.get(i).size())
                        .start()));
            }
            pipelines = delivery.register(new DevicePipelines(started));
            opened.transfer();
        }
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
        monitor = delivery.register(
                ServiceMonitor.start(running(), sinks, config.streams(), feed -> rules.checkSilence(feed.id())));
    }

    private void startStreams(List<List<StreamConfig>> placement) {
        DevicePipelines all = running();
        for (int i = 0; i < backends.size(); i++) {
            OpenedBackend backend = backends.get(i);
            List<StreamConfig> streams = placement.get(i);
            if (backends.size() > 1) {
                LOG.info(
                        "{}: {} of {} streams",
                        backend.device(),
                        streams.size(),
                        config.streams().size());
            }
            for (StreamConfig stream : streams) {
                all.all().get(i).add(backend.newSource(stream));
            }
        }
        if (stopRequested) {
            all.stopAll();
        }
    }

    private IncidentService incidents() {
        IncidentService opened = incidents;
        if (opened == null) {
            throw new IllegalStateException("the service has not started yet");
        }
        return opened;
    }

    private DevicePipelines running() {
        DevicePipelines started = pipelines;
        if (started == null) {
            throw new IllegalStateException("the service has not started yet");
        }
        return started;
    }

    /** Address of the embedded broker; empty without one. */
    public String embeddedBootstrapServers() {
        EmbeddedKafka embedded = broker;
        return embedded == null ? "" : embedded.bootstrapServers();
    }

    /** Address of the HTTP endpoint; null without one. */
    public @Nullable InetSocketAddress httpAddress() {
        HealthEndpoint endpoint = http;
        return endpoint == null ? null : endpoint.address();
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
        stopRequested = true;
        DevicePipelines started = pipelines;
        if (started != null) {
            started.stopAll();
        }
    }

    /** Waits until every stream has ended. */
    public void awaitEnd() throws InterruptedException {
        running().awaitStreams();
    }

    /** Streams that are not retried because their configuration has to change, with the reasons. */
    public List<String> failedStreams() {
        DevicePipelines started = pipelines;
        if (started == null) {
            return List.of();
        }
        return started.feeds().stream()
                .filter(feed -> feed.status().state() == StreamStatus.State.FAILED)
                .map(feed -> "stream " + feed.id() + ": " + feed.status().reason())
                .toList();
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
        if (!started.isRunning()) {
            return "the thread of a stage has ended";
        }
        Duration stalled = watch.stalledFor();
        return stalled.compareTo(STALL_LIMIT) > 0
                ? "stages stalled for " + stalled.toSeconds() + " s with " + started.ringDepth() + " slots waiting"
                : "";
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
        HelmwatchConfig replacement;
        IncidentService current = incidents();
        try {
            replacement = source.get();
            checkRules(replacement);
            current.reload(replacement);
        } catch (RuntimeException refused) {
            reloads.record(false, System.currentTimeMillis());
            throw refused;
        }
        reloads.record(true, System.currentTimeMillis());
        String text = "Reloaded zones, masks and rules"
                + (isSameOtherwise(replacement, current.inForce())
                        ? ""
                        : "; other changes take effect after a restart");
        LOG.info("{}", text);
        return text;
    }

    /** Whether nothing but zones, masks and rules differs from the configuration in force. */
    private boolean isSameOtherwise(HelmwatchConfig replacement, @Nullable IncidentsConfig inForce) {
        IncidentsConfig wanted = replacement.incidents();
        return withoutRules(config, inForce == null ? wanted : inForce).equals(withoutRules(replacement, wanted));
    }

    private static HelmwatchConfig withoutRules(HelmwatchConfig full, IncidentsConfig incidents) {
        List<StreamConfig> streams = full.streams().stream()
                .map(stream -> stream.withRules(StreamRulesConfig.NONE))
                .toList();
        return full.withStreams(streams).withIncidents(incidents);
    }

    @Override
    public String streamsJson() {
        DevicePipelines started = pipelines;
        return StreamsJson.of(started == null ? List.of() : started.feeds());
    }

    @Override
    public void beforeMetrics() {
        MemoryMetrics.bindHost(registry);
        MemoryMetrics.bindDevices(registry);
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
