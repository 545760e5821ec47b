package io.helmwatch.pipeline.backend.cpu;

import io.helmwatch.config.Backend;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.inference.InferenceLane;
import io.helmwatch.inference.ModelInfo;
import io.helmwatch.inference.onnx.OnnxRuntimeEngine;
import io.helmwatch.ingest.ffmpeg.FfmpegFrameLease;
import io.helmwatch.ingest.ffmpeg.FfmpegFrameSource;
import io.helmwatch.pipeline.backend.StageFactory;
import io.helmwatch.pipeline.ring.Closing;
import io.helmwatch.pipeline.ring.Stages;
import io.helmwatch.postprocess.CpuPostprocessor;
import io.helmwatch.postprocess.NmsSettings;
import io.helmwatch.postprocess.Postprocessor;
import io.helmwatch.preprocess.Preprocessor;
import io.helmwatch.preprocess.ffmpeg.SwscalePreprocessor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** FFmpeg, libswscale, ONNX Runtime and plain Java on the CPU. */
public final class CpuStageFactory implements StageFactory {
    /** One lane in the network, one being filled: a worker never waits for preprocessing. */
    private static final int LANES_PER_WORKER = 2;

    @Override
    public Backend backend() {
        return Backend.CPU;
    }

    @Override
    public Optional<String> unusable() {
        return Optional.empty();
    }

    @Override
    public Stages open(HelmwatchConfig config, Path model) {
        List<AutoCloseable> opened = new ArrayList<>();
        try {
            OnnxRuntimeEngine engine = OnnxRuntimeEngine.open(model, config.model(), config.inference());
            opened.add(0, engine);
            ModelInfo info = engine.model();
            int workers = engine.plan().workers();
            int maxBatch = Math.max(1, config.inference().maxBatch());
            List<InferenceLane> lanes = new ArrayList<>();
            for (int i = 0; i < workers * LANES_PER_WORKER; i++) {
                InferenceLane lane = engine.openLane(maxBatch);
                opened.add(0, lane);
                lanes.add(lane);
            }
            Preprocessor preprocessor = new SwscalePreprocessor(info.anchor(), info.padValue());
            opened.add(0, preprocessor);
            Postprocessor postprocessor = new CpuPostprocessor(NmsSettings.of(config.model()), info.labels());
            opened.add(0, postprocessor);
            return new Stages(
                    engine,
                    lanes,
                    workers,
                    preprocessor,
                    postprocessor,
                    FfmpegFrameLease::create,
                    FfmpegFrameSource::create,
                    "cpu",
                    "backend cpu: model " + info.identity().name() + " "
                            + info.identity().version() + " " + info.input() + " "
                            + info.identity().precision() + ", " + engine.plan() + ", batch " + maxBatch);
        } catch (Throwable failure) {
            try {
                Closing.closeAll(opened);
            } catch (RuntimeException later) {
                failure.addSuppressed(later);
            }
            throw failure;
        }
    }
}
