package io.helmwatch.pipeline.bench.cuda;

import io.helmwatch.cuda.CudaDevice;
import io.helmwatch.cuda.DeviceBuffer;
import io.helmwatch.preprocess.cuda.CudaPreprocessor;
import io.helmwatch.vision.ColorEncoding;
import io.helmwatch.vision.FrameInfo;
import io.helmwatch.vision.FramePlanes;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.PixelFormat;
import io.helmwatch.vision.VideoFrame;
import io.helmwatch.vision.tensor.DeviceTensorBatch;
import io.helmwatch.vision.tensor.Letterbox;
import io.helmwatch.vision.tensor.LetterboxAnchor;
import io.helmwatch.vision.tensor.TensorShape;
import io.helmwatch.vision.tensor.TensorType;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Measures the CUDA letterbox on frames as NVDEC leaves them, against the bytes that it has to move.
 *
 * <p>A batch is submitted as the pipeline submits it: upload of the frame descriptors and one kernel launch. Successive batches use
 * memory of their own, together several times the GPU's second-level cache, so that every byte comes from and goes to device memory.
 *
 * <p>Threading: one thread. Ownership: frees its memory on close.
 */
final class LetterboxBenchmark implements AutoCloseable {

    private static final int SOURCE_WIDTH = 1920;
    private static final int SOURCE_HEIGHT = 1080;
    /** Row pitch of FFmpeg's pools of CUDA frames at this width. */
    private static final int PITCH = 2048;

    private static final ColorEncoding COLOR = new ColorEncoding(ColorEncoding.Matrix.BT709, false);
    private static final int SIDE = 640;
    private static final int PAD_VALUE = 114;
    private static final long WORKING_SET_BYTES = 600L << 20;
    private static final int BACKLOG_COPIES = 12;
    private static final int ROUNDS = 9;

    private final CudaDevice device;
    private final Path kernelCache;
    private final BackloggedStream stream;

    /**
     * Result for one batch size.
     *
     * @param batch frames per batch
     * @param type element type of the tensor
     * @param micros device time per batch, descriptors included, median
     * @param neededBytes least traffic of a batch: source sectors that contain a sample with weight, and the tensor
     * @param wholeBytes the whole source frames and the tensor
     */
    record Line(int batch, TensorType type, double micros, long neededBytes, long wholeBytes) {

        /** Needed traffic in gigabytes (10^9 bytes) per second. */
        double neededRate() {
            return neededBytes / micros / 1e3;
        }
    }

    /**
     * Allocates the stream; kernels are compiled by the first measurement where the cache has none.
     *
     * @param kernelCache directory of compiled kernels
     */
    LetterboxBenchmark(CudaDevice device, Path kernelCache) {
        this.device = device;
        this.kernelCache = kernelCache;
        stream = new BackloggedStream(device);
    }

    /** Sizes and formats that are measured. */
    static String subject() {
        return "letterbox " + SOURCE_WIDTH + "x" + SOURCE_HEIGHT + " NV12 to " + SIDE + "x" + SIDE;
    }

    /** Measures one batch size. */
    Line measure(int batch, TensorType type) {
        Letterbox letterbox = Letterbox.fit(
                new ImageSize(SOURCE_WIDTH, SOURCE_HEIGHT), new ImageSize(SIDE, SIDE), LetterboxAnchor.CENTER);
        TensorShape shape = new TensorShape(batch, 3, SIDE, SIDE);
        long tensorBytes = (long) batch * shape.elementsPerImage() * type.bytes();
        long frameBytes = (long) PITCH * (SOURCE_HEIGHT + SOURCE_HEIGHT / 2);
        int sets = (int) Math.max(4, WORKING_SET_BYTES / (tensorBytes + batch * frameBytes));
        try (DeviceBuffer tensors = new DeviceBuffer(device, BackloggedStream.OWNER, sets * tensorBytes);
                DeviceBuffer frames = new DeviceBuffer(device, BackloggedStream.OWNER, sets * batch * frameBytes);
                CudaPreprocessor preprocessor =
                        new CudaPreprocessor(device, LetterboxAnchor.CENTER, PAD_VALUE, kernelCache)) {
            frames.fill(PAD_VALUE, frames.bytes(), stream.stream());
            DeviceTensorBatch[] batches = new DeviceTensorBatch[sets];
            for (int set = 0; set < sets; set++) {
                batches[set] = new DeviceTensorBatch(
                        shape,
                        type,
                        tensors.address() + set * tensorBytes,
                        stream.stream().handle());
            }
            Runnable submitAll = () -> {
                for (int set = 0; set < sets; set++) {
                    submit(preprocessor, batches[set], frames.address() + set * batch * frameBytes, frameBytes);
                }
            };
            submitAll.run();
            stream.stream().synchronize();
            double[] micros = new double[ROUNDS];
            for (int round = 0; round < ROUNDS; round++) {
                micros[round] = stream.micros(BACKLOG_COPIES, submitAll) / sets;
            }
            Arrays.sort(micros);
            return new Line(
                    batch,
                    type,
                    micros[ROUNDS / 2],
                    batch * LetterboxTraffic.sourceBytes(PixelFormat.NV12, letterbox) + tensorBytes,
                    batch * (long) SOURCE_WIDTH * SOURCE_HEIGHT * 3 / 2 + tensorBytes);
        }
    }

    private static void submit(
            CudaPreprocessor preprocessor, DeviceTensorBatch batch, long firstFrame, long frameBytes) {
        for (int i = 0; i < batch.shape().batch(); i++) {
            preprocessor.add(DeviceFrame.at(firstFrame + i * frameBytes), batch, i);
        }
        preprocessor.submit(batch, batch.shape().batch());
    }

    @Override
    public void close() {
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
