package io.helmwatch.pipeline.backend.cpu;

import io.helmwatch.config.Backend;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.inference.InferenceLane;
import io.helmwatch.inference.ModelInfo;
import io.helmwatch.inference.onnx.OnnxRuntimeEngine;
import io.helmwatch.inference.onnx.WorkerPlan;
import io.helmwatch.ingest.ffmpeg.FfmpegFrameSource;
import io.helmwatch.ingest.ffmpeg.decode.FfmpegFrameLease;
import io.helmwatch.ingest.ffmpeg.decode.SharedDecoders;
import io.helmwatch.pipeline.backend.ExchangeableWorkers;
import io.helmwatch.pipeline.backend.OpenedBackend;
import io.helmwatch.pipeline.backend.OpenedWorkers;
import io.helmwatch.pipeline.backend.StageFactory;
import io.helmwatch.pipeline.ring.Stages;
import io.helmwatch.postprocess.CpuPostprocessor;
import io.helmwatch.postprocess.NmsSettings;
import io.helmwatch.postprocess.Postprocessor;
import io.helmwatch.preprocess.Preprocessor;
import io.helmwatch.preprocess.ffmpeg.SwscalePreprocessor;
import io.helmwatch.resource.Closer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** FFmpeg, libswscale, ONNX Runtime and plain Java on the CPU. */
public final class CpuStageFactory implements StageFactory {
    /** While one lane is in the model another one is filled: a worker never waits for preprocessing. */
    private static final int LANES_PER_WORKER = 2;

    /** For the service loader. */
    public CpuStageFactory() {}

    @Override
    public Backend backend() {
        return Backend.CPU;
    }

    @Override
    public Optional<String> unusable() {
        return Optional.empty();
    }

    @Override
    public OpenedBackend open(HelmwatchConfig config, Path model) {
        try (Closer opened = new Closer()) {
            OnnxRuntimeEngine engine = OnnxRuntimeEngine.open(
                    model, config.model(), config.inference(), config.gpu().cacheFolder());
            ModelInfo info = engine.model();
            int maxBatch = Math.max(1, config.inference().maxBatch());
            OpenedWorkers first = openWorkers(engine, maxBatch);
            ExchangeableWorkers workers = opened.register(new ExchangeableWorkers(first));
            WorkerPlan other = engine.otherPlan();
            int maxWorkers = other == null ? first.workers() : Math.max(first.workers(), other.workers());
            Preprocessor preprocessor = opened.register(new SwscalePreprocessor(info.anchor(), info.padValue()));
            Postprocessor postprocessor =
                    opened.register(new CpuPostprocessor(NmsSettings.of(config.model()), info.labels()));
            SharedDecoders shared = opened.register(SharedDecoders.onCpu());
            return new OpenedBackend(
                    new Stages(engine, first.lanes(), first.workers(), maxWorkers, preprocessor, postprocessor),
                    FfmpegFrameLease::create,
                    stream -> FfmpegFrameSource.create(stream, shared),
                    "cpu",
                    "Backend cpu: model " + info.identity().name() + " "
                            + info.identity().version() + ", input " + info.sizing() + ", "
                            + info.identity().precision() + ", " + engine.plan() + ", batch " + maxBatch,
                    opened.transfer(),
                    workers);
        }
    }

    /** Takes ownership of the engine, also when it fails. */
    private static OpenedWorkers openWorkers(OnnxRuntimeEngine engine, int maxBatch) {
        try (Closer opened = new Closer()) {
            opened.register(engine);
            WorkerPlan plan = engine.plan();
            List<InferenceLane> lanes = new ArrayList<>();
            for (int i = 0; i < plan.workers() * LANES_PER_WORKER; i++) {
                lanes.add(opened.register(engine.openLane(maxBatch)));
            }
            return new OpenedWorkers(
                    lanes,
                    plan.workers(),
                    plan.shape(),
                    engine.otherPlan() == null ? null : () -> openWorkers(engine.openOtherPlan(), maxBatch),
                    opened.transfer());
        }
    }
}
