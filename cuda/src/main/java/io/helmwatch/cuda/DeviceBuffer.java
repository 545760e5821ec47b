package io.helmwatch.cuda;

import io.helmwatch.resource.NativeMemory;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.Pointer;
import org.jspecify.annotations.Nullable;

/**
 * Device memory.
 *
 * <p>Threading: one thread at a time. Ownership: frees its memory, unless it is a view created by {@link #of}; work that uses
 * the memory must be done by then.
 */
public final class DeviceBuffer implements AutoCloseable {

    private final @Nullable CudaDevice device;
    private final NativeMemory.@Nullable Account account;
    private final String owner;
    private final long bytes;
    private final Pointer memory;
    private final long address;
    private final NativeAddress cursor = new NativeAddress();
    private boolean closed;

    /**
     * Allocates device memory.
     *
     * @param device the device
     * @param owner the owner in the ledger of native memory
     * @param bytes size, at least 1
     * @throws CudaException when memory is exhausted; the message names the requested and the free size
     */
    public DeviceBuffer(CudaDevice device, String owner, long bytes) {
        if (bytes < 1) {
            throw new IllegalArgumentException(owner + ": expected at least 1 byte of device memory, found " + bytes);
        }
        device.makeCurrent();
        this.device = device;
        this.owner = owner;
        this.bytes = bytes;
        memory = new Pointer();
        int code = cudart.cudaMalloc(memory, bytes);
        if (code == cudart.cudaErrorMemoryAllocation) {
            cudart.cudaGetLastError();
            throw new CudaException(
                    "cudaMalloc of " + mebibytes(bytes) + " for " + owner,
                    code,
                    "cudaErrorMemoryAllocation",
                    mebibytes(device.freeBytes()) + " are free on "
                            + device.info().name()
                            + "; lower inference.max-batch or the number of streams, or stop other processes on the GPU");
        }
        CudaErrors.check(code, "cudaMalloc of " + mebibytes(bytes) + " for " + owner);
        address = memory.address();
        account = NativeMemory.account(NativeMemory.Kind.DEVICE, device.name(), owner);
        account.allocated(bytes);
    }

    private DeviceBuffer(long address, long bytes) {
        this.device = null;
        this.account = null;
        this.owner = "view";
        this.bytes = bytes;
        this.address = address;
        this.memory = new NativeAddress().at(address);
    }

    /** A view of device memory that somebody else owns. */
    public static DeviceBuffer of(long address, long bytes) {
        return new DeviceBuffer(address, bytes);
    }

    static String mebibytes(long bytes) {
        return ((bytes + (1 << 20) - 1) >> 20) + " MiB";
    }

    /** The device pointer. */
    public long address() {
        return address;
    }

    /** The memory as a pointer, for libraries of JavaCPP. */
    public Pointer pointer() {
        return memory;
    }

    /** Size in bytes. */
    public long bytes() {
        return bytes;
    }

    /** Enqueues a copy of the first {@code length} bytes from page-locked memory. */
    public void upload(PinnedBuffer from, long length, CudaStream stream) {
        upload(from, 0, 0, length, stream);
    }

    /** Enqueues a copy from page-locked memory, offsets in bytes. */
    public void upload(PinnedBuffer from, long fromOffset, long offset, long length, CudaStream stream) {
        checkRange(offset, length);
        from.checkRange(fromOffset, length);
        CudaErrors.check(
                cudart.cudaMemcpyAsync(
                        cursor.at(address + offset),
                        from.cursor(fromOffset),
                        length,
                        cudart.cudaMemcpyHostToDevice,
                        stream.pointer()),
                "cudaMemcpyAsync to the device");
    }

    /** Enqueues a copy of the first {@code length} bytes into page-locked memory. */
    public void download(PinnedBuffer to, long length, CudaStream stream) {
        download(0, to, 0, length, stream);
    }

    /** Enqueues a copy into page-locked memory, offsets in bytes. */
    public void download(long offset, PinnedBuffer to, long toOffset, long length, CudaStream stream) {
        checkRange(offset, length);
        to.checkRange(toOffset, length);
        CudaErrors.check(
                cudart.cudaMemcpyAsync(
                        to.cursor(toOffset),
                        cursor.at(address + offset),
                        length,
                        cudart.cudaMemcpyDeviceToHost,
                        stream.pointer()),
                "cudaMemcpyAsync to the host");
    }

    /** Enqueues a copy of the first {@code length} bytes of other device memory. */
    public void copyFrom(DeviceBuffer from, long length, CudaStream stream) {
        checkRange(0, length);
        from.checkRange(0, length);
        CudaErrors.check(
                cudart.cudaMemcpyAsync(
                        cursor.at(address),
                        from.cursor.at(from.address),
                        length,
                        cudart.cudaMemcpyDeviceToDevice,
                        stream.pointer()),
                "cudaMemcpyAsync on the device");
    }

    /** Enqueues filling the first {@code length} bytes with one value. */
    public void fill(int value, long length, CudaStream stream) {
        checkRange(0, length);
        CudaErrors.check(
                cudart.cudaMemsetAsync(cursor.at(address), value, length, stream.pointer()), "cudaMemsetAsync");
    }

    private void checkRange(long offset, long length) {
        if (offset < 0 || length < 0 || offset > bytes - length) {
            throw new IndexOutOfBoundsException(
                    owner + ": expected a range of " + bytes + " bytes, found " + offset + " + " + length);
        }
    }

    /** Frees the memory; a second call does nothing. */
    @Override
    public void close() {
        if (device != null && account != null && !closed) {
            closed = true;
            device.makeCurrent();
            account.freed(bytes);
            CudaErrors.check(cudart.cudaFree(memory), "cudaFree for " + owner);
        }
    }
}
