package io.helmwatch.preprocess.cuda;

import io.helmwatch.cuda.CudaDevice;
import io.helmwatch.cuda.CudaStream;
import io.helmwatch.cuda.DeviceBuffer;
import io.helmwatch.cuda.PinnedBuffer;
import io.helmwatch.vision.VideoFrame;
import io.helmwatch.vision.tensor.DeviceTensorBatch;
import io.helmwatch.vision.tensor.Letterbox;

/**
 * The memory of one batch tensor, in all its sizes: frame descriptors in page-locked and in device memory, and buffers for frames that come from host
 * memory. Reused with the tensor, once the work of its last batch is done.
 *
 * <p>Threading: used by one thread. Ownership: frees its memory on close.
 */
final class BatchStaging implements AutoCloseable {

    private static final String OWNER = "preprocess.descriptors";

    private final DeviceTensorBatch batch;
    private final CudaStream stream;
    private final PinnedBuffer descriptors;
    private final DeviceBuffer deviceDescriptors;
    private final CopyCrew copiers;
    private final StagedFrame[] staged;
    private final long[] planes = new long[3];
    private int count;
    /** The first of {@link #staged} hold the batch's frames from host memory. */
    private int fromHost;

    private boolean decodedOnDevice;

    BatchStaging(CudaDevice device, DeviceTensorBatch batch, CopyCrew copiers) {
        this.batch = batch;
        this.copiers = copiers;
        this.stream = CudaStream.of(batch.stream());
        int capacity = batch.shape().batch();
        descriptors = new PinnedBuffer(device, OWNER, capacity * FrameDescriptor.BYTES);
        try {
            deviceDescriptors = new DeviceBuffer(device, OWNER, (long) capacity * FrameDescriptor.BYTES);
        } catch (RuntimeException e) {
            descriptors.close();
            throw e;
        }
        staged = new StagedFrame[capacity];
        for (int i = 0; i < capacity; i++) {
            staged[i] = new StagedFrame(device);
        }
    }

    /** Whether it serves a tensor: its own, or one of another size in the same memory. */
    boolean isOf(DeviceTensorBatch other) {
        return batch.address() == other.address()
                && batch.stream() == other.stream()
                && batch.shape().batch() == other.shape().batch();
    }

    void add(VideoFrame frame, Letterbox letterbox, int index) {
        if (count == staged.length) {
            throw new IllegalArgumentException("batch of " + staged.length + " frames: one more was added");
        }
        if (frame.memory() == VideoFrame.Memory.CUDA) {
            decodedOnDevice = true;
            for (int plane = 0; plane < frame.format().planes(); plane++) {
                planes[plane] = frame.planeAddress(plane);
            }
        } else {
            staged[fromHost].prepare(frame, planes);
            copiers.add(staged[fromHost]);
            fromHost++;
        }
        FrameDescriptor.write(descriptors.view(), count * FrameDescriptor.BYTES, frame, planes, letterbox, index);
        count++;
    }

    int count() {
        return count;
    }

    boolean decodedOnDevice() {
        return decodedOnDevice;
    }

    CudaStream stream() {
        return stream;
    }

    /** Enqueues the upload of frames from host memory and of the descriptors, whose device address it returns. */
    long upload() {
        if (fromHost > 0) {
            copiers.await();
            for (int i = 0; i < fromHost; i++) {
                staged[i].upload(stream);
            }
        }
        deviceDescriptors.upload(descriptors, (long) count * FrameDescriptor.BYTES, stream);
        return deviceDescriptors.address();
    }

    void clear() {
        count = 0;
        fromHost = 0;
        decodedOnDevice = false;
    }

    @Override
    public void close() {
        for (StagedFrame frame : staged) {
            frame.close();
        }
        deviceDescriptors.close();
        descriptors.close();
    }
}
