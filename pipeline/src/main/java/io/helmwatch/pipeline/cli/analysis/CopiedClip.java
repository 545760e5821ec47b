package io.helmwatch.pipeline.cli.analysis;

import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.incident.S3Config;
import io.helmwatch.pipeline.cli.option.CommandFailure;
import io.helmwatch.resource.Closer;
import io.helmwatch.sinks.evidence.StoredClip;
import io.helmwatch.sinks.history.HistoryCopy;
import io.helmwatch.sinks.history.RecordedIncident;
import io.helmwatch.sinks.s3.EvidenceKind;
import io.helmwatch.sinks.s3.S3Archive;
import io.helmwatch.sinks.s3.S3Failure;
import io.helmwatch.sinks.sqlite.SqliteException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A clip that is not in the folder of this machine, but in the object storage. Where it is there is known from the history, which in a cluster has the
 * incidents of all nodes.
 *
 * <p>Threading: one thread. Ownership: connection and downloaded files, gone when it is closed.
 */
final class CopiedClip implements AutoCloseable {
    private final String video;
    private final String sidecar;
    private final S3Archive archive;
    private final Closer owned = new Closer();

    private CopiedClip(S3Config config, String video, String sidecar) {
        this.video = video;
        this.sidecar = sidecar;
        this.archive = owned.register(new S3Archive(config));
    }

    /**
     * Looks for the copy of a clip.
     *
     * @throws CommandFailure in one sentence, when there is none
     */
    static CopiedClip find(HelmwatchConfig config, String incident) {
        Path directory = config.incidents().clips().directory();
        String missing = "incident " + incident + ": there is no clip in " + directory;
        RecordedIncident recorded = recorded(config, incident, missing);
        RecordedIncident.Clip clip = recorded.clip();
        if (clip == null) {
            throw CommandFailure.failed(missing + ", and the history knows of none", null);
        }
        S3Config storage = config.incidents().s3();
        String node = recorded.node();
        boolean isElsewhere = node != null
                && config.cluster() != null
                && !node.equals(config.cluster().node());
        String owner = isElsewhere ? "node " + node + " recorded it" : "it was deleted here";
        if (storage == null) {
            throw CommandFailure.failed(
                    missing + ": " + owner + ", and there is no incidents.s3 with a copy"
                            + (isElsewhere ? "; play it on the page of any node, or run this on node " + node : ""),
                    null);
        }
        String prefix = config.incidents().clips().urlPrefix();
        CopiedClip copied = new CopiedClip(storage, path(prefix, clip.path()), path(prefix, clip.sidecar()));
        try {
            if (copied.archive.size(EvidenceKind.CLIPS, copied.video).isEmpty()) {
                throw CommandFailure.failed(missing + ": " + owner + ", and " + copied.url() + " does not exist", null);
            }
            return copied;
        } catch (S3Failure e) {
            copied.close();
            throw CommandFailure.failed(missing + ": " + owner + "; its copy: " + e.getMessage(), e);
        } catch (CommandFailure e) {
            copied.close();
            throw e;
        }
    }

    private static RecordedIncident recorded(HelmwatchConfig config, String incident, String missing) {
        try (HistoryCopy copy = new HistoryCopy(config.desk())) {
            return copy.history()
                    .find(incident)
                    .orElseThrow(() -> CommandFailure.failed(
                            missing + ", and the history has no such incident; ids are those of events, such as"
                                    + " gate-3/1795176000/no-helmet/1",
                            null));
        } catch (SqliteException e) {
            throw CommandFailure.failed(missing + "; copies are found by the history: " + e.getMessage(), e);
        }
    }

    private static String path(@Nullable String prefix, String published) {
        return prefix != null && published.startsWith(prefix) ? published.substring(prefix.length()) : published;
    }

    /** Where the video is. */
    String url() {
        return archive.url(EvidenceKind.CLIPS, video);
    }

    /**
     * Downloads video and sidecar; they are deleted when this is closed.
     *
     * @throws CommandFailure in one sentence, when they cannot be read
     */
    StoredClip download() throws IOException {
        Path folder = Files.createTempDirectory("helmwatch-clip");
        Path here = folder.resolve(fileName(sidecar));
        Path film = folder.resolve(fileName(video));
        owned.register(() -> {
            Files.deleteIfExists(here);
            Files.deleteIfExists(film);
            Files.deleteIfExists(folder);
        });
        save(sidecar, here);
        save(video, film);
        return StoredClip.read(here);
    }

    private void save(String path, Path file) throws IOException {
        try {
            Files.write(
                    file,
                    archive.read(EvidenceKind.CLIPS, path)
                            .orElseThrow(() -> CommandFailure.failed(path + " is not in the object storage", null)));
        } catch (S3Failure e) {
            throw CommandFailure.failed(path + ": " + e.getMessage(), e);
        }
    }

    private static String fileName(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    @Override
    public void close() {
        owned.close();
    }
}
