package io.helmwatch.preprocess.cuda;

import io.helmwatch.cuda.CudaDevice;
import io.helmwatch.cuda.CudaEvent;
import io.helmwatch.cuda.CudaKernel;
import io.helmwatch.cuda.NvrtcModule;
import io.helmwatch.preprocess.Preprocessor;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.VideoFrame;
import io.helmwatch.vision.tensor.DeviceTensorBatch;
import io.helmwatch.vision.tensor.Letterbox;
import io.helmwatch.vision.tensor.LetterboxAnchor;
import io.helmwatch.vision.tensor.TensorBatch;
import io.helmwatch.vision.tensor.TensorType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The letterbox on a GPU: one launch for a batch of frames of any sizes, pitches and formats, from the memory of the decoder to the
 * input of the model. Frames in host memory are uploaded once, as planes without conversion.
 *
 * <p>The arithmetic is that of the CPU in FP32: two-tap bilinear interpolation with half-pixel centres on luma and chroma separately,
 * chroma in the middle of its luma samples, the matrix and range of the frame, clamped to 0..1; no rounding before the output.
 *
 * <p>Threading: used by one thread. Ownership: owns a little memory for every batch tensor, and page-locked memory for frames that come
 * from host memory; frees everything on close, when the work of all batches must be done.
 */
public final class CudaPreprocessor implements Preprocessor {

    private static final String RESOURCE = "letterbox_nchw.cu";
    private static final String KERNEL = "letterbox_nchw";
    private static final int ARGUMENTS = 5;
    /** Threads of a block, as WARP and WARPS of the kernel. */
    private static final int BLOCK_WIDTH = 32;

    private static final int BLOCK_HEIGHT = 4;
    /** Output pixels of a block, as TILE_COLUMNS and TILE_ROWS of the kernel. */
    private static final int TILE_COLUMNS = 2 * BLOCK_WIDTH;

    private static final int TILE_ROWS = 4 * BLOCK_HEIGHT;

    /** Threads that copy frames from host memory; more than a few fill the memory bus. */
    private static final int MAX_COPIERS = 4;

    /** Maximum number of cached geometries. */
    private static final int MAX_LETTERBOXES = 64;

    private final CudaDevice device;
    private final LetterboxAnchor anchor;
    private final NvrtcModule fp32Module;
    private final NvrtcModule fp16Module;
    private final CudaKernel fp32;
    private final CudaKernel fp16;
    private final CudaEvent decoded;
    private final float padding;
    private final CopyCrew copiers =
            new CopyCrew(Math.min(MAX_COPIERS, Runtime.getRuntime().availableProcessors() / 2));
    private final List<BatchStaging> batches = new ArrayList<>();
    private final List<Letterbox> letterboxes = new ArrayList<>();
    private boolean closed;

    /**
     * Creates a preprocessor; compiles its kernels where they are not cached.
     *
     * @param device the GPU
     * @param anchor position of the frame in the model's input
     * @param padValue value of the padding, 0..255
     * @param kernelCache directory of compiled kernels
     */
    public CudaPreprocessor(CudaDevice device, LetterboxAnchor anchor, int padValue, Path kernelCache) {
        if (padValue < 0 || padValue > 255) {
            throw new IllegalArgumentException("letterbox pad value " + padValue + ": must be 0..255");
        }
        this.device = device;
        this.anchor = anchor;
        this.padding = padValue / 255f;
        fp32Module = NvrtcModule.load(device, CudaPreprocessor.class, RESOURCE, List.of(), kernelCache);
        try {
            fp16Module = NvrtcModule.load(device, CudaPreprocessor.class, RESOURCE, List.of("-DOUT_HALF"), kernelCache);
        } catch (RuntimeException e) {
            fp32Module.close();
            throw e;
        }
        try {
            fp32 = fp32Module.kernel(KERNEL, ARGUMENTS);
            fp16 = fp16Module.kernel(KERNEL, ARGUMENTS);
            decoded = CudaEvent.ordering(device);
        } catch (RuntimeException e) {
            fp16Module.close();
            fp32Module.close();
            throw e;
        }
    }

    @Override
    public Letterbox add(VideoFrame frame, TensorBatch batch, int index) {
        BatchStaging staging = stagingOf(batch);
        if (index < 0 || index >= batch.shape().batch()) {
            throw new IllegalArgumentException(
                    "frame " + index + " of a batch of " + batch.shape().batch());
        }
        if (staging.count() == 0) {
            device.makeCurrent();
        }
        Letterbox letterbox = letterboxOf(frame, batch);
        staging.add(frame, letterbox, index);
        return letterbox;
    }

    @Override
    public void submit(TensorBatch batch, int size) {
        BatchStaging staging = stagingOf(batch);
        if (staging.count() == 0) {
            return;
        }
        device.makeCurrent();
        if (staging.decodedOnDevice()) {
            decoded.record(device.decodeStream());
            staging.stream().waitFor(decoded);
        }
        launch(staging, batch, staging.upload(), staging.count());
        staging.clear();
    }

    private void launch(BatchStaging staging, TensorBatch batch, long descriptors, int frames) {
        int width = batch.shape().width();
        int height = batch.shape().height();
        CudaKernel kernel = batch.type() == TensorType.FP16 ? fp16 : fp32;
        kernel.setLong(0, descriptors);
        kernel.setLong(1, ((DeviceTensorBatch) batch).address());
        kernel.setInt(2, width);
        kernel.setInt(3, height);
        kernel.setFloat(4, padding);
        kernel.launch(
                staging.stream(),
                (width + TILE_COLUMNS - 1) / TILE_COLUMNS,
                (height + TILE_ROWS - 1) / TILE_ROWS,
                frames,
                BLOCK_WIDTH,
                BLOCK_HEIGHT,
                0);
    }

    private BatchStaging stagingOf(TensorBatch batch) {
        if (closed) {
            throw new IllegalStateException("the preprocessor is closed");
        }
        if (!(batch instanceof DeviceTensorBatch tensor)) {
            throw new IllegalArgumentException("a tensor in host memory: this preprocessor writes device tensors");
        }
        for (int i = 0; i < batches.size(); i++) {
            if (batches.get(i).isOf(tensor)) {
                return batches.get(i);
            }
        }
        BatchStaging staging = new BatchStaging(device, tensor, copiers);
        batches.add(staging);
        return staging;
    }

    private Letterbox letterboxOf(VideoFrame frame, TensorBatch batch) {
        for (int i = 0; i < letterboxes.size(); i++) {
            Letterbox cached = letterboxes.get(i);
            if (cached.source().width() == frame.width()
                    && cached.source().height() == frame.height()
                    && cached.target().width() == batch.shape().width()
                    && cached.target().height() == batch.shape().height()) {
                return cached;
            }
        }
        if (letterboxes.size() == MAX_LETTERBOXES) {
            letterboxes.remove(0);
        }
        Letterbox letterbox = Letterbox.fit(
                new ImageSize(frame.width(), frame.height()), batch.shape().imageSize(), anchor);
        letterboxes.add(letterbox);
        return letterbox;
    }

    /** Frees everything; a second call does nothing. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            device.makeCurrent();
            copiers.close();
            batches.forEach(BatchStaging::close);
            batches.clear();
            decoded.close();
            fp32.close();
            fp16.close();
            fp16Module.close();
            fp32Module.close();
        }
    }
}
