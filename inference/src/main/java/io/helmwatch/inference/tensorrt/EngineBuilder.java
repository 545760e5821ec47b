package io.helmwatch.inference.tensorrt;

import io.helmwatch.config.inference.GpuPrecision;
import io.helmwatch.cuda.CudaDevice;
import io.helmwatch.inference.ModelException;
import io.helmwatch.inference.ModelFile;
import io.helmwatch.inference.OnnxModel;
import io.helmwatch.inference.PrecisionConverter;
import io.helmwatch.inference.ScalarRanges;
import io.helmwatch.resource.AtomicFile;
import io.helmwatch.resource.AtomicFile.Durability;
import io.helmwatch.resource.Closer;
import io.helmwatch.vision.tensor.TensorShape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.tensorrt.global.nvinfer;
import org.bytedeco.tensorrt.global.nvonnxparser;
import org.bytedeco.tensorrt.nvinfer.Dims64;
import org.bytedeco.tensorrt.nvinfer.IBuilder;
import org.bytedeco.tensorrt.nvinfer.IBuilderConfig;
import org.bytedeco.tensorrt.nvinfer.IHostMemory;
import org.bytedeco.tensorrt.nvinfer.ILayer;
import org.bytedeco.tensorrt.nvinfer.INetworkDefinition;
import org.bytedeco.tensorrt.nvinfer.IOptimizationProfile;
import org.bytedeco.tensorrt.nvinfer.ITensor;
import org.bytedeco.tensorrt.nvinfer.ITimingCache;
import org.bytedeco.tensorrt.nvonnxparser.IParser;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Builds engines from ONNX.
 *
 * <p>Networks are strongly typed: in FP16 engines every tensor is FP16, the input included, since the letterbox writes FP16; only the nodes that
 * decode boxes are FP32 (see {@link PrecisionConverter#toFp16}). Raw heads are FP16 outputs: logits are small, and boxes are decoded from them in
 * FP32. When TensorRT chooses between FP16 and FP32 itself, builds take longer and engines are slower by a third and more.
 *
 * <p>INT8 engines are the exception: TensorRT 10.6 finds no kernel at level 0 for an FP16 convolution whose result is quantised. Their
 * networks are FP32 except for what they quantise themselves, and TensorRT may choose FP16, except for nodes that decode boxes.
 *
 * <p>Threading: one build at a time per object. Ownership: frees everything except the parser, which the presets cannot free, and which holds
 * about as many bytes as the ONNX file until the process ends.
 */
final class EngineBuilder {

    private static final Logger LOG = LoggerFactory.getLogger(EngineBuilder.class);

    /** Decoded boxes are {@code [N, rows, 5 + classes]}, raw heads have more dimensions. */
    private static final int DECODED_RANK = 3;

    /** The network defines the type of every tensor, and TensorRT times kernels for no other type. */
    private static final int TYPED = 1 << nvinfer.NetworkDefinitionCreationFlag.kSTRONGLY_TYPED.value;

    private final CudaDevice device;
    private final Path timingFile;

    EngineBuilder(CudaDevice device, Path timingFile) {
        this.device = device;
        this.timingFile = timingFile;
    }

    /**
     * Builds.
     *
     * @param file the model
     * @param shapes the shapes of its input
     * @return TensorRT's plan
     * @throws ModelException when TensorRT refuses the model
     */
    byte[] build(ModelFile file, EngineShapes shapes, EngineOptions options, EngineProgress progress) {
        device.makeCurrent();
        BuildProgress watch = new BuildProgress(progress);
        TensorRtLog log = new TensorRtLog(watch::onLogLine);
        // Loading the builder's kernels takes a good part of a short build.
        watch.start();
        try (watch;
                Closer owned = new Closer()) {
            boolean mixed = options.precision() == GpuPrecision.INT8;
            IBuilder builder = own(owned, nvinfer.createInferBuilder(log), IBuilder::new, file, log);
            builder.setMaxThreads(Runtime.getRuntime().availableProcessors());
            INetworkDefinition network =
                    own(owned, builder.createNetworkV2(mixed ? 0 : TYPED), INetworkDefinition::new, file, log);
            parse(file, options.precision(), network, log);
            IBuilderConfig config = own(owned, builder.createBuilderConfig(), IBuilderConfig::new, file, log);
            configure(config, options);
            if (file.inputs().get(0).dimensions().contains(-1L)) {
                addProfile(builder, config, network, file, shapes);
            }
            if (mixed) {
                allowMixing(network, config);
            }
            loadTimings(owned, config);
            IHostMemory plan = builder.buildSerializedNetwork(network, config);
            if (plan == null || plan.isNull()) {
                throw refuse(file, log);
            }
            owned.register(NativeOwnership.own(plan, IHostMemory::new));
            storeTimings(config);
            byte[] bytes = new byte[Math.toIntExact(plan.size())];
            new BytePointer(plan.data()).capacity(bytes.length).get(bytes);
            watch.complete();
            return bytes;
        }
    }

    private static <P extends Pointer> P own(
            Closer owned, P object, Supplier<P> sample, ModelFile file, TensorRtLog log) {
        if (object == null || object.isNull()) {
            throw refuse(file, log);
        }
        return owned.register(NativeOwnership.own(object, sample));
    }

    private static ModelException refuse(ModelFile file, TensorRtLog log) {
        return new ModelException("model " + file.path() + ": TensorRT refuses it: " + log.takeErrors());
    }

    private static void parse(ModelFile file, GpuPrecision precision, INetworkDefinition network, TensorRtLog log) {
        OnnxModel model = OnnxModel.read(file.path());
        ScalarRanges.in(model);
        PrecisionConverter.toFp32(model);
        if (precision == GpuPrecision.FP16) {
            PrecisionConverter.toFp16(model);
        }
        IParser parser = nvonnxparser.createParser(network, log);
        if (parser == null || parser.isNull()) {
            throw refuse(file, log);
        }
        byte[] bytes = model.toBytes();
        try (BytePointer written = new BytePointer(bytes)) {
            if (!parser.parse(written, bytes.length)) {
                throw refuse(file, log);
            }
        }
        network.getInput(0).setAllowedFormats(1 << nvinfer.TensorFormat.kLINEAR.value);
        for (int i = 0; i < network.getNbOutputs(); i++) {
            network.getOutput(i).setAllowedFormats(1 << nvinfer.TensorFormat.kLINEAR.value);
        }
    }

    private static void configure(IBuilderConfig config, EngineOptions options) {
        config.setBuilderOptimizationLevel(options.level());
        config.setAvgTimingIterations(options.timingRuns());
        config.setTacticSources(options.tacticSourceBits());
        config.clearFlag(nvinfer.BuilderFlag.kTF32.value);
        if (options.maxTactics() > 0) {
            config.setMaxNbTactics(options.maxTactics());
        }
        if (options.workspaceMebibytes() > 0) {
            config.setMemoryPoolLimit(
                    nvinfer.MemoryPoolType.kWORKSPACE.value, (long) options.workspaceMebibytes() << 20);
        }
    }

    private static void addProfile(
            IBuilder builder, IBuilderConfig config, INetworkDefinition network, ModelFile file, EngineShapes shapes) {
        IOptimizationProfile profile = builder.createOptimizationProfile();
        String name = network.getInput(0).getName();
        try (BytePointer cName = new BytePointer(name);
                Dims64 smallest = dims(shapes.smallest());
                Dims64 best = dims(shapes.best());
                Dims64 largest = dims(shapes.largest())) {
            boolean fits = profile.setDimensions(cName, nvinfer.OptProfileSelector.kMIN.value, smallest)
                    && profile.setDimensions(cName, nvinfer.OptProfileSelector.kOPT.value, best)
                    && profile.setDimensions(cName, nvinfer.OptProfileSelector.kMAX.value, largest);
            if (!fits || config.addOptimizationProfile(profile) < 0) {
                throw new ModelException("model " + file.path() + ": TensorRT refuses inputs from " + shapes.smallest()
                        + " to " + shapes.largest());
            }
        }
    }

    private static Dims64 dims(TensorShape shape) {
        Dims64 dims = new Dims64();
        dims.nbDims(4);
        dims.d(0, shape.batch()).d(1, shape.channels()).d(2, shape.height()).d(3, shape.width());
        return dims;
    }

    /** Allows FP16 and INT8 where they are faster, but FP32 only for layers that decode boxes; raw heads are FP16 outputs. */
    private static void allowMixing(INetworkDefinition network, IBuilderConfig config) {
        config.setFlag(nvinfer.BuilderFlag.kINT8.value);
        config.setFlag(nvinfer.BuilderFlag.kFP16.value);
        config.setFlag(nvinfer.BuilderFlag.kPREFER_PRECISION_CONSTRAINTS.value);
        network.getInput(0).setType(nvinfer.DataType.kHALF.value);
        if (network.getOutput(0).getDimensions().nbDims() > DECODED_RANK) {
            for (int i = 0; i < network.getNbOutputs(); i++) {
                network.getOutput(i).setType(nvinfer.DataType.kHALF.value);
            }
            return;
        }
        Map<Long, ILayer> producers = new HashMap<>();
        for (int i = 0; i < network.getNbLayers(); i++) {
            ILayer layer = network.getLayer(i);
            for (int j = 0; j < layer.getNbOutputs(); j++) {
                producers.put(layer.getOutput(j).address(), layer);
            }
        }
        Deque<ITensor> pending = new ArrayDeque<>();
        for (int i = 0; i < network.getNbOutputs(); i++) {
            pending.add(network.getOutput(i));
        }
        Set<Long> seen = new HashSet<>();
        int fp32Layers = 0;
        while (!pending.isEmpty()) {
            ITensor tensor = pending.remove();
            ILayer layer = producers.get(tensor.address());
            if (layer == null || !seen.add(layer.address())) {
                continue;
            }
            int type = layer.getType().value;
            if (type == nvinfer.LayerType.kCONVOLUTION.value) {
                continue;
            }
            if (isFloat(tensor) && type != nvinfer.LayerType.kSHAPE.value) {
                layer.setPrecision(nvinfer.DataType.kFLOAT.value);
                for (int j = 0; j < layer.getNbOutputs(); j++) {
                    layer.setOutputType(j, nvinfer.DataType.kFLOAT.value);
                }
                fp32Layers++;
            }
            for (int j = 0; j < layer.getNbInputs(); j++) {
                ITensor from = layer.getInput(j);
                if (from != null && !from.isNull()) {
                    pending.add(from);
                }
            }
        }
        LOG.debug("{} layers between the last convolutions and the outputs stay FP32", fp32Layers);
    }

    private static boolean isFloat(ITensor tensor) {
        int type = tensor.getType().value;
        return type == nvinfer.DataType.kFLOAT.value || type == nvinfer.DataType.kHALF.value;
    }

    private void loadTimings(Closer owned, IBuilderConfig config) {
        byte[] stored = new byte[0];
        try {
            if (Files.exists(timingFile)) {
                stored = Files.readAllBytes(timingFile);
            }
        } catch (IOException e) {
            LOG.debug("Kernel timings {} cannot be read; every kernel is timed again", timingFile, e);
        }
        try (BytePointer bytes = new BytePointer(Math.max(1, stored.length))) {
            bytes.put(stored, 0, stored.length);
            ITimingCache cache = config.createTimingCache(bytes, stored.length);
            if (cache == null || cache.isNull()) {
                cache = config.createTimingCache(bytes, 0);
            }
            if (cache != null && !cache.isNull()) {
                owned.register(NativeOwnership.own(cache, ITimingCache::new));
                config.setTimingCache(cache, false);
            }
        }
    }

    private void storeTimings(IBuilderConfig config) {
        ITimingCache cache = config.getTimingCache();
        if (cache == null || cache.isNull()) {
            return;
        }
        IHostMemory serialized = cache.serialize();
        if (serialized == null || serialized.isNull()) {
            return;
        }
        try (IHostMemory memory = NativeOwnership.own(serialized, IHostMemory::new)) {
            byte[] bytes = new byte[Math.toIntExact(memory.size())];
            new BytePointer(memory.data()).capacity(bytes.length).get(bytes);
            AtomicFile.replace(timingFile, bytes, Durability.CACHED);
        } catch (IOException e) {
            LOG.warn(
                    "Kernel timings not stored in {}: {}; the next build times every kernel again",
                    timingFile,
                    e.getMessage());
        }
    }
}
