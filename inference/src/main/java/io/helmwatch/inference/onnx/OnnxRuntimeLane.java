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
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.tensor.HalfFloat;
import io.helmwatch.vision.tensor.HostPredictions;
import io.helmwatch.vision.tensor.HostTensorBatch;
import io.helmwatch.vision.tensor.PredictionLayout;
import io.helmwatch.vision.tensor.TensorShape;
import io.helmwatch.vision.tensor.TensorType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A lane over direct buffers: ONNX Runtime reads the input and writes the output in place. Memory is allocated once, for the
 * largest input; all sizes of the input share it, and the tensors of a size are created when it is first used. FP16 outputs are
 * widened into the FP32 predictions after each run.
 *
 * <p>Threading: one thread at a time. Ownership: frees its tensors on close; the buffers are freed with the last reference.
 */
public final class OnnxRuntimeLane implements InferenceLane {

    private static final NativeMemory.Account MEMORY = NativeMemory.account("onnx.tensors");

    private final OrtEnvironment environment;
    private final OrtSession session;
    private final YoloV5Model model;
    private final int maxBatch;
    private final int fixedBatch;
    private final int capacity;
    private final HostTensorBatch images;
    private final List<Output> outputs = new ArrayList<>();
    private final Map<ImageSize, Tensors> sizes = new HashMap<>();
    private final Closer opened = new Closer();
    private Tensors current;
    private boolean closed;

    OnnxRuntimeLane(OrtEnvironment environment, OrtSession session, YoloV5Model model, int maxBatch) {
        this.environment = environment;
        this.session = session;
        this.model = model;
        this.maxBatch = maxBatch;
        TensorShape shape = model.inputShape();
        fixedBatch = model.hasDynamicBatch() ? 0 : shape.batch();
        capacity = fixedBatch == 0 ? maxBatch : (maxBatch + fixedBatch - 1) / fixedBatch * fixedBatch;
        images = HostTensorBatch.allocate(
                new TensorShape(capacity, shape.channels(), shape.height(), shape.width()), model.inputType());
        for (int i = 0; i < model.outputs().size(); i++) {
            outputs.add(new Output(model, i, capacity));
        }
        long bytes = hostBytes();
        MEMORY.allocated(bytes);
        opened.register(() -> MEMORY.freed(bytes));
        try {
            current = tensorsOf(shape.imageSize());
        } catch (ModelException failure) {
            opened.closeAfter(failure);
            throw failure;
        }
    }

    @Override
    public void resize(ImageSize size) {
        if (closed) {
            throw new IllegalStateException("the lane is closed");
        }
        current = tensorsOf(size);
    }

    private Tensors tensorsOf(ImageSize size) {
        Tensors known = sizes.get(size);
        if (known != null) {
            return known;
        }
        if (!model.sizing().hasSize(size)) {
            throw new IllegalArgumentException("input of " + size + ": this model's input " + model.sizing());
        }
        try {
            Tensors created = new Tensors(size);
            sizes.put(size, created);
            return created;
        } catch (OrtException e) {
            throw new ModelException(
                    "model " + model.file().path() + ": tensors cannot be created: " + OnnxRuntime.reason(e), e);
        }
    }

    private static ByteBuffer slice(ByteBuffer whole, int offset, int bytes) {
        return whole.slice(offset, bytes).order(ByteOrder.nativeOrder());
    }

    private OnnxTensor tensor(ByteBuffer memory, long[] shape, TensorType type) throws OrtException {
        return opened.register(OnnxTensor.createTensor(
                environment, memory, shape, type == TensorType.FP16 ? OnnxJavaType.FLOAT16 : OnnxJavaType.FLOAT));
    }

    @Override
    public HostTensorBatch input() {
        return current.input;
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
        Tensors tensors = current;
        try {
            if (fixedBatch == 0) {
                run(tensors.bindings.get(size - 1));
            } else {
                for (int first = 0; first < size; first += fixedBatch) {
                    run(tensors.bindings.get(first / fixedBatch));
                }
            }
        } catch (OrtException e) {
            throw new InferenceException("running the model failed: " + OnnxRuntime.reason(e), e);
        }
        for (int i = 0; i < outputs.size(); i++) {
            outputs.get(i).widen(size * tensors.elementsPerImage(i));
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
        return current.output;
    }

    /** Bytes of the input and output buffers. */
    public long hostBytes() {
        long bytes = images.buffer().capacity();
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
        sizes.clear();
        opened.close();
    }

    private record Binding(Map<String, OnnxTensor> inputs, Map<String, OnnxTensor> outputs) {}

    /** The tensors of one size of the input: views of the lane's memory. */
    private final class Tensors {
        private final HostTensorBatch input;
        private final HostPredictions output;
        private final List<Binding> bindings = new ArrayList<>();

        Tensors(ImageSize size) throws OrtException {
            PredictionLayout layout = model.layout(size);
            TensorShape shape = new TensorShape(capacity, images.shape().channels(), size.height(), size.width());
            int bytes = capacity * shape.elementsPerImage() * images.type().bytes();
            input = new HostTensorBatch(shape, images.type(), slice(images.buffer(), 0, bytes));
            List<FloatBuffer> floats = new ArrayList<>();
            for (int i = 0; i < outputs.size(); i++) {
                floats.add(outputs.get(i)
                        .floats
                        .slice(0, Math.toIntExact(YoloV5Model.outputElements(layout, i, capacity))));
            }
            output = new HostPredictions(layout, floats);
            if (fixedBatch == 0) {
                // One binding per batch size, all at the start of the buffers.
                for (int images = 1; images <= capacity; images++) {
                    bindings.add(bind(0, images));
                }
            } else {
                for (int first = 0; first < capacity; first += fixedBatch) {
                    bindings.add(bind(first, fixedBatch));
                }
            }
        }

        int elementsPerImage(int index) {
            return output.tensors().get(index).capacity() / capacity;
        }

        private Binding bind(int first, int size) throws OrtException {
            TensorShape shape = input.shape();
            ByteBuffer pixels = slice(
                    input.buffer(),
                    input.imageOffsetBytes(first),
                    size * shape.elementsPerImage() * input.type().bytes());
            OnnxTensor source =
                    tensor(pixels, new long[] {size, shape.channels(), shape.height(), shape.width()}, input.type());
            Map<String, OnnxTensor> targets = new LinkedHashMap<>();
            for (int i = 0; i < outputs.size(); i++) {
                Output out = outputs.get(i);
                int imageBytes = elementsPerImage(i) * out.type.bytes();
                ByteBuffer rows = slice(out.memory, first * imageBytes, size * imageBytes);
                targets.put(out.name, tensor(rows, YoloV5Model.outputShape(output.layout(), i, size), out.type));
            }
            return new Binding(Map.of(model.inputName(), source), targets);
        }
    }

    /** One output's memory, and its FP32 view or copy. */
    private static final class Output {

        private final String name;
        private final TensorType type;
        private final ByteBuffer memory;
        private final FloatBuffer floats;

        Output(YoloV5Model model, int index, int capacity) {
            TensorInfo info = model.outputs().get(index);
            name = info.name();
            type = info.type() == TensorType.FP16 ? TensorType.FP16 : TensorType.FP32;
            int elements = Math.toIntExact(model.outputElements(index, capacity));
            memory = direct(Math.multiplyExact(elements, type.bytes()));
            floats = type == TensorType.FP16
                    ? direct(Math.multiplyExact(elements, Float.BYTES)).asFloatBuffer()
                    : memory.asFloatBuffer();
        }

        private static ByteBuffer direct(int bytes) {
            return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
        }

        void widen(int elements) {
            if (type == TensorType.FP16) {
                HalfFloat.toFloats(memory.asShortBuffer(), floats, elements);
            }
        }
    }
}
