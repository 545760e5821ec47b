package io.helmwatch.config.schema;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * What settings that a request sent may name of the machine, which their sender may not know otherwise.
 *
 * @param folders folders below which files may be named
 * @param variables environment variables that may be named
 */
public record RequestLimits(List<Path> folders, Set<String> variables) {
    /** Nothing of the machine. */
    public static final RequestLimits NONE = new RequestLimits(List.of(), Set.of());

    /** Any file: for settings that come from the configuration file. */
    public static final RequestLimits OF_FILE = new RequestLimits(List.of(Path.of("/")), Set.of());

    /** Keeps its own copies. */
    public RequestLimits {
        folders = List.copyOf(folders);
        variables = Set.copyOf(variables);
    }

    /** Whether a file may be named: it lies below one of the folders, also when links are followed. */
    boolean allow(Path file) {
        Path absolute = file.toAbsolutePath().normalize();
        return folders.stream().anyMatch(folder -> isBelow(absolute, folder));
    }

    private static boolean isBelow(Path file, Path folder) {
        if (!file.startsWith(folder.toAbsolutePath().normalize())) {
            return false;
        }
        try {
            return !Files.exists(file) || file.toRealPath().startsWith(folder.toRealPath());
        } catch (IOException unreadable) {
            return false;
        }
    }
}
