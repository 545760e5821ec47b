package io.helmwatch.ingest.ffmpeg;

import io.helmwatch.ingest.ffmpeg.decode.CudaDecoding;
import io.helmwatch.ingest.ffmpeg.decode.DecoderPlacement;
import io.helmwatch.ingest.ffmpeg.decode.SharedDecoders;
import org.jspecify.annotations.Nullable;

/**
 * What may decode a stream.
 *
 * @param device the GPU; null decodes on the CPU
 * @param placement says when the GPU's video engines are used
 * @param shared decoders of key frames that streams share; null where each stream has its own
 */
record Decoders(
        @Nullable CudaDecoding device,
        DecoderPlacement placement,
        @Nullable SharedDecoders shared) {
    /** A decoder of the stream's own on the CPU. */
    static final Decoders CPU = new Decoders(null, DecoderPlacement.VIDEO_ENGINES, null);

    /** The same, always on the video engines where there is a GPU. */
    Decoders onVideoEngines() {
        return new Decoders(device, DecoderPlacement.VIDEO_ENGINES, shared);
    }
}
