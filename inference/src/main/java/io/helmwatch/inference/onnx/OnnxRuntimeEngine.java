package io.helmwatch.inference.onnx;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import io.helmwatch.config.InferenceConfig;
import io.helmwatch.config.ModelConfig;
import io.helmwatch.inference.InferenceEngine;
import io.helmwatch.inference.InferenceException;
import io.helmwatch.inference.InferenceLane;
import io.helmwatch.inference.ModelException;
import io.helmwatch.inference.ModelInfo;
import io.helmwatch.inference.OnnxFile;
import io.helmwatch.inference.YoloV5Network;
import io.helmwatch.vision.TensorShape;
import io.helmwatch.vision.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/**
 * A YOLOv5 network on the CPU with ONNX Runtime; one session shared by all lanes.
 *
 * <p>A run uses {@link WorkerPlan#threadsPerWorker()} threads, the caller's among them; idle threads sleep rather than spin,
 * since the cores also decode. Loading runs the network once on an empty picture, so that what does not run is refused here.
 *
 * <p>Threading: any thread may ask and open lanes; lanes of one engine may run at the same time. Ownership: close the lanes
 * first.
 */
public final class OnnxRuntimeEngine implements InferenceEngine {

    /** Address space; only what is used takes memory. */
    private static final long DEEP_STACK_BYTES = 512L << 20;

    private final OrtEnvironment environment;
    private final YoloV5Network network;
    private final ModelInfo info;
    private final WorkerPlan plan;
    private final long networkBytes;
    private @Nullable OrtSession session;

    private OnnxRuntimeEngine(OrtEnvironment environment, YoloV5Network network, OrtSession session, WorkerPlan plan) {
        this.environment = environment;
        this.network = network;
        this.session = session;
        this.plan = plan;
        networkBytes = network.file().path().toFile().length();
        info = network.info(network.inputType() == TensorType.FP16 ? "fp16" : "fp32", "cpu");
    }

    /**
     * Loads a network for all cores of this machine.
     *
     * @param model the ONNX file
     * @param config labels and letterbox where they are not the model's own
     * @param inference number of workers, or 0 to measure for at most two seconds which plan is faster
     * @throws ModelException when the file is not a YOLOv5 detector that ONNX Runtime can run
     */
    public static OnnxRuntimeEngine open(Path model, ModelConfig config, InferenceConfig inference) {
        return open(model, config, inference, Runtime.getRuntime().availableProcessors());
    }

    static OnnxRuntimeEngine open(Path model, ModelConfig config, InferenceConfig inference, int cores) {
        if (inference.workers() > 0) {
            return open(model, config, new WorkerPlan(inference.workers(), 1, "as configured"));
        }
        if (cores == 1) {
            return open(model, config, new WorkerPlan(1, 1, "one core"));
        }
        return WorkerTrial.fastest(model, config, cores);
    }

    /**
     * Loads a network for a given plan.
     *
     * @throws ModelException when the file is not a YOLOv5 detector that ONNX Runtime can run
     */
    public static OnnxRuntimeEngine open(Path model, ModelConfig config, WorkerPlan plan) {
        OnnxFile file = OnnxFile.read(model);
        boolean open = YoloV5Network.hasOpenOutputs(file);
        YoloV5Network declared = open ? null : YoloV5Network.of(file, config);
        OrtEnvironment environment = environment();
        OrtSession session = null;
        try {
            environment.setTelemetry(false);
            session = load(environment, model, plan.threadsPerWorker());
            YoloV5Network network =
                    declared != null ? declared : YoloV5Network.of(file, config, probe(environment, session, file));
            OnnxRuntimeEngine engine = new OnnxRuntimeEngine(environment, network, session, plan);
            try (InferenceLane lane = engine.openLane(1)) {
                lane.run(1);
            }
            return engine;
        } catch (OrtException e) {
            closeQuietly(session, e);
            throw new ModelException("model " + model + ": ONNX Runtime refuses it: " + reason(e), e);
        } catch (InferenceException e) {
            closeQuietly(session, e);
            throw new ModelException(
                    "model " + model + ": a first run on an empty picture fails: " + e.getMessage(), e);
        } catch (Throwable e) {
            closeQuietly(session, e);
            throw e;
        }
    }

    /**
     * The process's environment. While it is made ONNX Runtime 1.29 recurses, thousands of frames deep where the process's command line
     * is long (a class path of some kilobytes), and an overflow in native code ends the process without a word: it is made on a
     * thread with a deep stack.
     */
    static OrtEnvironment environment() {
        FutureTask<OrtEnvironment> making = new FutureTask<>(
                () -> OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR, "helmwatch"));
        new Thread(null, making, "onnx-start", DEEP_STACK_BYTES).start();
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return making.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                } catch (ExecutionException e) {
                    throw new ModelException("ONNX Runtime cannot be loaded: " + e.getCause(), e);
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static OrtSession load(OrtEnvironment environment, Path model, int threads) throws OrtException {
        try (OrtSession.SessionOptions options = sessionOptions(threads)) {
            return environment.createSession(model.toString(), options);
        }
    }

    /** The caller closes them. */
    static OrtSession.SessionOptions sessionOptions(int threads) throws OrtException {
        OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        options.setIntraOpNumThreads(threads);
        options.setInterOpNumThreads(1);
        options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
        options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
        options.addConfigEntry("session.intra_op.allow_spinning", "0");
        return options;
    }

    /** Shapes of the outputs for one empty picture. */
    private static Map<String, List<Long>> probe(OrtEnvironment environment, OrtSession session, OnnxFile file)
            throws OrtException {
        TensorShape shape = YoloV5Network.inputShapeOf(file);
        OnnxFile.Port input = file.inputs().get(0);
        if (input.type() == null) {
            return Map.of();
        }
        boolean half = input.type() == TensorType.FP16;
        ByteBuffer zeros = ByteBuffer.allocateDirect(shape.batch() * shape.elementsPerImage() * (half ? 2 : 4))
                .order(ByteOrder.nativeOrder());
        long[] sizes = {shape.batch(), 3, shape.height(), shape.width()};
        try (OnnxTensor tensor = OnnxTensor.createTensor(
                        environment, zeros, sizes, half ? OnnxJavaType.FLOAT16 : OnnxJavaType.FLOAT);
                OrtSession.Result result = session.run(Map.of(input.name(), tensor))) {
            Map<String, List<Long>> shapes = new HashMap<>();
            for (Map.Entry<String, OnnxValue> output : result) {
                if (output.getValue() instanceof OnnxTensor value) {
                    List<Long> found = new ArrayList<>();
                    for (long size : value.getInfo().getShape()) {
                        found.add(size);
                    }
                    shapes.put(output.getKey(), found);
                }
            }
            return shapes;
        }
    }

    static void closeQuietly(@Nullable OrtSession session, Throwable reason) {
        if (session != null) {
            try {
                session.close();
            } catch (OrtException e) {
                reason.addSuppressed(e);
            }
        }
    }

    /** ONNX Runtime's own sentence, without error codes and source files. */
    static String reason(OrtException e) {
        String message = String.valueOf(e.getMessage());
        for (String prefix : List.of("message: ", "Status Message: ", "[ONNXRuntimeError] : ")) {
            int at = message.lastIndexOf(prefix);
            message = at < 0 ? message : message.substring(at + prefix.length());
        }
        int end = message.indexOf('\n');
        return end < 0 ? message : message.substring(0, end);
    }

    /** The same network under another plan's name; this object must not be used any more. */
    OnnxRuntimeEngine withPlan(WorkerPlan other) {
        OrtSession current = session;
        if (current == null) {
            throw new IllegalStateException("the engine is closed");
        }
        session = null;
        return new OnnxRuntimeEngine(environment, network, current, other);
    }

    @Override
    public ModelInfo model() {
        return info;
    }

    /** The network as it was understood. */
    public YoloV5Network network() {
        return network;
    }

    /** SHA-256 of the model file, lower-case hexadecimal. */
    public String modelSha256() {
        return network.file().sha256();
    }

    /** How many lanes may run at the same time, and with how many threads each. */
    public WorkerPlan plan() {
        return plan;
    }

    /**
     * Opens a lane whose tensors hold up to {@code maxBatch} pictures. For a network with a fixed batch, the lane runs it as often
     * as the pictures need, and its tensors hold a multiple of that batch.
     */
    @Override
    public long networkBytes() {
        return networkBytes;
    }

    @Override
    public OnnxRuntimeLane openLane(int maxBatch) {
        if (maxBatch < 1) {
            throw new IllegalArgumentException("batch of " + maxBatch + ": must be at least 1");
        }
        OrtSession current = session;
        if (current == null) {
            throw new IllegalStateException("the engine is closed");
        }
        try {
            return new OnnxRuntimeLane(environment, current, network, maxBatch);
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException("batch of " + maxBatch + ": its tensors must stay below 2 GB", e);
        } catch (OutOfMemoryError e) {
            throw new ModelException(
                    "model " + network.file().path() + ": no memory for the tensors of another lane with batch "
                            + maxBatch + ": raise -XX:MaxDirectMemorySize or configure fewer workers",
                    e);
        }
    }

    /** Frees the network; a second call does nothing. */
    @Override
    public void close() {
        OrtSession old = session;
        session = null;
        if (old != null) {
            try {
                old.close();
            } catch (OrtException e) {
                throw new IllegalStateException("ONNX Runtime could not free the network: " + reason(e), e);
            }
        }
    }
}
