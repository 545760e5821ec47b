package io.helmwatch.web;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** State of the service and its machine. Threading: any thread. */
public interface SystemState {

    /** The state now. */
    Snapshot now();

    /**
     * The state at a time.
     *
     * @param version version of Helmwatch
     * @param startedAt start of the process
     * @param site name of the site; may be empty
     * @param backend what decodes and analyses; empty while starting
     * @param model name and version of the model; empty while starting
     * @param workers threads of inference
     * @param cpus processors of the machine or container
     * @param pipeline frame rates over all streams
     * @param kafka the broker; null where none is configured
     * @param spool stored messages; null where no incidents are configured
     * @param disks disks that are written to
     * @param process the process
     * @param gpus GPUs in use
     */
    record Snapshot(
            String version,
            Instant startedAt,
            String site,
            String backend,
            String model,
            int workers,
            int cpus,
            Rates pipeline,
            @Nullable Kafka kafka,
            @Nullable Spool spool,
            List<Disk> disks,
            Process process,
            List<Gpu> gpus) {}

    /**
     * Frame rates over all streams.
     *
     * @param wantedFps frames a second that should be analysed
     * @param analysedFps frames a second that are analysed
     * @param droppedFps frames a second that are dropped, by cause
     */
    record Rates(double wantedFps, double analysedFps, Map<String, Double> droppedFps) {}

    /**
     * The broker.
     *
     * @param state connected, or a word for what is wrong
     * @param queued messages that wait
     * @param lastAcknowledgedAt when the broker last acknowledged a message; null where it has not
     */
    record Kafka(String state, long queued, @Nullable Instant lastAcknowledgedAt) {}

    /**
     * Messages that are stored until they are delivered.
     *
     * @param messages their number
     * @param bytes their size
     * @param oldestAt when the oldest was stored; null where there is none
     * @param deadLetters messages that cannot be delivered
     */
    record Spool(long messages, long bytes, @Nullable Instant oldestAt, long deadLetters) {}

    /**
     * A disk.
     *
     * @param path a folder on it
     * @param freeBytes bytes that can be written
     * @param totalBytes its size
     */
    record Disk(String path, long freeBytes, long totalBytes) {}

    /**
     * The process.
     *
     * @param cpuCores processors in use, 1 is one core
     * @param residentBytes memory in use
     * @param heapBytes Java heap in use
     * @param heapMaxBytes largest Java heap
     */
    record Process(double cpuCores, long residentBytes, long heapBytes, long heapMaxBytes) {}

    /**
     * A GPU.
     *
     * @param name its name
     * @param memoryUsedBytes memory in use
     * @param memoryTotalBytes its memory
     */
    record Gpu(String name, long memoryUsedBytes, long memoryTotalBytes) {}
}
