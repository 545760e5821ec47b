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
import io.helmwatch.vision.DevicePredictions;
import io.helmwatch.vision.DeviceTensorBatch;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.RawPredictions;
import io.helmwatch.vision.TensorBatch;
import io.helmwatch.vision.TensorShape;
import io.helmwatch.vision.TensorType;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.tensorrt.global.nvinfer;
import org.bytedeco.tensorrt.nvinfer.Dims64;
import org.bytedeco.tensorrt.nvinfer.ICudaEngine;
import org.bytedeco.tensorrt.nvinfer.IExecutionContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A stream, an execution context and its buffers, all created once. Every batch size is captured as a CUDA graph when the lane is opened, so
 * that a run is one call.
 *
 * <p>Threading: handed from thread to thread by the pipeline, one at a time. Ownership: frees everything on close, which requires that its work
 * is complete.
 */
public final class TensorRtLane implements InferenceLane {

    private static final Logger LOG = LoggerFactory.getLogger(TensorRtLane.class);
    private static final String OWNER = "inference.lane";

    private final CudaDevice device;
    private final TensorRtLog log;
    private final YoloV5Model model;
    private final int maxBatch;
    private final Closer opened = new Closer();
    private final CudaStream stream;
    private final CudaEvent done;
    private final IExecutionContext context;
    private final DeviceTensorBatch input;
    private final DevicePredictions output;
    private final Dims64 inputDims;
    private final @Nullable CudaGraph[] graphs;
    private boolean closed;

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
        graphs = new CudaGraph[maxBatch + 1];
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
            DeviceBuffer images = opened.register(
                    new DeviceBuffer(device, OWNER, (long) maxBatch * shape.elementsPerImage() * inputType.bytes()));
            images.fill(0, images.bytes(), stream);
            input = new DeviceTensorBatch(shape, inputType, images.address(), stream.handle());
            bind(model.inputName(), images);
            List<Long> addresses = new ArrayList<>();
            for (int i = 0; i < model.outputs().size(); i++) {
                DeviceBuffer predictions = opened.register(new DeviceBuffer(
                        device,
                        OWNER,
                        model.outputElements(i, maxBatch) * outputTypes.get(i).bytes()));
                bind(model.outputs().get(i).name(), predictions);
                addresses.add(predictions.address());
            }
            bindUnread(engine, maxBatch);
            output = new DevicePredictions(model.layout(), outputTypes.get(0), addresses, stream.handle());
            inputDims = opened.register(new Dims64());
            inputDims.nbDims(4);
            inputDims.d(1, shape.channels()).d(2, shape.height()).d(3, shape.width());
            captureGraphs();
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

    /** Outputs that are not read need buffers, too. */
    private void bindUnread(ICudaEngine engine, int batch) {
        for (int i = 0; i < engine.getNbIOTensors(); i++) {
            String tensor = engine.getIOTensorName(i);
            boolean known = tensor.equals(model.inputName())
                    || model.outputs().stream().anyMatch(port -> port.name().equals(tensor));
            if (!known) {
                Dims64 dims = engine.getTensorShape(tensor);
                long elements = 1;
                for (int d = 0; d < dims.nbDims(); d++) {
                    elements *= dims.d(d) < 0 ? batch : dims.d(d);
                }
                bind(tensor, opened.register(new DeviceBuffer(device, OWNER, Math.max(256, 8 * elements))));
            }
        }
    }

    /** Runs every batch size once, since the first run of a size initialises it, and captures it. */
    private void captureGraphs() {
        int first = model.hasDynamicBatch() ? 1 : maxBatch;
        for (int size = first; size <= maxBatch; size++) {
            enqueue(size);
            stream.synchronize();
            try {
                graphs[size] = opened.register(CudaGraph.capture(stream, this::enqueueCurrentShape));
            } catch (CudaException | ModelException e) {
                if (e instanceof CudaException cuda && cuda.isSticky()) {
                    throw e;
                }
                LOG.info("CUDA graphs not captured: {}; batches are enqueued kernel by kernel", e.getMessage());
                return;
            }
        }
    }

    private void enqueue(int size) {
        inputDims.d(0, size);
        if (model.hasDynamicBatch() && !context.setInputShape(model.inputName(), inputDims)) {
            throw new ModelException("batch of " + size + ": TensorRT refuses it: " + log.takeErrors());
        }
        enqueueCurrentShape();
    }

    private void enqueueCurrentShape() {
        if (!context.enqueueV3(stream.pointer())) {
            throw new ModelException("TensorRT could not enqueue the model: " + log.takeErrors());
        }
    }

    @Override
    public void resize(ImageSize size) {
        if (!size.equals(input.shape().imageSize())) {
            throw new IllegalArgumentException("input of " + size + ": this model's input has "
                    + input.shape().imageSize());
        }
    }

    @Override
    public TensorBatch input() {
        return input;
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
        CudaGraph graph = graphs[batch];
        if (graph != null) {
            graph.launch(stream);
        } else {
            enqueue(batch);
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
        return output;
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
