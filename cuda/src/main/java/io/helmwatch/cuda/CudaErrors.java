package io.helmwatch.cuda;

import org.bytedeco.cuda.global.cudart;
import org.bytedeco.cuda.global.nvrtc;
import org.bytedeco.javacpp.BytePointer;

/** Turns return codes into exceptions. */
final class CudaErrors {

    private CudaErrors() {}

    /** Throws unless a runtime or driver API call succeeded; both number their errors alike. */
    static void check(int code, String call) {
        if (code != 0) {
            throw failure(code, call);
        }
    }

    /** Throws unless an NVRTC call succeeded. */
    static void checkNvrtc(int code, String call) {
        if (code != 0) {
            throw new CudaException(call, code, text(nvrtc.nvrtcGetErrorString(code)), "NVRTC could not do it");
        }
    }

    static CudaException failure(int code, String call) {
        String name = text(cudart.cudaGetErrorName(code));
        String detail = text(cudart.cudaGetErrorString(code));
        // Takes the runtime's own record of a failure that is not sticky, so that a later check does not report it
        // again.
        cudart.cudaGetLastError();
        if (isSticky(code)) {
            detail += "; the device cannot be used by this process any more, restart it";
        }
        return new CudaException(call, code, name, detail);
    }

    static boolean isOutOfMemory(int code) {
        return code == cudart.cudaErrorMemoryAllocation;
    }

    /** The errors that the CUDA runtime's documentation says leave the process in an inconsistent state. */
    static boolean isSticky(int code) {
        return switch (code) {
            case 214, // ECCUncorrectable
                    219, // InvalidGraphicsContext
                    220, // NvlinkUncorrectable
                    700, // IllegalAddress
                    702, // LaunchTimeout
                    710, // Assert
                    714, // HardwareStackError
                    715, // IllegalInstruction
                    716, // MisalignedAddress
                    717, // InvalidAddressSpace
                    718, // InvalidPc
                    719, // LaunchFailure
                    721, // TensorMemoryLeak
                    999 // Unknown
            -> true;
            default -> false;
        };
    }

    private static String text(BytePointer text) {
        return text == null || text.isNull() ? "unknown error" : text.getString();
    }
}
