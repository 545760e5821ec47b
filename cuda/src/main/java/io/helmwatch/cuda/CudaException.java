package io.helmwatch.cuda;

/** A CUDA call that failed: which one, with what code. */
public final class CudaException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String call;
    private final int code;
    private final String codeName;

    /**
     * @param call the function that failed, with what it was asked
     * @param code the {@code cudaError_t}, {@code CUresult} or {@code nvrtcResult}
     * @param codeName the code's name, e.g. {@code cudaErrorMemoryAllocation}
     * @param detail one sentence: what that means and what to do
     */
    public CudaException(String call, int code, String codeName, String detail) {
        super(call + " failed with " + codeName + " (" + code + "): " + detail);
        this.call = call;
        this.code = code;
        this.codeName = codeName;
    }

    /** The function that failed. */
    public String call() {
        return call;
    }

    /** The error's number. */
    public int code() {
        return code;
    }

    /** The error's name. */
    public String codeName() {
        return codeName;
    }

    /** Whether memory ran out: of the device, or of what can be page-locked. */
    public boolean isOutOfMemory() {
        return CudaErrors.isOutOfMemory(code);
    }

    /**
     * Whether the error stays: every later call of this process on the device fails the same way, so that only a new process helps.
     */
    public boolean isSticky() {
        return CudaErrors.isSticky(code);
    }
}
