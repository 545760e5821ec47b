package io.helmwatch.cuda;

import org.bytedeco.cuda.global.cudart;
import org.bytedeco.cuda.global.nvrtc;
import org.bytedeco.javacpp.BytePointer;

/** Converts return codes to exceptions. */
final class CudaErrors {

    private CudaErrors() {}

    /** Throws unless a runtime or driver API call succeeded; both use the same error numbers. */
    static void check(int code, String call) {
        if (code != 0) {
            throw failure(code, call);
        }
    }

    /** Throws unless an NVRTC call succeeded. */
    static void checkNvrtc(int code, String call) {
        if (code != 0) {
            throw new CudaException(
                    call, code, text(nvrtc.nvrtcGetErrorString(code)), "the run-time compiler rejected the call");
        }
    }

    static CudaException failure(int code, String call) {
        String name = text(cudart.cudaGetErrorName(code));
        String detail = text(cudart.cudaGetErrorString(code));
        // Clears the last error of the runtime, so that a later check does not report it again.
        cudart.cudaGetLastError();
        if (isSticky(code)) {
            detail += "; this process can no longer use the device: restart it";
        }
        return new CudaException(call, code, name, detail);
    }

    static boolean isOutOfMemory(int code) {
        return code == cudart.cudaErrorMemoryAllocation;
    }

    /** Errors that leave the process in an inconsistent state, according to the documentation of the CUDA runtime. */
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
