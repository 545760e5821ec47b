package io.helmwatch.inference.tensorrt;

import io.helmwatch.resource.FailureText;
import java.util.Optional;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.tensorrt.global.nvinfer;
import org.bytedeco.tensorrt.global.nvonnxparser;

/** Whether TensorRT can be loaded here; the only class that handles its absence. Threading: any thread. */
public final class TensorRtLibrary {

    private static final class Once {
        static final String PROBLEM = load();
    }

    private TensorRtLibrary() {}

    /** Why TensorRT cannot be used, in one line; empty when it can. Tried once per process; never throws. */
    public static Optional<String> problem() {
        return Once.PROBLEM.isEmpty() ? Optional.empty() : Optional.of(Once.PROBLEM);
    }

    /** Version of the loaded library, e.g. {@code 10.6.0}. */
    public static String version() {
        int number = nvinfer.getInferLibVersion();
        return number / 10000 + "." + number / 100 % 100 + "." + number % 100;
    }

    private static String load() {
        try {
            Loader.load(nvinfer.class);
            Loader.load(nvonnxparser.class);
            return "";
        } catch (LinkageError e) {
            return "TensorRT could not be loaded: " + FailureText.of(FailureText.root(e));
        }
    }
}
