package io.helmwatch.pipeline.service;

import io.helmwatch.cluster.CameraRunner;
import io.helmwatch.config.cluster.ClusterConfig;
import io.helmwatch.config.secret.Redaction;
import io.helmwatch.config.stream.SharedCameras;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.StreamProbe;
import io.helmwatch.ingest.ffmpeg.FfmpegFrameSource;
import io.helmwatch.pipeline.service.incident.IncidentService;
import io.helmwatch.resource.Quantity;
import io.helmwatch.sinks.DetectionSink;
import io.helmwatch.vision.NodeEpoch;
import io.helmwatch.vision.StreamOutage;
import io.helmwatch.vision.StreamReason;
import io.helmwatch.vision.StreamStatus;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs the cameras that a cluster gives this node. Threading: as {@link CameraRunner}. */
final class ClusterCameras implements CameraRunner {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterCameras.class);
    /** Longest wait for the incidents of cameras that are handed over. */
    private static final Duration DELIVERY = Duration.ofSeconds(3);

    private final ClusterConfig cluster;
    private final StreamOperations operations;
    private final RunningStreams streams;
    private final IncidentService incidents;
    private final List<DetectionSink> sinks;

    ClusterCameras(
            ClusterConfig cluster,
            StreamOperations operations,
            RunningStreams streams,
            IncidentService incidents,
            List<DetectionSink> sinks) {
        this.cluster = cluster;
        this.operations = operations;
        this.streams = streams;
        this.incidents = incidents;
        this.sinks = sinks;
    }

    @Override
    public void takeOver(String camera, @Nullable StreamOutage outage) {
        sinks.forEach(sink -> sink.takeOverStream(camera, outage));
    }

    @Override
    public void start(String camera, String settings) {
        run(camera, settings);
    }

    @Override
    public void change(String camera, String settings) {
        run(camera, settings);
    }

    private void run(String camera, String settings) {
        if (streams.isStopping()) {
            return;
        }
        try {
            StreamConfig stream = read(camera, settings);
            if (!stream.id().equals(camera)) {
                throw new IllegalStateException("camera " + camera + " calls itself " + stream.id());
            }
            operations.check(stream);
            if (streams.config(camera) == null) {
                operations.add(stream);
            } else {
                operations.change(stream);
            }
        } catch (RuntimeException refused) {
            String reason = Redaction.redact(String.valueOf(refused.getMessage()));
            LOG.error("Camera {} not started: {}", camera, reason);
            if (!streams.isStopping() && streams.config(camera) == null) {
                StreamStatus failed = new StreamStatus(
                        camera, StreamStatus.State.FAILED, StreamReason.SOURCE, reason, System.currentTimeMillis());
                sinks.forEach(sink -> sink.publish(failed));
            }
        }
    }

    private StreamConfig read(String camera, String settings) {
        return SharedCameras.read(camera, settings, cluster.folder(), System::getenv, streams.devices());
    }

    @Override
    public boolean reaches(String camera, String settings) {
        try {
            StreamProbe answer = FfmpegFrameSource.probe(read(camera, settings));
            LOG.debug(
                    "Camera {} tried for another node: reachable={} {}", camera, answer.reachable(), answer.problem());
            return answer.reachable();
        } catch (RuntimeException refused) {
            LOG.debug("Camera {} not tried for another node", camera, refused);
            return false;
        }
    }

    @Override
    public void remove(String camera) {
        if (streams.config(camera) == null) {
            sinks.forEach(sink -> sink.removeStream(camera));
        } else {
            operations.remove(camera);
        }
    }

    @Override
    public void release(Collection<String> cameras) {
        streams.stopTogether(cameras);
        try {
            if (!incidents.awaitDelivered(cameras, DELIVERY)) {
                LOG.warn(
                        "Incidents of {} cameras not delivered within {} s before the hand-over; they follow marked as"
                                + " superseded",
                        cameras.size(),
                        DELIVERY.toSeconds());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        tell(cameras, DetectionSink::releaseStream);
    }

    @Override
    public void abandon(Collection<String> cameras) {
        tell(cameras, DetectionSink::abandonStream);
        streams.stopTogether(cameras);
        tell(cameras, DetectionSink::abandonStream);
    }

    /** A sink that cannot store it, on a full disk for example, keeps nothing from the others: the next node waits for what they say. */
    private void tell(Collection<String> cameras, BiConsumer<DetectionSink, String> message) {
        for (String camera : cameras) {
            for (DetectionSink sink : sinks) {
                try {
                    message.accept(sink, camera);
                } catch (RuntimeException e) {
                    LOG.error("Camera {} handed over, not noted by a sink: {}", camera, e.getMessage(), e);
                }
            }
        }
    }

    @Override
    public void endOrphans(String camera, List<byte[]> messages, NodeEpoch origin) {
        LOG.warn("Camera {}: {} ended, which a lost node left open", camera, Quantity.of(messages.size(), "incident"));
        incidents.endOrphans(messages, origin);
    }
}
