package io.helmwatch.postprocess.rules;

/** The life of an {@link Episode}. */
enum EpisodeState {
    /** Started and not ended; its head, if it is about one, is tracked. */
    OPEN,
    /** Started and not ended, but its head is no longer tracked. */
    SUSPENDED,
    /** Ended: no message follows. */
    ENDED
}
