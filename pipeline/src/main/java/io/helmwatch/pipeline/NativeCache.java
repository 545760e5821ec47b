package io.helmwatch.pipeline;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Unpacks ONNX Runtime's native libraries once into {@code -Dhelmwatch.natives}; by itself it unpacks them at every start. JavaCPP keeps a
 * cache of its own.
 */
final class NativeCache {
    private static final Logger LOG = LoggerFactory.getLogger(NativeCache.class);
    private static final String RESOURCES = "/ai/onnxruntime/native/linux-x64/";
    private static final List<String> LIBRARIES = List.of("libonnxruntime.so", "libonnxruntime4j_jni.so");
    private static final String TOLD = "onnxruntime.native.path";

    private NativeCache() {}

    /** Unpacks what is missing and tells ONNX Runtime where it is. Without a writable cache nothing changes. */
    static void prepare() {
        String folder = System.getProperty("helmwatch.natives");
        if (folder == null || System.getProperty(TOLD) != null) {
            return;
        }
        try {
            Path libraries = Path.of(folder, "onnxruntime");
            for (String library : LIBRARIES) {
                unpack(library, libraries);
            }
            System.setProperty(TOLD, libraries.toString());
        } catch (IOException notWritable) {
            LOG.debug("native libraries are not kept in {}", folder, notWritable);
        }
    }

    /** Another process may do the same: the file appears whole or not at all. */
    private static void unpack(String library, Path folder) throws IOException {
        java.net.URL resource = NativeCache.class.getResource(RESOURCES + library);
        if (resource == null) {
            throw new IOException(library + " is not on the class path");
        }
        Path file = folder.resolve(library);
        long length = resource.openConnection().getContentLengthLong();
        if (Files.isRegularFile(file) && Files.size(file) == length) {
            return;
        }
        Files.createDirectories(folder);
        Path part = Files.createTempFile(folder, library, ".part");
        try (InputStream in = resource.openStream()) {
            Files.copy(in, part, StandardCopyOption.REPLACE_EXISTING);
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(part);
        }
    }
}
