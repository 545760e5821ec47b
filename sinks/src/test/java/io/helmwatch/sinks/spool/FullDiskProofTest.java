package io.helmwatch.sinks.spool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.helmwatch.config.SpoolConfig;
import io.helmwatch.vision.Incident;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A disk that really is full: a tmpfs of 4 MB, which only root may mount. */
@Tag("slow")
@Timeout(120)
class FullDiskProofTest {
    @TempDir
    Path folder;

    @Test
    void shouldKeepIncidentsInMemoryWhileTheDiskIsFullAndWriteThemOnceThereIsRoom() throws Exception {
        Path disk = Files.createDirectories(folder.resolve("disk"));
        assumeTrue(
                run("mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", disk.toString()) == 0,
                "skipped: may not mount a tmpfs");
        try (IncidentSpool spool = new IncidentSpool(new SpoolConfig(disk, 64 << 20, true), Clock.systemUTC());
                SpoolingIncidentSink sink = new SpoolingIncidentSink(spool)) {
            sink.publish(Incidents.bareHead("gate-3", 1, 0, Incident.Phase.START));
            await(() -> spool.waiting() == 1);
            fill(disk.resolve("ballast"));
            for (int number = 2; number <= 1_000; number++) {
                sink.publish(Incidents.bareHead("gate-3", number, 0, Incident.Phase.START));
            }
            await(() -> !sink.statistics().problem().isEmpty());
            assertThat(sink.statistics().problem()).contains("the disk is full; make room, it goes on by itself");
            assertThat(spool.next(0, 1)).hasSize(1);
            Files.delete(disk.resolve("ballast"));
            await(() -> spool.waiting() == 1_000);
            assertThat(sink.statistics().refused()).isZero();
            assertThat(sink.statistics().problem()).isEmpty();
            System.out.println("full disk: 1000 published, 0 lost, recovered by itself");
        } finally {
            assertThat(run("umount", disk.toString())).isZero();
        }
    }

    private static void fill(Path file) throws IOException {
        try (OutputStream out = Files.newOutputStream(file)) {
            byte[] block = new byte[4_096];
            while (true) {
                out.write(block);
            }
        } catch (IOException full) {
            assertThat(full).hasMessageContaining("No space left");
        }
    }

    private static int run(String... command) throws IOException, InterruptedException {
        return new ProcessBuilder(command).start().waitFor();
    }

    private static void await(java.util.function.BooleanSupplier condition) throws InterruptedException {
        long until = System.nanoTime() + 60_000_000_000L;
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("waited too long").isLessThan(until);
            Thread.sleep(20);
        }
    }
}
