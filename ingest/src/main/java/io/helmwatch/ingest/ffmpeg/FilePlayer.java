package io.helmwatch.ingest.ffmpeg;

import io.helmwatch.ingest.IngestException;
import io.helmwatch.ingest.StreamAddress;
import io.helmwatch.ingest.StreamAddress.Kind;
import io.helmwatch.ingest.ffmpeg.DecodeSession.Cause;
import io.helmwatch.ingest.ffmpeg.DecodeSession.Ending;
import io.helmwatch.resource.Quantity;

/**
 * Plays a video that has an end, a local file or one on a web server; with {@code loop} again and again.
 *
 * <p>Threading: the stream's thread.
 */
final class FilePlayer implements StreamPlayer {
    private final StreamOpener opener;
    private final StreamAddress address;
    private final boolean loops;

    FilePlayer(StreamOpener opener) {
        this.opener = opener;
        this.address = opener.address();
        this.loops = opener.config().loop();
    }

    @Override
    public String play(FrameDelivery delivery) {
        String reason;
        do {
            reason = playOnce(delivery);
        } while (loops && !opener.isStopped());
        return reason;
    }

    private String playOnce(FrameDelivery delivery) {
        StreamHealth health = delivery.health();
        long goodBefore = health.goodFrames();
        long corruptBefore = health.corruptFrames();
        Ending ending;
        try (DecodeSession session = opener.open()) {
            long goodInRound;
            do {
                goodInRound = health.goodFrames();
                delivery.startConnection();
                ending = session.decode(delivery);
                goodInRound = health.goodFrames() - goodInRound;
            } while (loops
                    && ending.cause() == Cause.COMPLETE
                    && goodInRound > 0
                    && !opener.isStopped()
                    && session.restart());
        }
        if (opener.isStopped()) {
            return Ending.STOPPED.reason();
        }
        long good = health.goodFrames() - goodBefore;
        long corrupt = health.corruptFrames() - corruptBefore;
        if (good == 0) {
            throw new IngestException(nothingDecoded(corrupt, delivery.unsupportedFormat()));
        }
        if (ending.cause() == Cause.LOST && address.kind() != Kind.FILE) {
            throw new IngestException(ending.reason());
        }
        if (!ending.reason().isEmpty()) {
            return ending.reason();
        }
        return corrupt == 0
                ? ""
                : corrupt + " of " + Quantity.of(good + corrupt, "frame") + " of " + address
                        + (corrupt == 1 ? " was damaged." : " were damaged.");
    }

    private String nothingDecoded(long corrupt, String unsupportedFormat) {
        return unsupportedFormat.isEmpty()
                ? "No frame of " + address + " could be decoded (" + corrupt
                        + " damaged): the file may be truncated or damaged."
                : "The frames of " + address + " have the pixel format " + unsupportedFormat
                        + ", which cannot be converted: re-encode it as 8- or 10-bit 4:2:0.";
    }
}
