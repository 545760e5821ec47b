package io.helmwatch.sinks.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.helmwatch.config.incident.ClipConfig;
import io.helmwatch.sinks.ClipJson;
import io.helmwatch.sinks.evidence.ClipStore;
import io.helmwatch.sinks.evidence.EvidenceCopies;
import io.helmwatch.sinks.spool.Incidents;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.Incident;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What copying costs, with clips of 4.5 MB; the figures of docs/measured/clips.md. */
@Tag("slow")
@Timeout(280)
class UploadCostTest {
    private static final int ROUNDS = 30;
    private static final int FRAGMENT = 20_000;
    private static final int FRAGMENTS = 225;
    /** Ten cameras with an incident every 30 s each, for ten minutes. */
    private static final int INCIDENTS = 200;

    @TempDir
    Path folder;

    private int number;

    private ClipStore clips(EvidenceCopies copies) {
        return new ClipStore(ClipConfig.DEFAULT.withDirectory(folder.resolve("clips")), copies, Clock.systemUTC());
    }

    private static ByteBuffer header() {
        ByteBuffer header = ByteBuffer.allocate(40);
        header.putInt(40).put("moov".getBytes(StandardCharsets.US_ASCII));
        header.putInt(32).put("mdhd".getBytes(StandardCharsets.US_ASCII));
        return header.putInt(0).putInt(0).putInt(0).putInt(1_000).clear();
    }

    /** Milliseconds from the last frame to the stored clip. */
    private double cut(ClipStore store) throws IOException {
        Incident incident = Incidents.bareHead("gate-3", number++, 0, Incident.Phase.START);
        try (ClipStore.Draft draft = store.begin(incident, header())) {
            ByteBuffer fragment = ByteBuffer.allocate(FRAGMENT);
            for (int i = 0; i < FRAGMENTS; i++) {
                draft.append(fragment, i * 0.04, 0.04, i % 50 == 0);
            }
            long start = System.nanoTime();
            draft.finish(
                    new ClipJson.Description(
                            incident,
                            draft.name(),
                            Incidents.NOON,
                            Incidents.NOON + 9_000,
                            false,
                            0,
                            new ImageSize(1920, 1080)),
                    List.of());
            return (System.nanoTime() - start) / 1e6;
        }
    }

    private static double percentile(List<Double> values, double part) {
        double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
        Arrays.sort(sorted);
        return sorted[(int) Math.min(sorted.length - 1, part * sorted.length)];
    }

    private static double processorMillis() {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        return Arrays.stream(threads.getThreadInfo(threads.getAllThreadIds()))
                        .filter(info -> info != null && info.getThreadName().equals("evidence-uploads"))
                        .mapToLong(info -> threads.getThreadCpuTime(info.getThreadId()))
                        .sum()
                / 1e6;
    }

    @Test
    void shouldSayWhatCopyingCosts() throws Exception {
        Evidence evidence = new Evidence(folder, "cost/");
        try (S3Server server = new S3Server(folder)) {
            List<Double> without = new ArrayList<>();
            List<Double> with = new ArrayList<>();
            try (EvidenceUploads uploads = evidence.open(evidence.config(server.port()))) {
                ClipStore plain = clips(EvidenceCopies.NONE);
                ClipStore copied = clips(uploads.copies(EvidenceKind.CLIPS));
                double before = 0;
                long bytesBefore = 0;
                for (int round = -5; round < ROUNDS; round++) {
                    double first = cut(plain);
                    double second = cut(copied);
                    await().atMost(60, TimeUnit.SECONDS)
                            .until(() -> uploads.statistics().waiting() == 0);
                    if (round >= 0) {
                        without.add(first);
                        with.add(second);
                    } else {
                        before = processorMillis();
                        bytesBefore = uploads.statistics().storedBytes();
                    }
                }
                System.out.printf(
                        Locale.ROOT,
                        "cut: without %.1f ms, with %.1f ms (medians of %d), p90 %.1f and %.1f; %.2f ms of processor a MB%n",
                        percentile(without, 0.5),
                        percentile(with, 0.5),
                        ROUNDS,
                        percentile(without, 0.9),
                        percentile(with, 0.9),
                        (processorMillis() - before)
                                * 1e6
                                / (uploads.statistics().storedBytes() - bytesBefore));
            }
            server.stop();
            long start;
            try (EvidenceUploads uploads = evidence.open(evidence.config(server.port()))) {
                ClipStore copied = clips(uploads.copies(EvidenceKind.CLIPS));
                List<Double> away = new ArrayList<>();
                for (int i = 0; i < INCIDENTS; i++) {
                    away.add(cut(copied));
                }
                System.out.printf(
                        Locale.ROOT,
                        "storage away: cut %.1f ms (median), %d files of %.0f MB wait, queue of %d KB%n",
                        percentile(away, 0.5),
                        uploads.statistics().waiting(),
                        uploads.statistics().waitingBytes() / 1e6,
                        Files.size(folder.resolve("spool/uploads.db")) / 1_024);
                server.start();
                await().atMost(60, TimeUnit.SECONDS)
                        .until(() -> uploads.statistics().stored() > 0);
                start = System.nanoTime();
                long first = uploads.statistics().storedBytes();
                await().atMost(120, TimeUnit.SECONDS)
                        .until(() -> uploads.statistics().waiting() == 0);
                double seconds = (System.nanoTime() - start) / 1e9;
                System.out.printf(
                        Locale.ROOT,
                        "storage back: all copied in %.1f s, %.0f MB/s%n",
                        seconds,
                        (uploads.statistics().storedBytes() - first) / 1e6 / seconds);
                assertThat(uploads.statistics().stored()).isEqualTo(2L * INCIDENTS);
                assertThat(uploads.statistics().missing()).isZero();
            }
        }
    }
}
