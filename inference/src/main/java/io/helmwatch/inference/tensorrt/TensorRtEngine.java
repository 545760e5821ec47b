package io.helmwatch.inference.tensorrt;

import io.helmwatch.config.inference.ModelConfig;
import io.helmwatch.cuda.CudaDevice;
import io.helmwatch.inference.InferenceEngine;
import io.helmwatch.inference.ModelException;
import io.helmwatch.inference.ModelFile;
import io.helmwatch.inference.ModelInfo;
import io.helmwatch.inference.TensorInfo;
import io.helmwatch.inference.YoloV5Model;
import io.helmwatch.inference.onnx.OnnxRuntimeEngine;
import io.helmwatch.resource.Closer;
import io.helmwatch.resource.ConstantName;
import io.helmwatch.vision.tensor.TensorType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.tensorrt.global.nvinfer;
import org.bytedeco.tensorrt.nvinfer.Dims64;
import org.bytedeco.tensorrt.nvinfer.ICudaEngine;
import org.bytedeco.tensorrt.nvinfer.IEngineInspector;
import org.bytedeco.tensorrt.nvinfer.IRuntime;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A YOLOv5 model on a GPU with TensorRT; one engine shared by all lanes.
 *
 * <p>Engines are built from the ONNX file and cached on disk; an engine built for another model, GPU, driver, TensorRT or options, or a damaged
 * one, is built again and replaced.
 *
 * <p>Threading: any thread may ask and open lanes; lanes of one engine may run at the same time. Ownership: close the lanes first.
 */
public final class TensorRtEngine implements InferenceEngine {

    private static final Logger LOG = LoggerFactory.getLogger(TensorRtEngine.class);

    /** A lock for each engine's file. */
    private static final ConcurrentMap<Path, Object> BUILDS = new ConcurrentHashMap<>();

    private final CudaDevice device;
    private final TensorRtLog log;
    private final ICudaEngine engine;
    private final YoloV5Model yoloV5;
    private final EngineOptions options;
    private final ModelInfo info;
    private final TensorType inputType;
    private final List<TensorType> outputTypes;
    private final long contextBytes;
    private final long modelBytes;
    private final Closer opened;
    private boolean closed;

    /** {@code interpreted} is known already where height and width are dynamic. */
    private TensorRtEngine(
            CudaDevice device,
            ModelFile file,
            ModelConfig config,
            @Nullable YoloV5Model interpreted,
            EngineOptions options,
            byte[] plan) {
        this.device = device;
        this.options = options;
        device.makeCurrent();
        log = new TensorRtLog();
        IRuntime created = nvinfer.createInferRuntime(log);
        if (created == null || created.isNull()) {
            throw new ModelException("model " + file.path() + ": TensorRT does not start: " + log.takeErrors());
        }
        try (Closer opening = new Closer()) {
            IRuntime runtime = opening.register(NativeOwnership.own(created, IRuntime::new));
            engine = opening.register(NativeOwnership.own(deserialize(runtime, file, plan), ICudaEngine::new));
            yoloV5 = interpreted != null ? interpreted : YoloV5Model.of(file, config, outputShapes(engine));
            info = yoloV5.info(ConstantName.of(options.precision()), "cuda");
            inputType = typeOf(yoloV5.inputName());
            List<TensorType> types = new ArrayList<>();
            for (TensorInfo output : yoloV5.outputs()) {
                types.add(typeOf(output.name()));
            }
            outputTypes = List.copyOf(types);
            contextBytes = engine.getDeviceMemorySizeV2();
            modelBytes = plan.length;
            opened = opening.transfer();
        }
    }

    private ICudaEngine deserialize(IRuntime runtime, ModelFile file, byte[] plan) {
        try (BytePointer bytes = new BytePointer(plan)) {
            ICudaEngine loaded = runtime.deserializeCudaEngine(bytes, plan.length);
            if (loaded == null || loaded.isNull()) {
                throw new ModelException(
                        "model " + file.path() + ": TensorRT does not load its engine: " + log.takeErrors());
            }
            return loaded;
        }
    }

    /**
     * Loads a model; builds its engine first unless a matching one is cached. Of several GPUs of one kind the first builds, and the others wait
     * for its engine.
     *
     * @param device the GPU
     * @param model the ONNX file
     * @param config labels and letterbox where they are not the model's own
     * @param options options of the build
     * @param cache folder of engines
     * @param progress receives the progress of a build
     * @throws ModelException when the file is not a YOLOv5 detector that TensorRT can run
     */
    public static TensorRtEngine open(
            CudaDevice device,
            Path model,
            ModelConfig config,
            EngineOptions options,
            Path cache,
            EngineProgress progress) {
        Path file = cacheFile(device, model, config, options, cache)
                .toAbsolutePath()
                .normalize();
        synchronized (BUILDS.computeIfAbsent(file, unused -> new Object())) {
            return openLocked(device, model, config, options, cache, progress);
        }
    }

    private static TensorRtEngine openLocked(
            CudaDevice device,
            Path model,
            ModelConfig config,
            EngineOptions options,
            Path cache,
            EngineProgress progress) {
        ModelFile file = ModelFile.read(model);
        YoloV5Model interpreted = YoloV5Model.hasDynamicSides(file) ? OnnxRuntimeEngine.interpret(model, config) : null;
        EngineShapes shapes = interpreted != null
                ? EngineShapes.of(interpreted, options)
                : EngineShapes.of(
                        YoloV5Model.inputShapeOf(file), file.inputs().get(0).hasDynamicBatch(), options);
        String name = file.stem();
        EngineCache engines = new EngineCache(cache);
        EngineKey key = EngineKey.of(file, device.info(), options, config.input());
        Optional<byte[]> cached = engines.load(key, name);
        if (cached.isPresent()) {
            try {
                return new TensorRtEngine(device, file, config, interpreted, options, cached.get());
            } catch (ModelException e) {
                LOG.warn(
                        "Cached engine {} not usable: {}; building it again",
                        engines.fileOf(key, name),
                        e.getMessage());
            }
        }
        Path timings = engines.timingFile(device.info().name(), TensorRtLibrary.version());
        LOG.info(
                "Building the TensorRT engine of {} for {} ({}); this happens once and may take minutes",
                model,
                device.info().name(),
                options.describe());
        byte[] plan = new EngineBuilder(device, timings).build(file, shapes, options, progress);
        try {
            engines.store(key, name, plan);
        } catch (IOException e) {
            LOG.warn("Engine not stored in {}: {}; the next start builds it again", cache, e.getMessage());
        }
        return new TensorRtEngine(device, file, config, interpreted, options, plan);
    }

    /** File in which an engine with these options is cached. */
    public static Path cacheFile(CudaDevice device, Path model, ModelConfig config, EngineOptions options, Path cache) {
        ModelFile file = ModelFile.read(model);
        EngineKey key = EngineKey.of(file, device.info(), options, config.input());
        return new EngineCache(cache).fileOf(key, file.stem());
    }

    private static Map<String, List<Long>> outputShapes(ICudaEngine engine) {
        Map<String, List<Long>> shapes = new HashMap<>();
        for (int i = 0; i < engine.getNbIOTensors(); i++) {
            String tensor = engine.getIOTensorName(i);
            if (engine.getTensorIOMode(tensor).value == nvinfer.TensorIOMode.kOUTPUT.value) {
                Dims64 dims = engine.getTensorShape(tensor);
                List<Long> sizes = new ArrayList<>();
                for (int d = 0; d < dims.nbDims(); d++) {
                    sizes.add(dims.d(d));
                }
                shapes.put(tensor, sizes);
            }
        }
        return shapes;
    }

    private TensorType typeOf(String tensor) {
        int type = engine.getTensorDataType(tensor).value;
        if (type == nvinfer.DataType.kFLOAT.value) {
            return TensorType.FP32;
        }
        if (type == nvinfer.DataType.kHALF.value) {
            return TensorType.FP16;
        }
        throw new ModelException("tensor " + tensor + " of the engine: expected FP32 or FP16, found type " + type);
    }

    @Override
    public ModelInfo model() {
        return info;
    }

    /** Layers, their types and kernels, as TensorRT prints them. */
    public String describeLayers() {
        try (IEngineInspector inspector = NativeOwnership.own(engine.createEngineInspector(), IEngineInspector::new)) {
            return inspector
                    .getEngineInformation(nvinfer.LayerInformationFormat.kONELINE.value)
                    .getString();
        }
    }

    /** Number of layers after fusion. */
    public int layers() {
        return engine.getNbLayers();
    }

    /** Scratch memory of one lane, in bytes. */
    public long laneScratchBytes() {
        return contextBytes;
    }

    /** Names of the outputs, in the order of predictions. */
    List<String> outputNames() {
        return yoloV5.outputs().stream().map(TensorInfo::name).toList();
    }

    /** Element type of the input. */
    TensorType inputType() {
        return inputType;
    }

    /** Elements of one output for a batch. */
    long outputElements(int output, int batch) {
        return yoloV5.outputElements(output, batch);
    }

    /** Options of the build. */
    public EngineOptions options() {
        return options;
    }

    /** Largest batch that the engine takes. */
    public int largestBatch() {
        return yoloV5.hasDynamicBatch()
                ? options.maxBatch()
                : yoloV5.inputShape().batch();
    }

    @Override
    public long modelBytes() {
        return modelBytes;
    }

    /**
     * Opens a lane with a stream of its own. For a model with a fixed batch, the lane holds and runs that batch, whatever its size.
     *
     * @throws IllegalArgumentException when the engine was built for fewer images
     */
    @Override
    public TensorRtLane openLane(int maxBatch) {
        if (closed) {
            throw new IllegalStateException("the engine is closed");
        }
        if (maxBatch < 1 || (maxBatch > largestBatch() && yoloV5.hasDynamicBatch())) {
            throw new IllegalArgumentException(
                    "batch of " + maxBatch + ": this engine takes 1 to " + largestBatch() + " images");
        }
        int batch = yoloV5.hasDynamicBatch() ? maxBatch : yoloV5.inputShape().batch();
        return new TensorRtLane(device, engine, log, yoloV5, inputType, outputTypes, contextBytes, batch);
    }

    /** Frees the engine; a second call does nothing. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            device.makeCurrent();
            opened.close();
        }
    }
}
