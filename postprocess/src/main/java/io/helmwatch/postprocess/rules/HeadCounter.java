package io.helmwatch.postprocess.rules;

import io.helmwatch.config.StreamRulesConfig;
import io.helmwatch.config.TrackingConfig;
import io.helmwatch.config.ZoneConfig;
import io.helmwatch.postprocess.tracking.Observations;
import io.helmwatch.vision.FrameDetections;
import java.util.Arrays;
import java.util.List;

/**
 * Counts the heads that the frames of one stream show, with helmet, bare or uncertain, for the whole frame and for each zone, whether rules apply
 * there or not. Masks and the minimum size hold as for rules. A head counts once in every frame that shows it, for the label with the higher
 * confidence, and as uncertain when neither reaches {@value #CERTAIN}.
 *
 * <p>Counts are summed by hour of capture time, of the latest two hours; older ones that were not drained are lost.
 *
 * <p>Threading: any thread; the lock is that of one stream. Nothing is allocated per frame.
 */
public final class HeadCounter {
    /** Confidence of a label from which a head is counted for it. */
    static final double CERTAIN = 0.5;

    private static final long HOUR_MILLIS = 3_600_000;
    /** Longest time that one frame stands for. */
    private static final long MAX_GAP_MILLIS = 10_000;

    private static final int HOURS = 2;
    private static final int HELMET = 0;
    private static final int BARE = 1;
    private static final int UNCERTAIN = 2;
    private static final int FRAMES = 3;
    private static final int PERSON_MILLIS = 4;
    private static final int MEASURES = 5;

    private final MaskFilter filter;
    private final Observations heads;
    /** The first is the whole frame, whose name is empty. */
    private final List<String> names;

    private final List<Polygon> polygons;
    private final long[] hours = new long[HOURS];
    private final long[][] sums;
    private long lastPtsNanos = Long.MIN_VALUE;

    /** Receives the counts of a zone. */
    public interface Receiver {
        /**
         * Counts that are not zero.
         *
         * @param zone name of the zone; empty for the whole frame
         * @param hourMillis start of the hour, milliseconds since 1970 UTC
         * @param helmet heads with a helmet
         * @param bare bare heads
         * @param uncertain heads that are neither for sure
         * @param frames frames
         * @param personMillis heads times how long each frame stands for, milliseconds
         */
        void receive(
                String zone, long hourMillis, long helmet, long bare, long uncertain, long frames, long personMillis);
    }

    /** A counter of a stream's zones; other zones need another counter. */
    public HeadCounter(StreamRulesConfig config, TrackingConfig tracking) {
        filter = new MaskFilter(config);
        heads = new Observations(tracking);
        names = config.zones().stream().map(ZoneConfig::name).toList();
        polygons =
                config.zones().stream().map(zone -> new Polygon(zone.polygon())).toList();
        sums = new long[HOURS][MEASURES * (1 + names.size())];
    }

    /** Counts the heads of the next frame. */
    public synchronized void onFrame(FrameDetections frame) {
        long hour = Math.floorDiv(frame.capturedAtMillis(), HOUR_MILLIS);
        int slot = (int) Math.floorMod(hour, (long) HOURS);
        if (hours[slot] != hour) {
            hours[slot] = hour;
            Arrays.fill(sums[slot], 0);
        }
        long gapMillis = lastPtsNanos == Long.MIN_VALUE
                ? 0
                : Math.max(0, Math.min(MAX_GAP_MILLIS, (frame.ptsNanos() - lastPtsNanos) / 1_000_000));
        lastPtsNanos = frame.ptsNanos();
        filter.resize(frame.size());
        heads.load(frame.detections(), filter);
        long[] counts = sums[slot];
        for (int area = 0; area <= polygons.size(); area++) {
            counts[MEASURES * area + FRAMES]++;
        }
        for (int i = 0; i < heads.size(); i++) {
            double x = (heads.x1(i) + heads.x2(i)) / 2 / frame.size().width();
            double y = (heads.y1(i) + heads.y2(i)) / 2 / frame.size().height();
            int measure = measureOf(i);
            for (int area = 0; area <= polygons.size(); area++) {
                if (area == 0 || polygons.get(area - 1).contains(x, y)) {
                    counts[MEASURES * area + measure]++;
                    counts[MEASURES * area + PERSON_MILLIS] += gapMillis;
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

    /** Passes on what was counted since the last call. */
    public synchronized void drain(Receiver receiver) {
        for (int slot = 0; slot < HOURS; slot++) {
            long[] counts = sums[slot];
            for (int area = 0; area <= names.size(); area++) {
                int at = MEASURES * area;
                if (counts[at + FRAMES] > 0) {
                    receiver.receive(
                            area == 0 ? "" : names.get(area - 1),
                            hours[slot] * HOUR_MILLIS,
                            counts[at + HELMET],
                            counts[at + BARE],
                            counts[at + UNCERTAIN],
                            counts[at + FRAMES],
                            counts[at + PERSON_MILLIS]);
                }
            }
            Arrays.fill(counts, 0);
        }
    }
}
