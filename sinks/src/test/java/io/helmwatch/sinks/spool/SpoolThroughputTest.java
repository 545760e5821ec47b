package io.helmwatch.sinks.spool;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.incident.SpoolConfig;
import io.helmwatch.vision.Incident;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Prints how many messages a second the spool takes, as it is shipped; the disk is the one of the temporary folder. */
@Tag("measured")
class SpoolThroughputTest {
    private static final int WARM_UP_BATCHES = 20;

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({"true, 1, 300", "true, 64, 100", "false, 1, 3000", "false, 64, 150"})
    void shouldPersistEveryMessageAndRemoveItWhenAcknowledged(boolean fsync, int batch, int batches) {
        try (IncidentSpool spool = new IncidentSpool(new SpoolConfig(folder, 256 << 20, fsync), Clock.systemUTC())) {
            int number = 0;
            for (int i = 0; i < WARM_UP_BATCHES; i++) {
                number = append(spool, number, batch);
            }
            long bytes = spool.waitingBytes() / number;
            long begun = System.nanoTime();
            for (int i = 0; i < batches; i++) {
                number = append(spool, number, batch);
            }
            double seconds = (System.nanoTime() - begun) / 1e9;
            assertThat(spool.waiting()).isEqualTo(number);

            long acknowledging = System.nanoTime();
            int left = number;
            while (left > 0) {
                List<SpooledEvent> events = spool.next(0, 64);
                spool.acknowledge(events);
                left -= events.size();
            }
            double acknowledged = number / ((System.nanoTime() - acknowledging) / 1e9);
            assertThat(spool.waiting()).isZero();
            System.out.printf(
                    "spool, fsync %b, %d at a time: %.0f messages of %d bytes a second taken, %.0f a second read and forgotten, 64 at a time%n",
                    fsync, batch, batch * batches / seconds, bytes, acknowledged);
        }
    }

    private static int append(IncidentSpool spool, int number, int batch) {
        List<Incident> messages = new ArrayList<>(batch);
        for (int i = 0; i < batch; i++) {
            messages.add(Incidents.bareHead("gate-" + i % 4, number + i, 0, Incident.Phase.START));
        }
        assertThat(spool.append(messages)).isZero();
        return number + batch;
    }
}
