package io.helmwatch.pipeline.desk;

import com.sun.management.OperatingSystemMXBean;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.cuda.CudaProbe;
import io.helmwatch.cuda.GpuInfo;
import io.helmwatch.pipeline.backend.OpenedBackend;
import io.helmwatch.pipeline.ring.StreamFeed;
import io.helmwatch.resource.NativeMemory;
import io.helmwatch.resource.ResidentMemory;
import io.helmwatch.sinks.DetectionSink;
import io.helmwatch.sinks.IncidentStatistics;
import io.helmwatch.sinks.SinkStatistics;
import io.helmwatch.vision.ModelIdentity;
import io.helmwatch.web.SystemState;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The state of the service and its machine for the page. Threading: any thread. */
public final class DeskSystem implements SystemState {
    private static final String KAFKA = "kafka";
    private static final String CUDA = "cuda:";

    private final OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    private static final long MIN_LOOK_NANOS = 1_000_000_000L;

    private final HelmwatchConfig config;
    private final String version;
    private final Parts parts;

    // The processor time since the last look, at first since the process started.
    private long lookedNanos =
            System.nanoTime() - ManagementFactory.getRuntimeMXBean().getUptime() * 1_000_000;
    private long usedNanos;
    private double cores;

    /**
     * What runs; everything may be empty while the service starts.
     *
     * @param backends one for each device
     * @param feeds the streams
     * @param sinks of detections
     * @param spool incidents that wait for the broker; its result is null where none are configured
     */
    public record Parts(
            Supplier<List<OpenedBackend>> backends,
            Supplier<Collection<StreamFeed>> feeds,
            Collection<DetectionSink> sinks,
            Supplier<@Nullable IncidentStatistics> spool) {}

    /**
     * The state of a service.
     *
     * @param version version of Helmwatch
     */
    public DeskSystem(HelmwatchConfig config, String version, Parts parts) {
        this.config = config;
        this.version = version;
        this.parts = parts;
    }

    @Override
    public Snapshot now() {
        List<OpenedBackend> backends = parts.backends().get();
        ModelIdentity model = backends.isEmpty()
                ? null
                : backends.get(0).stages().engine().model().identity();
        return new Snapshot(
                version,
                Instant.ofEpochMilli(ManagementFactory.getRuntimeMXBean().getStartTime()),
                config.http().site(),
                model == null ? "" : model.backend(),
                model == null ? "" : model.name() + " " + model.version() + " " + model.precision(),
                backends.stream().mapToInt(OpenedBackend::workers).sum(),
                system.getAvailableProcessors(),
                rates(parts.feeds().get()),
                kafka(),
                spool(),
                disks(),
                process(),
                gpus(backends));
    }

    private static Rates rates(Collection<StreamFeed> feeds) {
        double wanted = 0;
        double analysed = 0;
        Map<String, Double> dropped = new LinkedHashMap<>();
        for (StreamFeed feed : feeds) {
            wanted += feed.rates().wantedPerSecond();
            analysed += feed.rates().analysedPerSecond();
            StreamView.droppedPerSecond(feed.rates()).forEach((cause, rate) -> dropped.merge(cause, rate, Double::sum));
        }
        return new Rates(rounded(wanted), rounded(analysed), dropped);
    }

    private @Nullable Kafka kafka() {
        for (DetectionSink sink : parts.sinks()) {
            if (sink.name().equals(KAFKA)) {
                SinkStatistics statistics = sink.statistics();
                String problem = statistics.problem();
                String state = statistics.connected() ? "connected" : problem.isEmpty() ? "connecting" : problem;
                return new Kafka(state, statistics.queueDepth(), instant(statistics.lastPublishedMillis()));
            }
        }
        return null;
    }

    private @Nullable Spool spool() {
        IncidentStatistics statistics = parts.spool().get();
        return statistics == null
                ? null
                : new Spool(
                        statistics.waiting(),
                        statistics.waitingBytes(),
                        instant(statistics.oldestWaitingMillis()),
                        statistics.deadLetters());
    }

    private static @Nullable Instant instant(long millis) {
        return millis == 0 ? null : Instant.ofEpochMilli(millis);
    }

    /** The file systems of the folders that are written to, each once. */
    private List<Disk> disks() {
        Set<FileStore> seen = new LinkedHashSet<>();
        List<Disk> disks = new ArrayList<>();
        List<Path> folders = new ArrayList<>(List.of(
                config.desk().directory(),
                config.incidents().spool().directory(),
                config.incidents().snapshots().directory()));
        if (config.incidents().clips().enabled()) {
            folders.add(config.incidents().clips().directory());
        }
        for (Path folder : folders) {
            Path existing = folder.toAbsolutePath();
            while (existing != null && !Files.exists(existing)) {
                existing = existing.getParent();
            }
            try {
                if (existing != null && seen.add(Files.getFileStore(existing))) {
                    FileStore store = Files.getFileStore(existing);
                    disks.add(new Disk(existing.toString(), store.getUsableSpace(), store.getTotalSpace()));
                }
            } catch (IOException e) {
                disks.add(new Disk(existing + " (unreadable)", 0, 0));
            }
        }
        return disks;
    }

    private Process process() {
        MemoryUsage heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
        return new Process(rounded(coresInUse()), ResidentMemory.bytes(), heap.getUsed(), heap.getMax());
    }

    /** Processors in use since the last look; several looks within a second have the same answer. */
    private synchronized double coresInUse() {
        long now = System.nanoTime();
        if (now - lookedNanos >= MIN_LOOK_NANOS) {
            long used = system.getProcessCpuTime();
            cores = (double) (used - usedNanos) / (now - lookedNanos);
            usedNanos = used;
            lookedNanos = now;
        }
        return cores;
    }

    /** The GPUs in use; the memory in use is what this process allocated and counts. */
    private static List<Gpu> gpus(List<OpenedBackend> backends) {
        List<Gpu> gpus = new ArrayList<>();
        for (OpenedBackend backend : backends) {
            if (backend.device().startsWith(CUDA)) {
                int index = Integer.parseInt(backend.device().substring(CUDA.length()));
                for (GpuInfo gpu : CudaProbe.result().gpus()) {
                    if (gpu.index() == index) {
                        gpus.add(new Gpu(
                                gpu.name(),
                                NativeMemory.bytes(NativeMemory.Kind.DEVICE, backend.device()),
                                gpu.memoryBytes()));
                    }
                }
            }
        }
        return gpus;
    }

    private static double rounded(double value) {
        return Math.rint(value * 10) / 10;
    }
}
