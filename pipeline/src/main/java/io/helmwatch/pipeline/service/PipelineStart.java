package io.helmwatch.pipeline.service;

import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.inference.ModelInfo;
import io.helmwatch.pipeline.backend.ExchangeableWorkers;
import io.helmwatch.pipeline.backend.OpenedBackend;
import io.helmwatch.pipeline.compliance.ComplianceService;
import io.helmwatch.pipeline.desk.StreamObserver;
import io.helmwatch.pipeline.health.HealthAnalyzer;
import io.helmwatch.pipeline.metrics.PipelineMetrics;
import io.helmwatch.pipeline.ring.FrameAnalyzer;
import io.helmwatch.pipeline.ring.HelmetPipeline;
import io.helmwatch.pipeline.ring.failure.FatalErrorHandler;
import io.helmwatch.pipeline.ring.stream.StreamEpochs;
import io.helmwatch.pipeline.service.incident.IncidentService;
import io.helmwatch.resource.Closer;
import io.helmwatch.sinks.DetectionSink;
import io.helmwatch.vision.StreamOwnership;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Starts one pipeline for each device. They share the sinks, rules, camera health, counts and what the page shows.
 *
 * @param compliance null where heads are not counted
 * @param desk the page looks at every frame
 * @param ownership what detections are stamped with in a cluster
 */
record PipelineStart(
        HelmwatchConfig config,
        FatalErrorHandler fatalErrors,
        MeterRegistry registry,
        List<DetectionSink> sinks,
        IncidentService rules,
        HealthAnalyzer health,
        @Nullable ComplianceService compliance,
        ServiceDesk desk,
        StreamOwnership ownership) {

    /**
     * Starts the pipelines; when one fails, those before it are closed.
     *
     * @param placement the streams that each device gets
     * @param backends of the devices, in the same order
     */
    List<RunningStreams.Device> start(Map<Integer, List<StreamConfig>> placement, List<OpenedBackend> backends) {
        List<RunningStreams.Device> devices = new ArrayList<>();
        StreamEpochs epochs = new StreamEpochs();
        try (Closer opened = new Closer()) {
            for (Map.Entry<Integer, List<StreamConfig>> device : placement.entrySet()) {
                OpenedBackend backend = backends.get(devices.size());
                HelmetPipeline pipeline = opened.register(backend.pipeline(fatalErrors)
                        .config(config.pipeline())
                        .maxBatchDelay(config.inference().maxDelay())
                        .analyzers(analyzers())
                        .sinks(sinks)
                        .listener(metrics(backend))
                        .expectedStreams(device.getValue().size())
                        .epochs(epochs)
                        .start());
                devices.add(new RunningStreams.Device(device.getKey(), backend, pipeline));
            }
            opened.transfer();
        }
        return devices;
    }

    private List<FrameAnalyzer> analyzers() {
        List<FrameAnalyzer> analyzers = new ArrayList<>();
        if (config.cluster() != null) {
            analyzers.add(new OriginStamp(ownership));
        }
        analyzers.add(rules.analyzer());
        analyzers.add(health);
        if (compliance != null) {
            analyzers.add(compliance.analyzer());
        }
        analyzers.addAll(desk.analyzers(rules.analyzer()::heads));
        return analyzers;
    }

    /** What follows the streams of all devices. */
    List<StreamObserver> observers(List<StreamObserver> more) {
        List<StreamObserver> all = new ArrayList<>(more);
        all.add(rules);
        all.add(health);
        if (compliance != null) {
            all.add(compliance.observer());
        }
        return all;
    }

    /** What measures the workers of the devices again, where they can be exchanged. */
    List<WorkerTuning> tunings(List<RunningStreams.Device> devices) {
        List<WorkerTuning> tunings = new ArrayList<>();
        for (RunningStreams.Device device : devices) {
            ExchangeableWorkers workers = device.backend().exchangeableWorkers();
            if (workers != null) {
                tunings.add(new WorkerTuning(
                        device.pipeline(),
                        workers,
                        WorkerTuning.Timing.DEFAULT,
                        registry,
                        device.backend().device()));
            }
        }
        return tunings;
    }

    private PipelineMetrics metrics(OpenedBackend backend) {
        ModelInfo model = backend.stages().engine().model();
        return new PipelineMetrics(registry, backend.device(), model.identity(), model.labels());
    }
}
