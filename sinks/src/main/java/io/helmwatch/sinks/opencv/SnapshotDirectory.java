package io.helmwatch.sinks.opencv;

import io.helmwatch.config.incident.SnapshotConfig;
import io.helmwatch.sinks.evidence.EvidenceFolder;
import io.helmwatch.vision.Incident;
import java.io.IOException;
import java.time.Clock;
import java.util.List;

/**
 * The files of snapshots: {@code STREAM/yyyy-MM-dd/HHmmss.SSS-RULE-NUMBER.jpg} and {@code …-drawn.jpg} in an {@link EvidenceFolder}.
 *
 * <p>Threading: one thread.
 */
final class SnapshotDirectory {
    private final EvidenceFolder folder;

    SnapshotDirectory(SnapshotConfig config, Clock clock) {
        folder = new EvidenceFolder(
                config.directory(), config.keep(), config.maxBytes(), config.urlPrefix(), List.of(".jpg"), clock);
    }

    /** Stores the images of an incident. */
    Incident.Snapshot store(Incident incident, SnapshotRenderer.Images images) throws IOException {
        String path = EvidenceFolder.path(incident);
        Incident.Snapshot snapshot;
        byte[] drawn = images.drawn();
        folder.write(path + ".jpg", images.plain());
        if (drawn == null) {
            snapshot = new Incident.Snapshot(
                    folder.publicPath(path + ".jpg"),
                    EvidenceFolder.sha256(images.plain()),
                    null,
                    null,
                    folder.url(path + ".jpg"),
                    null);
        } else {
            folder.write(path + "-drawn.jpg", drawn);
            snapshot = new Incident.Snapshot(
                    folder.publicPath(path + ".jpg"),
                    EvidenceFolder.sha256(images.plain()),
                    folder.publicPath(path + "-drawn.jpg"),
                    EvidenceFolder.sha256(drawn),
                    folder.url(path + ".jpg"),
                    folder.url(path + "-drawn.jpg"));
        }
        folder.sweep();
        return snapshot;
    }
}
