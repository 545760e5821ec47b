package io.helmwatch.pipeline.cli;

import io.helmwatch.config.Backend;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.incident.IncidentsConfig;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.cuda.CudaProbe;
import io.helmwatch.ingest.StreamProbe;
import io.helmwatch.ingest.ffmpeg.FfmpegFrameSource;
import io.helmwatch.pipeline.backend.cuda.CudaStageFactory;
import io.helmwatch.resource.FailureText;
import io.helmwatch.resource.FolderAccess;
import io.helmwatch.resource.Quantity;
import io.helmwatch.sinks.kafka.KafkaProbe;
import io.helmwatch.sinks.s3.S3Probe;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;

/** What a configuration needs from the machine and the network. Threading: one thread. */
final class SiteCheck {
    private static final int STREAMS_AT_ONCE = 8;

    private final HelmwatchConfig settings;
    private final CheckReport report;

    SiteCheck(HelmwatchConfig settings, CheckReport report) {
        this.settings = settings;
        this.report = report;
    }

    /** Reports devices, folders, the broker and every stream. */
    void run() throws InterruptedException {
        devices();
        folders();
        kafka(settings.kafka());
        objectStorage(settings.incidents());
        streams(settings.streams());
    }

    /** Which GPU would analyse how many streams. */
    private void devices() {
        if (settings.backend() == Backend.CPU || !CudaProbe.result().usable()) {
            return;
        }
        try {
            Map<Integer, List<StreamConfig>> placement = new CudaStageFactory().placement(settings);
            report.good(
                    "gpu.devices",
                    placement.entrySet().stream()
                            .map(device -> "cuda:" + device.getKey() + " gets "
                                    + device.getValue().size() + " of "
                                    + Quantity.of(settings.streams().size(), "stream"))
                            .collect(Collectors.joining(", ")));
        } catch (IllegalStateException wrong) {
            report.bad("gpu.devices", String.valueOf(wrong.getMessage()));
        }
    }

    /** Folders that the service writes to, which this user must be able to write. */
    private void folders() {
        boolean hasRules = settings.streams().stream()
                .anyMatch(stream -> !stream.rules().rules().isEmpty());
        boolean isSpooled = settings.kafka().enabled()
                || settings.incidents().s3() != null
                || !settings.notifications().isEmpty();
        String lines = settings.jsonLines().target();
        Path linesFolder = lines == null || lines.equals("-")
                ? null
                : Path.of(lines).toAbsolutePath().getParent();
        if (linesFolder != null) {
            folder("json-lines.target", linesFolder);
        }
        if (settings.http().enabled()) {
            folder("desk.directory", settings.desk().directory());
        }
        if (hasRules && isSpooled) {
            folder("incidents.spool.directory", settings.incidents().spool().directory());
        }
        if (settings.incidents().snapshots().enabled()) {
            folder(
                    "incidents.snapshots.directory",
                    settings.incidents().snapshots().directory());
        }
        if (settings.incidents().clips().enabled()) {
            folder("incidents.clips.directory", settings.incidents().clips().directory());
        }
    }

    private void folder(String key, Path folder) {
        String problem = FolderAccess.problem(folder);
        report.of(
                problem.isEmpty(),
                key,
                problem.isEmpty()
                        ? folder + " can be written"
                        : folder + ": " + problem + "; relative paths start at the configuration's folder");
    }

    private void kafka(KafkaConfig kafka) {
        if (kafka.embedded()) {
            report.good("kafka", "embedded, starts with the service");
        } else if (!kafka.enabled()) {
            report.good("kafka", "off");
        } else {
            KafkaProbe answer = KafkaProbe.of(kafka, Duration.ofSeconds(5));
            report.of(answer.reachable(), "kafka", answer.sentence());
        }
    }

    private void objectStorage(IncidentsConfig incidents) {
        if (incidents.s3() != null) {
            S3Probe answer = S3Probe.of(incidents.s3());
            report.of(answer.isUsable(), "incidents.s3", answer.sentence());
        }
    }

    private void streams(List<StreamConfig> streams) throws InterruptedException {
        ExecutorService probes = Executors.newFixedThreadPool(Math.max(1, Math.min(STREAMS_AT_ONCE, streams.size())));
        try {
            List<Future<StreamProbe>> answers = streams.stream()
                    .map(stream -> probes.submit(() -> FfmpegFrameSource.probe(stream)))
                    .toList();
            for (int i = 0; i < streams.size(); i++) {
                String name = "stream " + streams.get(i).id();
                try {
                    StreamProbe probe = answers.get(i).get();
                    report.of(
                            probe.reachable(),
                            name,
                            probe.reachable()
                                    ? String.format(
                                            Locale.ROOT,
                                            "%s %s, %.2f fps%s",
                                            probe.codec(),
                                            probe.size(),
                                            probe.framesPerSecond(),
                                            Double.isNaN(probe.clockOffsetSeconds())
                                                    ? ""
                                                    : String.format(
                                                            Locale.ROOT, ", clock %+.1f s", probe.clockOffsetSeconds()))
                                    : probe.problem());
                    probe.warnings().forEach(warning -> report.warn(name, warning));
                } catch (ExecutionException failure) {
                    report.bad(name, FailureText.of(FailureText.root(failure)));
                }
            }
        } finally {
            probes.shutdownNow();
        }
    }
}
