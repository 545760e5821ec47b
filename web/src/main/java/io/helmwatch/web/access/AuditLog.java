package io.helmwatch.web.access;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helmwatch.web.AuditEntry;
import io.helmwatch.web.AuditSink;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logins and changes: one JSON object a line in a file that only its owner reads, and to a further sink. At 8 MiB the file is renamed to
 * {@code FILE.1}, which replaces the one before. Where the file cannot be written, entries go to the log.
 *
 * <p>Threading: any thread. Ownership: closes the file.
 */
public final class AuditLog implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AuditLog.class);
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long MOST_BYTES = 8L << 20;
    private static final int RECENT = 1_000;

    private final Path file;
    private final AuditSink sink;
    private final Deque<AuditEntry> recent = new ArrayDeque<>();
    private @Nullable FileChannel channel;
    private boolean isRead;
    private boolean isClosed;

    /** A log; its file is opened for the first entry. */
    public AuditLog(Path file, AuditSink sink) {
        this.file = file;
        this.sink = sink;
    }

    /** Records an entry. */
    public synchronized void record(AuditEntry entry) {
        if (isClosed) {
            return;
        }
        readOnce();
        remember(entry);
        String line = line(entry);
        try {
            write(line);
        } catch (IOException unwritable) {
            LOG.error("Audit file {} not written: {}; entry: {}", file, unwritable.getMessage(), line);
        }
        sink.record(entry);
    }

    /** The latest entries, newest first. */
    public synchronized List<AuditEntry> latest(int limit) {
        readOnce();
        List<AuditEntry> latest = new ArrayList<>();
        Iterator<AuditEntry> newestFirst = recent.descendingIterator();
        while (newestFirst.hasNext() && latest.size() < limit) {
            latest.add(newestFirst.next());
        }
        return latest;
    }

    private void remember(AuditEntry entry) {
        recent.add(entry);
        if (recent.size() > RECENT) {
            recent.remove();
        }
    }

    private void write(String line) throws IOException {
        FileChannel open = channel;
        if (open != null && open.size() > MOST_BYTES) {
            open.close();
            channel = null;
            open = null;
            Files.move(file, file.resolveSibling(file.getFileName() + ".1"), StandardCopyOption.REPLACE_EXISTING);
        }
        if (open == null) {
            Path folder = file.toAbsolutePath().getParent();
            if (folder != null) {
                Files.createDirectories(folder);
            }
            open = FileChannel.open(
                    file,
                    Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            channel = open;
        }
        ByteBuffer bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            open.write(bytes);
        }
    }

    private static String line(AuditEntry entry) {
        ObjectNode node = JSON.createObjectNode()
                .put("at", entry.at().toString())
                .put("user", entry.user())
                .put("role", entry.role())
                .put("action", entry.action())
                .put("target", entry.target())
                .put("outcome", entry.outcome())
                .put("remote", entry.remote());
        return node.toString();
    }

    private void readOnce() {
        if (isRead) {
            return;
        }
        isRead = true;
        if (!Files.isReadable(file)) {
            return;
        }
        try (Stream<String> lines = Files.lines(file)) {
            lines.forEach(line -> {
                AuditEntry entry = entry(line);
                if (entry != null) {
                    remember(entry);
                }
            });
        } catch (IOException | RuntimeException unreadable) {
            LOG.warn("Audit file {} not read: {}", file, unreadable.getMessage());
        }
    }

    private static @Nullable AuditEntry entry(String line) {
        try {
            JsonNode node = JSON.readTree(line);
            return new AuditEntry(
                    Instant.parse(node.path("at").asText()),
                    node.path("user").asText(),
                    node.path("role").asText(),
                    node.path("action").asText(),
                    node.path("target").asText(),
                    node.path("outcome").asText(),
                    node.path("remote").asText());
        } catch (JsonProcessingException | DateTimeParseException damaged) {
            return null;
        }
    }

    @Override
    public synchronized void close() {
        isClosed = true;
        FileChannel open = channel;
        channel = null;
        if (open != null) {
            try {
                open.close();
            } catch (IOException failure) {
                LOG.warn("Audit file {} not closed: {}", file, failure.getMessage());
            }
        }
    }
}
