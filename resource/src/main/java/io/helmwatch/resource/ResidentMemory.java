package io.helmwatch.resource;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Physical memory that this process occupies, as Linux counts it. Threading: any thread. */
public final class ResidentMemory {
    private static final Path STATUS = Path.of("/proc/self/status");
    private static final String RESIDENT = "VmRSS:";

    private ResidentMemory() {}

    /** Bytes; 0 where they are not known, which is everywhere but on Linux. Reads a file of the system: not for a hot path. */
    public static long bytes() {
        try {
            for (String line : Files.readAllLines(STATUS, StandardCharsets.UTF_8)) {
                if (line.startsWith(RESIDENT)) {
                    return 1024 * Long.parseLong(line.replaceAll("\\D", ""));
                }
            }
        } catch (IOException | RuntimeException unreadable) {
            // Only Linux has this file.
        }
        return 0;
    }
}
