package io.helmwatch.cuda;

/** A failed CUDA call with its error code. */
public final class CudaException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String call;
    private final int code;

    /**
     * @param call the function that failed and its arguments
     * @param code the {@code cudaError_t}, {@code CUresult} or {@code nvrtcResult}
     * @param codeName the code's name, e.g. {@code cudaErrorMemoryAllocation}
     * @param detail one sentence: what it means and what to do
     */
    public CudaException(String call, int code, String codeName, String detail) {
        super(call + " failed with " + codeName + " (" + code + "): " + detail);
        this.call = call;
        this.code = code;
    }

    /** The function that failed. */
    public String call() {
        return call;
    }

    /** Whether device memory or page-locked memory is exhausted. */
    public boolean isOutOfMemory() {
        return CudaErrors.isOutOfMemory(code);
    }

    /**
     * Whether the error is permanent: every later call of this process on the device fails, and only a restart helps.
     */
    public boolean isSticky() {
        return CudaErrors.isSticky(code);
    }
}
