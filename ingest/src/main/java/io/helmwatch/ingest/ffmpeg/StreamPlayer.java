package io.helmwatch.ingest.ffmpeg;

import io.helmwatch.ingest.ffmpeg.input.InputLostException;

/** Plays one kind of stream from its first frame to its end. */
interface StreamPlayer {

    /**
     * Delivers frames until the stream ends or is stopped.
     *
     * @return the reason for the final status; empty when there is nothing to say
     * @throws io.helmwatch.ingest.IngestException when the configuration or the input has to change
     * @throws InputLostException when a finite stream could not be opened
     */
    String play(FrameDelivery delivery);
}
