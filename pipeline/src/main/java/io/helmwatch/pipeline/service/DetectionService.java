package io.helmwatch.pipeline.service;

import io.helmwatch.config.Backend;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.IncidentsConfig;
import io.helmwatch.config.JsonLinesConfig;
import io.helmwatch.config.KafkaConfig;
import io.helmwatch.config.StreamConfig;
import io.helmwatch.config.StreamRulesConfig;
import io.helmwatch.pipeline.backend.Backends;
import io.helmwatch.pipeline.backend.StageFactory;
import io.helmwatch.pipeline.cli.Settings;
import io.helmwatch.pipeline.http.HealthEndpoint;
import io.helmwatch.pipeline.http.StreamsJson;
import io.helmwatch.pipeline.metrics.SinkMetrics;
import io.helmwatch.pipeline.ring.Closing;
import io.helmwatch.pipeline.ring.FrameAnalyzer;
import io.helmwatch.pipeline.ring.HelmetPipeline;
import io.helmwatch.pipeline.ring.PipelineMetrics;
import io.helmwatch.pipeline.ring.Stages;
import io.helmwatch.resource.NativeMemory;
import io.helmwatch.sinks.DetectionSink;
import io.helmwatch.sinks.JsonLinesDetectionSink;
import io.helmwatch.sinks.kafka.EmbeddedKafka;
import io.helmwatch.sinks.kafka.KafkaDetectionSink;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A configuration at work: broker, sinks, stages, pipeline, streams, metrics and health.
 *
 * <p>Starting opens the embedded broker and the stages of every device at the same time, since each takes a second. Closing goes the way of the
 * frames: sources, ring, analyzers, sinks, stages; then the broker; then it reports native memory that nobody gave back.
 *
 * <p>Threading: started and closed by one thread; {@link #stop} by any.
 */
public final class DetectionService implements AutoCloseable, HealthEndpoint.Health {
    private static final Logger LOG = LoggerFactory.getLogger(DetectionService.class);
    private static final Duration STALL_LIMIT = Duration.ofSeconds(30);

    private final HelmwatchConfig config;
    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final List<DetectionSink> sinks = new CopyOnWriteArrayList<>();
    private final List<FrameAnalyzer> analyzers = new ArrayList<>();
    private volatile @Nullable IncidentService incidents;
    private @Nullable HealthEndpoint http;
    private @Nullable EmbeddedKafka broker;
    private final List<Stages> stages = new ArrayList<>();
    private volatile @Nullable StageFactory opening;
    private volatile @Nullable DevicePipelines pipelines;
    private volatile @Nullable ServiceMonitor monitor;
    private volatile @Nullable Supplier<HelmwatchConfig> reloadSource;
    private volatile boolean stopRequested;

    private DetectionService(HelmwatchConfig config) {
        this.config = config;
    }

    /**
     * Starts everything; streams run when this returns.
     *
     * @param config what to do
     * @param model the ONNX file
     * @param more sinks beside the configured ones; closed with the service
     * @throws RuntimeException one sentence; everything opened is closed again
     */
    public static DetectionService start(HelmwatchConfig config, Path model, List<? extends DetectionSink> more) {
        return start(config, model, more, Backends::choose);
    }

    /** The same with the backends to choose from. */
    public static DetectionService start(
            HelmwatchConfig config,
            Path model,
            List<? extends DetectionSink> more,
            Function<Backend, StageFactory> backends) {
        DetectionService service = new DetectionService(config);
        service.sinks.addAll(more);
        try {
            service.open(model, backends);
            return service;
        } catch (Throwable failure) {
            try {
                service.close();
            } catch (RuntimeException later) {
                failure.addSuppressed(later);
            }
            throw failure;
        }
    }

    private void open(Path model, Function<Backend, StageFactory> backends) {
        if (config.http().enabled()) {
            bindProcess(registry);
            HealthEndpoint endpoint = new HealthEndpoint(config.http(), registry, this);
            http = endpoint;
            LOG.info(
                    "http on {}:{}: /live /ready /startup /metrics /streams",
                    endpoint.address().getHostString(),
                    endpoint.address().getPort());
        }
        StageFactory factory = backends.apply(config.backend());
        opening = factory;
        Map<Integer, List<StreamConfig>> placement = factory.placement(config);
        List<CompletableFuture<Stages>> openStages = new ArrayList<>();
        for (int device : placement.keySet()) {
            openStages.add(async("open-stages", () -> factory.open(config, model, device)));
        }
        RuntimeException failure = null;
        try {
            openSinks();
        } catch (RuntimeException refused) {
            failure = refused;
        }
        for (CompletableFuture<Stages> device : openStages) {
            try {
                stages.add(device.join());
            } catch (CompletionException refused) {
                RuntimeException cause = unwrap(refused);
                if (failure == null) {
                    failure = cause;
                } else {
                    failure.addSuppressed(cause);
                }
            }
        }
        if (failure != null) {
            throw failure;
        }
        start(List.copyOf(placement.values()));
    }

    /** Starts a pipeline on the stages of each device and gives it its streams. */
    private void start(List<List<StreamConfig>> placement) {
        List<HelmetPipeline> started = new ArrayList<>();
        for (int i = 0; i < stages.size(); i++) {
            started.add(HelmetPipeline.start(
                    stages.get(i),
                    config.pipeline(),
                    config.inference(),
                    analyzers,
                    sinks,
                    registry,
                    placement.get(i).size()));
        }
        DevicePipelines running = new DevicePipelines(started);
        pipelines = running;
        sinks.forEach(sink -> SinkMetrics.bind(registry, sink));
        IncidentAnalyzer rules = incidents().analyzer();
        monitor = ServiceMonitor.start(running, sinks, feed -> rules.look(feed.id()));
        for (int i = 0; i < started.size(); i++) {
            List<StreamConfig> streams = placement.get(i);
            if (started.size() > 1) {
                LOG.info(
                        "{}: {} of {} streams",
                        stages.get(i).device(),
                        streams.size(),
                        config.streams().size());
            }
            for (StreamConfig stream : streams) {
                started.get(i).add(stages.get(i).newSource().apply(stream));
            }
        }
        if (stopRequested) {
            running.stopAll();
        }
    }

    private void openSinks() {
        KafkaConfig kafka = config.kafka();
        if (kafka.embedded()) {
            EmbeddedKafka embedded = EmbeddedKafka.start(kafka.embeddedDataDir(), kafka.embeddedPort());
            broker = embedded;
            kafka = Settings.kafka(kafka, embedded.bootstrapServers());
        }
        if (kafka.enabled()) {
            sinks.add(new KafkaDetectionSink(kafka));
        }
        if (config.jsonLines().target() != null) {
            sinks.add(jsonLines(config.jsonLines()));
        }
        IncidentService opened = IncidentService.open(config, kafka, sinks, registry);
        incidents = opened;
        analyzers.add(opened.analyzer());
    }

    private IncidentService incidents() {
        IncidentService opened = incidents;
        if (opened == null) {
            throw new IllegalStateException("the service has not started yet");
        }
        return opened;
    }

    private static DetectionSink jsonLines(JsonLinesConfig config) {
        return JsonLinesDetectionSink.open(config);
    }

    private static <T> CompletableFuture<T> async(String name, Supplier<T> work) {
        CompletableFuture<T> result = new CompletableFuture<>();
        Thread thread = new Thread(
                () -> {
                    try {
                        result.complete(work.get());
                    } catch (Throwable failure) {
                        result.completeExceptionally(failure);
                    }
                },
                name);
        thread.setDaemon(true);
        thread.start();
        return result;
    }

    private static RuntimeException unwrap(CompletionException wrapped) {
        Throwable cause = wrapped.getCause();
        if (cause instanceof RuntimeException unchecked) {
            return unchecked;
        }
        if (cause instanceof Error error) {
            throw error;
        }
        return wrapped;
    }

    private static void bindProcess(MeterRegistry registry) {
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ClassLoaderMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
    }

    /** Address of the embedded broker; empty without one. */
    public String embeddedBootstrapServers() {
        EmbeddedKafka embedded = broker;
        return embedded == null ? "" : embedded.bootstrapServers();
    }

    /** Where HTTP listens; null when it does not. */
    @Nullable
    public InetSocketAddress httpAddress() {
        HealthEndpoint endpoint = http;
        return endpoint == null ? null : endpoint.address();
    }

    /** Messages that arrived, over all sinks. */
    long published() {
        return sinks.stream().mapToLong(sink -> sink.statistics().published()).sum();
    }

    /** The pipelines; null while starting. */
    @Nullable
    public DevicePipelines pipelines() {
        return pipelines;
    }

    /** Asks all streams to end; returns at once. */
    public void stop() {
        stopRequested = true;
        DevicePipelines running = pipelines;
        if (running != null) {
            running.stopAll();
        }
    }

    /** Waits until every stream has ended. */
    public void awaitEnd() throws InterruptedException {
        DevicePipelines running = pipelines;
        if (running != null) {
            running.awaitStreams();
        }
    }

    /** Streams that will not be retried because their configuration has to change, with the reasons. */
    public List<String> failedStreams() {
        DevicePipelines running = pipelines;
        if (running == null) {
            return List.of();
        }
        return running.feeds().stream()
                .filter(feed -> feed.status().state() == io.helmwatch.vision.StreamStatus.State.FAILED)
                .map(feed -> "stream " + feed.id() + ": " + feed.status().reason())
                .toList();
    }

    @Override
    public String startupProblem() {
        if (pipelines != null) {
            return "";
        }
        StageFactory factory = opening;
        String busy = factory == null ? "" : factory.opening();
        return "starting: " + (busy.isEmpty() ? "the network or the broker is being opened" : busy);
    }

    @Override
    public String liveProblem() {
        DevicePipelines running = pipelines;
        ServiceMonitor watch = monitor;
        if (running == null || watch == null) {
            return "";
        }
        if (!running.isRunning()) {
            return "a stage's thread has ended";
        }
        Duration stalled = watch.stalledFor();
        return stalled.compareTo(STALL_LIMIT) > 0
                ? "the stages stand still for " + stalled.toSeconds() + " s with " + running.ringDepth()
                        + " slots waiting"
                : "";
    }

    /** Says where {@link #reload} reads the configuration. */
    public void reloadFrom(Supplier<HelmwatchConfig> source) {
        reloadSource = source;
    }

    @Override
    public synchronized String reload() {
        Supplier<HelmwatchConfig> source = reloadSource;
        if (source == null) {
            throw new IllegalStateException("there is no configuration file to read again");
        }
        HelmwatchConfig replacement = source.get();
        IncidentService running = incidents();
        running.reload(replacement);
        String text = "zones, masks and rules taken over"
                + (isSameOtherwise(replacement, running.inForce()) ? "" : "; the rest needs a restart");
        LOG.info("{}", text);
        return text;
    }

    /** Whether nothing but zones, masks and rules differs from what is in force. */
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
        DevicePipelines running = pipelines;
        return StreamsJson.of(running == null ? List.of() : running.feeds());
    }

    @Override
    public void beforeMetrics() {
        PipelineMetrics.bindNativeMemory(registry);
        DevicePipelines running = pipelines;
        if (running != null) {
            running.all().forEach(HelmetPipeline::bindDeviceMemory);
        }
    }

    /**
     * Drains the pipeline and delivers what the sinks hold, and leaves the rest open: the embedded broker can still be read.
     * {@link #close} does the rest.
     */
    public void closePipelineAndSinks() {
        List<AutoCloseable> owners = new ArrayList<>();
        DevicePipelines running = pipelines;
        if (running != null) {
            owners.add(running);
        }
        owners.addAll(analyzers);
        IncidentService ofIncidents = incidents;
        if (ofIncidents != null) {
            owners.add(ofIncidents);
        }
        owners.addAll(sinks);
        Closing.closeAll(owners);
    }

    /** Drains and closes everything; a second call does nothing. */
    @Override
    public void close() {
        List<AutoCloseable> owners = new ArrayList<>();
        ServiceMonitor watch = monitor;
        DevicePipelines running = pipelines;
        List<Stages> open = List.copyOf(stages);
        EmbeddedKafka embedded = broker;
        HealthEndpoint endpoint = http;
        if (running != null) {
            owners.add(running);
        }
        if (watch != null) {
            owners.add(watch);
        }
        owners.addAll(analyzers);
        IncidentService ofIncidents = incidents;
        if (ofIncidents != null) {
            owners.add(ofIncidents);
        }
        owners.addAll(sinks);
        owners.add(() -> {
            // Freeing a network under a run that hangs would crash the process.
            if (running == null || running.isStopped()) {
                Closing.closeAll(open);
            }
        });
        if (endpoint != null) {
            owners.add(endpoint);
        }
        if (embedded != null) {
            owners.add(embedded);
        }
        monitor = null;
        stages.clear();
        http = null;
        broker = null;
        analyzers.clear();
        sinks.clear();
        try {
            Closing.closeAll(owners);
        } finally {
            if (running != null && !owners.isEmpty()) {
                reportLeaks();
            }
        }
    }

    private static void reportLeaks() {
        for (NativeMemory.Entry leak : NativeMemory.outstanding()) {
            LOG.error(
                    "LEAK: {} bytes of native memory, kind={} device={} owner={}",
                    leak.bytes(),
                    leak.kind(),
                    leak.device(),
                    leak.owner());
        }
    }
}
