package io.helmwatch.pipeline.cli.analysis;

import io.helmwatch.ingest.ffmpeg.transcode.Mp4Writer;
import io.helmwatch.pipeline.ring.FrameAnalyzer;
import io.helmwatch.pipeline.service.incident.IncidentAnalyzer;
import io.helmwatch.postprocess.tracking.HeadTracker;
import io.helmwatch.postprocess.tracking.Track;
import io.helmwatch.sinks.opencv.FrameDrawing;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.Incident;
import io.helmwatch.vision.VideoFrame;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Writes the analysed frames of a replay as a clip, with detections, tracks, zones, masks and open incidents drawn.
 *
 * <p>Threading: as {@link FrameAnalyzer}; {@link #finish} and {@link #close} after the last frame. Errors: a frame that cannot be written
 * fails and is reported with the clip's path.
 */
final class ReplayClip implements FrameAnalyzer {
    private final FrameDrawing drawing;
    private final IncidentAnalyzer rules;
    private final OpenIncidents incidents;
    private final Mp4Writer writer;

    /**
     * @param rules processes each frame before this analyzer
     * @param incidents receives what the rules detect
     * @param writer is closed by this clip
     */
    ReplayClip(FrameDrawing drawing, IncidentAnalyzer rules, OpenIncidents incidents, Mp4Writer writer) {
        this.drawing = drawing;
        this.rules = rules;
        this.incidents = incidents;
        this.writer = writer;
    }

    @Override
    public FrameDetections analyze(FrameDetections detections, VideoFrame frame) {
        List<Incident> open = incidents.list();
        try {
            drawing.draw(
                    frame,
                    detections.detections(),
                    marks(detections.stream(), open),
                    lines(detections, open),
                    (bgr, width, height) -> writer.write(bgr, width, height, detections.ptsNanos()));
        } catch (IOException e) {
            throw new UncheckedIOException(e.getMessage(), e);
        }
        return detections;
    }

    private List<FrameDrawing.Mark> marks(String stream, List<Incident> open) {
        HeadTracker heads = rules.heads(stream);
        List<FrameDrawing.Mark> marks = new ArrayList<>();
        for (int i = 0; heads != null && i < heads.size(); i++) {
            Track track = heads.track(i);
            if (track.isConfirmed() && track.isObserved()) {
                boolean subject = open.stream().anyMatch(incident -> incident.track() == track.id());
                marks.add(new FrameDrawing.Mark(track.sourceBox(), "#" + track.id(), subject));
            }
        }
        return marks;
    }

    private static List<String> lines(FrameDetections frame, List<Incident> open) {
        List<String> lines = new ArrayList<>();
        long millis = frame.ptsNanos() / 1_000_000;
        lines.add(String.format(
                Locale.ROOT,
                "%s  %02d:%02d.%03d  frame %d",
                frame.stream(),
                millis / 60_000,
                millis / 1_000 % 60,
                millis % 1_000,
                frame.sequence()));
        for (Incident incident : open) {
            long seconds = Math.max(0, frame.capturedAtMillis() - incident.startedAtMillis()) / 1_000;
            lines.add(incident.rule()
                    + (incident.zone() == null ? "" : " in " + incident.zone())
                    + (incident.kind() == Incident.Kind.OCCUPANCY
                            ? ": " + incident.people() + " people, limit " + incident.limit()
                            : ": head #" + incident.track())
                    + ", " + seconds + " s");
        }
        return lines;
    }

    /** Completes the clip. False when no frame was analysed, and therefore there is no clip. */
    boolean finish() throws IOException {
        return writer.finish();
    }

    /** Releases the writer; an unfinished clip is deleted. */
    @Override
    public void close() {
        writer.close();
    }
}
