package io.helmwatch.config.stream;

/** Which frames of a stream are decoded. */
public enum DecodeMode {
    /** Of live streams as few as {@code analyze-fps} needs: key frames, else frames that others refer to, else all. */
    AUTO,
    /** All. */
    ALL,
    /** Key frames only, and of them as many as {@code analyze-fps} needs. */
    KEY_FRAMES
}
