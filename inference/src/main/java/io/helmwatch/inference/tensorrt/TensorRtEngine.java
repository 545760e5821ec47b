package io.helmwatch.inference.tensorrt;

import io.helmwatch.config.ModelConfig;
import io.helmwatch.cuda.CudaDevice;
import io.helmwatch.inference.InferenceEngine;
import io.helmwatch.inference.ModelException;
import io.helmwatch.inference.ModelInfo;
import io.helmwatch.inference.OnnxFile;
import io.helmwatch.inference.YoloV5Network;
import io.helmwatch.vision.TensorShape;
import io.helmwatch.vision.TensorType;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A YOLOv5 network on a GPU with TensorRT; one engine shared by all lanes.
 *
 * <p>Engines are built from the ONNX file and kept on disk; one that was made for another model, GPU, driver, TensorRT or options, or that is
 * damaged, is built anew and replaced.
 *
 * <p>Threading: any thread may ask and open lanes; lanes of one engine may run at the same time. Ownership: close the lanes first.
 */
public final class TensorRtEngine implements InferenceEngine {

    private static final Logger LOG = LoggerFactory.getLogger(TensorRtEngine.class);

    /** A lock for every engine's file. */
    private static final ConcurrentMap<Path, Object> BUILDS = new ConcurrentHashMap<>();

    private final CudaDevice device;
    private final TensorRtLog log;
    private final IRuntime runtime;
    private final ICudaEngine engine;
    private final YoloV5Network network;
    private final EngineOptions options;
    private final ModelInfo info;
    private final TensorType inputType;
    private final List<TensorType> outputTypes;
    private final long contextBytes;
    private final long networkBytes;
    private boolean closed;

    private TensorRtEngine(CudaDevice device, OnnxFile file, ModelConfig config, EngineOptions options, byte[] plan) {
        this.device = device;
        this.options = options;
        device.makeCurrent();
        log = new TensorRtLog();
        IRuntime created = nvinfer.createInferRuntime(log);
        if (created == null || created.isNull()) {
            throw new ModelException("model " + file.path() + ": TensorRT does not start: " + log.takeErrors());
        }
        runtime = NativeOwnership.own(created, IRuntime::new);
        ICudaEngine loaded;
        try (BytePointer bytes = new BytePointer(plan)) {
            loaded = runtime.deserializeCudaEngine(bytes, plan.length);
        }
        if (loaded == null || loaded.isNull()) {
            runtime.close();
            throw new ModelException(
                    "model " + file.path() + ": TensorRT does not load its engine: " + log.takeErrors());
        }
        engine = NativeOwnership.own(loaded, ICudaEngine::new);
        try {
            network = YoloV5Network.of(file, config, outputShapes(engine));
            info = network.info(options.precision().label(), "cuda");
            inputType = typeOf(network.inputName());
            List<TensorType> types = new ArrayList<>();
            for (OnnxFile.Port output : network.outputs()) {
                types.add(typeOf(output.name()));
            }
            outputTypes = List.copyOf(types);
            contextBytes = engine.getDeviceMemorySizeV2();
            networkBytes = plan.length;
        } catch (RuntimeException e) {
            engine.close();
            runtime.close();
            throw e;
        }
    }

    /**
     * Loads a network; builds its engine first when none is kept that fits. Of several GPUs of one kind the first builds, the others wait for its
     * engine.
     *
     * @param device the GPU
     * @param model the ONNX file
     * @param config labels and letterbox where they are not the model's own
     * @param options how to build
     * @param cache folder of engines
     * @param progress follows a build
     * @throws ModelException when the file is not a YOLOv5 detector that TensorRT can run
     */
    public static TensorRtEngine open(
            CudaDevice device,
            Path model,
            ModelConfig config,
            EngineOptions options,
            Path cache,
            EngineProgress progress) {
        Path file = cacheFile(device, model, options, cache).toAbsolutePath().normalize();
        synchronized (BUILDS.computeIfAbsent(file, unused -> new Object())) {
            return openAlone(device, model, config, options, cache, progress);
        }
    }

    private static TensorRtEngine openAlone(
            CudaDevice device,
            Path model,
            ModelConfig config,
            EngineOptions options,
            Path cache,
            EngineProgress progress) {
        OnnxFile file = OnnxFile.read(model);
        TensorShape input = YoloV5Network.inputShapeOf(file);
        boolean dynamicBatch = !file.inputs().isEmpty()
                && !file.inputs().get(0).dimensions().isEmpty()
                && file.inputs().get(0).dimensions().get(0) < 0;
        String name = stem(model);
        EngineCache engines = new EngineCache(cache);
        EngineKey key = EngineKey.of(file, device.info(), options);
        Optional<byte[]> kept = engines.load(key, name);
        if (kept.isPresent()) {
            try {
                return new TensorRtEngine(device, file, config, options, kept.get());
            } catch (ModelException e) {
                LOG.warn("the kept engine {} is built anew: {}", engines.fileOf(key, name), e.getMessage());
            }
        }
        Path timings = engines.timingFile(device.info().name(), TensorRtLibrary.version());
        LOG.info(
                "building the TensorRT engine of {} for {} ({}); this is done once and may take minutes",
                model,
                device.info().name(),
                options.describe());
        byte[] plan = new EngineBuilder(device, timings).build(file, input, dynamicBatch, options, progress);
        try {
            engines.store(key, name, plan);
        } catch (IOException e) {
            LOG.warn("the engine cannot be kept in {} and will be built at every start: {}", cache, e.getMessage());
        }
        return new TensorRtEngine(device, file, config, options, plan);
    }

    /** Where an engine with these options is kept. */
    public static Path cacheFile(CudaDevice device, Path model, EngineOptions options, Path cache) {
        return new EngineCache(cache).fileOf(EngineKey.of(OnnxFile.read(model), device.info(), options), stem(model));
    }

    static String stem(Path model) {
        String name = String.valueOf(model.getFileName());
        int dot = name.lastIndexOf('.');
        return dot > 0 ? name.substring(0, dot) : name;
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
        return network.outputs().stream().map(OnnxFile.Port::name).toList();
    }

    /** Element type of the input. */
    TensorType inputType() {
        return inputType;
    }

    /** Elements of one output for a batch. */
    long outputElements(int output, int batch) {
        long elements = 1;
        for (long side : network.outputShape(output, batch)) {
            elements *= side;
        }
        return elements;
    }

    /** How the engine was built. */
    public EngineOptions options() {
        return options;
    }

    /** Largest batch that the engine takes. */
    public int largestBatch() {
        return network.dynamicBatch()
                ? options.maxBatch()
                : network.inputShape().batch();
    }

    /**
     * Opens a lane with a stream of its own. For a network with a fixed batch, the lane holds and runs that batch, whatever its size.
     *
     * @throws IllegalArgumentException when the engine was built for fewer pictures
     */
    @Override
    public long networkBytes() {
        return networkBytes;
    }

    @Override
    public TensorRtLane openLane(int maxBatch) {
        if (closed) {
            throw new IllegalStateException("the engine is closed");
        }
        if (maxBatch < 1 || (maxBatch > largestBatch() && network.dynamicBatch())) {
            throw new IllegalArgumentException(
                    "batch of " + maxBatch + ": this engine takes 1 to " + largestBatch() + " pictures");
        }
        int batch = network.dynamicBatch() ? maxBatch : network.inputShape().batch();
        return new TensorRtLane(device, engine, log, network, inputType, outputTypes, contextBytes, batch);
    }

    /** Frees the network; a second call does nothing. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            device.makeCurrent();
            engine.close();
            runtime.close();
        }
    }
}
