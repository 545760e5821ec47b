package io.helmwatch.preprocess.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helmwatch.cuda.CudaDevice;
import io.helmwatch.cuda.CudaStream;
import io.helmwatch.cuda.DeviceBuffer;
import io.helmwatch.cuda.PinnedBuffer;
import io.helmwatch.preprocess.HostFrame;
import io.helmwatch.preprocess.Preprocessor;
import io.helmwatch.preprocess.PreprocessorContract;
import io.helmwatch.preprocess.ReferencePreprocessor;
import io.helmwatch.resource.NativeMemory;
import io.helmwatch.vision.ColorEncoding;
import io.helmwatch.vision.FrameInfo;
import io.helmwatch.vision.FramePlanes;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.Orientation;
import io.helmwatch.vision.PixelFormat;
import io.helmwatch.vision.VideoFrame;
import io.helmwatch.vision.tensor.DeviceTensorBatch;
import io.helmwatch.vision.tensor.HalfFloat;
import io.helmwatch.vision.tensor.HostTensorBatch;
import io.helmwatch.vision.tensor.Letterbox;
import io.helmwatch.vision.tensor.LetterboxAnchor;
import io.helmwatch.vision.tensor.TensorBatch;
import io.helmwatch.vision.tensor.TensorShape;
import io.helmwatch.vision.tensor.TensorType;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("gpu")
class CudaPreprocessorGpuTest extends PreprocessorContract {

    @TempDir
    static Path kernels;

    private static CudaDevice device;

    @BeforeAll
    static void openDevice() {
        device = CudaDevice.open(0);
    }

    @AfterAll
    static void closeAndCount() {
        assertThat(NativeMemory.outstanding()).isEmpty();
        device.close();
    }

    @Override
    protected Preprocessor open(LetterboxAnchor anchor, int padValue) {
        return new CudaPreprocessor(device, anchor, padValue, kernels);
    }

    @Override
    protected Tensor openTensor(TensorShape shape, TensorType type) {
        return new DeviceTensor(shape, type);
    }

    @Override
    protected double maxError(HostFrame frame) {
        return 0.25;
    }

    @Override
    protected double meanError(HostFrame frame) {
        return 0.1;
    }

    @Test
    void shouldEqualTheReferenceOnRandomFramesOfOneBatchInDeviceMemory() {
        Random random = new Random(20261120);
        PixelFormat[] formats = PixelFormat.values();
        List<Noise> pictures = new ArrayList<>();
        for (int i = 0; i < 2 * formats.length; i++) {
            pictures.add(new Noise(
                    formats[i % formats.length], new ImageSize(1 + random.nextInt(900), 1 + random.nextInt(700))));
        }
        assertEqualToReference(pictures, new ImageSize(320, 224), random);
    }

    /** Sizes of which samples of luma, of chroma, or of neither are met exactly, in whole tiles of the kernel and beside them. */
    @ParameterizedTest
    @EnumSource(
            value = PixelFormat.class,
            names = {"NV12", "P010", "I420"})
    void shouldEqualTheReferenceOnSizesOfCameras(PixelFormat format) {
        List<Noise> pictures = Stream.of(
                        new ImageSize(1920, 1080),
                        new ImageSize(1280, 720),
                        new ImageSize(3840, 2160),
                        new ImageSize(1080, 1920),
                        new ImageSize(640, 640),
                        new ImageSize(704, 576))
                .map(size -> new Noise(format, size))
                .toList();
        assertEqualToReference(pictures, new ImageSize(640, 640), new Random(format.ordinal()));
    }

    /** Rows of which only every second begins where two elements may be written at once. */
    @Test
    void shouldWriteTensorsOfOddSizes() {
        Random random = new Random(161);
        List<Noise> pictures = new ArrayList<>();
        for (PixelFormat format : PixelFormat.values()) {
            pictures.add(new Noise(format, new ImageSize(1 + random.nextInt(400), 1 + random.nextInt(400))));
        }
        assertEqualToReference(pictures, new ImageSize(161, 97), random);
    }

    private record Noise(PixelFormat format, ImageSize size) {}

    private void assertEqualToReference(List<Noise> pictures, ImageSize target, Random random) {
        ColorEncoding.Matrix[] matrices = ColorEncoding.Matrix.values();
        for (TensorType type : TensorType.values()) {
            TensorShape shape = new TensorShape(pictures.size(), 3, target.height(), target.width());
            List<HostFrame> hostFrames = new ArrayList<>();
            List<DeviceFrame> deviceFrames = new ArrayList<>();
            try (Preprocessor preprocessor = open(LetterboxAnchor.CENTER, 114);
                    DeviceTensor tensor = new DeviceTensor(shape, type)) {
                for (int i = 0; i < shape.batch(); i++) {
                    PixelFormat format = pictures.get(i).format();
                    HostFrame frame = noise(
                            pictures.get(i).size(),
                            format,
                            new ColorEncoding(
                                    matrices[random.nextInt(matrices.length)], format.isRgb() || random.nextBoolean()),
                            2 * random.nextInt(40),
                            random);
                    hostFrames.add(frame);
                    DeviceFrame onDevice = new DeviceFrame(frame);
                    deviceFrames.add(onDevice);
                    preprocessor.add(onDevice, tensor.batch(), i);
                }
                preprocessor.submit(tensor.batch(), shape.batch());
                float[] found = tensor.read();

                double allowed = type == TensorType.FP32 ? 1.0 / 255 : 1.0 / 255 + 0x1p-11;
                for (int i = 0; i < shape.batch(); i++) {
                    float[] expected = reference(hostFrames.get(i), shape);
                    double worst = 0;
                    for (int j = 0; j < expected.length; j++) {
                        double error = Math.abs(found[i * expected.length + j] - expected[j]);
                        // NaN, too: the tensor was poisoned.
                        worst = error <= worst ? worst : error;
                    }
                    HostFrame frame = hostFrames.get(i);
                    assertThat(worst)
                            .as("%s %dx%d %s %s", frame.format(), frame.width(), frame.height(), frame.color(), type)
                            .isLessThanOrEqualTo(allowed);
                }
            } finally {
                hostFrames.forEach(HostFrame::close);
                deviceFrames.forEach(DeviceFrame::close);
            }
        }
    }

    /** Even sizes: subsampled chroma of an odd side has no middle to turn about. */
    @ParameterizedTest
    @EnumSource(Orientation.class)
    void shouldTurnStoredImagesUpright(Orientation orientation) {
        Random random = new Random(orientation.ordinal());
        List<PixelFormat> formats = List.of(
                PixelFormat.NV12,
                PixelFormat.P010,
                PixelFormat.I420,
                PixelFormat.I444,
                PixelFormat.GRAY8,
                PixelFormat.RGB24);
        TensorShape shape = new TensorShape(formats.size(), 3, 224, 320);
        List<HostFrame> uprights = new ArrayList<>();
        List<DeviceFrame> stored = new ArrayList<>();
        try (Preprocessor preprocessor = open(LetterboxAnchor.CENTER, 114);
                DeviceTensor tensor = new DeviceTensor(shape, TensorType.FP32)) {
            for (int i = 0; i < formats.size(); i++) {
                PixelFormat format = formats.get(i);
                ImageSize size = new ImageSize(2 + 2 * random.nextInt(450), 2 + 2 * random.nextInt(350));
                ColorEncoding color = new ColorEncoding(ColorEncoding.Matrix.BT709, format.isRgb());
                HostFrame frame = noise(size, format, color, 2 * random.nextInt(40), random);
                DeviceFrame onDevice = new DeviceFrame(frame);
                stored.add(onDevice);
                HostFrame upright = turned(frame, orientation);
                uprights.add(upright);
                frame.close();
                onDevice.info().setImage(upright.width(), upright.height(), format, color, orientation);
                Letterbox letterbox = preprocessor.add(onDevice, tensor.batch(), i);
                assertThat(letterbox.source()).isEqualTo(new ImageSize(upright.width(), upright.height()));
            }
            preprocessor.submit(tensor.batch(), formats.size());
            float[] found = tensor.read();
            for (int i = 0; i < formats.size(); i++) {
                float[] expected = reference(uprights.get(i), shape);
                double worst = 0;
                for (int j = 0; j < expected.length; j++) {
                    double error = Math.abs(found[i * expected.length + j] - expected[j]);
                    worst = error <= worst ? worst : error;
                }
                assertThat(worst).as("%s %s", orientation, formats.get(i)).isLessThanOrEqualTo(1.0 / 255);
            }
        } finally {
            uprights.forEach(HostFrame::close);
            stored.forEach(DeviceFrame::close);
        }
    }

    private static HostFrame turned(HostFrame stored, Orientation orientation) {
        PixelFormat format = stored.format();
        int width = orientation.swapsSides() ? stored.height() : stored.width();
        int height = orientation.swapsSides() ? stored.width() : stored.height();
        HostFrame upright = HostFrame.allocate(new ImageSize(width, height), format, stored.color(), 6);
        for (int plane = 0; plane < format.planes(); plane++) {
            // Bytes that belong together: two chroma samples, a packed pixel.
            int pixel = format.isRgb() ? 3 : format.sampleBytes() * (format.planes() == 2 && plane == 1 ? 2 : 1);
            int storedColumns = format.planeRowBytes(plane, stored.width()) / pixel;
            int storedRows = format.planeRows(plane, stored.height());
            ByteBuffer source = stored.plane(plane);
            ByteBuffer target = upright.plane(plane);
            for (int y = 0; y < format.planeRows(plane, height); y++) {
                for (int x = 0; x < format.planeRowBytes(plane, width) / pixel; x++) {
                    int from = (int) orientation.storedY(x, y, storedRows) * stored.strideBytes(plane)
                            + (int) orientation.storedX(x, y, storedColumns) * pixel;
                    int to = y * upright.strideBytes(plane) + x * pixel;
                    for (int i = 0; i < pixel; i++) {
                        target.put(to + i, source.get(from + i));
                    }
                }
            }
        }
        return upright;
    }

    @Test
    void shouldRefuseTensorsInHostMemory() {
        TensorShape shape = new TensorShape(1, 3, 64, 64);
        try (Preprocessor preprocessor = open(LetterboxAnchor.CENTER, 114);
                HostFrame frame = HostFrame.allocate(
                        new ImageSize(64, 64),
                        PixelFormat.NV12,
                        new ColorEncoding(ColorEncoding.Matrix.BT709, false))) {
            assertThatThrownBy(() -> preprocessor.add(frame, HostTensorBatch.allocate(shape, TensorType.FP32), 0))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("device tensors");
        }
    }

    private static float[] reference(HostFrame frame, TensorShape batch) {
        HostTensorBatch tensor =
                HostTensorBatch.allocate(new TensorShape(1, 3, batch.height(), batch.width()), TensorType.FP32);
        try (Preprocessor reference = new ReferencePreprocessor(LetterboxAnchor.CENTER, 114)) {
            reference.add(frame, tensor, 0);
        }
        return valuesOf(tensor);
    }

    /** Every sample at random within its bits: the hardest edges there are. */
    private static HostFrame noise(
            ImageSize size, PixelFormat format, ColorEncoding color, int extraStride, Random random) {
        HostFrame frame = HostFrame.allocate(size, format, color, extraStride);
        for (int plane = 0; plane < format.planes(); plane++) {
            ByteBuffer samples = frame.plane(plane);
            for (int y = 0; y < format.planeRows(plane, size.height()); y++) {
                for (int x = 0; x < format.planeRowBytes(plane, size.width()); x += format.sampleBytes()) {
                    int at = y * frame.strideBytes(plane) + x;
                    if (format.sampleBytes() == 1) {
                        samples.put(at, (byte) random.nextInt(256));
                    } else {
                        int value = random.nextInt(1 << format.bitDepth()) << format.sampleShift();
                        samples.put(at, (byte) value).put(at + 1, (byte) (value >> 8));
                    }
                }
            }
        }
        return frame;
    }

    /** A tensor on the device, poisoned before anything writes it. */
    private static final class DeviceTensor implements Tensor {
        private final CudaStream stream = new CudaStream(device);
        private final DeviceTensorBatch batch;
        private final DeviceBuffer memory;

        DeviceTensor(TensorShape shape, TensorType type) {
            int bytes = shape.batch() * shape.elementsPerImage() * type.bytes();
            memory = new DeviceBuffer(device, "test", bytes);
            memory.fill(0xff, bytes, stream);
            batch = new DeviceTensorBatch(shape, type, memory.address(), stream.handle());
        }

        @Override
        public TensorBatch batch() {
            return batch;
        }

        @Override
        public TensorBatch resized(ImageSize size) {
            TensorShape shape = new TensorShape(batch.shape().batch(), 3, size.height(), size.width());
            return new DeviceTensorBatch(shape, batch.type(), memory.address(), stream.handle());
        }

        @Override
        public float[] read() {
            int count = (int) (memory.bytes() / batch.type().bytes());
            float[] values = new float[count];
            try (PinnedBuffer pinned = new PinnedBuffer(device, "test", (int) memory.bytes())) {
                memory.download(pinned, memory.bytes(), stream);
                stream.synchronize();
                for (int i = 0; i < count; i++) {
                    values[i] = batch.type() == TensorType.FP32
                            ? pinned.view().getFloat(4 * i)
                            : HalfFloat.toFloat(pinned.view().getShort(2 * i));
                }
            }
            return values;
        }

        @Override
        public void close() {
            stream.synchronize();
            memory.close();
            stream.close();
        }
    }

    /** A host frame's twin in device memory, as a hardware decoder leaves it. */
    private static final class DeviceFrame implements VideoFrame, AutoCloseable {
        private final FrameInfo info = new FrameInfo();
        private final FramePlanes planes = new FramePlanes();
        private final List<DeviceBuffer> memory = new ArrayList<>();

        DeviceFrame(HostFrame frame) {
            info.copyFrom(frame.info());
            planes.setMemory(Memory.CUDA);
            for (int plane = 0; plane < frame.format().planes(); plane++) {
                int bytes = frame.strideBytes(plane) * frame.format().planeRows(plane, frame.height());
                DeviceBuffer samples = new DeviceBuffer(device, "test", bytes);
                memory.add(samples);
                planes.set(plane, samples.address(), frame.strideBytes(plane));
                try (PinnedBuffer pinned = new PinnedBuffer(device, "test", bytes)) {
                    pinned.copyFrom(frame.planeAddress(plane), 0, bytes);
                    samples.upload(pinned, bytes, device.decodeStream());
                    device.decodeStream().synchronize();
                }
            }
        }

        @Override
        public FrameInfo info() {
            return info;
        }

        @Override
        public FramePlanes planes() {
            return planes;
        }

        @Override
        public ByteBuffer plane(int plane) {
            throw new IllegalStateException("the frame is in CUDA memory, which the CPU cannot address");
        }

        @Override
        public void close() {
            memory.forEach(DeviceBuffer::close);
        }
    }
}
