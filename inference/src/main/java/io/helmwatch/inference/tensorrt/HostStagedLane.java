package io.helmwatch.inference.tensorrt;

import io.helmwatch.cuda.CudaDevice;
import io.helmwatch.cuda.DeviceBuffer;
import io.helmwatch.cuda.PinnedBuffer;
import io.helmwatch.vision.DevicePredictions;
import io.helmwatch.vision.DeviceTensorBatch;
import io.helmwatch.vision.HalfFloat;
import io.helmwatch.vision.HostPredictions;
import io.helmwatch.vision.HostTensorBatch;
import io.helmwatch.vision.TensorType;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A lane of an engine whose input and output lie in host memory, for comparisons: what goes down is rounded to the engine's element type, what
 * comes up is widened to FP32.
 *
 * <p>Threading: used by one thread. Ownership: frees its lane and buffers on close; a second call does nothing.
 */
public final class HostStagedLane implements AutoCloseable {

    private static final String OWNER = "inference.comparison";

    private final TensorRtLane lane;
    private final HostTensorBatch input;
    private final HostPredictions output;
    private final List<PinnedBuffer> pinned = new ArrayList<>();
    private boolean closed;

    /**
     * Opens a lane.
     *
     * @param batch most pictures; a network with a fixed batch has that one
     */
    public HostStagedLane(CudaDevice device, TensorRtEngine engine, int batch) {
        lane = engine.openLane(batch);
        try {
            DeviceTensorBatch pictures = (DeviceTensorBatch) lane.input();
            input = HostTensorBatch.allocate(pictures.shape(), TensorType.FP32);
            pinned.add(new PinnedBuffer(
                    device,
                    OWNER,
                    Math.toIntExact((long) pictures.shape().batch()
                            * pictures.shape().elementsPerImage()
                            * pictures.type().bytes())));
            DevicePredictions predictions = (DevicePredictions) lane.output();
            List<FloatBuffer> floats = new ArrayList<>();
            for (int i = 0; i < predictions.addresses().size(); i++) {
                long elements = engine.outputElements(i, lane.maxBatch());
                floats.add(FloatBuffer.allocate(Math.toIntExact(elements)));
                pinned.add(new PinnedBuffer(
                        device,
                        OWNER,
                        Math.toIntExact(elements * predictions.type().bytes())));
            }
            output = new HostPredictions(predictions.layout(), floats);
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    /** Where the pictures go, in FP32. */
    public HostTensorBatch input() {
        return input;
    }

    /** Most pictures of a run. */
    public int maxBatch() {
        return lane.maxBatch();
    }

    /** Runs the first pictures and waits; the result is written over by the next run. */
    public HostPredictions run(int size) {
        DeviceTensorBatch pictures = (DeviceTensorBatch) lane.input();
        PinnedBuffer down = pinned.get(0);
        int count = size * pictures.shape().elementsPerImage();
        FloatBuffer samples = input.buffer().asFloatBuffer();
        for (int i = 0; i < count; i++) {
            if (pictures.type() == TensorType.FP16) {
                down.view().putShort(2 * i, HalfFloat.fromFloat(samples.get(i)));
            } else {
                down.view().putFloat(4 * i, samples.get(i));
            }
        }
        DeviceBuffer.of(pictures.address(), down.bytes())
                .upload(down, (long) count * pictures.type().bytes(), lane.stream());
        lane.run(size);
        DevicePredictions predictions = (DevicePredictions) lane.output();
        for (int i = 0; i < predictions.addresses().size(); i++) {
            PinnedBuffer up = pinned.get(i + 1);
            DeviceBuffer.of(predictions.addresses().get(i), up.bytes()).download(up, up.bytes(), lane.stream());
        }
        lane.await();
        for (int i = 0; i < predictions.addresses().size(); i++) {
            FloatBuffer floats = output.tensors().get(i);
            PinnedBuffer up = pinned.get(i + 1);
            for (int k = 0; k < floats.capacity(); k++) {
                floats.put(
                        k,
                        predictions.type() == TensorType.FP16
                                ? HalfFloat.toFloat(up.view().getShort(2 * k))
                                : up.view().getFloat(4 * k));
            }
        }
        return output;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            pinned.forEach(PinnedBuffer::close);
            lane.close();
        }
    }
}
