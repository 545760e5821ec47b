package io.helmwatch.postprocess.cuda;

import io.helmwatch.cuda.CudaDevice;
import io.helmwatch.cuda.CudaKernel;
import io.helmwatch.cuda.CudaStream;
import io.helmwatch.cuda.NvrtcModule;
import io.helmwatch.postprocess.NmsSettings;
import io.helmwatch.postprocess.Postprocessor;
import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.Detection;
import io.helmwatch.vision.tensor.DevicePredictions;
import io.helmwatch.vision.tensor.Letterbox;
import io.helmwatch.vision.tensor.PredictionLayout;
import io.helmwatch.vision.tensor.RawPredictions;
import io.helmwatch.vision.tensor.TensorType;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Box decoding, thresholds and suppression of a batch on a GPU. At most {@code maxDetections} boxes per frame are downloaded, all frames
 * in one copy. The algorithm, its order and its arithmetic are those of {@code CpuPostprocessor}.
 *
 * <p>{@link #submit} enqueues behind the model, in the stream of the predictions; {@link #detect} reads the result once the lane was
 * awaited. Boxes are downloaded in model pixels and mapped on the CPU with the same letterbox.
 *
 * <p>Memory and time are bounded for any predictions: memory for every row of the largest batch and input so far, 30,000 candidates compared with at most
 * {@code maxDetections} boxes.
 *
 * <p>Threading: used by one thread; one batch at a time: submitted, awaited, read. Ownership: frees its memory on close, when the work of all
 * batches must be done.
 */
public final class CudaPostprocessor implements Postprocessor {

    /** Maximum boxes per frame, limited by the shared memory of a block. */
    public static final int MAX_DETECTIONS = 1000;

    private static final String RESOURCE = "detect.cu";
    private static final int SELECT_THREADS = 256;
    private static final int SUPPRESS_THREADS = 512;
    /** Bytes of {@code struct Box} in shared memory. */
    private static final int BOX_BYTES = 20;

    private final CudaDevice device;
    private final NmsSettings settings;
    private final List<String> labels;
    private final NvrtcModule fp32Module;
    private final NvrtcModule fp16Module;
    private final Kernels fp32;
    private final Kernels fp16;
    private final List<CudaStream> streams = new ArrayList<>();
    private @Nullable SelectionMemory memory;
    private @Nullable DevicePredictions submitted;
    private int submittedSize;
    private boolean closed;

    /** The kernels for one element type. */
    private record Kernels(CudaKernel decoded, CudaKernel raw, CudaKernel suppress) {

        static Kernels of(NvrtcModule module) {
            return new Kernels(
                    module.kernel("select_decoded", 8), module.kernel("select_raw", 21), module.kernel("suppress", 9));
        }

        void close() {
            decoded.close();
            raw.close();
            suppress.close();
        }
    }

    /**
     * Creates a postprocessor; compiles its kernels where they are not cached.
     *
     * @param device the GPU
     * @param settings the thresholds; at most {@value #MAX_DETECTIONS} detections
     * @param labels class names by index
     * @param kernelCache directory of compiled kernels
     */
    public CudaPostprocessor(CudaDevice device, NmsSettings settings, List<String> labels, Path kernelCache) {
        if (settings.maxDetections() > MAX_DETECTIONS) {
            throw new IllegalArgumentException("max-detections " + settings.maxDetections() + ": expected at most "
                    + MAX_DETECTIONS + " on a GPU; lower it or use backend: cpu");
        }
        this.device = device;
        this.settings = settings;
        this.labels = List.copyOf(labels);
        fp32Module = NvrtcModule.load(device, CudaPostprocessor.class, RESOURCE, List.of(), kernelCache);
        try {
            fp16Module = NvrtcModule.load(device, CudaPostprocessor.class, RESOURCE, List.of("-DIN_HALF"), kernelCache);
        } catch (RuntimeException e) {
            fp32Module.close();
            throw e;
        }
        try {
            fp32 = Kernels.of(fp32Module);
            fp16 = Kernels.of(fp16Module);
        } catch (RuntimeException e) {
            fp16Module.close();
            fp32Module.close();
            throw e;
        }
    }

    @Override
    public void submit(RawPredictions predictions, int size) {
        DevicePredictions batch = onDevice(predictions);
        device.makeCurrent();
        submitted = null;
        CudaStream stream = streamOf(batch.stream());
        int rows = batch.layout().anchors();
        SelectionMemory buffers = buffersFor(size, rows);
        Kernels kernels = batch.type() == TensorType.FP16 ? fp16 : fp32;
        buffers.counts().fill(0, 4L * size, stream);
        if (batch.layout().kind() == PredictionLayout.Kind.DECODED) {
            selectDecoded(kernels.decoded(), batch, size, buffers, stream);
        } else {
            selectRaw(kernels.raw(), batch, size, buffers, stream);
        }
        CudaKernel suppress = kernels.suppress();
        suppress.setInt(0, rows);
        suppress.setLong(1, buffers.keys().address());
        suppress.setLong(2, buffers.boxes().address());
        suppress.setLong(3, buffers.classes().address());
        suppress.setLong(4, buffers.counts().address());
        suppress.setFloat(5, settings.iou());
        suppress.setInt(6, settings.classAgnostic() ? 1 : 0);
        suppress.setInt(7, settings.maxDetections());
        suppress.setLong(8, buffers.kept().address());
        suppress.launch(stream, size, 1, 1, SUPPRESS_THREADS, 1, settings.maxDetections() * BOX_BYTES);
        buffers.kept().download(buffers.keptOnHost(), (long) size * buffers.frameBytes(), stream);
        submitted = batch;
        submittedSize = size;
    }

    private void selectDecoded(
            CudaKernel kernel, DevicePredictions batch, int size, SelectionMemory buffers, CudaStream stream) {
        int rows = batch.layout().anchors();
        common(kernel, batch.addresses().get(0), batch.layout(), buffers);
        kernel.launch(stream, blocks(rows), size, 1, SELECT_THREADS, 1, 0);
    }

    private void selectRaw(
            CudaKernel kernel, DevicePredictions batch, int size, SelectionMemory buffers, CudaStream stream) {
        int firstRow = 0;
        for (int i = 0; i < batch.layout().heads().size(); i++) {
            PredictionLayout.Head head = batch.layout().heads().get(i);
            int rows = 3 * head.rows() * head.columns();
            common(kernel, batch.addresses().get(i), batch.layout(), buffers);
            kernel.setInt(8, firstRow);
            kernel.setInt(9, head.rows());
            kernel.setInt(10, head.columns());
            kernel.setFloat(11, head.stride());
            kernel.setFloat(12, smallestLogit(settings.confidence()));
            for (int side = 0; side < 6; side++) {
                kernel.setFloat(13 + side, head.anchorSizes().get(side));
            }
            kernel.setInt(19, batch.layout().elementStep(head));
            kernel.setInt(20, batch.layout().cellStep());
            kernel.launch(stream, blocks(rows), size, 1, SELECT_THREADS, 1, 0);
            firstRow += rows;
        }
    }

    private void common(CudaKernel kernel, long predictions, PredictionLayout layout, SelectionMemory buffers) {
        kernel.setLong(0, predictions);
        kernel.setInt(1, layout.anchors());
        kernel.setInt(2, layout.classes());
        kernel.setFloat(3, settings.confidence());
        kernel.setLong(4, buffers.keys().address());
        kernel.setLong(5, buffers.boxes().address());
        kernel.setLong(6, buffers.classes().address());
        kernel.setLong(7, buffers.counts().address());
    }

    /** A little below the inverse sigmoid of the threshold, so that rounding drops no box. */
    static float smallestLogit(float confidence) {
        if (confidence >= 1) {
            return 15f;
        }
        return (float) (Math.log(confidence / (1.0 - confidence)) - 0.01);
    }

    private static int blocks(int threads) {
        return (threads + SELECT_THREADS - 1) / SELECT_THREADS;
    }

    @Override
    public List<Detection> detect(RawPredictions predictions, int index, Letterbox letterbox) {
        SelectionMemory buffers = memory;
        if (buffers == null || submitted == null || !submitted.equals(predictions) || index >= submittedSize) {
            throw new IllegalStateException(
                    "detections of frame " + index + ": expected the batch that was submitted last, found another");
        }
        ByteBuffer kept = buffers.keptOnHost().view();
        int at = index * buffers.frameBytes();
        int count = kept.getInt(at);
        if (count == 0) {
            return List.of();
        }
        List<Detection> detections = new ArrayList<>(count);
        float width = letterbox.source().width();
        float height = letterbox.source().height();
        for (int i = 0; i < count; i++) {
            int row = at + SelectionMemory.HEAD_BYTES + i * SelectionMemory.KEPT_BYTES;
            float x1 = clip(letterbox.toSourceX(kept.getFloat(row)), width);
            float y1 = clip(letterbox.toSourceY(kept.getFloat(row + 4)), height);
            float x2 = clip(letterbox.toSourceX(kept.getFloat(row + 8)), width);
            float y2 = clip(letterbox.toSourceY(kept.getFloat(row + 12)), height);
            if (x2 > x1 && y2 > y1) {
                detections.add(new Detection(
                        labels.get(kept.getInt(row + 20)), kept.getFloat(row + 16), new BoundingBox(x1, y1, x2, y2)));
            }
        }
        // Not a view: the record of the frame retains this list.
        return List.copyOf(detections);
    }

    private static float clip(double value, float limit) {
        return Math.max(0, Math.min(limit, (float) value));
    }

    private DevicePredictions onDevice(RawPredictions predictions) {
        if (closed) {
            throw new IllegalStateException("the postprocessor is closed");
        }
        if (!(predictions instanceof DevicePredictions batch)) {
            throw new IllegalArgumentException("predictions in host memory: this postprocessor reads device memory");
        }
        if (batch.layout().classes() != labels.size()) {
            throw new IllegalArgumentException("predictions of "
                    + batch.layout().classes() + " classes: expected " + labels.size() + ", one per label");
        }
        return batch;
    }

    private CudaStream streamOf(long handle) {
        for (int i = 0; i < streams.size(); i++) {
            if (streams.get(i).handle() == handle) {
                return streams.get(i);
            }
        }
        CudaStream stream = CudaStream.of(handle);
        streams.add(stream);
        return stream;
    }

    private SelectionMemory buffersFor(int size, int rows) {
        SelectionMemory buffers = memory;
        if (buffers == null || !buffers.fits(size, rows)) {
            // No batch is in flight: batches are read one at a time.
            device.synchronize();
            int frames = size;
            int rowsOfFrame = rows;
            if (buffers != null) {
                frames = Math.max(frames, buffers.frames());
                rowsOfFrame = Math.max(rowsOfFrame, buffers.rows());
                memory = null;
                buffers.close();
            }
            buffers = new SelectionMemory(device, frames, rowsOfFrame, settings.maxDetections());
            memory = buffers;
        }
        return buffers;
    }

    /** Frees everything; a second call does nothing. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            device.makeCurrent();
            if (memory != null) {
                memory.close();
                memory = null;
            }
            fp32.close();
            fp16.close();
            fp16Module.close();
            fp32Module.close();
        }
    }
}
