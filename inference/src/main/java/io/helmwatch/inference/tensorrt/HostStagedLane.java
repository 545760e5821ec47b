package io.helmwatch.inference.tensorrt;

import io.helmwatch.cuda.CudaDevice;
import io.helmwatch.cuda.DeviceBuffer;
import io.helmwatch.cuda.PinnedBuffer;
import io.helmwatch.resource.Closer;
import io.helmwatch.vision.tensor.DevicePredictions;
import io.helmwatch.vision.tensor.DeviceTensorBatch;
import io.helmwatch.vision.tensor.HalfFloat;
import io.helmwatch.vision.tensor.HostPredictions;
import io.helmwatch.vision.tensor.HostTensorBatch;
import io.helmwatch.vision.tensor.TensorType;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A lane of an engine whose input and output are in host memory, for comparisons: inputs are rounded to the engine's element type, outputs are
 * widened to FP32.
 *
 * <p>Threading: used by one thread. Ownership: frees its lane and buffers on close; a second call does nothing.
 */
public final class HostStagedLane implements AutoCloseable {

    private static final String OWNER = "inference.comparison";

    private final TensorRtLane lane;
    private final HostTensorBatch input;
    private final HostPredictions output;
    private final List<PinnedBuffer> pinned = new ArrayList<>();
    private final Closer opened = new Closer();

    /**
     * Opens a lane.
     *
     * @param batch largest number of images; a model with a fixed batch has that one
     */
    public HostStagedLane(CudaDevice device, TensorRtEngine engine, int batch) {
        lane = opened.register(engine.openLane(batch));
        try {
            DeviceTensorBatch images = (DeviceTensorBatch) lane.input();
            input = HostTensorBatch.allocate(images.shape(), TensorType.FP32);
            pinned.add(opened.register(new PinnedBuffer(
                    device,
                    OWNER,
                    Math.toIntExact((long) images.shape().batch()
                            * images.shape().elementsPerImage()
                            * images.type().bytes()))));
            DevicePredictions predictions = (DevicePredictions) lane.output();
            List<FloatBuffer> floats = new ArrayList<>();
            for (int i = 0; i < predictions.addresses().size(); i++) {
                long elements = engine.outputElements(i, lane.maxBatch());
                floats.add(FloatBuffer.allocate(Math.toIntExact(elements)));
                pinned.add(opened.register(new PinnedBuffer(
                        device,
                        OWNER,
                        Math.toIntExact(elements * predictions.type().bytes()))));
            }
            output = new HostPredictions(predictions.layout(), floats);
        } catch (RuntimeException e) {
            opened.closeAfter(e);
            throw e;
        }
    }

    /** The input in FP32, to be filled before a run. */
    public HostTensorBatch input() {
        return input;
    }

    /** Largest number of images of a run. */
    public int maxBatch() {
        return lane.maxBatch();
    }

    /** Runs the first images and waits; the result is overwritten by the next run. */
    public HostPredictions run(int size) {
        DeviceTensorBatch images = (DeviceTensorBatch) lane.input();
        PinnedBuffer upload = pinned.get(0);
        int count = size * images.shape().elementsPerImage();
        FloatBuffer samples = input.buffer().asFloatBuffer();
        for (int i = 0; i < count; i++) {
            if (images.type() == TensorType.FP16) {
                upload.view().putShort(2 * i, HalfFloat.fromFloat(samples.get(i)));
            } else {
                upload.view().putFloat(4 * i, samples.get(i));
            }
        }
        DeviceBuffer.of(images.address(), upload.bytes())
                .upload(upload, (long) count * images.type().bytes(), lane.stream());
        lane.run(size);
        DevicePredictions predictions = (DevicePredictions) lane.output();
        for (int i = 0; i < predictions.addresses().size(); i++) {
            PinnedBuffer download = pinned.get(i + 1);
            DeviceBuffer.of(predictions.addresses().get(i), download.bytes())
                    .download(download, download.bytes(), lane.stream());
        }
        lane.await();
        for (int i = 0; i < predictions.addresses().size(); i++) {
            FloatBuffer floats = output.tensors().get(i);
            PinnedBuffer download = pinned.get(i + 1);
            for (int k = 0; k < floats.capacity(); k++) {
                floats.put(
                        k,
                        predictions.type() == TensorType.FP16
                                ? HalfFloat.toFloat(download.view().getShort(2 * k))
                                : download.view().getFloat(4 * k));
            }
        }
        return output;
    }

    @Override
    public void close() {
        opened.close();
    }
}
