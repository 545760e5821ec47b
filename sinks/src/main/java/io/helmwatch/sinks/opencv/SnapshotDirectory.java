package io.helmwatch.sinks.opencv;

import io.helmwatch.config.incident.SnapshotConfig;
import io.helmwatch.resource.AtomicFile;
import io.helmwatch.resource.PrivateFiles;
import io.helmwatch.sinks.EventTime;
import io.helmwatch.vision.Incident;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The files of snapshots: {@code STREAM/yyyy-MM-dd/HHmmss.SSS-RULE-NUMBER.jpg} and {@code …-drawn.jpg}, UTC of the deciding frame.
 * Files appear as a whole, readable by their owner only, and never outside the directory, whatever stream and rule are named. They are deleted by age once an hour and by total size whenever it exceeds the limit.
 *
 * <p>Threading: one thread.
 */
final class SnapshotDirectory {
    private static final long SWEEP_MILLIS = TimeUnit.HOURS.toMillis(1);
    /** Fraction of the size limit down to which files are deleted. */
    private static final double SWEEP_TARGET = 0.95;

    private static final HexFormat HEX = HexFormat.of();

    private final SnapshotConfig config;
    private final Clock clock;
    private long bytes;
    private long sweptMillis;

    SnapshotDirectory(SnapshotConfig config, Clock clock) {
        this.config = config;
        this.clock = clock;
    }

    /** Stores the images of an incident. */
    Incident.Snapshot store(Incident incident, SnapshotRenderer.Images images) throws IOException {
        String path = path(incident);
        Incident.Snapshot snapshot;
        byte[] drawn = images.drawn();
        write(path + ".jpg", images.plain());
        if (drawn == null) {
            snapshot = new Incident.Snapshot(
                    publicPath(path + ".jpg"), sha256(images.plain()), null, null, url(path + ".jpg"), null);
        } else {
            write(path + "-drawn.jpg", drawn);
            snapshot = new Incident.Snapshot(
                    publicPath(path + ".jpg"),
                    sha256(images.plain()),
                    publicPath(path + "-drawn.jpg"),
                    sha256(drawn),
                    url(path + ".jpg"),
                    url(path + "-drawn.jpg"));
        }
        sweep();
        return snapshot;
    }

    private String publicPath(String path) {
        return config.urlPrefix() == null ? path : config.urlPrefix() + path;
    }

    /** Below the configured prefix; without one, the file on this machine. */
    private String url(String path) {
        return config.urlPrefix() == null
                ? config.directory()
                        .resolve(path)
                        .toAbsolutePath()
                        .normalize()
                        .toUri()
                        .toString()
                : config.urlPrefix() + path;
    }

    private static String path(Incident incident) {
        String time = EventTime.format(incident.decidedAtMillis());
        String number = incident.id().substring(incident.id().lastIndexOf('/') + 1);
        return segment(incident.stream()) + "/" + time.substring(0, 10) + "/"
                + time.substring(11, 23).replace(":", "") + "-" + segment(incident.rule()) + "-" + segment(number);
    }

    /** A name as one segment of a path: other characters than letters, digits, dot, dash and underscore are spelt as {@code _hex}. */
    private static String segment(String name) {
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

    private void write(String path, byte[] jpeg) throws IOException {
        Path file = config.directory().resolve(path);
        Path parent = Objects.requireNonNull(file.getParent());
        PrivateFiles.createDirectories(parent);
        if (!parent.toRealPath().startsWith(config.directory().toRealPath())) {
            throw new IOException(parent + " leads out of " + config.directory());
        }
        AtomicFile.replace(file, jpeg, AtomicFile.Durability.SYNCED);
        bytes += jpeg.length;
    }

    private static String sha256(byte[] data) {
        try {
            return HEX.formatHex(MessageDigest.getInstance("SHA-256").digest(data));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private record Stored(Path file, long millis, long bytes) {}

    /** Deletes files that are too old or too many: with the first snapshot, once an hour, and when the size exceeds the limit. */
    private void sweep() throws IOException {
        long now = clock.millis();
        if (sweptMillis != 0 && now - sweptMillis < SWEEP_MILLIS && bytes <= config.maxBytes()) {
            return;
        }
        sweptMillis = now;
        List<Stored> files = list();
        bytes = files.stream().mapToLong(Stored::bytes).sum();
        boolean tooLarge = bytes > config.maxBytes();
        for (Stored file : files) {
            boolean tooOld = now - file.millis() > config.keep().toMillis();
            if (!tooOld && !(tooLarge && bytes > SWEEP_TARGET * config.maxBytes())) {
                break;
            }
            Files.deleteIfExists(file.file());
            bytes -= file.bytes();
        }
    }

    /** All stored files, oldest first. */
    private List<Stored> list() throws IOException {
        List<Stored> files = new ArrayList<>();
        try (Stream<Path> walk = Files.walk(config.directory())) {
            for (Path file : (Iterable<Path>) walk::iterator) {
                if (file.toString().endsWith(".jpg") && Files.isRegularFile(file)) {
                    files.add(new Stored(file, Files.getLastModifiedTime(file).toMillis(), Files.size(file)));
                }
            }
        }
        files.sort(Comparator.comparingLong(Stored::millis));
        return files;
    }
}
