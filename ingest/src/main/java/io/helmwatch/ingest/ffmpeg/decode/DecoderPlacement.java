package io.helmwatch.ingest.ffmpeg.decode;

/**
 * Says where a live stream is decoded: on a GPU's video engines or on the CPU. Asked when a stream is opened and at its key frames, where a
 * decoder can be replaced.
 *
 * <p>Threading: called by the stream's thread.
 */
@FunctionalInterface
public interface DecoderPlacement {
    /** Always on the video engines. */
    DecoderPlacement VIDEO_ENGINES = () -> true;

    /** Whether the stream is decoded on the video engines from now on. */
    boolean usesVideoEngines();

    /** The stream has ended and does not ask again. */
    default void ended() {}
}
