import org.bytedeco.cuda.global.cudart;
import org.bytedeco.cuda.global.nvrtc;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.tensorrt.global.nvinfer;
import org.bytedeco.tensorrt.global.nvonnxparser;

/** Loads every library of the GPU backend, which needs no GPU; what is missing ends it with an error. */
class LoadGpuLibraries {
    public static void main(String[] args) {
        for (Class<?> library : new Class<?>[] {cudart.class, nvrtc.class, nvinfer.class, nvonnxparser.class}) {
            Loader.load(library);
        }
        int version = nvinfer.getInferLibVersion();
        if (version / 10_000 != 10) {
            throw new IllegalStateException("expected TensorRT 10, found " + version);
        }
        System.err.println("GPU libraries: TensorRT " + version + " and CUDA load");
    }
}
