package io.helmwatch.inference.tensorrt;

import io.helmwatch.cuda.CudaDevice;
import io.helmwatch.cuda.CudaEvent;
import io.helmwatch.cuda.CudaException;
import io.helmwatch.cuda.CudaGraph;
import io.helmwatch.cuda.CudaStream;
import io.helmwatch.cuda.DeviceBuffer;
import io.helmwatch.inference.InferenceLane;
import io.helmwatch.inference.ModelException;
import io.helmwatch.inference.YoloV5Network;
import io.helmwatch.vision.DevicePredictions;
import io.helmwatch.vision.DeviceTensorBatch;
import io.helmwatch.vision.RawPredictions;
import io.helmwatch.vision.TensorBatch;
import io.helmwatch.vision.TensorShape;
import io.helmwatch.vision.TensorType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.bytedeco.tensorrt.global.nvinfer;
import org.bytedeco.tensorrt.nvinfer.Dims64;
import org.bytedeco.tensorrt.nvinfer.ICudaEngine;
import org.bytedeco.tensorrt.nvinfer.IExecutionContext;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A stream, an execution context and its buffers, all made once. Every batch size is recorded as a CUDA graph when the lane is opened, so
 * that a run is one call.
 *
 * <p>Threading: handed from thread to thread by the pipeline, one at a time. Ownership: frees everything on close; its work must be done.
 */
public final class TensorRtLane implements InferenceLane {

    private static final Logger LOG = LoggerFactory.getLogger(TensorRtLane.class);
    private static final String OWNER = "inference.lane";

    private final CudaDevice device;
    private final TensorRtLog log;
    private final YoloV5Network network;
    private final int maxBatch;
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();
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
            YoloV5Network network,
            TensorType inputType,
            List<TensorType> outputTypes,
            long contextBytes,
            int maxBatch) {
        this.device = device;
        this.log = log;
        this.network = network;
        this.maxBatch = maxBatch;
        graphs = new CudaGraph[maxBatch + 1];
        device.makeCurrent();
        try {
            stream = opened(new CudaStream(device));
            done = opened(CudaEvent.blocking(device));
            // Closed after the context that uses it.
            DeviceBuffer scratch = opened(new DeviceBuffer(device, OWNER, Math.max(256, contextBytes)));
            IExecutionContext made =
                    engine.createExecutionContext(nvinfer.ExecutionContextAllocationStrategy.kUSER_MANAGED.value);
            if (made == null || made.isNull()) {
                throw new ModelException("TensorRT gives no execution context: " + log.takeErrors());
            }
            context = opened(NativeOwnership.own(made, IExecutionContext::new));
            context.setDeviceMemoryV2(scratch.pointer(), scratch.bytes());
            TensorShape one = network.inputShape();
            TensorShape shape = new TensorShape(maxBatch, one.channels(), one.height(), one.width());
            DeviceBuffer pictures = opened(
                    new DeviceBuffer(device, OWNER, (long) maxBatch * shape.elementsPerImage() * inputType.bytes()));
            pictures.fill(0, pictures.bytes(), stream);
            input = new DeviceTensorBatch(shape, inputType, pictures.address(), stream.handle());
            bind(network.inputName(), pictures);
            List<Long> addresses = new ArrayList<>();
            for (int i = 0; i < network.outputs().size(); i++) {
                DeviceBuffer predictions = opened(new DeviceBuffer(
                        device,
                        OWNER,
                        elements(network.outputShape(i, maxBatch))
                                * outputTypes.get(i).bytes()));
                bind(network.outputs().get(i).name(), predictions);
                addresses.add(predictions.address());
            }
            bindUnread(engine, maxBatch);
            output = new DevicePredictions(network.layout(), outputTypes.get(0), addresses, stream.handle());
            inputDims = opened(new Dims64());
            inputDims.nbDims(4);
            inputDims.d(1, shape.channels()).d(2, shape.height()).d(3, shape.width());
            record();
        } catch (RuntimeException e) {
            closeAll();
            throw e;
        }
    }

    private <T extends AutoCloseable> T opened(T owner) {
        opened.push(owner);
        return owner;
    }

    private static long elements(long[] shape) {
        long elements = 1;
        for (long side : shape) {
            elements *= side;
        }
        return elements;
    }

    private void bind(String tensor, DeviceBuffer buffer) {
        if (!context.setTensorAddress(tensor, buffer.pointer())) {
            throw new ModelException("tensor " + tensor + ": TensorRT refuses its buffer: " + log.takeErrors());
        }
    }

    /** Outputs that nobody reads need room, too. */
    private void bindUnread(ICudaEngine engine, int batch) {
        for (int i = 0; i < engine.getNbIOTensors(); i++) {
            String tensor = engine.getIOTensorName(i);
            boolean known = tensor.equals(network.inputName())
                    || network.outputs().stream().anyMatch(port -> port.name().equals(tensor));
            if (!known) {
                Dims64 dims = engine.getTensorShape(tensor);
                long elements = 1;
                for (int d = 0; d < dims.nbDims(); d++) {
                    elements *= dims.d(d) < 0 ? batch : dims.d(d);
                }
                bind(tensor, opened(new DeviceBuffer(device, OWNER, Math.max(256, 8 * elements))));
            }
        }
    }

    /** Runs every batch size once, since the first run of a size sets things up, and records it. */
    private void record() {
        int first = network.dynamicBatch() ? 1 : maxBatch;
        for (int size = first; size <= maxBatch; size++) {
            enqueue(size);
            stream.synchronize();
            try {
                graphs[size] = opened(CudaGraph.capture(stream, this::enqueueAsIs));
            } catch (CudaException | ModelException e) {
                if (e instanceof CudaException cuda && cuda.isSticky()) {
                    throw e;
                }
                LOG.info("batches are enqueued kernel by kernel, since they cannot be recorded: {}", e.getMessage());
                return;
            }
        }
    }

    private void enqueue(int size) {
        inputDims.d(0, size);
        if (network.dynamicBatch() && !context.setInputShape(network.inputName(), inputDims)) {
            throw new ModelException("batch of " + size + ": TensorRT refuses it: " + log.takeErrors());
        }
        enqueueAsIs();
    }

    private void enqueueAsIs() {
        if (!context.enqueueV3(stream.pointer())) {
            throw new ModelException("TensorRT could not enqueue the network: " + log.takeErrors());
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

    /** Enqueues the network on the first {@code size} pictures. */
    @Override
    public void run(int size) {
        if (size < 1 || size > maxBatch) {
            throw new IllegalArgumentException("batch of " + size + ": this lane takes 1 to " + maxBatch + " pictures");
        }
        device.makeCurrent();
        int batch = network.dynamicBatch() ? size : maxBatch;
        CudaGraph graph = graphs[batch];
        if (graph != null) {
            graph.launch(stream);
        } else {
            enqueue(batch);
        }
    }

    /** Waits until everything enqueued so far is done; the thread sleeps meanwhile. */
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
            closeAll();
        }
    }

    private void closeAll() {
        RuntimeException first = null;
        while (!opened.isEmpty()) {
            try {
                opened.pop().close();
            } catch (Exception e) {
                if (first == null) {
                    first = new IllegalStateException("a lane's GPU memory could not be freed", e);
                }
            }
        }
        if (first != null && closed) {
            throw first;
        }
    }
}
