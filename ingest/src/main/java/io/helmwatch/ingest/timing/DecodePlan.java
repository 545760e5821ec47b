package io.helmwatch.ingest.timing;

import io.helmwatch.config.stream.DecodeMode;

/**
 * Decides packet by packet what is decoded, so that no frame is decoded that nobody analyses.
 *
 * <ul>
 *   <li>Key frames only, when three in a row followed each other within the interval of {@code analyze-fps}; of more frequent ones
 *       only those nearest to the points of an even grid. The first longer pause ends it, at the key frame after it.
 *   <li>Else without the frames that no other refers to, when the rest are at most half an interval apart.
 *   <li>Else, and when all frames are analysed, everything.
 * </ul>
 *
 * <p>Threading: one thread. Allocates nothing.
 */
public final class DecodePlan {
    /** Key frames that must follow each other in time before only they are decoded. */
    private static final int INTERVALS_TO_TRUST = 3;

    /** Timestamps jitter: so much longer than wanted may an interval be. */
    private static final double TOLERANCE = 1.1;

    /** A longer pause, or one backwards, is a jump of the timestamps. */
    private static final long LARGEST_STEP_NANOS = 60_000_000_000L;

    /** Key frames in a row that could not be decoded on their own, after which they are not retried. */
    private static final int MAX_FAILURES = 3;

    private final DecodeMode mode;
    private final double intervalNanos;
    private final FrameSampler sampler;
    private Level level;
    private boolean started;
    private long lastNanos;
    private boolean hasKey;
    private long lastKeyNanos;
    private long keyIntervalNanos;
    private int goodIntervals;
    private boolean hasReference;
    private long lastReferenceNanos;
    /** Longest pauses between frames that others refer to, since the last key frame and before it. */
    private long referencePauseNanos;

    private long formerReferencePauseNanos;
    private boolean hasDisposable;
    private boolean skipped;
    private boolean standAlone;
    private int failures;

    /** What is decoded. */
    public enum Level {
        /** Everything. */
        ALL,
        /** Frames that others refer to. */
        REFERENCES,
        /** Key frames. */
        KEY_FRAMES
    }

    /**
     * @param mode what is configured
     * @param framesPerSecond frames analysed per second; 0 is all
     */
    public DecodePlan(DecodeMode mode, double framesPerSecond) {
        this.mode = mode;
        intervalNanos = framesPerSecond > 0 ? 1e9 / framesPerSecond : 0;
        sampler = new FrameSampler(framesPerSecond);
        level = mode == DecodeMode.KEY_FRAMES ? Level.KEY_FRAMES : Level.ALL;
    }

    /**
     * Whether the next packet, in the order of decoding, is decoded.
     *
     * @param timeNanos its time
     * @param key whether its frame is decodable on its own
     * @param disposable whether no other frame refers to its frame
     */
    public boolean admits(long timeNanos, boolean key, boolean disposable) {
        if (mode == DecodeMode.ALL || (mode == DecodeMode.AUTO && intervalNanos == 0)) {
            return true;
        }
        measure(timeNanos, key, disposable);
        if (mode == DecodeMode.AUTO) {
            choose(key);
        }
        // Asked whatever is decoded, so that the grid goes on when only key frames are.
        boolean due = key && sampler.admits(timeNanos, slackNanos());
        boolean admitted = switch (level) {
            case ALL -> true;
            case REFERENCES -> !disposable;
            case KEY_FRAMES -> due;
        };
        standAlone = admitted && key && skipped;
        // Frames that nobody refers to leave no gap behind them.
        skipped = admitted ? false : skipped || !disposable;
        return admitted;
    }

    private void measure(long timeNanos, boolean key, boolean disposable) {
        long step = timeNanos - lastNanos;
        if (!started || Math.abs(step) > LARGEST_STEP_NANOS || (step < 0 && key)) {
            started = true;
            hasKey = false;
            hasReference = false;
            sampler.restart();
        }
        lastNanos = timeNanos;
        if (!disposable) {
            if (hasReference) {
                referencePauseNanos = Math.max(referencePauseNanos, timeNanos - lastReferenceNanos);
            }
            hasReference = true;
            lastReferenceNanos = timeNanos;
        } else {
            hasDisposable = true;
        }
        if (key) {
            if (hasKey) {
                keyIntervalNanos = timeNanos - lastKeyNanos;
                goodIntervals = keyIntervalNanos <= intervalNanos * TOLERANCE ? goodIntervals + 1 : 0;
            }
            hasKey = true;
            lastKeyNanos = timeNanos;
            formerReferencePauseNanos = referencePauseNanos;
            referencePauseNanos = 0;
        }
    }

    private void choose(boolean key) {
        if (key) {
            level = failures < MAX_FAILURES && goodIntervals >= INTERVALS_TO_TRUST ? Level.KEY_FRAMES : Level.ALL;
        }
        if (level != Level.KEY_FRAMES) {
            level = hasDisposable && sufficesReferences() ? Level.REFERENCES : Level.ALL;
        }
    }

    private boolean sufficesReferences() {
        long longest = Math.max(referencePauseNanos, formerReferencePauseNanos);
        return longest > 0 && longest * 2 <= intervalNanos * TOLERANCE;
    }

    /** Half of the time between two key frames: with it the nearest one to a point of the grid is taken. */
    private long slackNanos() {
        return intervalNanos == 0 ? 0 : (long) (Math.min(keyIntervalNanos, intervalNanos) / 2);
    }

    /** What is decoded at present. */
    public Level level() {
        return level;
    }

    /** Time between the latest two key frames; 0 while there were none. */
    public long keyIntervalNanos() {
        return keyIntervalNanos;
    }

    /** Whether the packet that was admitted last follows a gap, so that the decoder must forget what it knows. */
    public boolean isStandAlone() {
        return standAlone;
    }

    /** Whether the frames that are decoded were chosen by {@code analyze-fps} already. */
    public boolean isSampled() {
        return level == Level.KEY_FRAMES;
    }

    /**
     * Says what became of a key frame that was decoded on its own. Streams that refresh their frames bit by bit mark frames as key frames
     * that are not complete: after three in a row all frames are decoded.
     */
    public void keyFrameDecoded(boolean complete) {
        failures = complete ? 0 : failures + 1;
    }
}
