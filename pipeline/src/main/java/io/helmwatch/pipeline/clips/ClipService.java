package io.helmwatch.pipeline.clips;

import io.helmwatch.config.incident.ClipConfig;
import io.helmwatch.config.incident.IncidentsConfig;
import io.helmwatch.config.incident.TrackingConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.FrameSource;
import io.helmwatch.ingest.VideoPackets;
import io.helmwatch.resource.Closer;
import io.helmwatch.sinks.evidence.ClipStore;
import io.helmwatch.sinks.evidence.EvidenceCopies;
import java.time.Clock;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The clips of all streams. One thread writes video as it is, another one encodes what may not be stored as it is, so that neither delays the
 * pipeline or the other.
 *
 * <p>Threading: any thread. Ownership: close it after the last incident; clips in progress are stored with what they have, within ten seconds.
 */
public final class ClipService implements AutoCloseable {
    private final ClipConfig config;
    private final TrackingConfig labels;
    private final boolean isBlurred;
    private final ClipStore store;
    private final Map<String, VideoPackets> sources = new ConcurrentHashMap<>();
    private final Map<String, StreamClips> streams = new ConcurrentHashMap<>();
    private final Closer owned = new Closer();
    private final ClipWorker writer;
    private final ClipWorker encoder;

    /** Starts the threads; the folder is created with the first clip. */
    public ClipService(IncidentsConfig incidents, Clock clock) {
        this(incidents, EvidenceCopies.NONE, clock);
    }

    /** Starts the threads; the files are also copied. */
    public ClipService(IncidentsConfig incidents, EvidenceCopies copies, Clock clock) {
        config = incidents.clips();
        labels = incidents.tracking();
        isBlurred = incidents.snapshots().blurOthers();
        store = new ClipStore(config, copies, clock);
        owned.register(() -> streams.values().forEach(StreamClips::close));
        writer = owned.register(new ClipWorker("clips", store::deletePartial));
        encoder = owned.register(new ClipWorker("clip-encoder", () -> {}));
    }

    /** A source is about to run; its stream may be added before or after. */
    public void starting(FrameSource source) {
        sources.put(source.id(), source.packets());
        StreamClips known = streams.get(source.id());
        if (known != null) {
            known.starting(source.packets());
        }
    }

    /** Starts to keep what clips of a stream need, where it has rules. */
    public StreamClips add(StreamConfig stream) {
        StreamClips added = new StreamClips(this, stream, sources.get(stream.id()));
        streams.put(stream.id(), added);
        return added;
    }

    /** A stream is gone. */
    public void remove(String stream) {
        sources.remove(stream);
        StreamClips removed = streams.remove(stream);
        if (removed != null) {
            removed.close();
        }
    }

    void record(ClipRecording recording) {
        (recording.isEncoded() ? encoder : writer).add(recording);
    }

    ClipConfig config() {
        return config;
    }

    TrackingConfig labels() {
        return labels;
    }

    boolean isBlurred() {
        return isBlurred;
    }

    /** Where clips are stored, and their numbers. */
    public ClipStore store() {
        return store;
    }

    /** Clips that are being recorded or written. */
    public int inProgress() {
        return writer.size() + encoder.size();
    }

    @Override
    public void close() {
        owned.close();
    }
}
