package io.helmwatch.sinks.evidence;

import io.helmwatch.config.incident.ClipConfig;
import io.helmwatch.resource.FailureText;
import io.helmwatch.sinks.ClipJson;
import io.helmwatch.vision.Incident;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stores clips as {@code STREAM/yyyy-MM-dd/HHmmss.SSS-RULE-NUMBER.mp4} with a sidecar {@code ….json} in an {@link EvidenceFolder}. A clip that cannot
 * be stored, on a full disk for example, leaves no file; the failure is logged once, until one is stored again.
 *
 * <p>Threading: any thread; a draft by one at a time.
 */
public final class ClipStore {
    private static final Logger LOG = LoggerFactory.getLogger(ClipStore.class);
    private static final String VIDEO = ".mp4";
    private static final String SIDECAR = ".json";

    private final Path directory;
    private final EvidenceFolder folder;
    private final LongAdder stored = new LongAdder();
    private final LongAdder failed = new LongAdder();
    private final LongAdder skipped = new LongAdder();
    private final LongAdder refused = new LongAdder();
    private final AtomicBoolean isHealthy = new AtomicBoolean(true);

    /** Files in the configured folder, which is created with the first one. */
    public ClipStore(ClipConfig config, Clock clock) {
        this(config, EvidenceCopies.NONE, clock);
    }

    /** Files in the configured folder that are also copied. */
    public ClipStore(ClipConfig config, EvidenceCopies copies, Clock clock) {
        directory = config.directory();
        folder = new EvidenceFolder(
                directory,
                config.keep(),
                config.maxBytes(),
                config.urlPrefix(),
                List.of(VIDEO, SIDECAR),
                copies,
                clock);
    }

    /** Deletes what a process left that ended while it was writing a clip. */
    public void deletePartial() {
        try {
            folder.deletePartial();
        } catch (IOException e) {
            report(e);
        }
    }

    /**
     * Begins a clip.
     *
     * @param incident a message of its incident
     * @param initSegment the header of its fragments
     */
    public Draft begin(Incident incident, ByteBuffer initSegment) throws IOException {
        String path = EvidenceFolder.path(incident);
        return new Draft(path, new ClipFile(folder.prepare(path + VIDEO), initSegment));
    }

    private void sweep() {
        try {
            folder.sweep();
        } catch (IOException e) {
            LOG.warn("Old clips cannot be deleted in {}: {}", directory, FailureText.of(e));
        }
    }

    /** A clip that is being written. Ownership: {@link #close} deletes it unless it was finished. */
    public final class Draft implements AutoCloseable {
        private final String path;
        private final ClipFile file;

        private Draft(String path, ClipFile file) {
            this.path = path;
            this.file = file;
        }

        /** Name of the video. */
        public String name() {
            return path.substring(path.lastIndexOf('/') + 1) + VIDEO;
        }

        /**
         * Appends a frame.
         *
         * @param fragment the frame with its header
         * @param seconds presentation time
         * @param durationSeconds how long it is shown
         */
        public void append(ByteBuffer fragment, double seconds, double durationSeconds, boolean isKeyFrame)
                throws IOException {
            file.append(fragment, seconds, durationSeconds, isKeyFrame);
        }

        /** Completes the clip; its files appear with their names. */
        public Incident.Clip finish(ClipJson.Description description, List<ClipJson.Frame> frames) throws IOException {
            byte[] sidecar = ClipJson.sidecar(description, frames);
            String sidecarSha256 = EvidenceFolder.sha256(sidecar);
            long bytes = file.complete();
            String sha256 = EvidenceFolder.sha256(file.partial());
            try (EvidenceCopies.Announcement announced = folder.announce(List.of(
                    new EvidenceCopies.NewFile(path + VIDEO, sha256, bytes),
                    new EvidenceCopies.NewFile(path + SIDECAR, sidecarSha256, sidecar.length)))) {
                publish(sidecar);
                announced.confirm();
            }
            folder.added(bytes);
            Incident.Clip clip = new Incident.Clip(
                    folder.publicPath(path + VIDEO),
                    sha256,
                    folder.url(path + VIDEO),
                    bytes,
                    description.fromMillis(),
                    description.toMillis(),
                    description.isMasked(),
                    new Incident.Sidecar(folder.publicPath(path + SIDECAR), sidecarSha256, folder.url(path + SIDECAR)));
            stored.increment();
            if (!isHealthy.getAndSet(true)) {
                LOG.info("Clips stored again in {}", directory);
            }
            sweep();
            return clip;
        }

        private void publish(byte[] sidecar) throws IOException {
            folder.write(path + SIDECAR, sidecar);
            try {
                file.publish();
            } catch (IOException e) {
                Files.deleteIfExists(directory.resolve(path + SIDECAR));
                throw e;
            }
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }

    /** Counts a clip that could not be stored. */
    public void fail(Exception reason) {
        failed.increment();
        report(reason);
    }

    /** Counts an incident without a clip: its stream has too many in progress, or no timestamps. */
    public void skip() {
        skipped.increment();
    }

    /** Counts a clip whose video cannot be written as MP4. */
    public void refuse() {
        refused.increment();
    }

    private void report(Exception reason) {
        if (isHealthy.getAndSet(false)) {
            LOG.error(
                    "Clips cannot be stored in {}: {}; incidents are published without",
                    directory,
                    FailureText.of(reason));
        }
    }

    /** Clips stored. */
    public long stored() {
        return stored.sum();
    }

    /** Clips that could not be stored. */
    public long failed() {
        return failed.sum();
    }

    /** Incidents without a clip, see {@link #skip}. */
    public long skipped() {
        return skipped.sum();
    }

    /** Clips whose video cannot be written as MP4. */
    public long refused() {
        return refused.sum();
    }
}
