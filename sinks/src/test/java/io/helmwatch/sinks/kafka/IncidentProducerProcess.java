package io.helmwatch.sinks.kafka;

import io.helmwatch.config.incident.SpoolConfig;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.sinks.spool.IncidentSpool;
import io.helmwatch.sinks.spool.Incidents;
import io.helmwatch.sinks.sqlite.SqliteException;
import io.helmwatch.vision.Incident;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.List;
import java.util.Map;

/**
 * Makes incidents without end and delivers them: {@code BOOTSTRAP TOPIC SPOOL_DIR ACCEPTED_FILE RUN}. Each message that the spool has
 * accepted is noted in a file, after its acceptance: what is noted there may never be lost.
 */
final class IncidentProducerProcess {
    private IncidentProducerProcess() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        KafkaConfig kafka = TestConfigs.events(args[0], args[1], Map.of());
        Path accepted = Path.of(args[3]);
        int run = Integer.parseInt(args[4]);
        try (IncidentSpool spool =
                        new IncidentSpool(new SpoolConfig(Path.of(args[2]), 64 << 20, true), Clock.systemUTC());
                KafkaIncidentSender sender = new KafkaIncidentSender(kafka, spool)) {
            System.out.println("running");
            for (int number = 1; ; number++) {
                String stream = "gate-" + number % 4;
                Incident start = Incidents.bareHead(stream, run * 100_000 + number, 0, Incident.Phase.START);
                Incident end = Incidents.bareHead(stream, run * 100_000 + number, 1, Incident.Phase.END);
                try {
                    spool.append(List.of(start, end));
                } catch (SqliteException e) {
                    System.out.println(e.getMessage());
                    Thread.sleep(100);
                    continue;
                }
                Files.writeString(
                        accepted,
                        start.eventId() + "\n" + end.eventId() + "\n",
                        StandardOpenOption.CREATE,
                        StandardOpenOption.APPEND);
                Thread.sleep(5);
            }
        }
    }
}
