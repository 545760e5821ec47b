package io.helmwatch.cuda;

import java.util.concurrent.atomic.AtomicBoolean;
import org.bytedeco.cuda.cudart.CUctx_st;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.SizeTPointer;

/**
 * A GPU and its primary context, shared by all code of this process.
 *
 * <p>Threading: any thread, after {@link #makeCurrent()} on that thread. Ownership: owns the stream that decoders use; buffers
 * and streams of the device are closed first. The primary context belongs to CUDA and lives until the process ends.
 */
public final class CudaDevice implements AutoCloseable {

    private final GpuInfo info;
    private final String name;
    /** For error messages; created once because the call is made for every batch. */
    private final String setDeviceCall;

    private final long context;
    private final CudaStream decodeStream;
    private final AtomicBoolean closed = new AtomicBoolean();

    private CudaDevice(GpuInfo info) {
        this.info = info;
        this.name = "cuda:" + info.index();
        this.setDeviceCall = "cudaSetDevice(" + info.index() + ")";
        makeCurrent();
        // The first call that needs the context creates it.
        CudaErrors.check(cudart.cudaFree(new NativeAddress()), "cudaFree(0) on " + info);
        CUctx_st current = new CUctx_st();
        CudaErrors.check(cudart.cuCtxGetCurrent(current), "cuCtxGetCurrent");
        this.context = current.address();
        // Decoders share the stream. Copying a frame takes microseconds; queued behind the kernels of the model it
        // would
        // block all decoders.
        this.decodeStream = CudaStream.urgent(this);
    }

    /**
     * Opens a GPU.
     *
     * @param index device index, from 0
     * @throws IllegalStateException when no GPU is usable or there is none with this index; the message is one line
     */
    public static CudaDevice open(int index) {
        CudaProbe probe = CudaProbe.result();
        if (!probe.usable()) {
            throw new IllegalStateException("no usable GPU: " + probe.reason());
        }
        if (index < 0 || index >= probe.gpus().size()) {
            throw new IllegalStateException("GPU " + index + ": expected an index from 0 to "
                    + (probe.gpus().size() - 1) + ", since " + probe.gpus().size() + " were found");
        }
        return new CudaDevice(probe.gpus().get(index));
    }

    /** Properties of the GPU. */
    public GpuInfo info() {
        return info;
    }

    /** Name of the device in metrics and in the ledger of native memory, e.g. {@code cuda:0}. */
    public String name() {
        return name;
    }

    /** Makes this the current device of the calling thread; cheap when it is already. */
    public void makeCurrent() {
        CudaErrors.check(cudart.cudaSetDevice(info.index()), setDeviceCall);
    }

    /** Handle of the primary context, {@code CUcontext}. */
    public long contextHandle() {
        return context;
    }

    /** The stream that the video decoders of this process write frames in; readers of a frame wait for it. */
    public CudaStream decodeStream() {
        return decodeStream;
    }

    /** Free device memory of the GPU in bytes. */
    public long freeBytes() {
        makeCurrent();
        try (SizeTPointer free = new SizeTPointer(1);
                SizeTPointer total = new SizeTPointer(1)) {
            CudaErrors.check(cudart.cudaMemGetInfo(free, total), "cudaMemGetInfo");
            return free.get();
        }
    }

    /** Waits for all work on the device. */
    public void synchronize() {
        makeCurrent();
        CudaErrors.check(cudart.cudaDeviceSynchronize(), "cudaDeviceSynchronize");
    }

    /** Frees the decode stream; a second call does nothing. */
    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            makeCurrent();
            decodeStream.close();
        }
    }

    @Override
    public String toString() {
        return info.toString();
    }
}
