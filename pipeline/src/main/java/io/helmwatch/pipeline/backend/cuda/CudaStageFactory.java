package io.helmwatch.pipeline.backend.cuda;

import io.helmwatch.config.Backend;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.inference.GpuConfig;
import io.helmwatch.config.inference.HardwareDecoding;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.cuda.CudaDevice;
import io.helmwatch.cuda.CudaProbe;
import io.helmwatch.inference.InferenceLane;
import io.helmwatch.inference.ModelInfo;
import io.helmwatch.inference.NormalizedBoxes;
import io.helmwatch.inference.tensorrt.EngineOptions;
import io.helmwatch.inference.tensorrt.HostStagedLane;
import io.helmwatch.inference.tensorrt.TensorRtEngine;
import io.helmwatch.inference.tensorrt.TensorRtLibrary;
import io.helmwatch.ingest.FrameSource;
import io.helmwatch.ingest.ffmpeg.FfmpegFrameSource;
import io.helmwatch.ingest.ffmpeg.decode.CudaDecoding;
import io.helmwatch.ingest.ffmpeg.decode.DecoderPlacement;
import io.helmwatch.ingest.ffmpeg.decode.FfmpegFrameLease;
import io.helmwatch.ingest.ffmpeg.decode.SharedDecoders;
import io.helmwatch.pipeline.backend.OpenedBackend;
import io.helmwatch.pipeline.backend.StageFactory;
import io.helmwatch.pipeline.backend.StreamPlacement;
import io.helmwatch.pipeline.backend.cuda.quantization.EngineRequest;
import io.helmwatch.pipeline.ring.Stages;
import io.helmwatch.postprocess.NmsSettings;
import io.helmwatch.postprocess.cuda.CudaPostprocessor;
import io.helmwatch.preprocess.cuda.CudaPreprocessor;
import io.helmwatch.resource.Closer;
import io.helmwatch.resource.NativeMemory;
import java.nio.file.Path;
import java.util.ArrayList;
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
    public OpenedBackend open(HelmwatchConfig config, Path model) {
        return open(config, model, devices(config.gpu()).get(0));
    }

    @Override
    public OpenedBackend open(HelmwatchConfig config, Path model, int index) {
        GpuConfig gpu = config.gpu();
        try (Closer opened = new Closer()) {
            CudaDevice device = opened.register(CudaDevice.open(index));
            CudaDecoding decoding = gpu.hardwareDecoding() != HardwareDecoding.NEVER
                    ? opened.register(CudaDecoding.open(
                            device.contextHandle(), device.decodeStream().handle()))
                    : null;
            SharedDecoders shared =
                    opened.register(decoding == null ? SharedDecoders.onCpu() : SharedDecoders.on(decoding));
            Optional<VideoEngineShare> share =
                    gpu.hardwareDecoding() == HardwareDecoding.AUTO ? VideoEngineShare.start(index) : Optional.empty();
            share.ifPresent(opened::register);
            int wanted = config.inference().maxBatch() == 0
                    ? DEFAULT_MAX_BATCH
                    : config.inference().maxBatch();
            TensorRtEngine engine = opened.register(openEngine(device, config, model, wanted));
            try (HostStagedLane probe = new HostStagedLane(device, engine, 1)) {
                NormalizedBoxes.refuse(String.valueOf(model), probe.run(1));
            }
            ModelInfo info = engine.model();
            int batch = Math.min(wanted, engine.largestBatch());
            List<InferenceLane> lanes = new ArrayList<>();
            for (int i = 0; i < Math.max(1, gpu.lanes()); i++) {
                lanes.add(opened.register(engine.openLane(batch)));
            }
            Path kernels = gpu.cacheFolder().resolve("kernels");
            CudaPostprocessor postprocessor = opened.register(
                    new CudaPostprocessor(device, NmsSettings.of(config.model()), info.labels(), kernels));
            CudaPreprocessor preprocessor =
                    opened.register(new CudaPreprocessor(device, info.anchor(), info.padValue(), kernels));
            return new OpenedBackend(
                    new Stages(engine, lanes, 1, 1, preprocessor, postprocessor),
                    FfmpegFrameLease::create,
                    sources(decoding, share, shared),
                    device.name(),
                    "Backend " + device.name() + ": " + device.info().name() + ", model "
                            + info.identity().name() + " "
                            + info.identity().version() + ", input " + info.sizing() + ", "
                            + info.identity().precision() + ", TensorRT " + TensorRtLibrary.version() + " level "
                            + gpu.builderLevel() + ", batch " + batch + ", " + lanes.size() + " lanes, "
                            + (decoding == null ? "decoding on the CPU" : "decoding on the GPU") + ", "
                            + (NativeMemory.bytes(NativeMemory.Kind.DEVICE, device.name()) >> 20)
                            + " MiB on the device",
                    opened.transfer());
        }
    }

    private TensorRtEngine openEngine(CudaDevice device, HelmwatchConfig config, Path model, int maxBatch) {
        GpuConfig gpu = config.gpu();
        EngineRequest request = new EngineRequest(
                model,
                config.model(),
                gpu.graph(),
                EngineOptions.of(gpu.precision(), maxBatch).withLevel(gpu.builderLevel()),
                gpu.int8(),
                gpu.cacheFolder().resolve("engines"));
        return EngineFactory.open(device, request, build).engine();
    }

    private static Function<StreamConfig, FrameSource> sources(
            @Nullable CudaDecoding decoding, Optional<VideoEngineShare> share, SharedDecoders shared) {
        if (decoding == null) {
            return stream -> FfmpegFrameSource.create(stream, shared);
        }
        return stream -> FfmpegFrameSource.create(
                stream, decoding, share.map(VideoEngineShare::place).orElse(DecoderPlacement.VIDEO_ENGINES), shared);
    }
}
