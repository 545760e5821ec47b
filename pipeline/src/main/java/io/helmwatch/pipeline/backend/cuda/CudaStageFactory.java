package io.helmwatch.pipeline.backend.cuda;

import io.helmwatch.config.Backend;
import io.helmwatch.config.GpuConfig;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.StreamConfig;
import io.helmwatch.cuda.CudaDevice;
import io.helmwatch.cuda.CudaProbe;
import io.helmwatch.inference.InferenceEngine;
import io.helmwatch.inference.InferenceLane;
import io.helmwatch.inference.ModelInfo;
import io.helmwatch.inference.tensorrt.EngineOptions;
import io.helmwatch.inference.tensorrt.TensorRtEngine;
import io.helmwatch.inference.tensorrt.TensorRtLibrary;
import io.helmwatch.ingest.FrameSource;
import io.helmwatch.ingest.ffmpeg.CudaDecoding;
import io.helmwatch.ingest.ffmpeg.FfmpegFrameLease;
import io.helmwatch.ingest.ffmpeg.FfmpegFrameSource;
import io.helmwatch.pipeline.backend.StageFactory;
import io.helmwatch.pipeline.backend.StreamPlacement;
import io.helmwatch.pipeline.backend.cuda.quantization.EngineRequest;
import io.helmwatch.pipeline.ring.Stages;
import io.helmwatch.postprocess.NmsSettings;
import io.helmwatch.postprocess.cuda.CudaPostprocessor;
import io.helmwatch.preprocess.cuda.CudaPreprocessor;
import io.helmwatch.resource.NativeMemory;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * NVDEC, CUDA kernels and TensorRT on one GPU: frames stay in device memory, boxes cross the bus.
 *
 * <p>Without usable libraries or a GPU nothing here is touched beyond {@link #unusable}.
 */
public final class CudaStageFactory implements StageFactory {

    /** Frames of a batch where the configuration does not say: above it throughput hardly rises, latency does. */
    static final int DEFAULT_MAX_BATCH = 32;

    private final EngineBuildStatus build = new EngineBuildStatus();

    /** Made by the service loader. */
    public CudaStageFactory() {}

    @Override
    public Backend backend() {
        return Backend.CUDA;
    }

    @Override
    public Optional<String> unusable() {
        CudaProbe probe = CudaProbe.result();
        return probe.usable() ? TensorRtLibrary.problem() : Optional.of(probe.reason());
    }

    @Override
    public String opening() {
        return build.describe();
    }

    @Override
    public Map<Integer, List<StreamConfig>> placement(HelmwatchConfig config) {
        return StreamPlacement.spread(config.streams(), devices(config.gpu()));
    }

    private static List<Integer> devices(GpuConfig gpu) {
        return devices(gpu, CudaProbe.result().gpus().size());
    }

    /**
     * Indices of the GPUs in use.
     *
     * @param found how many there are
     * @throws IllegalStateException when one is asked for that is not there
     */
    public static List<Integer> devices(GpuConfig gpu, int found) {
        if (gpu.devices().isEmpty()) {
            return IntStream.range(0, found).boxed().toList();
        }
        for (int device : gpu.devices()) {
            if (device >= found) {
                throw new IllegalStateException("gpu.devices: GPU " + device + " is not there: expected "
                        + (found == 1
                                ? "0, since 1 GPU was found"
                                : "0 to " + (found - 1) + ", since " + found + " GPUs were found"));
            }
        }
        return gpu.devices();
    }

    @Override
    public Stages open(HelmwatchConfig config, Path model) {
        return open(config, model, devices(config.gpu()).get(0));
    }

    @Override
    public Stages open(HelmwatchConfig config, Path model, int index) {
        GpuConfig gpu = config.gpu();
        Deque<AutoCloseable> opened = new ArrayDeque<>();
        try {
            CudaDevice device = keep(opened, CudaDevice.open(index));
            Path cache = gpu.cacheFolder();
            int wanted = config.inference().maxBatch() == 0
                    ? DEFAULT_MAX_BATCH
                    : config.inference().maxBatch();
            TensorRtEngine engine = keep(
                    opened,
                    EngineFactory.open(
                                    device,
                                    new EngineRequest(
                                            model,
                                            config.model(),
                                            gpu.graph(),
                                            EngineOptions.of(gpu.precision(), wanted)
                                                    .withLevel(gpu.builderLevel()),
                                            gpu.int8(),
                                            cache.resolve("engines")),
                                    build)
                            .engine());
            ModelInfo info = engine.model();
            int batch = Math.min(wanted, engine.largestBatch());
            List<InferenceLane> lanes = new ArrayList<>();
            for (int i = 0; i < Math.max(1, gpu.lanes()); i++) {
                lanes.add(keep(opened, engine.openLane(batch)));
            }
            Path kernels = cache.resolve("kernels");
            CudaPreprocessor preprocessor =
                    keep(opened, new CudaPreprocessor(device, info.anchor(), info.padValue(), kernels));
            CudaPostprocessor postprocessor =
                    keep(opened, new CudaPostprocessor(device, NmsSettings.of(config.model()), info.labels(), kernels));
            CudaDecoding decoding = gpu.hardwareDecoding()
                    ? keep(
                            opened,
                            CudaDecoding.open(
                                    device.contextHandle(),
                                    device.decodeStream().handle()))
                    : null;
            return new Stages(
                    new DeviceOwner(engine, decoding, device),
                    lanes,
                    1,
                    preprocessor,
                    postprocessor,
                    FfmpegFrameLease::create,
                    sources(decoding),
                    device.name(),
                    "backend " + device.name() + ": " + device.info().name() + ", model "
                            + info.identity().name() + " "
                            + info.identity().version() + " " + info.input() + " "
                            + info.identity().precision() + ", TensorRT " + TensorRtLibrary.version() + " level "
                            + gpu.builderLevel() + ", batch " + batch + ", " + lanes.size() + " lanes, "
                            + (decoding == null ? "decoding on the CPU" : "decoding on the GPU") + ", "
                            + (NativeMemory.bytes(NativeMemory.Kind.DEVICE, device.name()) >> 20)
                            + " MiB on the device");
        } catch (Throwable failure) {
            while (!opened.isEmpty()) {
                try {
                    opened.pop().close();
                } catch (Exception later) {
                    failure.addSuppressed(later);
                }
            }
            throw failure;
        }
    }

    private static <T extends AutoCloseable> T keep(Deque<AutoCloseable> opened, T owner) {
        opened.push(owner);
        return owner;
    }

    private static Function<StreamConfig, FrameSource> sources(@Nullable CudaDecoding decoding) {
        return decoding == null ? FfmpegFrameSource::create : stream -> FfmpegFrameSource.create(stream, decoding);
    }

    /** The engine, and after it the decoders' and the device, which every other stage needs until it is closed. */
    private static final class DeviceOwner implements InferenceEngine {
        private final TensorRtEngine engine;
        private final @Nullable CudaDecoding decoding;
        private final CudaDevice device;
        private boolean closed;

        DeviceOwner(TensorRtEngine engine, @Nullable CudaDecoding decoding, CudaDevice device) {
            this.engine = engine;
            this.decoding = decoding;
            this.device = device;
        }

        @Override
        public ModelInfo model() {
            return engine.model();
        }

        @Override
        public long modelBytes() {
            return engine.modelBytes();
        }

        @Override
        public InferenceLane openLane(int maxBatch) {
            return engine.openLane(maxBatch);
        }

        @Override
        public void close() {
            if (closed) {
                return;
            }
            closed = true;
            engine.close();
            if (decoding != null) {
                decoding.close();
            }
            device.close();
        }
    }
}
