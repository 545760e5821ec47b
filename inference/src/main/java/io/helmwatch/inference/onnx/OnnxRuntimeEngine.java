package io.helmwatch.inference.onnx;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.helmwatch.config.inference.CpuPrecision;
import io.helmwatch.config.inference.InferenceConfig;
import io.helmwatch.config.inference.ModelConfig;
import io.helmwatch.inference.InferenceEngine;
import io.helmwatch.inference.InferenceException;
import io.helmwatch.inference.ModelException;
import io.helmwatch.inference.ModelFile;
import io.helmwatch.inference.ModelInfo;
import io.helmwatch.inference.NormalizedBoxes;
import io.helmwatch.inference.YoloV5Model;
import io.helmwatch.resource.Closer;
import io.helmwatch.vision.tensor.TensorType;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A YOLOv5 model on the CPU with ONNX Runtime; one session shared by all lanes.
 *
 * <p>A run uses {@link WorkerPlan#threadsPerWorker()} threads, the caller's among them; idle threads sleep rather than spin,
 * since the cores also decode. Loading runs the model once on an empty image, so that a model that does not run is refused here.
 *
 * <p>Threading: any thread may ask and open lanes; lanes of one engine may run at the same time. Ownership: close the lanes
 * first.
 */
public final class OnnxRuntimeEngine implements InferenceEngine {

    private static final Logger LOG = LoggerFactory.getLogger(OnnxRuntimeEngine.class);

    private final OrtEnvironment environment;
    private final YoloV5Model model;
    private final ModelInfo info;
    private final WorkerPlan plan;
    private final long modelBytes;
    private final ModelForm form;
    private @Nullable WorkerPlan otherPlan;
    private @Nullable OrtSession session;
    private @Nullable PrecisionTrial trial;

    private OnnxRuntimeEngine(
            OrtEnvironment environment, YoloV5Model model, OrtSession session, WorkerPlan plan, ModelForm form) {
        this.environment = environment;
        this.model = model;
        this.session = session;
        this.plan = plan;
        modelBytes = model.file().path().toFile().length();
        this.form = form;
        String precision = model.inputType() == TensorType.FP16 ? "fp16" : "fp32";
        info = model.info(form.isInt8() ? "int8" : precision, "cpu");
    }

    /**
     * Loads a model for all cores of this machine.
     *
     * @param path the ONNX file
     * @param config labels and letterbox where they are not the model's own
     * @param inference precision; number of workers, or 0 to measure for at most two seconds which plan is faster
     * @param cache folder in which measurements of this machine are stored
     * @throws ModelException when the file is not a YOLOv5 detector that ONNX Runtime can run, or INT8 is configured and the model
     *     has no INT8 ranges
     */
    public static OnnxRuntimeEngine open(Path path, ModelConfig config, InferenceConfig inference, Path cache) {
        PrecisionChoice choice = new PrecisionChoice(new ModelForm(path, config, null), cache);
        ModelForm form = choice.choose(inference.precision());
        int cores = Runtime.getRuntime().availableProcessors();
        OnnxRuntimeEngine engine;
        try {
            engine = open(form, inference, cores);
        } catch (ModelException e) {
            if (inference.precision() != CpuPrecision.AUTO || !form.isInt8()) {
                throw e;
            }
            // Throws the error of the model itself, or of its labels, where the form in INT8 is not the cause.
            OnnxRuntimeEngine plain = open(new ModelForm(path, config, null), inference, cores);
            LOG.warn("Precision fp32: INT8 cannot be loaded: {}", e.getMessage());
            return plain;
        }
        PrecisionTrial trial = choice.trial();
        if (trial != null) {
            engine.trial = trial;
            trial.start();
        }
        return engine;
    }

    static OnnxRuntimeEngine open(ModelForm form, InferenceConfig inference, int cores) {
        if (inference.workers() > 0) {
            return open(form, new WorkerPlan(inference.workers(), 1, "as configured"));
        }
        if (cores == 1) {
            return open(form, new WorkerPlan(1, 1, "one core"));
        }
        return WorkerTrial.fastest(form, cores);
    }

    /**
     * Loads a model in its own precision for a given plan.
     *
     * @throws ModelException when the file is not a YOLOv5 detector that ONNX Runtime can run
     */
    public static OnnxRuntimeEngine open(Path path, ModelConfig config, WorkerPlan plan) {
        return open(new ModelForm(path, config, null), plan);
    }

    /**
     * Loads a model in INT8 for a given plan.
     *
     * @throws ModelException when the file is not a YOLOv5 detector that can be quantised with these ranges
     */
    public static OnnxRuntimeEngine openInt8(
            Path path, ModelConfig config, QuantizationRanges ranges, WorkerPlan plan) {
        return open(new ModelForm(path, config, ranges), plan);
    }

    /**
     * Interprets a model, for other engines: runs it once where the file leaves its outputs open.
     *
     * @throws ModelException when the file is not a YOLOv5 detector that ONNX Runtime can run
     */
    public static YoloV5Model interpret(Path path, ModelConfig config) {
        ModelFile file = ModelFile.read(path);
        if (!YoloV5Model.hasOpenOutputs(file)) {
            return YoloV5Model.of(file, config);
        }
        WorkerPlan plan = new WorkerPlan(1, Runtime.getRuntime().availableProcessors(), "one run");
        try (OnnxRuntimeEngine engine = open(path, config, plan)) {
            return engine.yoloV5();
        }
    }

    static OnnxRuntimeEngine open(ModelForm form, WorkerPlan plan) {
        return open(form, form.rewritten(), plan);
    }

    /** {@code rewritten} is {@link ModelForm#rewritten}. */
    static OnnxRuntimeEngine open(ModelForm form, byte @Nullable [] rewritten, WorkerPlan plan) {
        Path path = form.path();
        ModelFile file = ModelFile.read(path);
        // Where the input has another shape, ONNX Runtime would name the node that fails for it.
        YoloV5Model.inputShapeOf(file);
        YoloV5Model declared = YoloV5Model.hasOpenOutputs(file) ? null : YoloV5Model.of(file, form.config());
        OrtEnvironment environment = OnnxRuntime.environment();
        try (Closer opened = new Closer()) {
            OrtSession session =
                    opened.register(OnnxRuntime.load(environment, form, rewritten, plan.threadsPerWorker()));
            YoloV5Model model =
                    declared != null ? declared : OutputProbe.interpret(environment, session, file, form.config());
            OnnxRuntimeEngine engine = new OnnxRuntimeEngine(environment, model, session, plan, form);
            try (OnnxRuntimeLane lane = engine.openTrialLane()) {
                lane.run(1);
                NormalizedBoxes.refuse(String.valueOf(path), lane.output());
            }
            // The engine owns the session now.
            opened.transfer();
            return engine;
        } catch (OrtException e) {
            throw new ModelException("model " + path + ": ONNX Runtime refuses it: " + OnnxRuntime.reason(e), e);
        } catch (InferenceException e) {
            throw new ModelException("model " + path + ": a first run on an empty image fails: " + e.getMessage(), e);
        }
    }

    /**
     * Moves the session to an engine with a plan that says why it was chosen; this engine is closed then.
     *
     * @param other the plan that was not chosen
     */
    OnnxRuntimeEngine chosen(WorkerPlan choice, WorkerPlan other) {
        OrtSession current = session;
        if (current == null) {
            throw new IllegalStateException("the engine is closed");
        }
        session = null;
        OnnxRuntimeEngine engine = new OnnxRuntimeEngine(environment, model, current, choice, form);
        engine.otherPlan = other;
        return engine;
    }

    @Override
    public ModelInfo model() {
        return info;
    }

    /** The model as interpreted. */
    public YoloV5Model yoloV5() {
        return model;
    }

    /** SHA-256 of the model file, lower-case hexadecimal. */
    public String modelSha256() {
        return model.file().sha256();
    }

    /** How many lanes may run at the same time, and with how many threads each. */
    public WorkerPlan plan() {
        return plan;
    }

    /**
     * The plan that was measured at start and not chosen, which may be the faster one under other load; null where the plan is configured
     * or there is only one.
     */
    public @Nullable WorkerPlan otherPlan() {
        return otherPlan;
    }

    /**
     * Loads the model once more, with the {@linkplain #otherPlan() other plan}; this engine stays as it is. Takes some hundred
     * milliseconds.
     *
     * @throws ModelException when ONNX Runtime refuses it, e.g. for lack of memory
     */
    public OnnxRuntimeEngine openOtherPlan() {
        WorkerPlan other = otherPlan;
        if (other == null) {
            throw new IllegalStateException("there is no other plan than " + plan);
        }
        OnnxRuntimeEngine engine =
                open(form, new WorkerPlan(other.workers(), other.threadsPerWorker(), "measured under overload"));
        engine.otherPlan = plan;
        return engine;
    }

    @Override
    public long modelBytes() {
        return modelBytes;
    }

    /**
     * Opens a lane whose tensors hold up to {@code maxBatch} images. For a model with a fixed batch, the lane runs it as often
     * as the images need, and its tensors hold a multiple of that batch.
     */
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
            return new OnnxRuntimeLane(environment, current, model, maxBatch);
        } catch (ArithmeticException e) {
            throw new IllegalArgumentException("batch of " + maxBatch + ": its tensors must stay below 2 GB", e);
        } catch (OutOfMemoryError e) {
            throw new ModelException(
                    "model " + model.file().path() + ": no memory for the tensors of another lane with batch "
                            + maxBatch + ": raise -XX:MaxDirectMemorySize or configure fewer workers",
                    e);
        }
    }

    /** A lane for one image of the shape of most cameras, for trials and measurements. */
    OnnxRuntimeLane openTrialLane() {
        OnnxRuntimeLane lane = openLane(1);
        lane.resize(model.sizing().widescreen());
        return lane;
    }

    /** Frees the session; a second call does nothing. */
    @Override
    public void close() {
        if (trial != null) {
            trial.close();
        }
        OrtSession old = session;
        session = null;
        if (old != null) {
            try {
                old.close();
            } catch (OrtException e) {
                throw new IllegalStateException("ONNX Runtime could not free the session: " + OnnxRuntime.reason(e), e);
            }
        }
    }
}
