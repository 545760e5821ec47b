package io.helmwatch.pipeline.metrics;

import io.helmwatch.resource.NativeMemory;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.Locale;

/** Gauges of native memory by owner. Owners appear while the service runs, so binding is repeated before each scrape. Threading: any thread. */
public final class MemoryMetrics {
    private static final String NATIVE_MEMORY = "helmwatch.native.memory.used";
    private static final String CUDA_MEMORY = "helmwatch.cuda.memory.used";

    private MemoryMetrics() {}

    /** Adds gauges of the owners of host memory that have none yet. */
    public static void bindHost(MeterRegistry registry) {
        for (NativeMemory.Entry entry : NativeMemory.entries()) {
            if (entry.kind() == NativeMemory.Kind.HOST
                    && registry.find(NATIVE_MEMORY).tag("owner", entry.owner()).gauge() == null) {
                Gauge.builder(NATIVE_MEMORY, NativeMemory.account(entry.owner()), NativeMemory.Account::bytes)
                        .description("Pageable native memory in use, by owner")
                        .baseUnit("bytes")
                        .tag("owner", entry.owner())
                        .register(registry);
            }
        }
    }

    /** Adds gauges of the owners of GPU memory, and of host memory that is page-locked for a GPU, that have none yet. */
    public static void bindDevices(MeterRegistry registry) {
        for (NativeMemory.Entry entry : NativeMemory.outstanding()) {
            if (entry.kind() == NativeMemory.Kind.HOST) {
                continue;
            }
            String kind = entry.kind().name().toLowerCase(Locale.ROOT);
            Tags tags = Tags.of("device", entry.device(), "kind", kind, "owner", entry.owner());
            if (registry.find(CUDA_MEMORY).tags(tags).gauge() == null) {
                NativeMemory.Account account = NativeMemory.account(entry.kind(), entry.device(), entry.owner());
                Gauge.builder(CUDA_MEMORY, account, NativeMemory.Account::bytes)
                        .description("GPU memory (device) and page-locked host memory (pinned) in use, by owner")
                        .baseUnit("bytes")
                        .tags(tags)
                        .register(registry);
            }
        }
    }
}
