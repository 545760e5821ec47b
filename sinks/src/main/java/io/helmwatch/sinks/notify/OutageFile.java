package io.helmwatch.sinks.notify;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.helmwatch.resource.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The outages that a target was notified of, on disk, so that the next process notifies it of their end.
 *
 * <p>Threading: one thread at a time.
 */
final class OutageFile {
    private static final Logger LOG = LoggerFactory.getLogger(OutageFile.class);
    private static final ObjectMapper MAPPER = new ObjectMapper();

    /**
     * An outage that a target was notified of.
     *
     * @param sinceMillis when it began, milliseconds since 1970 UTC
     * @param reason one sentence without secrets
     */
    record ReportedOutage(long sinceMillis, String reason) {}

    private final Path file;
    private Map<String, ReportedOutage> written = Map.of();
    private boolean isWritable = true;

    OutageFile(Path folder) {
        this.file = folder.resolve("outages.json");
    }

    /** The outages by stream; none where the file is missing or damaged. */
    Map<String, ReportedOutage> read() {
        if (!Files.exists(file)) {
            return Map.of();
        }
        try {
            written = MAPPER.readValue(Files.readAllBytes(file), new TypeReference<Map<String, ReportedOutage>>() {});
        } catch (IOException e) {
            LOG.warn("{} cannot be read: {}; ends of the outages in it are not notified", file, e.getMessage());
        }
        return written;
    }

    /** Replaces the file where something changed; where that fails, the next call tries again. */
    void write(Map<String, ReportedOutage> outages) {
        if (outages.equals(written)) {
            return;
        }
        try {
            AtomicFile.replace(file, MAPPER.writeValueAsBytes(new TreeMap<>(outages)), AtomicFile.Durability.CACHED);
            written = Map.copyOf(outages);
            isWritable = true;
        } catch (IOException e) {
            if (isWritable) {
                LOG.warn("{} cannot be written: {}; retrying until it is", file, e.getMessage());
            }
            isWritable = false;
        }
    }
}
