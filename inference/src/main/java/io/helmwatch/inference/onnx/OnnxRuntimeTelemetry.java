package io.helmwatch.inference.onnx;

import com.sun.jna.Library;
import com.sun.jna.Native;
import io.helmwatch.inference.ModelException;
import org.jspecify.annotations.Nullable;

/**
 * Disables the telemetry of ONNX Runtime. Unless its environment variable is set when the library is loaded, ONNX Runtime 1.29
 * resolves and contacts a server of its maker, stores a device id and a database under {@code ~/.cache/Microsoft} and writes
 * {@code /tmp/mat-debug-PID.log}; {@code OrtEnvironment.setTelemetry(false)} comes too late for all of it.
 *
 * <p>The launcher sets the variable. A process that was started without it changes its own environment through the C library,
 * since Java cannot.
 */
final class OnnxRuntimeTelemetry {

    static final String VARIABLE = "ORT_DISABLE_TELEMETRY";
    private static final String DISABLED = "1";

    private OnnxRuntimeTelemetry() {}

    /** The function of the C library that changes the environment. */
    interface Environment extends Library {
        /** Returns 0, or -1 on failure. */
        int setenv(String name, String value, int overwrite);
    }

    /**
     * Sets the variable; to be called before the first use of ONNX Runtime.
     *
     * @throws ModelException when it cannot be set: models are not loaded then
     */
    static void disable() {
        if (DISABLED.equals(System.getenv(VARIABLE))) {
            return;
        }
        try {
            if (Native.load("c", Environment.class).setenv(VARIABLE, DISABLED, 1) != 0) {
                throw refusal("setenv failed", null);
            }
        } catch (LinkageError e) {
            throw refusal(String.valueOf(e.getMessage()), e);
        }
    }

    private static ModelException refusal(String reason, @Nullable Throwable cause) {
        return new ModelException(
                "ONNX Runtime would send usage data to its maker: expected " + VARIABLE + "=" + DISABLED
                        + " in the environment, and it cannot be set from here (" + reason
                        + "): set it before Java starts",
                cause);
    }
}
