package io.helmwatch.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.bytedeco.cuda.cudart.CUfunc_st;
import org.bytedeco.cuda.cudart.CUmod_st;
import org.bytedeco.cuda.global.cudart;
import org.bytedeco.javacpp.BytePointer;

/**
 * Kernels compiled from a {@code .cu} resource for the GPU, and cached on disk for the next start.
 *
 * <p>Threading: loaded and closed by one thread; kernels may be created by any. Ownership: unloads its module; kernels are closed first.
 */
public final class NvrtcModule implements AutoCloseable {

    private final CudaDevice device;
    private final String name;
    private final CUmod_st module = new CUmod_st();
    private boolean closed;

    private NvrtcModule(CudaDevice device, String name, byte[] cubin) {
        this.device = device;
        this.name = name;
        device.makeCurrent();
        try (BytePointer code = new BytePointer(cubin)) {
            CudaErrors.check(cudart.cuModuleLoadData(module, code), "cuModuleLoadData(" + name + ")");
        }
    }

    /**
     * Loads a module from the cache, or compiles and loads it.
     *
     * @param device the device
     * @param anchor a class in the package of the resource
     * @param resource name of the file, e.g. {@code letterbox.cu}
     * @param options additional compiler options, e.g. {@code -DTILE=32}
     * @param cacheDirectory directory of compiled kernels; created when missing
     * @throws IllegalStateException when the source does not compile
     */
    public static NvrtcModule load(
            CudaDevice device, Class<?> anchor, String resource, List<String> options, Path cacheDirectory) {
        String source = read(anchor, resource);
        List<String> all = new ArrayList<>(options);
        all.add("--gpu-architecture=" + device.info().architecture());
        all.add("--std=c++17");
        CubinCache cache = new CubinCache(cacheDirectory);
        String key = CubinCache.key(resource, source, all, NvrtcCompiler.version());
        Optional<byte[]> cached = cache.load(key);
        if (cached.isPresent()) {
            try {
                return new NvrtcModule(device, resource, cached.get());
            } catch (CudaException e) {
                if (e.isSticky()) {
                    throw e;
                }
                // The driver rejects the cached code: compile again.
            }
        }
        byte[] cubin = NvrtcCompiler.compile(resource, source, all);
        NvrtcModule loaded = new NvrtcModule(device, resource, cubin);
        cache.store(key, cubin);
        return loaded;
    }

    private static String read(Class<?> anchor, String resource) {
        try (InputStream in = anchor.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException(
                        "kernel " + resource + " is missing in the package of " + anchor.getName());
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException("kernel " + resource + " cannot be read", e);
        }
    }

    /**
     * A kernel of the module.
     *
     * @param kernel its name, {@code extern "C"}
     * @param arguments number of its arguments
     */
    public CudaKernel kernel(String kernel, int arguments) {
        device.makeCurrent();
        CUfunc_st function = new CUfunc_st();
        CudaErrors.check(
                cudart.cuModuleGetFunction(function, module, kernel),
                "cuModuleGetFunction(" + kernel + " of " + name + ")");
        return new CudaKernel(kernel, function, arguments);
    }

    /** Unloads the module; a second call does nothing. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            device.makeCurrent();
            CudaErrors.check(cudart.cuModuleUnload(module), "cuModuleUnload(" + name + ")");
        }
    }
}
