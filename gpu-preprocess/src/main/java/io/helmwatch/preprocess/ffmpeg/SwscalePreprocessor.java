package io.helmwatch.preprocess.ffmpeg;

import io.helmwatch.preprocess.Preprocessor;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.VideoFrame;
import io.helmwatch.vision.tensor.HostTensorBatch;
import io.helmwatch.vision.tensor.Letterbox;
import io.helmwatch.vision.tensor.LetterboxAnchor;
import io.helmwatch.vision.tensor.TensorBatch;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.ffmpeg.global.avutil;
import org.jspecify.annotations.Nullable;

/**
 * The fast letterbox on a CPU: one libswscale pass from the planes of the decoder into the area of the frame in the tensor.
 * Padding is written only when the geometry at an index of the batch changes.
 *
 * <p>Threading: used by one thread; no other preprocessor may write to its tensors, because it tracks the padding in them.
 * Ownership: owns one scaling context per source geometry and frees all on close; nothing is allocated for a frame of a known
 * geometry and tensor.
 */
public final class SwscalePreprocessor implements Preprocessor {

    /** Maximum number of cached contexts; one takes about a megabyte. */
    private static final int MAX_SCALERS = 32;

    private final LetterboxAnchor anchor;
    private final float padding;
    private final List<TensorScaler> scalers = new ArrayList<>();
    /** By identity: equal tensors have different memory. */
    private final Map<HostTensorBatch, TensorPlanes> tensors = new IdentityHashMap<>();

    private long useCount;
    private boolean closed;

    /**
     * Creates a preprocessor.
     *
     * @param anchor position of the frame in the model's input
     * @param padValue value of the padding, 0..255
     */
    public SwscalePreprocessor(LetterboxAnchor anchor, int padValue) {
        if (padValue < 0 || padValue > 255) {
            throw new IllegalArgumentException("letterbox pad value " + padValue + ": must be 0..255");
        }
        this.anchor = anchor;
        this.padding = padValue / 255f;
        // libswscale logs missing accelerated paths as warnings. A quieter level than errors is not changed.
        if (avutil.av_log_get_level() > avutil.AV_LOG_ERROR) {
            avutil.av_log_set_level(avutil.AV_LOG_ERROR);
        }
    }

    @Override
    public Letterbox add(VideoFrame frame, TensorBatch batch, int index) {
        if (closed) {
            throw new IllegalStateException("the preprocessor is closed");
        }
        if (frame.memory() != VideoFrame.Memory.HOST) {
            throw new IllegalArgumentException("a frame in " + frame.memory()
                    + " memory: this preprocessor reads host memory; decode on the CPU or use the cuda backend");
        }
        if (!(batch instanceof HostTensorBatch host)) {
            throw new IllegalArgumentException("a tensor on a device: this preprocessor writes host tensors");
        }
        TensorPlanes planes = planesOf(host);
        TensorScaler scaler = scalerFor(frame, planes.imageSize());
        planes.write(frame, scaler, index, padding);
        return scaler.letterbox();
    }

    @Override
    public void submit(TensorBatch batch, int size) {
        // The pixels were written by add.
    }

    /** Frees everything; a second call does nothing. */
    @Override
    public void close() {
        closed = true;
        scalers.forEach(TensorScaler::close);
        scalers.clear();
        tensors.values().forEach(TensorPlanes::close);
        tensors.clear();
    }

    private TensorPlanes planesOf(HostTensorBatch batch) {
        TensorPlanes planes = tensors.get(batch);
        if (planes == null) {
            planes = new TensorPlanes(batch);
            tensors.values().forEach(planes::shareMemoryWith);
            tensors.put(batch, planes);
        }
        return planes;
    }

    private TensorScaler scalerFor(VideoFrame frame, ImageSize target) {
        useCount++;
        TensorScaler oldest = null;
        for (int i = 0; i < scalers.size(); i++) {
            TensorScaler scaler = scalers.get(i);
            if (scaler.fits(frame, target)) {
                scaler.usedAt(useCount);
                return scaler;
            }
            if (oldest == null || scaler.lastUse() < oldest.lastUse()) {
                oldest = scaler;
            }
        }
        return open(frame, target, scalers.size() < MAX_SCALERS ? null : oldest);
    }

    private TensorScaler open(VideoFrame frame, ImageSize target, @Nullable TensorScaler replaced) {
        if (replaced != null) {
            scalers.remove(replaced);
            replaced.close();
        }
        Letterbox letterbox = Letterbox.fit(new ImageSize(frame.width(), frame.height()), target, anchor);
        TensorScaler scaler = new TensorScaler(letterbox, frame.format(), frame.color());
        scaler.usedAt(useCount);
        scalers.add(scaler);
        return scaler;
    }
}
