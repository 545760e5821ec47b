package io.helmwatch.pipeline.cli.process;

import io.helmwatch.resource.AtomicFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Unpacks the native libraries of ONNX Runtime and SQLite once into {@code -Dhelmwatch.natives}; by themselves they unpack them at every start, into
 * a folder that may forbid loading them. JavaCPP keeps a cache of its own.
 */
public final class NativeCache {
    private static final Logger LOG = LoggerFactory.getLogger(NativeCache.class);

    /** Who brings libraries, where they are on the class path, and the system property that names their folder. */
    private record Owner(String name, String resources, List<String> libraries, String property) {}

    private static final List<Owner> OWNERS = List.of(
            new Owner(
                    "onnxruntime",
                    "/ai/onnxruntime/native/linux-x64/",
                    List.of("libonnxruntime.so", "libonnxruntime4j_jni.so"),
                    "onnxruntime.native.path"),
            new Owner(
                    "sqlite", "/org/sqlite/native/Linux/x86_64/", List.of("libsqlitejdbc.so"), "org.sqlite.lib.path"));

    private NativeCache() {}

    /** Unpacks missing libraries and sets the properties. Without a writable cache nothing changes. */
    public static void prepare() {
        String folder = System.getProperty("helmwatch.natives");
        if (folder != null) {
            OWNERS.forEach(owner -> prepare(owner, Path.of(folder, owner.name())));
        }
    }

    private static void prepare(Owner owner, Path folder) {
        if (System.getProperty(owner.property()) != null) {
            return;
        }
        try {
            for (String library : owner.libraries()) {
                unpack(owner.resources() + library, library, folder);
            }
            System.setProperty(owner.property(), folder.toString());
        } catch (IOException notWritable) {
            LOG.debug("Native libraries not unpacked to {}", folder, notWritable);
        }
    }

    /** Another process may do the same: the file appears whole or not at all. */
    private static void unpack(String name, String library, Path folder) throws IOException {
        java.net.URL resource = NativeCache.class.getResource(name);
        if (resource == null) {
            throw new IOException(library + " is not on the class path");
        }
        Path file = folder.resolve(library);
        long length = resource.openConnection().getContentLengthLong();
        if (Files.isRegularFile(file) && Files.size(file) == length) {
            return;
        }
        try (InputStream in = resource.openStream()) {
            AtomicFile.replace(file, in, AtomicFile.Durability.CACHED);
        }
        // An installation assembled by one user is run by others.
        if (!file.toFile().setReadable(true, false)) {
            LOG.debug("Native library {} is readable by its owner only", file);
        }
    }
}
