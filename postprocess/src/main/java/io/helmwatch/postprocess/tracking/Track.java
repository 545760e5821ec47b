package io.helmwatch.postprocess.tracking;

import io.helmwatch.vision.BoundingBox;
import org.jspecify.annotations.Nullable;

/**
 * One head over time.
 *
 * <p>Threading: as its tracker. Ownership: belongs to the tracker, which reuses the object for a later head once this one is
 * removed; a holder detects that by {@link #isLive}.
 */
public final class Track {
    /** Deviations and speeds are in head sizes (root of the box's area): a head of 0.25 m that walks moves about 5 of them per second. */
    private static final double MEASURED_DEVIATION = 0.05;

    private static final double MEASURED_SIZE_DEVIATION = 0.1;
    /** Boxes below this confidence get a larger deviation: a weak box often covers only a part of the head. */
    private static final double FULL_CONFIDENCE = 0.7;

    private static final double START_SPEED_DEVIATION = 4;
    private static final double START_SIZE_SPEED_DEVIATION = 0.3;
    private static final double ACCELERATION_DENSITY = 12;
    private static final double SIZE_ACCELERATION_DENSITY = 0.1;

    private final AxisFilter centerX = new AxisFilter();
    private final AxisFilter centerY = new AxisFilter();
    private final AxisFilter boxWidth = new AxisFilter();
    private final AxisFilter boxHeight = new AxisFilter();

    private final Rest rest = new Rest();

    private @Nullable Track helmetTrack;
    private int helmetTrackId;
    private int id;
    private TrackState state = TrackState.REMOVED;
    private boolean observed;
    private int observations;
    private long observedNanos;
    private long firstSeenNanos;
    private long lastSeenNanos;
    private float confidence;
    private float helmetConfidence;
    private float bareHeadConfidence;
    private float x1;
    private float y1;
    private float x2;
    private float y2;
    private long helmetSeenNanos;
    private float seenX;
    private float seenY;

    Track() {}

    /** Number of the track within the run of the stream, from 1 in the order of first detection; never used twice. */
    public int id() {
        return id;
    }

    /** Where the track is in its life. */
    public TrackState state() {
        return state;
    }

    /** Whether this is still the track with the given id, neither removed nor reused for another head. */
    public boolean isLive(int trackId) {
        return state != TrackState.REMOVED && id == trackId;
    }

    /** Whether the head was seen long enough to count, in the last frame or not. */
    public boolean isConfirmed() {
        return state == TrackState.CONFIRMED || state == TrackState.LOST;
    }

    /** Whether the last frame showed the head; if not, its box is predicted. */
    public boolean isObserved() {
        return observed;
    }

    /** Number of frames that showed the head. */
    public int observations() {
        return observations;
    }

    /** Presentation time of the first detection. */
    public long firstSeenNanos() {
        return firstSeenNanos;
    }

    /** Presentation time of the last detection. */
    public long lastSeenNanos() {
        return lastSeenNanos;
    }

    /** Confidence of the last detection: that of its strongest box. */
    public float confidence() {
        return confidence;
    }

    /** Confidence of the last detection that the head wears a helmet; 0 when no box had that label. */
    public float helmetConfidence() {
        return helmetConfidence;
    }

    /** Confidence of the last detection that the head is bare; 0 when no box had that label. */
    public float bareHeadConfidence() {
        return bareHeadConfidence;
    }

    /** Whether the head has never moved for so long that it is no person; see {@code incidents.static-after}. */
    public boolean isStatic() {
        return rest.isStatic();
    }

    Rest rest() {
        return rest;
    }

    /** Left edge in source pixels: as detected when observed, else predicted. */
    public float x1() {
        return x1;
    }

    /** Top edge in source pixels. */
    public float y1() {
        return y1;
    }

    /** Right edge in source pixels. */
    public float x2() {
        return x2;
    }

    /** Bottom edge in source pixels. */
    public float y2() {
        return y2;
    }

    /** The box as an object of its own; allocates. */
    public BoundingBox sourceBox() {
        return new BoundingBox(x1, y1, x2, y2);
    }

    /** Root of the box's area in source pixels: the unit of speeds and deviations. */
    double size() {
        return Math.sqrt(Math.max(1, boxWidth.position()) * Math.max(1, boxHeight.position()));
    }

    /** Standard deviation of the predicted centre in source pixels. */
    double centerDeviation() {
        return Math.max(centerX.deviation(), centerY.deviation());
    }

    long observedNanos() {
        return observedNanos;
    }

    void start(int id, long ptsNanos, Observations from, int index) {
        rest.start((from.x1(index) + from.x2(index)) / 2, (from.y1(index) + from.y2(index)) / 2);
        this.id = id;
        state = TrackState.TENTATIVE;
        observations = 0;
        helmetSeenNanos = Long.MIN_VALUE;
        observedNanos = 0;
        firstSeenNanos = ptsNanos;
        double width = from.x2(index) - from.x1(index);
        double height = from.y2(index) - from.y1(index);
        double size = Math.sqrt(Math.max(1, width * height));
        centerX.start((from.x1(index) + from.x2(index)) / 2, MEASURED_DEVIATION * size, START_SPEED_DEVIATION * size);
        centerY.start((from.y1(index) + from.y2(index)) / 2, MEASURED_DEVIATION * size, START_SPEED_DEVIATION * size);
        boxWidth.start(width, MEASURED_SIZE_DEVIATION * size, START_SIZE_SPEED_DEVIATION * size);
        boxHeight.start(height, MEASURED_SIZE_DEVIATION * size, START_SIZE_SPEED_DEVIATION * size);
        observe(ptsNanos, 0, from, index);
    }

    void predict(double seconds) {
        observed = false;
        double size = size();
        double density = ACCELERATION_DENSITY * size * size;
        double sizeDensity = SIZE_ACCELERATION_DENSITY * size * size;
        centerX.predict(seconds, density);
        centerY.predict(seconds, density);
        boxWidth.predict(seconds, sizeDensity);
        boxHeight.predict(seconds, sizeDensity);
        placeBox();
    }

    void correct(long ptsNanos, long stepNanos, Observations from, int index) {
        // The idea of the NSA Kalman filter (Du et al., "GIAOTracker", 2021): noise that falls with confidence.
        double inflation = Math.max(1, FULL_CONFIDENCE / from.confidence(index));
        double size = size() * inflation * inflation;
        centerX.correct((from.x1(index) + from.x2(index)) / 2, MEASURED_DEVIATION * size);
        centerY.correct((from.y1(index) + from.y2(index)) / 2, MEASURED_DEVIATION * size);
        boxWidth.correct(from.x2(index) - from.x1(index), MEASURED_SIZE_DEVIATION * size);
        boxHeight.correct(from.y2(index) - from.y1(index), MEASURED_SIZE_DEVIATION * size);
        observe(ptsNanos, stepNanos, from, index);
    }

    /** Continues as another track of the same head: takes its motion and its last detection, and keeps the own id. */
    void reidentify(Track other) {
        centerX.copy(other.centerX);
        centerY.copy(other.centerY);
        boxWidth.copy(other.boxWidth);
        boxHeight.copy(other.boxHeight);
        observed = other.observed;
        state = other.state;
        helmetSeenNanos = Math.max(helmetSeenNanos, other.helmetSeenNanos);
        observations += other.observations;
        observedNanos += other.observedNanos;
        lastSeenNanos = other.lastSeenNanos;
        confidence = other.confidence;
        helmetConfidence = other.helmetConfidence;
        bareHeadConfidence = other.bareHeadConfidence;
        x1 = other.x1;
        y1 = other.y1;
        x2 = other.x2;
        y2 = other.y2;
        seenX = other.seenX;
        seenY = other.seenY;
        rest.reidentify(other.rest, size());
    }

    /** The track of the helmet that this bare head may have taken off; null for most. */
    @Nullable
    Track helmetTrack() {
        return helmetTrack;
    }

    /** Sets the track of the helmet that this bare head may have taken off. */
    void setHelmetTrack(@Nullable Track helmet) {
        helmetTrack = helmet;
        helmetTrackId = helmet == null ? 0 : helmet.id;
    }

    /** Whether {@link #helmetTrack} is set and still live. */
    boolean isHelmetTrackLive() {
        return helmetTrack != null && helmetTrack.isLive(helmetTrackId);
    }

    private void observe(long ptsNanos, long stepNanos, Observations from, int index) {
        observed = true;
        if (state == TrackState.LOST) {
            state = TrackState.CONFIRMED;
        }
        observations++;
        observedNanos += stepNanos;
        lastSeenNanos = ptsNanos;
        confidence = from.confidence(index);
        helmetConfidence = from.helmetConfidence(index);
        bareHeadConfidence = from.bareHeadConfidence(index);
        x1 = from.x1(index);
        y1 = from.y1(index);
        x2 = from.x2(index);
        y2 = from.y2(index);
        if (helmetConfidence > bareHeadConfidence) {
            helmetSeenNanos = ptsNanos;
        }
        seenX = (x1 + x2) / 2;
        seenY = (y1 + y2) / 2;
        rest.observe(seenX, seenY, size(), stepNanos);
    }

    /** Whether the head was seen with a helmet since a time. */
    boolean woreHelmetSince(long nanos) {
        return helmetSeenNanos >= nanos;
    }

    /** Distance in source pixels between the last detections of two heads. */
    double distance(Track other) {
        return Math.hypot(seenX - other.seenX, seenY - other.seenY);
    }

    /** Distance in source pixels between the predicted centre and the last detection of another head. */
    double predictedDistance(Track other) {
        return Math.hypot(centerX.position() - other.seenX, centerY.position() - other.seenY);
    }

    /** Marks the head as not seen in this frame. Its size stops changing: a size that keeps shrinking unseen makes no sense. */
    void markMissed() {
        boxWidth.rest();
        boxHeight.rest();
        if (state == TrackState.CONFIRMED) {
            state = TrackState.LOST;
        }
    }

    void confirm() {
        state = TrackState.CONFIRMED;
    }

    void remove() {
        state = TrackState.REMOVED;
        helmetTrack = null;
        observed = false;
    }

    private void placeBox() {
        double halfWidth = Math.max(1, boxWidth.position()) / 2;
        double halfHeight = Math.max(1, boxHeight.position()) / 2;
        x1 = (float) (centerX.position() - halfWidth);
        y1 = (float) (centerY.position() - halfHeight);
        x2 = (float) (centerX.position() + halfWidth);
        y2 = (float) (centerY.position() + halfHeight);
    }
}
