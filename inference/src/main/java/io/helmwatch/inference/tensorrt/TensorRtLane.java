package io.helmwatch.inference.tensorrt;

import io.helmwatch.cuda.CudaDevice;
import io.helmwatch.cuda.CudaEvent;
import io.helmwatch.cuda.CudaException;
import io.helmwatch.cuda.CudaGraph;
import io.helmwatch.cuda.CudaStream;
import io.helmwatch.cuda.DeviceBuffer;
import io.helmwatch.inference.InferenceLane;
import io.helmwatch.inference.ModelException;
import io.helmwatch.inference.YoloV5Model;
import io.helmwatch.resource.Closer;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.tensor.DevicePredictions;
import io.helmwatch.vision.tensor.DeviceTensorBatch;
import io.helmwatch.vision.tensor.RawPredictions;
import io.helmwatch.vision.tensor.TensorBatch;
import io.helmwatch.vision.tensor.TensorShape;
import io.helmwatch.vision.tensor.TensorType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.tensorrt.global.nvinfer;
import org.bytedeco.tensorrt.nvinfer.Dims64;
import org.bytedeco.tensorrt.nvinfer.ICudaEngine;
import org.bytedeco.tensorrt.nvinfer.IExecutionContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A stream, an execution context and its buffers, all created once; all sizes of the input share them. Every batch size of the largest
 * input, and of the one that fits frames of 16:9, is captured as a CUDA graph when the lane is opened, so that a run is one call; those of other
 * sizes when they first run.
 *
 * <p>Threading: handed from thread to thread by the pipeline, one at a time. Ownership: frees everything on close, which requires that its work
 * is complete.
 */
public final class TensorRtLane implements InferenceLane {

    private static final Logger LOG = LoggerFactory.getLogger(TensorRtLane.class);
    private static final String OWNER = "inference.lane";

    /** Graphs of a lane; batches beyond are enqueued kernel by kernel. */
    private static final int MAX_GRAPHS = 256;

    private final CudaDevice device;
    private final TensorRtLog log;
    private final YoloV5Model model;
    private final int maxBatch;
    private final boolean dynamicShape;
    private final Closer opened = new Closer();
    private final CudaStream stream;
    private final CudaEvent done;
    private final IExecutionContext context;
    private final Dims64 inputDims;
    private final DeviceTensorBatch images;
    private final DevicePredictions predictions;
    private final Map<ImageSize, Tensors> sizes = new HashMap<>();
    private Tensors current;
    private int graphs;
    private boolean capturing = true;
    private boolean closed;

    /** Views of the lane's memory for one size of the input, and the graphs by batch. */
    private static final class Tensors {
        private final DeviceTensorBatch input;
        private final DevicePredictions output;
        private final @Nullable CudaGraph[] graphs;

        Tensors(DeviceTensorBatch input, DevicePredictions output) {
            this.input = input;
            this.output = output;
            this.graphs = new CudaGraph[input.shape().batch() + 1];
        }
    }

    TensorRtLane(
            CudaDevice device,
            ICudaEngine engine,
            TensorRtLog log,
            YoloV5Model model,
            TensorType inputType,
            List<TensorType> outputTypes,
            long contextBytes,
            int maxBatch) {
        this.device = device;
        this.log = log;
        this.model = model;
        this.maxBatch = maxBatch;
        // TensorRT refuses to be told shapes that are fixed.
        dynamicShape = model.hasDynamicBatch() || YoloV5Model.hasDynamicSides(model.file());
        device.makeCurrent();
        try {
            stream = opened.register(new CudaStream(device));
            done = opened.register(CudaEvent.blocking(device));
            // Closed after the context that uses it.
            DeviceBuffer scratch = opened.register(new DeviceBuffer(device, OWNER, Math.max(256, contextBytes)));
            IExecutionContext created =
                    engine.createExecutionContext(nvinfer.ExecutionContextAllocationStrategy.kUSER_MANAGED.value);
            if (created == null || created.isNull()) {
                throw new ModelException("TensorRT creates no execution context: " + log.takeErrors());
            }
            context = opened.register(NativeOwnership.own(created, IExecutionContext::new));
            context.setDeviceMemoryV2(scratch.pointer(), scratch.bytes());
            TensorShape one = model.inputShape();
            TensorShape shape = new TensorShape(maxBatch, one.channels(), one.height(), one.width());
            DeviceBuffer pixels = opened.register(
                    new DeviceBuffer(device, OWNER, (long) maxBatch * shape.elementsPerImage() * inputType.bytes()));
            pixels.fill(0, pixels.bytes(), stream);
            images = new DeviceTensorBatch(shape, inputType, pixels.address(), stream.handle());
            bind(model.inputName(), pixels);
            inputDims = opened.register(new Dims64());
            inputDims.nbDims(4);
            inputDims.d(1, shape.channels());
            List<Long> addresses = new ArrayList<>();
            for (int i = 0; i < model.outputs().size(); i++) {
                DeviceBuffer rows = opened.register(new DeviceBuffer(
                        device,
                        OWNER,
                        model.outputElements(i, maxBatch) * outputTypes.get(i).bytes()));
                bind(model.outputs().get(i).name(), rows);
                addresses.add(rows.address());
            }
            predictions = new DevicePredictions(model.layout(), outputTypes.get(0), addresses, stream.handle());
            current = tensorsOf(shape.imageSize());
            setShape(current, maxBatch);
            bindUnread(engine);
            captureGraphs(tensorsOf(model.sizing().widescreen()));
            captureGraphs(current);
        } catch (RuntimeException e) {
            opened.closeAfter(e);
            throw e;
        }
    }

    private void bind(String tensor, DeviceBuffer buffer) {
        if (!context.setTensorAddress(tensor, buffer.pointer())) {
            throw new ModelException("tensor " + tensor + ": TensorRT refuses its buffer: " + log.takeErrors());
        }
    }

    /** Outputs that are not read need buffers, too: as large as for the largest input, whose shape is set. */
    private void bindUnread(ICudaEngine engine) {
        for (int i = 0; i < engine.getNbIOTensors(); i++) {
            String tensor = engine.getIOTensorName(i);
            boolean known = tensor.equals(model.inputName())
                    || model.outputs().stream().anyMatch(port -> port.name().equals(tensor));
            if (!known) {
                Dims64 dims = context.getTensorShape(tensor);
                long elements = 1;
                for (int d = 0; d < dims.nbDims(); d++) {
                    elements *= Math.max(1, dims.d(d));
                }
                bind(tensor, opened.register(new DeviceBuffer(device, OWNER, Math.max(256, 8 * elements))));
            }
        }
    }

    private Tensors tensorsOf(ImageSize size) {
        Tensors known = sizes.get(size);
        if (known != null) {
            return known;
        }
        if (!model.sizing().hasSize(size)) {
            throw new IllegalArgumentException("input of " + size + ": this model's input " + model.sizing());
        }
        TensorShape shape = new TensorShape(maxBatch, images.shape().channels(), size.height(), size.width());
        Tensors created = new Tensors(
                new DeviceTensorBatch(shape, images.type(), images.address(), images.stream()),
                new DevicePredictions(
                        model.layout(size), predictions.type(), predictions.addresses(), predictions.stream()));
        sizes.put(size, created);
        return created;
    }

    /** Runs every batch of a size once and captures it. */
    private void captureGraphs(Tensors tensors) {
        int first = model.hasDynamicBatch() ? 1 : maxBatch;
        for (int batch = first; batch <= maxBatch && capturing; batch++) {
            if (tensors.graphs[batch] == null) {
                enqueue(tensors, batch);
                stream.synchronize();
                capture(tensors, batch);
            }
        }
    }

    /** Captures the shape that was enqueued last: the first run of a shape initialises it, which cannot be captured. */
    private void capture(Tensors tensors, int batch) {
        if (!capturing || graphs >= MAX_GRAPHS) {
            return;
        }
        try {
            tensors.graphs[batch] = opened.register(CudaGraph.capture(stream, this::enqueueCurrentShape));
            graphs++;
        } catch (CudaException | ModelException e) {
            if (e instanceof CudaException cuda && cuda.isSticky()) {
                throw e;
            }
            capturing = false;
            LOG.info("CUDA graphs not captured: {}; batches are enqueued kernel by kernel", e.getMessage());
        }
    }

    private void setShape(Tensors tensors, int batch) {
        TensorShape shape = tensors.input.shape();
        inputDims.d(0, batch).d(2, shape.height()).d(3, shape.width());
        if (dynamicShape && !context.setInputShape(model.inputName(), inputDims)) {
            throw new ModelException(
                    "batch of " + batch + " with " + shape.imageSize() + ": TensorRT refuses it: " + log.takeErrors());
        }
    }

    private void enqueue(Tensors tensors, int batch) {
        setShape(tensors, batch);
        enqueueCurrentShape();
    }

    private void enqueueCurrentShape() {
        if (!context.enqueueV3(stream.pointer())) {
            throw new ModelException("TensorRT could not enqueue the model: " + log.takeErrors());
        }
    }

    @Override
    public void resize(ImageSize size) {
        current = tensorsOf(size);
    }

    @Override
    public TensorBatch input() {
        return current.input;
    }

    @Override
    public int maxBatch() {
        return maxBatch;
    }

    /** The stream in which everything of this lane is enqueued. */
    public CudaStream stream() {
        return stream;
    }

    /** Enqueues the model on the first {@code size} images. */
    @Override
    public void run(int size) {
        if (size < 1 || size > maxBatch) {
            throw new IllegalArgumentException("batch of " + size + ": this lane takes 1 to " + maxBatch + " images");
        }
        device.makeCurrent();
        int batch = model.hasDynamicBatch() ? size : maxBatch;
        Tensors tensors = current;
        CudaGraph graph = tensors.graphs[batch];
        if (graph != null) {
            graph.launch(stream);
            return;
        }
        enqueue(tensors, batch);
        if (capturing && graphs < MAX_GRAPHS) {
            // Once for each size and batch.
            stream.synchronize();
            capture(tensors, batch);
        }
    }

    /** Waits until everything enqueued so far is complete; the thread sleeps meanwhile. */
    @Override
    public void await() {
        device.makeCurrent();
        done.record(stream);
        done.synchronize();
    }

    @Override
    public RawPredictions output() {
        return current.output;
    }

    /** Frees everything; a second call does nothing. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            device.makeCurrent();
            opened.close();
        }
    }
}
