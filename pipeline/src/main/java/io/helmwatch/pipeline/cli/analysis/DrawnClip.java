package io.helmwatch.pipeline.cli.analysis;

import io.helmwatch.config.incident.TrackingConfig;
import io.helmwatch.config.rule.StreamRulesConfig;
import io.helmwatch.config.rule.ZoneConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.FrameReceiver;
import io.helmwatch.ingest.ffmpeg.FfmpegFrameSource;
import io.helmwatch.ingest.ffmpeg.transcode.Mp4Writer;
import io.helmwatch.sinks.ClipJson;
import io.helmwatch.sinks.evidence.StoredClip;
import io.helmwatch.sinks.opencv.FrameDrawing;
import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.Detection;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.FrameLease;
import io.helmwatch.vision.StreamStatus;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A copy of a stored clip with the boxes of its sidecar drawn. Between two analysed frames the boxes of the earlier one are drawn, for at most half a second.
 *
 * <p>Threading: one thread. Ownership: {@link #close} deletes an unfinished copy.
 */
final class DrawnClip implements FrameReceiver, AutoCloseable {
    private static final double LONGEST_HOLD_SECONDS = 0.5;
    /** Half a millisecond for rounding. */
    private static final double SAME_FRAME_SECONDS = 5e-4;

    private final StoredClip clip;
    private final FrameDrawing drawing;
    private final Mp4Writer writer;
    private final NavigableMap<Double, ClipJson.Frame> frames = new TreeMap<>();
    private @Nullable IOException failure;

    DrawnClip(StoredClip clip, TrackingConfig labels, Path file) {
        this.clip = clip;
        List<ZoneConfig> zones = clip.zonePolygon().isEmpty()
                ? List.of()
                : List.of(new ZoneConfig(
                        clip.zone() == null ? "" : clip.zone(),
                        clip.zonePolygon().stream()
                                .map(corner -> new ZoneConfig.Point(corner.x(), corner.y()))
                                .toList()));
        drawing = new FrameDrawing(new StreamRulesConfig(zones, List.of(), 0, List.of()), labels, false);
        writer = new Mp4Writer(file);
        clip.frames().forEach(frame -> frames.put(frame.seconds(), frame));
    }

    /** Writes the copy. */
    void write() throws IOException {
        FfmpegFrameSource.create(StreamConfig.of("clip", clip.video().toString()))
                .run(this);
        if (failure != null) {
            throw failure;
        }
        if (!writer.finish()) {
            throw new IOException(clip.video() + " has no frame that can be decoded");
        }
    }

    @Override
    public void onFrame(FrameLease frame) {
        if (failure != null) {
            return;
        }
        double seconds = frame.info().mediaTimeNanos() / 1e9;
        ClipJson.@Nullable Frame analysed = at(seconds);
        List<Detection> detections = new ArrayList<>();
        List<FrameDrawing.Mark> marks = new ArrayList<>();
        if (analysed != null) {
            float x = (float) frame.width() / clip.size().width();
            float y = (float) frame.height() / clip.size().height();
            for (ClipJson.Box box : analysed.boxes()) {
                BoundingBox source = box.sourceBox();
                BoundingBox shown = new BoundingBox(x * source.x1(), y * source.y1(), x * source.x2(), y * source.y2());
                detections.add(new Detection(box.label(), box.confidence(), shown));
                if (box.track() > 0) {
                    marks.add(new FrameDrawing.Mark(shown, "#" + box.track(), box.track() == clip.track()));
                }
            }
        }
        try {
            drawing.draw(
                    frame,
                    detections,
                    marks,
                    List.of(clip.incident(), clip.from()),
                    (bgr, width, height) -> writer.write(bgr, width, height, frame.ptsNanos()));
        } catch (IOException e) {
            failure = e;
        }
    }

    /** The analysed frame to draw at a time; null where there is none. */
    private ClipJson.@Nullable Frame at(double seconds) {
        NavigableMap.Entry<Double, ClipJson.Frame> latest = frames.floorEntry(seconds + SAME_FRAME_SECONDS);
        return latest == null || seconds - latest.getKey() > LONGEST_HOLD_SECONDS ? null : latest.getValue();
    }

    @Override
    public void onDropped(DropCause cause) {}

    @Override
    public void onStatus(StreamStatus status) {}

    @Override
    public void close() {
        writer.close();
    }
}
