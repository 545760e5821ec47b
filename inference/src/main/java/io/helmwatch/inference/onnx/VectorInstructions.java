package io.helmwatch.inference.onnx;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Instructions of this CPU that multiply 8-bit integers faster than FP32 numbers, from the kernel's list of features. Threading: any thread. */
public final class VectorInstructions {

    private static final Path CPU_INFO = Path.of("/proc/cpuinfo");

    /** x86: AVX-512 VNNI, AVX VNNI; ARM: dot product, 8-bit matrix product. */
    private static final List<String> INT8 = List.of("avx512_vnni", "avx_vnni", "asimddp", "i8mm");

    private VectorInstructions() {}

    /** Those that this CPU has; empty where it has none, or the kernel does not list them. */
    public static List<String> int8() {
        try {
            return int8(Files.readAllLines(CPU_INFO));
        } catch (IOException e) {
            return List.of();
        }
    }

    /** Name of the CPU, for keys of measurements. */
    static String cpuName() {
        try {
            return Files.readAllLines(CPU_INFO).stream()
                    .filter(line -> line.startsWith("model name") || line.startsWith("CPU part"))
                    .findFirst()
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .orElse("unknown");
        } catch (IOException e) {
            return "unknown";
        }
    }

    static List<String> int8(List<String> cpuInfo) {
        Set<String> features = new HashSet<>();
        for (String line : cpuInfo) {
            int colon = line.indexOf(':');
            if (colon > 0 && (line.startsWith("flags") || line.startsWith("Features"))) {
                features.addAll(Arrays.asList(line.substring(colon + 1).strip().split("\\s+", -1)));
                break;
            }
        }
        return INT8.stream().filter(features::contains).toList();
    }
}
