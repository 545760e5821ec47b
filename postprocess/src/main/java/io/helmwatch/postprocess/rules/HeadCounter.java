package io.helmwatch.postprocess.rules;

import io.helmwatch.config.incident.TrackingConfig;
import io.helmwatch.config.rule.ZoneConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.postprocess.tracking.Observations;
import io.helmwatch.vision.ComplianceMinute;
import io.helmwatch.vision.CountOrigin;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.HeadCounts;
import io.helmwatch.vision.ModelIdentity;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Counts the heads that the frames of one stream show, with helmet, bare or uncertain, for the whole frame and for each zone, whether rules apply
 * there or not. Masks and the minimum size hold as for rules. A head counts once in every frame that shows it, for the label with the higher
 * confidence, and as uncertain when neither reaches {@value #CERTAIN}.
 *
 * <p>Counts are summed by minute of capture time. A minute is complete when a frame of a later one arrives, or when {@value #GRACE_MILLIS} ms
 * have passed since its end; a frame of it that comes even later makes another revision of the same counts. Capture times do not go back
 * within a stream; a frame whose time does counts for the minute that is being counted.
 *
 * <p>Threading: any thread; the lock is that of one stream. Nothing is allocated per frame; a completed minute is copied once.
 */
public final class HeadCounter {
    /** Confidence of a label from which a head is counted for it. */
    static final double CERTAIN = 0.5;

    /** Time after the end of a minute in which its frames are analysed. */
    static final long GRACE_MILLIS = 10_000;

    /** Longest time that one frame stands for. */
    private static final long MAX_GAP_MILLIS = 10_000;

    private static final int HELMET = 0;
    private static final int BARE = 1;
    private static final int UNCERTAIN = 2;
    private static final int FRAMES = 3;
    private static final int PERSON_MILLIS = 4;
    private static final int MEASURES = 5;

    private final String stream;
    private final long countedSinceMillis;
    private final @Nullable CountOrigin origin;
    private final MaskFilter filter;
    private final Observations heads;
    /** The first is the whole frame, whose name is empty. */
    private final List<String> names = new ArrayList<>();

    private final List<Polygon> polygons;
    private final List<ComplianceMinute> complete = new ArrayList<>();
    private long lastPtsNanos = Long.MIN_VALUE;

    // The minute that is being counted.
    private final long[] sums;
    private long minute = -1;
    private int revision;
    private boolean hasNews;
    private @Nullable ModelIdentity model;

    /**
     * A counter of a stream's zones; other zones, and another origin, need another counter.
     *
     * @param countedSinceMillis tells this counter's part of a minute from that of others of the same stream, milliseconds since 1970 UTC
     * @param origin what the counts are stamped with; null without a cluster
     */
    public HeadCounter(
            StreamConfig stream, TrackingConfig tracking, long countedSinceMillis, @Nullable CountOrigin origin) {
        this.origin = origin;
        this.stream = stream.id();
        this.countedSinceMillis = countedSinceMillis;
        filter = new MaskFilter(stream.rules());
        heads = new Observations(tracking);
        List<ZoneConfig> zones = stream.rules().zones();
        names.add("");
        zones.forEach(zone -> names.add(zone.name()));
        polygons = zones.stream().map(zone -> new Polygon(zone.polygon())).toList();
        sums = new long[MEASURES * names.size()];
    }

    /** Counts the heads of the next frame. */
    public synchronized void onFrame(FrameDetections frame) {
        long frameMinute = Math.floorDiv(frame.capturedAtMillis(), ComplianceMinute.MINUTE_MILLIS);
        if (frameMinute > minute) {
            completeMinute();
            minute = frameMinute;
            revision = 0;
            Arrays.fill(sums, 0);
        }
        hasNews = true;
        model = frame.model();
        long gapMillis = lastPtsNanos == Long.MIN_VALUE
                ? 0
                : Math.max(0, Math.min(MAX_GAP_MILLIS, (frame.ptsNanos() - lastPtsNanos) / 1_000_000));
        lastPtsNanos = frame.ptsNanos();
        filter.resize(frame.size());
        heads.load(frame.detections(), filter);
        for (int area = 0; area <= polygons.size(); area++) {
            sums[MEASURES * area + FRAMES]++;
        }
        for (int i = 0; i < heads.size(); i++) {
            double x = (heads.x1(i) + heads.x2(i)) / 2 / frame.size().width();
            double y = (heads.y1(i) + heads.y2(i)) / 2 / frame.size().height();
            int measure = measureOf(i);
            for (int area = 0; area <= polygons.size(); area++) {
                if (area == 0 || polygons.get(area - 1).contains(x, y)) {
                    sums[MEASURES * area + measure]++;
                    sums[MEASURES * area + PERSON_MILLIS] += gapMillis;
                }
            }
        }
    }

    private int measureOf(int head) {
        if (heads.confidence(head) < CERTAIN) {
            return UNCERTAIN;
        }
        return heads.bareHeadConfidence(head) > heads.helmetConfidence(head) ? BARE : HELMET;
    }

    private void completeMinute() {
        ModelIdentity of = model;
        if (!hasNews || of == null) {
            return;
        }
        for (int area = 0; area < names.size(); area++) {
            int at = MEASURES * area;
            complete.add(new ComplianceMinute(
                    stream,
                    countedSinceMillis,
                    names.get(area),
                    minute * ComplianceMinute.MINUTE_MILLIS,
                    revision,
                    new HeadCounts(
                            sums[at + HELMET],
                            sums[at + BARE],
                            sums[at + UNCERTAIN],
                            sums[at + FRAMES],
                            sums[at + PERSON_MILLIS]),
                    of,
                    origin));
        }
        revision++;
        hasNews = false;
    }

    /**
     * Passes on the minutes that were completed since the last call.
     *
     * @param nowMillis milliseconds since 1970 UTC
     */
    public synchronized void drain(long nowMillis, Consumer<ComplianceMinute> receiver) {
        if (nowMillis >= (minute + 1) * ComplianceMinute.MINUTE_MILLIS + GRACE_MILLIS) {
            completeMinute();
        }
        complete.forEach(receiver);
        complete.clear();
    }

    /** Passes on all counts, also those of a minute that is not over. */
    public synchronized void drainAll(Consumer<ComplianceMinute> receiver) {
        completeMinute();
        complete.forEach(receiver);
        complete.clear();
    }
}
