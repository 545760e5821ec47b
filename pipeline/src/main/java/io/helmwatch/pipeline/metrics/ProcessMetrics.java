package io.helmwatch.pipeline.metrics;

import com.sun.management.OperatingSystemMXBean;
import io.helmwatch.resource.ResidentMemory;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.DiskSpaceMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.core.instrument.config.MeterFilter;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/**
 * Meters of the process and its machine: heap, garbage collection, threads, resident memory, processor, descriptors, uptime, disk space.
 *
 * <p>Threading: bound and closed by one thread.
 */
public final class ProcessMetrics implements AutoCloseable {
    private static final OperatingSystemMXBean SYSTEM =
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

    private final MeterRegistry registry;
    private final JvmGcMetrics collections = new JvmGcMetrics();
    private final Set<Path> disks = new HashSet<>();

    /** Registers the meters. */
    public ProcessMetrics(MeterRegistry registry) {
        this.registry = registry;
        // First: a filter has to be set before there are meters.
        bindProcessor(registry);
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ClassLoaderMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        collections.bindTo(registry);
        Gauge.builder("process.resident.memory", ProcessMetrics::resident)
                .description("Resident memory of the process, native memory included")
                .baseUnit("bytes")
                .register(registry);
    }

    /** Micrometer's meters, but for two whose names Prometheus' conventions do not allow. */
    private static void bindProcessor(MeterRegistry registry) {
        registry.config()
                .meterFilter(MeterFilter.deny(id ->
                        id.getName().equals("process.cpu.time") || id.getName().equals("system.cpu.count")));
        new ProcessorMetrics().bindTo(registry);
        FunctionCounter.builder("process.cpu", SYSTEM, system -> system.getProcessCpuTime() / 1e9)
                .description("Processor time of the process, of all threads")
                .baseUnit("seconds")
                .register(registry);
        Gauge.builder("system.cpus", SYSTEM, OperatingSystemMXBean::getAvailableProcessors)
                .description("Processors that the process may use")
                .register(registry);
    }

    /** Adds the free and total space of the file system that holds a folder, which need not exist yet. */
    public void bindDisk(Path folder) {
        Path existing = folder.toAbsolutePath();
        while (existing != null && !Files.exists(existing)) {
            existing = existing.getParent();
        }
        if (existing != null && disks.add(existing)) {
            new DiskSpaceMetrics(existing.toFile()).bindTo(registry);
        }
    }

    private static double resident() {
        long bytes = ResidentMemory.bytes();
        return bytes == 0 ? Double.NaN : bytes;
    }

    @Override
    public void close() {
        collections.close();
    }
}
