package io.helmwatch.cuda;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.cuda.global.nvml;
import org.bytedeco.cuda.nvml.nvmlDevice_st;
import org.bytedeco.cuda.nvml.nvmlMemory_t;
import org.bytedeco.cuda.nvml.nvmlUtilization_t;
import org.bytedeco.javacpp.BytePointer;

/**
 * How busy a GPU is, as its driver tells (NVML), over all processes that use it.
 *
 * <p>Threading: one thread at a time. Ownership: ends its use of the driver's library on close.
 */
public final class GpuLoad implements AutoCloseable {

    private static final int PCI_ID_BYTES = 32;

    private final nvmlDevice_st device = new nvmlDevice_st();
    private final nvmlUtilization_t utilization = new nvmlUtilization_t();
    private final nvmlMemory_t memory = new nvmlMemory_t();
    private final int[] decoder = new int[1];
    private final int[] period = new int[1];
    private boolean closed;

    private GpuLoad(String pciId) {
        check(nvml.nvmlInit_v2(), "nvmlInit");
        try (BytePointer id = new BytePointer(pciId, StandardCharsets.US_ASCII)) {
            check(nvml.nvmlDeviceGetHandleByPciBusId_v2(id, device), "nvmlDeviceGetHandleByPciBusId(" + pciId + ")");
        } catch (CudaException e) {
            nvml.nvmlShutdown();
            throw e;
        }
    }

    /**
     * Opens a GPU for asking; empty where the driver's library cannot be used, as in containers without the capability {@code utility}.
     *
     * @param index device index as CUDA counts, from 0
     */
    public static Optional<GpuLoad> open(int index) {
        try {
            byte[] id = new byte[PCI_ID_BYTES];
            CudaErrors.check(cudart.cudaDeviceGetPCIBusId(id, id.length, index), "cudaDeviceGetPCIBusId");
            return Optional.of(new GpuLoad(new String(id, StandardCharsets.US_ASCII).trim()));
        } catch (LinkageError | CudaException e) {
            return Optional.empty();
        }
    }

    /** Share of the last moments in which a kernel ran, 0..100; NaN when the driver does not tell. */
    public double computePercent() {
        return nvml.nvmlDeviceGetUtilizationRates(device, utilization) == 0 ? utilization.gpu() : Double.NaN;
    }

    /** Load of the video decoders, 0..100; NaN when the driver does not tell. */
    public double decoderPercent() {
        return nvml.nvmlDeviceGetDecoderUtilization(device, decoder, period) == 0 ? decoder[0] : Double.NaN;
    }

    /** Bytes of device memory in use by all processes; 0 when the driver does not tell. */
    public long usedBytes() {
        return nvml.nvmlDeviceGetMemoryInfo(device, memory) == 0 ? memory.used() : 0;
    }

    private static void check(int code, String call) {
        if (code != 0) {
            BytePointer text = nvml.nvmlErrorString(code);
            throw new CudaException(
                    call, code, "NVML", text == null || text.isNull() ? "unknown error" : text.getString());
        }
    }

    /** A second call does nothing. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            utilization.close();
            memory.close();
            nvml.nvmlShutdown();
        }
    }
}
