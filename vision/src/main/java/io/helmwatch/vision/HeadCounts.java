package io.helmwatch.vision;

/**
 * Heads that analysed frames showed. Immutable.
 *
 * @param helmet heads with a helmet, summed over the frames
 * @param bare bare heads
 * @param uncertain heads that are neither for sure
 * @param frames analysed frames
 * @param personMillis heads times how long each frame stands for, milliseconds
 */
public record HeadCounts(long helmet, long bare, long uncertain, long frames, long personMillis) {

    /** No frame, no head. */
    public static final HeadCounts NONE = new HeadCounts(0, 0, 0, 0, 0);

    /** The sum of both. */
    public HeadCounts plus(HeadCounts other) {
        return new HeadCounts(
                helmet + other.helmet,
                bare + other.bare,
                uncertain + other.uncertain,
                frames + other.frames,
                personMillis + other.personMillis);
    }

    /** What must be added to the other to get these. */
    public HeadCounts minus(HeadCounts other) {
        return new HeadCounts(
                helmet - other.helmet,
                bare - other.bare,
                uncertain - other.uncertain,
                frames - other.frames,
                personMillis - other.personMillis);
    }
}
