package io.helmwatch.vision.health;

import io.helmwatch.vision.StreamReason;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Judges the images of one camera, sample by sample: whether they are black, overexposed, too dark to judge, frozen, covered, moved or
 * blurred. The first four look at the sample alone; the others compare it with what the camera usually shows, in one of three kinds of light
 * ({@link SceneReference}).
 *
 * <p>Each condition must hold for a time before it is raised, and be gone for a time before it is cleared. Nothing is learned while a
 * condition holds. A moved camera's new scene becomes the usual one after a day.
 *
 * <p>Times are presentation times, so a recording gives the same answers at any speed. Threading: one thread; {@link #condition} and
 * {@link #brightness} may be read by any. Allocates nothing after its creation.
 */
public final class CameraHealth {
    /** All conditions; where several hold, the first is the one that is reported. */
    public static final List<StreamReason> CONDITIONS = List.of(
            StreamReason.BLACK,
            StreamReason.OVEREXPOSED,
            StreamReason.TOO_DARK,
            StreamReason.FROZEN,
            StreamReason.COVERED,
            StreamReason.MOVED,
            StreamReason.BLURRED);

    private static final long SECOND = 1_000_000_000L;
    private static final long MAX_GAP_NANOS = 120 * SECOND;
    private static final long ACCEPT_MOVED_NANOS = 86_400 * SECOND;
    /** How many times as long as a black image a condition must hold that passing things can cause. */
    private static final int SLOW = 3;

    private static final int SLOWEST = 6;

    private final Map<StreamReason, Alarm> alarms = new EnumMap<>(StreamReason.class);
    private final Set<StreamReason> ignored;
    private final SceneMeasures scene = new SceneMeasures();
    private final UsualScenes usual = new UsualScenes();
    private final FrozenImage still = new FrozenImage();
    private final DetailPersistence detail = new DetailPersistence();
    private final EdgeSharpness edges = new EdgeSharpness();
    private long lastNanos = Long.MIN_VALUE;
    private long movedSinceNanos;
    private volatile StreamReason condition = StreamReason.NONE;
    private volatile double brightness;

    /**
     * A camera of which nothing is known.
     *
     * @param afterNanos how long an image is black, overexposed or covered before that is reported; three times as long for a blurred or moved
     *     one, six times for a frozen or dark one
     * @param clearNanos how long a condition is gone before that is reported
     * @param ignored conditions that are not reported
     */
    public CameraHealth(long afterNanos, long clearNanos, Set<StreamReason> ignored) {
        this.ignored = Set.copyOf(ignored);
        for (StreamReason reason : CONDITIONS) {
            alarms.put(reason, new Alarm(afterNanos * factor(reason), clearNanos));
        }
    }

    private static int factor(StreamReason reason) {
        return switch (reason) {
            case MOVED, BLURRED -> SLOW;
            case FROZEN, TOO_DARK -> SLOWEST;
            default -> 1;
        };
    }

    /**
     * Judges the next sample.
     *
     * @param ptsNanos its presentation time; does not decrease
     * @return the condition now; {@code NONE} where nothing is wrong
     */
    public StreamReason update(LumaSample sample, long ptsNanos) {
        if (lastNanos != Long.MIN_VALUE && ptsNanos - lastNanos > MAX_GAP_NANOS) {
            alarms.values().forEach(Alarm::suspend);
            still.forget();
            detail.forget();
            edges.forget();
        }
        lastNanos = ptsNanos;
        scene.measure(sample);
        brightness = scene.mean() / 255;
        judgeLight(ptsNanos);
        judgeMotion(sample, ptsNanos);
        edges.update(sample, scene);
        if (isSuspected(StreamReason.BLACK)
                || isSuspected(StreamReason.OVEREXPOSED)
                || isSuspected(StreamReason.TOO_DARK)) {
            suspendComparisons();
        } else {
            compare(ptsNanos);
        }
        condition = first();
        return condition;
    }

    private void judgeMotion(LumaSample sample, long now) {
        boolean isStill = FrozenImage.isStill(still.changed(sample));
        detail.update(sample);
        Alarm frozen = alarm(StreamReason.FROZEN);
        frozen.update(isStill || detail.isFrozen(), isStill || detail.isNearlyFrozen(), now);
        if (!isStill && !frozen.isRaised()) {
            detail.learn();
        }
    }

    private void judgeLight(long now) {
        int nearlyAll = scene.percentile(0.99);
        alarm(StreamReason.BLACK).update(nearlyAll <= 20, nearlyAll <= 28, now);
        alarm(StreamReason.OVEREXPOSED).update(scene.saturated() >= 0.7, scene.saturated() >= 0.6, now);
        int most = scene.percentile(0.95);
        alarm(StreamReason.TOO_DARK).update(most <= 40, most <= 50, now);
    }

    private void compare(long now) {
        usual.compare(scene, edges);
        double lost = usual.lost();
        double correlation = usual.correlation();
        double sharpness = usual.sharpness();
        boolean isUniform =
                scene.edgyCells() < SceneMeasures.CLOCK_CELLS && scene.percentile(0.95) - scene.percentile(0.05) < 60;
        boolean hasFewEdges = scene.edgyCells() < usual.fewEdges();
        boolean isCovered = isUniform || (lost >= 0.7 && hasFewEdges);
        boolean isElsewhere = !isCovered && correlation < usual.movedBelow();
        alarm(StreamReason.COVERED).update(isCovered, isUniform || lost >= 0.55, now);
        alarm(StreamReason.MOVED).update(isElsewhere, correlation < usual.movedBelow() + 0.1, now);
        alarm(StreamReason.BLURRED).update(sharpness < 0.3, sharpness < 0.45, now);
        accept(now);
        if (!isSuspected(StreamReason.COVERED)
                && !isSuspected(StreamReason.MOVED)
                && !isSuspected(StreamReason.BLURRED)) {
            usual.learn(scene, edges);
        }
    }

    /** What a camera has shown for a day is what it is meant to show. */
    private void accept(long now) {
        Alarm moved = alarm(StreamReason.MOVED);
        if (!moved.isRaised()) {
            movedSinceNanos = now;
        } else if (now - movedSinceNanos >= ACCEPT_MOVED_NANOS) {
            usual.forget();
            moved.clear();
            alarm(StreamReason.BLURRED).clear();
            alarm(StreamReason.COVERED).clear();
        }
    }

    private void suspendComparisons() {
        alarm(StreamReason.COVERED).suspend();
        alarm(StreamReason.MOVED).suspend();
        alarm(StreamReason.BLURRED).suspend();
    }

    private StreamReason first() {
        for (int i = 0; i < CONDITIONS.size(); i++) {
            StreamReason reason = CONDITIONS.get(i);
            if (alarm(reason).isRaised() && !ignored.contains(reason)) {
                return reason;
            }
        }
        return StreamReason.NONE;
    }

    private boolean isSuspected(StreamReason reason) {
        return alarm(reason).isSuspected();
    }

    private Alarm alarm(StreamReason reason) {
        Alarm alarm = alarms.get(reason);
        if (alarm == null) {
            throw new IllegalArgumentException(reason + " is no condition of an image");
        }
        return alarm;
    }

    /** What is wrong, as of the last sample; {@code NONE} where nothing is. */
    public StreamReason condition() {
        return condition;
    }

    /** Mean brightness of the last sample, 0 (black) to 1 (white). */
    public double brightness() {
        return brightness;
    }

    /** A condition as a sentence, with what to do; empty for {@code NONE}. */
    public static String describe(StreamReason condition) {
        return switch (condition) {
            case NONE -> "";
            case BLACK -> "the image is black: check the lens cap, the sensor and the exposure";
            case OVEREXPOSED -> "the image is overexposed: check the exposure, and what shines into the lens";
            case TOO_DARK -> "the image is too dark to see anybody: check the light and the infrared lamps";
            case FROZEN -> "the image is frozen: frames arrive and show the same; restart the camera";
            case COVERED -> "the lens is covered or sprayed: little of the usual scene is visible";
            case MOVED -> "the camera was moved: the scene is not the usual one; restart the stream if that is meant";
            case BLURRED -> "the image is blurred: check the focus and clean the lens";
            default -> throw new IllegalArgumentException(condition + " is no condition of an image");
        };
    }
}
