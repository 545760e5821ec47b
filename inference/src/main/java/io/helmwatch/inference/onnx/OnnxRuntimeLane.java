package io.helmwatch.inference.onnx;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.helmwatch.inference.InferenceException;
import io.helmwatch.inference.InferenceLane;
import io.helmwatch.inference.ModelException;
import io.helmwatch.inference.TensorInfo;
import io.helmwatch.inference.YoloV5Model;
import io.helmwatch.resource.Closer;
import io.helmwatch.resource.NativeMemory;
import io.helmwatch.vision.HalfFloat;
import io.helmwatch.vision.HostPredictions;
import io.helmwatch.vision.HostTensorBatch;
import io.helmwatch.vision.TensorShape;
import io.helmwatch.vision.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A lane over direct buffers: ONNX Runtime reads the input and writes the output in place. All tensors are created once;
 * FP16 outputs are widened into the FP32 predictions after each run.
 *
 * <p>Threading: one thread at a time. Ownership: frees its tensors on close; the buffers are freed with the last reference.
 */
public final class OnnxRuntimeLane implements InferenceLane {

    private static final NativeMemory.Account MEMORY = NativeMemory.account("onnx.tensors");

    private final OrtSession session;
    private final int maxBatch;
    private final int fixedBatch;
    private final HostTensorBatch input;
    private final HostPredictions output;
    private final List<Output> outputs = new ArrayList<>();
    private final List<Binding> bindings = new ArrayList<>();
    private final Closer opened = new Closer();
    private boolean closed;

    OnnxRuntimeLane(OrtEnvironment environment, OrtSession session, YoloV5Model model, int maxBatch) {
        this.session = session;
        this.maxBatch = maxBatch;
        TensorShape shape = model.inputShape();
        fixedBatch = model.hasDynamicBatch() ? 0 : shape.batch();
        int capacity = fixedBatch == 0 ? maxBatch : (maxBatch + fixedBatch - 1) / fixedBatch * fixedBatch;
        input = HostTensorBatch.allocate(
                new TensorShape(capacity, shape.channels(), shape.height(), shape.width()), model.inputType());
        for (int i = 0; i < model.outputs().size(); i++) {
            outputs.add(new Output(model, i, capacity));
        }
        output = new HostPredictions(
                model.layout(), outputs.stream().map(out -> out.floats).toList());
        long bytes = hostBytes();
        MEMORY.allocated(bytes);
        opened.register(() -> MEMORY.freed(bytes));
        try {
            bindAll(environment, model, capacity);
        } catch (OrtException e) {
            ModelException failure = new ModelException(
                    "model " + model.file().path() + ": tensors cannot be created: " + OnnxRuntimeEngine.reason(e), e);
            opened.closeAfter(failure);
            throw failure;
        }
    }

    private void bindAll(OrtEnvironment environment, YoloV5Model model, int capacity) throws OrtException {
        if (fixedBatch == 0) {
            // One binding per batch size, all at the start of the buffers.
            for (int size = 1; size <= capacity; size++) {
                bindings.add(bind(environment, model, 0, size));
            }
        } else {
            for (int first = 0; first < capacity; first += fixedBatch) {
                bindings.add(bind(environment, model, first, fixedBatch));
            }
        }
    }

    private Binding bind(OrtEnvironment environment, YoloV5Model model, int first, int size) throws OrtException {
        TensorShape shape = input.shape();
        ByteBuffer images = slice(
                input.buffer(),
                input.imageOffsetBytes(first),
                size * shape.elementsPerImage() * input.type().bytes());
        OnnxTensor source = tensor(
                environment, images, new long[] {size, shape.channels(), shape.height(), shape.width()}, input.type());
        Map<String, OnnxTensor> targets = new LinkedHashMap<>();
        for (int i = 0; i < outputs.size(); i++) {
            Output out = outputs.get(i);
            int imageBytes = out.elementsPerImage * out.type.bytes();
            ByteBuffer rows = slice(out.memory, first * imageBytes, size * imageBytes);
            targets.put(out.name, tensor(environment, rows, model.outputShape(i, size), out.type));
        }
        return new Binding(Map.of(model.inputName(), source), targets);
    }

    private static ByteBuffer slice(ByteBuffer whole, int offset, int bytes) {
        return whole.slice(offset, bytes).order(ByteOrder.nativeOrder());
    }

    private OnnxTensor tensor(OrtEnvironment environment, ByteBuffer memory, long[] shape, TensorType type)
            throws OrtException {
        return opened.register(OnnxTensor.createTensor(
                environment, memory, shape, type == TensorType.FP16 ? OnnxJavaType.FLOAT16 : OnnxJavaType.FLOAT));
    }

    @Override
    public HostTensorBatch input() {
        return input;
    }

    @Override
    public int maxBatch() {
        return maxBatch;
    }

    /**
     * Runs the model to the end.
     *
     * @throws InferenceException when ONNX Runtime fails
     */
    @Override
    public void run(int size) {
        if (size < 1 || size > maxBatch) {
            throw new IllegalArgumentException("batch of " + size + ": must be 1.." + maxBatch);
        }
        if (closed) {
            throw new IllegalStateException("the lane is closed");
        }
        try {
            if (fixedBatch == 0) {
                run(bindings.get(size - 1));
            } else {
                for (int first = 0; first < size; first += fixedBatch) {
                    run(bindings.get(first / fixedBatch));
                }
            }
        } catch (OrtException e) {
            throw new InferenceException("running the model failed: " + OnnxRuntimeEngine.reason(e), e);
        }
        for (int i = 0; i < outputs.size(); i++) {
            outputs.get(i).widen(size);
        }
    }

    private void run(Binding binding) throws OrtException {
        session.run(binding.inputs, binding.outputs).close();
    }

    @Override
    public void await() {
        // run returns when the output is complete.
    }

    @Override
    public HostPredictions output() {
        return output;
    }

    /** Bytes of the input and output buffers. */
    public long hostBytes() {
        long bytes = input.buffer().capacity();
        for (Output out : outputs) {
            bytes += out.memory.capacity();
            bytes += out.type == TensorType.FP16 ? (long) out.floats.capacity() * Float.BYTES : 0;
        }
        return bytes;
    }

    /** Frees the tensors; a second call does nothing. */
    @Override
    public void close() {
        closed = true;
        bindings.clear();
        opened.close();
    }

    private record Binding(Map<String, OnnxTensor> inputs, Map<String, OnnxTensor> outputs) {}

    /** One output's memory, and its FP32 view or copy. */
    private static final class Output {

        private final String name;
        private final TensorType type;
        private final int elementsPerImage;
        private final ByteBuffer memory;
        private final FloatBuffer floats;

        Output(YoloV5Model model, int index, int capacity) {
            TensorInfo info = model.outputs().get(index);
            name = info.name();
            type = info.type() == TensorType.FP16 ? TensorType.FP16 : TensorType.FP32;
            elementsPerImage = Math.toIntExact(model.outputElements(index, 1));
            memory = direct(Math.multiplyExact(capacity * type.bytes(), elementsPerImage));
            floats = type == TensorType.FP16
                    ? direct(Math.multiplyExact(capacity * Float.BYTES, elementsPerImage))
                            .asFloatBuffer()
                    : memory.asFloatBuffer();
        }

        private static ByteBuffer direct(int bytes) {
            return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
        }

        void widen(int images) {
            if (type == TensorType.FP16) {
                HalfFloat.toFloats(memory.asShortBuffer(), floats, images * elementsPerImage);
            }
        }
    }
}
