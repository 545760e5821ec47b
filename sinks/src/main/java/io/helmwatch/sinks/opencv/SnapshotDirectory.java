package io.helmwatch.sinks.opencv;

import io.helmwatch.config.incident.SnapshotConfig;
import io.helmwatch.sinks.evidence.EvidenceCopies;
import io.helmwatch.sinks.evidence.EvidenceCopies.NewFile;
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

    SnapshotDirectory(SnapshotConfig config, EvidenceCopies copies, Clock clock) {
        folder = new EvidenceFolder(
                config.directory(),
                config.keep(),
                config.maxBytes(),
                config.urlPrefix(),
                List.of(".jpg"),
                copies,
                clock);
    }

    /** Stores the images of an incident. */
    Incident.Snapshot store(Incident incident, SnapshotRenderer.Images images) throws IOException {
        String path = EvidenceFolder.path(incident);
        NewFile plain = file(path + ".jpg", images.plain());
        byte[] drawnImage = images.drawn();
        NewFile drawn = drawnImage == null ? null : file(path + "-drawn.jpg", drawnImage);
        try (EvidenceCopies.Announcement announced =
                folder.announce(drawn == null ? List.of(plain) : List.of(plain, drawn))) {
            folder.write(plain.path(), images.plain());
            if (drawn != null && drawnImage != null) {
                folder.write(drawn.path(), drawnImage);
            }
            announced.confirm();
        }
        folder.sweep();
        return new Incident.Snapshot(
                folder.publicPath(plain.path()),
                plain.sha256(),
                drawn == null ? null : folder.publicPath(drawn.path()),
                drawn == null ? null : drawn.sha256(),
                folder.url(plain.path()),
                drawn == null ? null : folder.url(drawn.path()));
    }

    private static NewFile file(String path, byte[] content) {
        return new NewFile(path, EvidenceFolder.sha256(content), content.length);
    }
}
