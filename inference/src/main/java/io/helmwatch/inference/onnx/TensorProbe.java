package io.helmwatch.inference.onnx;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.helmwatch.inference.InferenceException;
import io.helmwatch.inference.ModelException;
import io.helmwatch.inference.OnnxModel;
import io.helmwatch.resource.Closer;
import io.helmwatch.resource.NativeMemory;
import io.helmwatch.vision.tensor.HostTensorBatch;
import io.helmwatch.vision.tensor.TensorShape;
import io.helmwatch.vision.tensor.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Runs an FP32 model on the CPU and shows tensors from inside its graph.
 *
 * <p>Threading: used by one thread; a run uses all cores. Ownership: frees the session and the tensors on close; a second call
 * does nothing.
 */
public final class TensorProbe implements AutoCloseable {

    private static final NativeMemory.Account MEMORY = NativeMemory.account("onnx.probe");

    private final String what;
    private final Set<String> tensors;
    private final HostTensorBatch input;
    private final OrtSession session;
    private final OrtEnvironment environment;
    private final OnnxTensor source;
    private final Map<String, OnnxTensor> targets = new LinkedHashMap<>();
    private final Map<String, Values> values = new LinkedHashMap<>();
    private final Closer opened;

    /**
     * Values of a tensor after a run.
     *
     * @param name the tensor
     * @param shape its sizes
     * @param floats its elements; overwritten by the next run
     */
    public record Values(String name, List<Long> shape, FloatBuffer floats) {}

    private TensorProbe(
            String what,
            Set<String> tensors,
            HostTensorBatch input,
            OrtEnvironment environment,
            OrtSession session,
            OnnxTensor source,
            Closer opened) {
        this.what = what;
        this.tensors = tensors;
        this.input = input;
        this.environment = environment;
        this.session = session;
        this.source = source;
        this.opened = opened;
    }

    /**
     * Loads a model.
     *
     * @param model an FP32 model; the tensors to show become outputs of it
     * @param what names it in messages
     * @param tensors names of the FP32 tensors to show
     * @param shape of the input, batch included
     * @throws ModelException when ONNX Runtime refuses it
     */
    public static TensorProbe open(OnnxModel model, String what, List<String> tensors, TensorShape shape) {
        model.addOutputs(tensors);
        OrtEnvironment environment = OnnxRuntime.environment();
        try (Closer opened = new Closer();
                OrtSession.SessionOptions options =
                        OnnxRuntime.sessionOptions(Runtime.getRuntime().availableProcessors())) {
            OrtSession session = opened.register(environment.createSession(model.toBytes(), options));
            HostTensorBatch input = HostTensorBatch.allocate(shape, TensorType.FP32);
            record(opened, input.buffer().capacity());
            OnnxTensor source = opened.register(OnnxTensor.createTensor(
                    environment,
                    input.buffer(),
                    new long[] {shape.batch(), shape.channels(), shape.height(), shape.width()},
                    OnnxJavaType.FLOAT));
            return new TensorProbe(
                    what, new LinkedHashSet<>(tensors), input, environment, session, source, opened.transfer());
        } catch (OrtException e) {
            throw new ModelException(what + ": ONNX Runtime refuses it: " + OnnxRuntime.reason(e), e);
        }
    }

    private static void record(Closer opened, long bytes) {
        MEMORY.allocated(bytes);
        opened.register(() -> MEMORY.freed(bytes));
    }

    /** The input, to be filled before a run. */
    public HostTensorBatch input() {
        return input;
    }

    /**
     * Runs the model once.
     *
     * @return the values of each tensor by name; overwritten by the next run
     * @throws InferenceException when ONNX Runtime fails
     */
    public Map<String, Values> run() {
        try {
            if (targets.isEmpty()) {
                allocate();
            }
            session.run(Map.of(inputName(), source), targets).close();
        } catch (OrtException e) {
            throw new InferenceException("running " + what + " on the CPU failed: " + OnnxRuntime.reason(e), e);
        }
        return Map.copyOf(values);
    }

    private String inputName() {
        return session.getInputNames().iterator().next();
    }

    /** The first run finds the shapes, since files need not declare them. */
    private void allocate() throws OrtException {
        Map<String, long[]> shapes = new HashMap<>();
        try (OrtSession.Result result = session.run(Map.of(inputName(), source), tensors)) {
            for (Map.Entry<String, OnnxValue> output : result) {
                if (output.getValue() instanceof OnnxTensor tensor && tensor.getInfo().type == OnnxJavaType.FLOAT) {
                    shapes.put(output.getKey(), tensor.getInfo().getShape());
                }
            }
        }
        for (String name : tensors) {
            long[] shape = shapes.get(name);
            if (shape == null) {
                throw new ModelException(what + ": expected an FP32 tensor " + name + ", found none");
            }
            long elements = 1;
            List<Long> sizes = new ArrayList<>();
            for (long size : shape) {
                elements = Math.multiplyExact(elements, size);
                sizes.add(size);
            }
            ByteBuffer memory = ByteBuffer.allocateDirect(Math.toIntExact(Math.multiplyExact(elements, 4L)))
                    .order(ByteOrder.nativeOrder());
            record(opened, memory.capacity());
            targets.put(name, opened.register(OnnxTensor.createTensor(environment, memory, shape, OnnxJavaType.FLOAT)));
            values.put(name, new Values(name, List.copyOf(sizes), memory.asFloatBuffer()));
        }
    }

    @Override
    public void close() {
        opened.close();
    }
}
