package io.helmwatch.pipeline.bench;

import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Heap bytes allocated by the threads of the pipeline, by role, as counted by the virtual machine.
 *
 * <p>Threading: one thread at a time.
 */
final class AllocationMeter {
    private final List<Thread> threads;
    private final Map<Long, Long> before;

    private AllocationMeter(List<Thread> threads) {
        this.threads = threads;
        this.before = bytesById(threads);
    }

    /** Starts to count for running threads. */
    static AllocationMeter start(List<Thread> threads) {
        return new AllocationMeter(List.copyOf(threads));
    }

    /** Bytes since the start by role, which is the thread's name up to the first hyphen; empty where the machine does not count. */
    Map<String, Long> bytesByRole() {
        Map<Long, Long> now = bytesById(threads);
        Map<String, Long> byRole = new TreeMap<>();
        for (Thread thread : threads) {
            Long from = before.get(thread.getId());
            Long to = now.get(thread.getId());
            if (from != null && to != null) {
                byRole.merge(role(thread), to - from, Long::sum);
            }
        }
        return byRole;
    }

    private static String role(Thread thread) {
        String name = thread.getName();
        int hyphen = name.indexOf('-');
        return hyphen < 0 ? name : name.substring(0, hyphen);
    }

    private static Map<Long, Long> bytesById(List<Thread> threads) {
        Map<Long, Long> bytes = new TreeMap<>();
        if (ManagementFactory.getThreadMXBean() instanceof com.sun.management.ThreadMXBean machine
                && machine.isThreadAllocatedMemorySupported()) {
            for (Thread thread : threads) {
                long count = machine.getThreadAllocatedBytes(thread.getId());
                if (count >= 0) {
                    bytes.put(thread.getId(), count);
                }
            }
        }
        return bytes;
    }
}
