package io.helmwatch.sinks.evidence;

import io.helmwatch.resource.AtomicFile;
import io.helmwatch.resource.PrivateFiles;
import io.helmwatch.sinks.EventTime;
import io.helmwatch.vision.Incident;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A folder of files that prove incidents: {@code STREAM/yyyy-MM-dd/HHmmss.SSS-RULE-NUMBER} with an ending, UTC of the deciding frame. Files
 * appear as a whole, readable by their owner only, and never outside the folder, whatever stream and rule are named. They are deleted by age
 * once an hour and by total size whenever it exceeds the limit, the oldest first.
 *
 * <p>Threading: any thread; what changes the folder is serialised.
 */
public final class EvidenceFolder {
    /** Ending of a file that is being written. */
    public static final String PARTIAL = ".part";

    private static final long SWEEP_MILLIS = TimeUnit.HOURS.toMillis(1);
    /** Fraction of the size limit down to which files are deleted. */
    private static final double SWEEP_TARGET = 0.95;

    /** Evidence of so long ago may still be written. */
    private static final long DAYS_WRITTEN_MILLIS = TimeUnit.DAYS.toMillis(2);

    private static final HexFormat HEX = HexFormat.of();

    private final Path directory;
    private final Duration keep;
    private final long maxBytes;
    private final @Nullable String urlPrefix;
    private final List<String> endings;
    private final EvidenceCopies copies;
    private final Clock clock;
    private long bytes;
    private long sweptMillis;

    /**
     * A folder, created with the first file.
     *
     * @param keep age at which files are deleted
     * @param maxBytes largest size of all files
     * @param urlPrefix text before a file's path in events; null for the path below the folder alone
     * @param endings of the files that it holds; others are not touched
     * @param copies where else the files go
     */
    public EvidenceFolder(
            Path directory,
            Duration keep,
            long maxBytes,
            @Nullable String urlPrefix,
            List<String> endings,
            EvidenceCopies copies,
            Clock clock) {
        this.directory = directory;
        this.keep = keep;
        this.maxBytes = maxBytes;
        this.urlPrefix = urlPrefix;
        this.endings = List.copyOf(endings);
        this.copies = copies;
        this.clock = clock;
    }

    /** Path of an incident's files below the folder, without ending. */
    public static String path(Incident incident) {
        String time = EventTime.format(incident.decidedAtMillis());
        return segment(incident.stream()) + "/" + time.substring(0, 10) + "/"
                + time.substring(11, 23).replace(":", "") + suffix(incident.rule(), incident.id());
    }

    /** What the names of an incident's files end with, before the ending. */
    static String suffix(String rule, String incident) {
        return "-" + segment(rule) + "-" + segment(incident.substring(incident.lastIndexOf('/') + 1));
    }

    /** A name as one segment of a path: other characters than letters, digits, dot, dash and underscore are spelt as {@code _hex}. */
    static String segment(String name) {
        boolean isDots = name.chars().allMatch(c -> c == '.');
        StringBuilder segment = new StringBuilder();
        for (byte next : name.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (next & 0xff);
            if ((c == '.' && !isDots) || c == '-' || c == '_' || (c < 0x80 && Character.isLetterOrDigit(c))) {
                segment.append(c);
            } else {
                segment.append('_').append(HEX.toHexDigits(next));
            }
        }
        return segment.toString();
    }

    /** A path as events have it. */
    public String publicPath(String path) {
        return urlPrefix == null ? path : urlPrefix + path;
    }

    /** Below the configured prefix; without one, the copy, or the file on this machine where there is none. */
    public String url(String path) {
        if (urlPrefix != null) {
            return urlPrefix + path;
        }
        String copy = copies.url(path);
        return copy == null
                ? directory.resolve(path).toAbsolutePath().normalize().toUri().toString()
                : copy;
    }

    /** Announces files to where they are copied, before they get their names. */
    public EvidenceCopies.Announcement announce(List<EvidenceCopies.NewFile> files) {
        return copies.announce(files);
    }

    /** The file of a path, whose folder exists then. */
    public Path prepare(String path) throws IOException {
        Path file = directory.resolve(path);
        Path parent = Objects.requireNonNull(file.getParent());
        PrivateFiles.createDirectories(parent);
        if (!parent.toRealPath().startsWith(directory.toRealPath())) {
            throw new IOException(parent + " leads out of " + directory);
        }
        return file;
    }

    /** Writes a file as a whole. */
    public void write(String path, byte[] content) throws IOException {
        AtomicFile.replace(prepare(path), content, AtomicFile.Durability.SYNCED);
        added(content.length);
    }

    /** A file was added by somebody else. */
    public synchronized void added(long size) {
        bytes += size;
    }

    /** SHA-256, lower-case hexadecimal. */
    public static String sha256(byte[] data) {
        return HEX.formatHex(digest().digest(data));
    }

    /** SHA-256 of a file, lower-case hexadecimal. */
    public static String sha256(Path file) throws IOException {
        MessageDigest digest = digest();
        try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
            byte[] buffer = new byte[1 << 16];
            while (in.read(buffer) >= 0) {
                // The stream updates the digest.
            }
        }
        return HEX.formatHex(digest.digest());
    }

    private static MessageDigest digest() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private record Stored(Path file, long millis, long bytes) {}

    /** Deletes files that are too old or too many: at the first call, once an hour, and when the size exceeds the limit. */
    public synchronized void sweep() throws IOException {
        long now = clock.millis();
        if (sweptMillis != 0 && now - sweptMillis < SWEEP_MILLIS && bytes <= maxBytes) {
            return;
        }
        sweptMillis = now;
        List<Stored> files = list(endings);
        files.sort(Comparator.comparingLong(Stored::millis));
        bytes = files.stream().mapToLong(Stored::bytes).sum();
        boolean tooLarge = bytes > maxBytes;
        for (Stored file : files) {
            boolean tooOld = now - file.millis() > keep.toMillis();
            if (!tooOld && !(tooLarge && bytes > SWEEP_TARGET * maxBytes)) {
                break;
            }
            Files.deleteIfExists(file.file());
            bytes -= file.bytes();
            deleteEmptyDay(Objects.requireNonNull(file.file().getParent()), now);
        }
    }

    /** Deletes the folder of a day that is over for long, so that nobody writes into it any more, where nothing is in it. */
    private static void deleteEmptyDay(Path day, long nowMillis) throws IOException {
        String latest = EventTime.format(nowMillis - DAYS_WRITTEN_MILLIS).substring(0, 10);
        String name = String.valueOf(day.getFileName());
        if (name.length() == latest.length() && name.compareTo(latest) < 0) {
            try {
                Files.deleteIfExists(day);
            } catch (DirectoryNotEmptyException e) {
                // Later files of that day are kept.
            }
        }
    }

    /** Deletes what a process left that ended while it was writing. */
    public synchronized void deletePartial() throws IOException {
        if (Files.isDirectory(directory)) {
            for (Stored partial : list(List.of(PARTIAL))) {
                Files.deleteIfExists(partial.file());
            }
        }
    }

    /** The files with an ending, in no particular order. What cannot be read is none of ours, such as {@code lost+found}, or was deleted meanwhile. */
    private List<Stored> list(List<String> ending) throws IOException {
        List<Stored> found = new ArrayList<>();
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                if (attributes.isRegularFile() && ending.stream().anyMatch(file.toString()::endsWith)) {
                    found.add(new Stored(file, attributes.lastModifiedTime().toMillis(), attributes.size()));
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException unreadable) throws IOException {
                if (file.equals(directory)) {
                    throw unreadable;
                }
                return FileVisitResult.CONTINUE;
            }
        });
        return found;
    }
}
