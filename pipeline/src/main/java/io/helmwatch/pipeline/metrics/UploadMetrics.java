package io.helmwatch.pipeline.metrics;

import io.helmwatch.sinks.s3.EvidenceUploads;
import io.helmwatch.sinks.s3.UploadStatistics;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.function.ToDoubleFunction;

/** Meters of the copies in object storage. Threading: any thread. */
public final class UploadMetrics {
    private static final String PREFIX = "helmwatch.evidence.";

    private UploadMetrics() {}

    public static void bind(MeterRegistry registry, EvidenceUploads uploads) {
        UploadStatistics statistics = uploads.statistics();
        result(registry, statistics, "stored", UploadStatistics::stored);
        result(registry, statistics, "rejected", UploadStatistics::rejected);
        result(registry, statistics, "missing", UploadStatistics::missing);
        result(registry, statistics, "refused", UploadStatistics::refused);
        FunctionCounter.builder(PREFIX + "uploaded", statistics, UploadStatistics::storedBytes)
                .description("Bytes of snapshots and clips that the object storage has taken")
                .baseUnit("bytes")
                .register(registry);
        FunctionCounter.builder(PREFIX + "upload.failures", statistics, UploadStatistics::failures)
                .description("Uploads to the object storage that failed and are retried")
                .register(registry);
        FunctionCounter.builder(PREFIX + "deleted", statistics, UploadStatistics::deleted)
                .description("Objects deleted because of their age")
                .baseUnit("objects")
                .register(registry);
        waiting(registry, statistics, "files", "Files that wait for the object storage", UploadStatistics::waiting);
        waiting(
                registry,
                statistics,
                "bytes",
                "Size of the files that wait for the object storage",
                UploadStatistics::waitingBytes);
        Gauge.builder(PREFIX + "upload.oldest.age", statistics, UploadMetrics::oldestAgeSeconds)
                .description("Age of the file that has been waiting for the object storage longest; 0 when none waits")
                .baseUnit("seconds")
                .register(registry);
        Gauge.builder(PREFIX + "upload.healthy", uploads, u -> u.problem().isEmpty() ? 1 : 0)
                .description("1 unless the last upload to the object storage failed")
                .register(registry);
    }

    private static double oldestAgeSeconds(UploadStatistics statistics) {
        long oldest = statistics.oldestWaitingMillis();
        return oldest == 0 ? 0 : Math.max(0, System.currentTimeMillis() - oldest) / 1_000.0;
    }

    private static void result(
            MeterRegistry registry,
            UploadStatistics statistics,
            String result,
            ToDoubleFunction<UploadStatistics> value) {
        FunctionCounter.builder(PREFIX + "uploads", statistics, value)
                .description("Snapshots, clips and sidecars for the object storage, by result")
                .baseUnit("files")
                .tag("result", result)
                .register(registry);
    }

    private static void waiting(
            MeterRegistry registry,
            UploadStatistics statistics,
            String unit,
            String description,
            ToDoubleFunction<UploadStatistics> value) {
        Gauge.builder(PREFIX + "upload.waiting." + unit, statistics, value)
                .description(description)
                .baseUnit(unit)
                .register(registry);
    }
}
