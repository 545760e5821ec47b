package io.helmwatch.inference.onnx;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.helmwatch.inference.InferenceException;
import io.helmwatch.inference.ModelException;
import io.helmwatch.inference.OnnxGraph;
import io.helmwatch.vision.HostTensorBatch;
import io.helmwatch.vision.TensorShape;
import io.helmwatch.vision.TensorType;
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
import java.util.function.Consumer;

/**
 * Runs an FP32 network on the CPU and shows tensors from inside it.
 *
 * <p>Threading: used by one thread; a run uses all cores. Ownership: frees the network on close; a second call does nothing.
 */
public final class TensorProbe implements AutoCloseable {

    private final String what;
    private final Set<String> tensors;
    private final HostTensorBatch input;
    private final OrtSession session;
    private final OrtEnvironment environment;
    private final OnnxTensor source;
    private final Map<String, OnnxTensor> targets = new LinkedHashMap<>();
    private final Map<String, Values> values = new LinkedHashMap<>();
    private boolean closed;

    /**
     * What a tensor held after a run.
     *
     * @param name the tensor
     * @param shape its sizes
     * @param floats its elements; written over by the next run
     */
    public record Values(String name, List<Long> shape, FloatBuffer floats) {}

    private TensorProbe(
            String what, Set<String> tensors, HostTensorBatch input, OrtEnvironment environment, OrtSession session)
            throws OrtException {
        this.what = what;
        this.tensors = tensors;
        this.input = input;
        this.environment = environment;
        this.session = session;
        TensorShape shape = input.shape();
        source = OnnxTensor.createTensor(
                environment,
                input.buffer(),
                new long[] {shape.batch(), shape.channels(), shape.height(), shape.width()},
                OnnxJavaType.FLOAT);
    }

    /**
     * Loads a network.
     *
     * @param graph an FP32 network; tensors to look at become outputs of it
     * @param what to name it by in messages
     * @param tensors names of FP32 tensors to look at
     * @param shape of the input, batch included
     * @throws ModelException when ONNX Runtime refuses it
     */
    public static TensorProbe open(OnnxGraph graph, String what, List<String> tensors, TensorShape shape) {
        graph.addOutputs(tensors);
        OrtEnvironment environment = OnnxRuntimeEngine.environment();
        OrtSession session = null;
        try (OrtSession.SessionOptions options =
                OnnxRuntimeEngine.sessionOptions(Runtime.getRuntime().availableProcessors())) {
            session = environment.createSession(graph.toBytes(), options);
            return new TensorProbe(
                    what,
                    new LinkedHashSet<>(tensors),
                    HostTensorBatch.allocate(shape, TensorType.FP32),
                    environment,
                    session);
        } catch (OrtException e) {
            OnnxRuntimeEngine.closeQuietly(session, e);
            throw new ModelException(what + ": ONNX Runtime refuses it: " + OnnxRuntimeEngine.reason(e), e);
        }
    }

    /** Where the pictures go. */
    public HostTensorBatch input() {
        return input;
    }

    /**
     * Runs the network once and shows each tensor.
     *
     * @throws InferenceException when ONNX Runtime fails
     */
    public void run(Consumer<Values> look) {
        try {
            if (targets.isEmpty()) {
                allocate();
            }
            session.run(Map.of(inputName(), source), targets).close();
        } catch (OrtException e) {
            throw new InferenceException("running " + what + " on the CPU failed: " + OnnxRuntimeEngine.reason(e), e);
        }
        values.values().forEach(look);
    }

    /** What the tensors held after the last run, by name. */
    public Map<String, Values> values() {
        return Map.copyOf(values);
    }

    private String inputName() {
        return session.getInputNames().iterator().next();
    }

    /** The first run tells the shapes, since files need not. */
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
            targets.put(name, OnnxTensor.createTensor(environment, memory, shape, OnnxJavaType.FLOAT));
            values.put(name, new Values(name, List.copyOf(sizes), memory.asFloatBuffer()));
        }
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        source.close();
        targets.values().forEach(OnnxTensor::close);
        try {
            session.close();
        } catch (OrtException e) {
            throw new IllegalStateException(
                    "ONNX Runtime could not free the network: " + OnnxRuntimeEngine.reason(e), e);
        }
    }
}
