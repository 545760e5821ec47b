package io.helmwatch.inference.onnx;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import io.helmwatch.inference.ModelException;
import io.helmwatch.resource.FailureText;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/** ONNX Runtime in this process: its environment, its sessions, and what its errors say. Threading: any thread. */
final class OnnxRuntime {
    /** Address space; only used pages take memory. */
    private static final long DEEP_STACK_BYTES = 512L << 20;

    private OnnxRuntime() {}

    /**
     * The process's environment. ONNX Runtime 1.29 recurses while it creates the environment, thousands of frames deep when the
     * process's command line is long (a class path of some kilobytes), and a stack overflow in native code ends the process without
     * a message. A thread with a deep stack creates it.
     */
    static OrtEnvironment environment() {
        OnnxRuntimeTelemetry.disable();
        FutureTask<OrtEnvironment> creation = new FutureTask<>(
                () -> OrtEnvironment.getEnvironment(OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR, "helmwatch"));
        new Thread(null, creation, "onnx-start", DEEP_STACK_BYTES).start();
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return creation.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                } catch (ExecutionException e) {
                    throw new ModelException(
                            "ONNX Runtime cannot be loaded: " + FailureText.of(FailureText.root(e)), e);
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** A session with a model, or with what {@link ModelForm#rewritten} made of it; the caller closes it. */
    static OrtSession load(OrtEnvironment environment, ModelForm form, byte @Nullable [] rewritten, int threads)
            throws OrtException {
        try (OrtSession.SessionOptions options = sessionOptions(threads)) {
            return rewritten == null
                    ? environment.createSession(form.path().toString(), options)
                    : environment.createSession(rewritten, options);
        }
    }

    /** The caller closes them. */
    static OrtSession.SessionOptions sessionOptions(int threads) throws OrtException {
        OrtSession.SessionOptions options = new OrtSession.SessionOptions();
        options.setIntraOpNumThreads(threads);
        options.setInterOpNumThreads(1);
        options.setSessionLogLevel(OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL);
        options.setOptimizationLevel(OrtSession.SessionOptions.OptLevel.ALL_OPT);
        options.addConfigEntry("session.intra_op.allow_spinning", "0");
        return options;
    }

    /** ONNX Runtime's own sentence, without error codes and source files. */
    static String reason(OrtException e) {
        String message = String.valueOf(e.getMessage());
        for (String prefix : List.of("message: ", "Status Message: ", "[ONNXRuntimeError] : ")) {
            int at = message.lastIndexOf(prefix);
            message = at < 0 ? message : message.substring(at + prefix.length());
        }
        int end = message.indexOf('\n');
        return end < 0 ? message : message.substring(0, end);
    }
}
