package io.helmwatch.sinks.s3;

import io.helmwatch.config.incident.ClipConfig;
import io.helmwatch.config.incident.IncidentsConfig;
import io.helmwatch.config.incident.S3Config;
import io.helmwatch.config.incident.SnapshotConfig;
import io.helmwatch.config.incident.SpoolConfig;
import io.helmwatch.config.secret.Secret;
import io.helmwatch.sinks.delivery.DeliveryThread;
import io.helmwatch.sinks.evidence.EvidenceCopies;
import io.helmwatch.sinks.evidence.EvidenceFolder;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Files of clips in a folder, and their uploads. */
final class Evidence {
    static final String SECRET = "sEcr3t-K3y-0815";
    static final Duration PATIENT = Duration.ofSeconds(30);
    static final Duration SHORT = Duration.ofMillis(20);

    private final Path folder;
    private final String prefix;
    private final Map<String, String> hashes = new TreeMap<>();

    /**
     * Clips of a folder.
     *
     * @param prefix text before the keys of their objects
     */
    Evidence(Path folder, String prefix) {
        this.folder = folder;
        this.prefix = prefix;
    }

    S3Config config(int port) {
        return config(port, prefix, S3Server.BUCKET, S3Server.KEY, null);
    }

    static S3Config config(int port, String prefix, String bucket, String accessKey, @Nullable Duration keep) {
        return new S3Config(
                URI.create("http://127.0.0.1:" + port),
                "us-east-1",
                bucket,
                prefix,
                true,
                Secret.of(accessKey),
                Secret.of(SECRET),
                S3Config.Encryption.BUCKET,
                null,
                null,
                keep);
    }

    IncidentsConfig incidents(SpoolConfig spool) {
        IncidentsConfig usual = IncidentsConfig.DEFAULT;
        return new IncidentsConfig(
                usual.tracking(),
                usual.observation(),
                usual.lostAfter(),
                spool.withDirectory(folder.resolve("spool")),
                SnapshotConfig.DEFAULT.withDirectory(folder.resolve("snapshots")),
                ClipConfig.DEFAULT.withDirectory(clips()));
    }

    Path clips() {
        return folder.resolve("clips");
    }

    EvidenceUploads open(S3Config config) {
        return open(config, SpoolConfig.DEFAULT);
    }

    /** With short pauses, and much patience for an answer. */
    EvidenceUploads open(S3Config config, SpoolConfig spool) {
        return open(config, spool, PATIENT);
    }

    /** With short pauses. */
    EvidenceUploads open(S3Config config, SpoolConfig spool, Duration silence) {
        return new EvidenceUploads(
                config,
                incidents(spool),
                new S3Storage.Limits(PATIENT, silence, PATIENT),
                new DeliveryThread.Pauses(SHORT, SHORT.multipliedBy(8)),
                Clock.systemUTC());
    }

    /** Path of a clip below its folder. */
    static String path(int number) {
        return "gate-3/2026-11-20/1200%02d.240-no-helmet-%d.mp4".formatted(number, number);
    }

    /** Key of a clip. */
    String key(int number) {
        return prefix + "clips/" + path(number);
    }

    /** Stores a clip and announces it. */
    void store(EvidenceUploads uploads, int number, int bytes) throws IOException {
        byte[] content = new byte[bytes];
        new Random(number).nextBytes(content);
        EvidenceCopies.NewFile file =
                new EvidenceCopies.NewFile(path(number), EvidenceFolder.sha256(content), content.length);
        try (EvidenceCopies.Announcement announced =
                uploads.copies(EvidenceKind.CLIPS).announce(List.of(file))) {
            write(number, content);
            announced.confirm();
        }
        hashes.put(key(number), file.sha256());
    }

    void write(int number, byte[] content) throws IOException {
        Path target = clips().resolve(path(number));
        Files.createDirectories(target.getParent());
        Files.write(target, content);
    }

    /** SHA-256 of what was stored, by key. */
    Map<String, String> stored() {
        return hashes;
    }
}
