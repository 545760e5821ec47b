package io.helmwatch.sinks.spool;

import io.helmwatch.config.incident.SpoolConfig;
import io.helmwatch.resource.Quantity;
import io.helmwatch.sinks.sqlite.SqliteException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * What an operator does with a spool: look into it, export it, send dead letters again, and repair it.
 *
 * <p>Reading works on a copy, also while a service uses the spool; changing needs the spool for itself. Failures are
 * {@link SqliteException}s of one sentence. Threading: any thread.
 */
public final class SpoolMaintenance {
    private SpoolMaintenance() {}

    /**
     * The contents of a spool.
     *
     * @param waiting messages waiting for the broker, oldest first
     * @param deadLetters messages that the broker rejected for good, oldest first
     * @param damagedFiles files that were moved aside, oldest first
     */
    public record Contents(List<SpooledEvent> waiting, List<DeadLetter> deadLetters, List<Path> damagedFiles) {

        public boolean isEmpty() {
            return waiting.isEmpty() && deadLetters.isEmpty() && damagedFiles.isEmpty();
        }

        /** Their numbers, as a phrase. */
        public String counts() {
            return waiting.size() + " waiting, " + Quantity.of(deadLetters.size(), "dead letter") + ", "
                    + Quantity.of(damagedFiles.size(), "damaged file");
        }
    }

    /** Lists the contents of a spool; of one that does not exist, nothing. */
    public static Contents list(SpoolConfig config) {
        Path directory = config.directory();
        try {
            return new Contents(
                    waiting(directory),
                    List.copyOf(new DeadLetters(directory).read()),
                    SpoolSchema.damagedFiles(directory));
        } catch (IOException e) {
            throw failure(config, "cannot be read", e);
        }
    }

    /**
     * Writes all waiting messages and all dead letters as lines of JSON, each with the bytes that are sent to Kafka.
     *
     * @return number of lines
     */
    public static int export(SpoolConfig config, OutputStream out) {
        Contents contents = list(config);
        List<SpooledEvent> events = Stream.concat(
                        contents.waiting().stream(),
                        contents.deadLetters().stream().map(DeadLetter::event))
                .toList();
        try {
            for (SpooledEvent event : events) {
                out.write(event.value());
                out.write('\n');
            }
            out.flush();
        } catch (IOException e) {
            throw failure(config, "cannot be exported", e);
        }
        return events.size();
    }

    /**
     * Returns dead letters to the spool, from which the service sends them at its next start.
     *
     * @param ids accepts the ids of messages to send
     * @return number of messages
     */
    public static int resend(SpoolConfig config, Clock clock, Predicate<String> ids) {
        try (IncidentSpool spool = new IncidentSpool(config, clock)) {
            return spool.resend(ids);
        }
    }

    /**
     * Checks the spool, and salvages the messages of all damaged files in its directory that are not in it yet.
     *
     * @return number of salvaged messages
     */
    public static int repair(SpoolConfig config, Clock clock) {
        try (IncidentSpool spool = new IncidentSpool(config, clock)) {
            long salvagedOnOpening = spool.salvaged();
            return (int) salvagedOnOpening + spool.repair();
        }
    }

    private static List<SpooledEvent> waiting(Path directory) throws IOException {
        Path file = directory.resolve(SpoolSchema.FILE);
        return Files.exists(file) ? SpoolSalvage.read(file).events() : List.of();
    }

    private static SqliteException failure(SpoolConfig config, String what, IOException cause) {
        return new SqliteException(
                "incident spool " + config.directory() + " " + what + ": " + cause.getMessage(), cause);
    }
}
