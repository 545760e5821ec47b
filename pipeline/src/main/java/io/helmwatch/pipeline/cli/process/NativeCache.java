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
    record Owner(String name, String resources, List<String> libraries, String property) {}

    private NativeCache() {}

    /** Unpacks missing libraries and sets the properties. Without a writable cache nothing changes. */
    public static void prepare() {
        String folder = System.getProperty("helmwatch.natives");
        if (folder != null) {
            owners(System.getProperty("os.name"), System.getProperty("os.arch"))
                    .forEach(owner -> prepare(owner, Path.of(folder, owner.name())));
        }
    }

    /**
     * What is unpacked on a platform; nothing on one that is not known.
     *
     * @param system as {@code os.name}
     * @param processor as {@code os.arch}
     */
    static List<Owner> owners(String system, String processor) {
        boolean isArm = processor.equals("aarch64");
        if (system.equals("Linux")) {
            return isArm
                    ? owners("linux-aarch64", "Linux/aarch64", "lib%s.so")
                    : owners("linux-x64", "Linux/x86_64", "lib%s.so");
        }
        if (system.startsWith("Mac") && isArm) {
            return owners("osx-aarch64", "Mac/aarch64", "lib%s.dylib");
        }
        return system.startsWith("Windows") && !isArm ? owners("win-x64", "Windows/x86_64", "%s.dll") : List.of();
    }

    private static List<Owner> owners(String onnxRuntime, String sqlite, String library) {
        return List.of(
                new Owner(
                        "onnxruntime",
                        "/ai/onnxruntime/native/" + onnxRuntime + "/",
                        List.of(library.formatted("onnxruntime"), library.formatted("onnxruntime4j_jni")),
                        "onnxruntime.native.path"),
                new Owner(
                        "sqlite",
                        "/org/sqlite/native/" + sqlite + "/",
                        List.of(library.formatted("sqlitejdbc")),
                        "org.sqlite.lib.path"));
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
