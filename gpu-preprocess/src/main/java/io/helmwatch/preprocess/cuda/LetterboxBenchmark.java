package io.helmwatch.preprocess.cuda;

import io.helmwatch.cuda.CudaDevice;
import io.helmwatch.cuda.CudaEvent;
import io.helmwatch.cuda.CudaStream;
import io.helmwatch.cuda.DeviceBuffer;
import io.helmwatch.vision.ColorEncoding;
import io.helmwatch.vision.DeviceTensorBatch;
import io.helmwatch.vision.FrameInfo;
import io.helmwatch.vision.FramePlanes;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.Letterbox;
import io.helmwatch.vision.LetterboxAnchor;
import io.helmwatch.vision.PixelFormat;
import io.helmwatch.vision.TensorShape;
import io.helmwatch.vision.TensorType;
import io.helmwatch.vision.VideoFrame;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * How fast the letterbox kernel is on frames as NVDEC leaves them, against the bytes that it has to move.
 *
 * <p>Batches in turn work on memory of their own, together several times the GPU's second-level cache, so that every byte comes from and goes
 * to device memory. They are enqueued behind a long copy, so that the device never waits for the CPU.
 *
 * <p>Threading: one thread. Ownership: frees its memory on close.
 */
public final class LetterboxBenchmark implements AutoCloseable {

    private static final String OWNER = "benchmark";
    private static final int SOURCE_WIDTH = 1920;
    private static final int SOURCE_HEIGHT = 1080;
    /** As FFmpeg's pools of CUDA frames are laid out. */
    private static final int PITCH = 2048;

    private static final ColorEncoding COLOR = new ColorEncoding(ColorEncoding.Matrix.BT709, false);
    private static final int SIDE = 640;
    private static final int PAD_VALUE = 114;
    private static final long WORKING_SET_BYTES = 600L << 20;
    private static final long BLOCKER_BYTES = 1L << 30;
    private static final int BLOCKERS = 12;
    private static final int ROUNDS = 9;

    private final CudaDevice device;
    private final CudaStream stream;
    private final DeviceBuffer blocker;
    private final CudaPreprocessor preprocessor;

    /**
     * One batch size.
     *
     * @param batch pictures
     * @param type of the tensor
     * @param micros the kernel alone, median
     * @param microsWithDescriptors the kernel and the upload of its descriptors, as the pipeline enqueues a batch, median
     * @param neededBytes what a batch has to move at least: source sectors with samples that have a weight, and the tensor
     * @param wholeBytes the whole source and the tensor
     */
    public record Line(
            int batch,
            TensorType type,
            double micros,
            double microsWithDescriptors,
            long neededBytes,
            long wholeBytes) {

        /** Gigabytes (10^9) a second of what has to be moved. */
        public double neededRate() {
            return neededBytes / micros / 1e3;
        }
    }

    /** Compiles the kernel or takes it from the cache. */
    public LetterboxBenchmark(CudaDevice device, Path kernelCache) {
        this.device = device;
        preprocessor = new CudaPreprocessor(device, LetterboxAnchor.CENTER, PAD_VALUE, kernelCache);
        try {
            stream = new CudaStream(device);
            try {
                blocker = new DeviceBuffer(device, OWNER, BLOCKER_BYTES);
            } catch (RuntimeException e) {
                stream.close();
                throw e;
            }
        } catch (RuntimeException e) {
            preprocessor.close();
            throw e;
        }
    }

    /** What is measured, in words. */
    public static String subject() {
        return "letterbox " + SOURCE_WIDTH + "x" + SOURCE_HEIGHT + " NV12 to " + SIDE + "x" + SIDE;
    }

    /** Measures one batch size. */
    public Line measure(int batch, TensorType type) {
        Letterbox letterbox = Letterbox.fit(
                new ImageSize(SOURCE_WIDTH, SOURCE_HEIGHT), new ImageSize(SIDE, SIDE), LetterboxAnchor.CENTER);
        TensorShape shape = new TensorShape(batch, 3, SIDE, SIDE);
        long tensorBytes = (long) batch * shape.elementsPerImage() * type.bytes();
        long frameBytes = (long) PITCH * (SOURCE_HEIGHT + SOURCE_HEIGHT / 2);
        int sets = (int) Math.max(4, WORKING_SET_BYTES / (tensorBytes + batch * frameBytes));
        try (DeviceBuffer tensors = new DeviceBuffer(device, OWNER, sets * tensorBytes);
                DeviceBuffer frames = new DeviceBuffer(device, OWNER, sets * batch * frameBytes);
                CudaEvent begin = CudaEvent.timing(device);
                CudaEvent end = CudaEvent.timing(device)) {
            frames.fill(PAD_VALUE, frames.bytes(), stream);
            DeviceTensorBatch[] batches = new DeviceTensorBatch[sets];
            for (int set = 0; set < sets; set++) {
                batches[set] =
                        new DeviceTensorBatch(shape, type, tensors.address() + set * tensorBytes, stream.handle());
                submit(batches[set], frames.address() + set * batch * frameBytes, frameBytes);
            }
            stream.synchronize();
            double[] kernel = new double[ROUNDS];
            double[] both = new double[ROUNDS];
            for (int round = 0; round < ROUNDS; round++) {
                block(begin);
                for (DeviceTensorBatch tensor : batches) {
                    preprocessor.launchAgain(tensor, batch);
                }
                kernel[round] = micros(begin, end) / sets;
                block(begin);
                for (int set = 0; set < sets; set++) {
                    submit(batches[set], frames.address() + set * batch * frameBytes, frameBytes);
                }
                both[round] = micros(begin, end) / sets;
            }
            Arrays.sort(kernel);
            Arrays.sort(both);
            return new Line(
                    batch,
                    type,
                    kernel[ROUNDS / 2],
                    both[ROUNDS / 2],
                    batch * LetterboxTraffic.sourceBytes(PixelFormat.NV12, letterbox) + tensorBytes,
                    batch * (long) SOURCE_WIDTH * SOURCE_HEIGHT * 3 / 2 + tensorBytes);
        } finally {
            preprocessor.forgetBatches();
        }
    }

    private void submit(DeviceTensorBatch batch, long firstFrame, long frameBytes) {
        for (int i = 0; i < batch.shape().batch(); i++) {
            preprocessor.add(DeviceFrame.at(firstFrame + i * frameBytes), batch, i);
        }
        preprocessor.submit(batch, batch.shape().batch());
    }

    /** Keeps the device busy while what is measured is enqueued. */
    private void block(CudaEvent begin) {
        DeviceBuffer half = DeviceBuffer.of(blocker.address() + BLOCKER_BYTES / 2, BLOCKER_BYTES / 2);
        for (int i = 0; i < BLOCKERS; i++) {
            half.copyFrom(blocker, BLOCKER_BYTES / 2, stream);
        }
        begin.record(stream);
    }

    private double micros(CudaEvent begin, CudaEvent end) {
        end.record(stream);
        end.synchronize();
        return end.millisSince(begin) * 1e3;
    }

    @Override
    public void close() {
        blocker.close();
        preprocessor.close();
        stream.close();
    }

    /** An NV12 frame in device memory, its chroma plane behind its luma plane. */
    private record DeviceFrame(FrameInfo info, FramePlanes planes) implements VideoFrame {

        static DeviceFrame at(long address) {
            FramePlanes planes = new FramePlanes();
            planes.setMemory(Memory.CUDA);
            planes.set(0, address, PITCH);
            planes.set(1, address + (long) PITCH * SOURCE_HEIGHT, PITCH);
            ImageSize size = new ImageSize(SOURCE_WIDTH, SOURCE_HEIGHT);
            return new DeviceFrame(FrameInfo.of(size, PixelFormat.NV12, COLOR), planes);
        }

        @Override
        public ByteBuffer plane(int plane) {
            throw new IllegalStateException("the frame is in device memory, which the CPU cannot address");
        }
    }
}
