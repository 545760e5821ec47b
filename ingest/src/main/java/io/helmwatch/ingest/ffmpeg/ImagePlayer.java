package io.helmwatch.ingest.ffmpeg;

import io.helmwatch.ingest.IngestException;
import io.helmwatch.ingest.ffmpeg.DecodeSession.Ending;
import io.helmwatch.ingest.ffmpeg.input.Ffmpeg;
import io.helmwatch.ingest.ffmpeg.input.InputLostException;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Plays image files one after the other, one second apart; with {@code loop} again and again. An image that cannot be decoded
 * is counted as corrupt and skipped.
 *
 * <p>Threading: the stream's thread.
 */
final class ImagePlayer implements StreamPlayer {
    private static final Logger LOG = LoggerFactory.getLogger(ImagePlayer.class);
    private static final long INTERVAL_NANOS = 1_000_000_000L;

    private final StreamOpener opener;
    private final List<Path> images;

    ImagePlayer(StreamOpener opener, List<Path> images) {
        this.opener = opener;
        this.images = images;
    }

    @Override
    public String play(FrameDelivery delivery) {
        String reason;
        do {
            reason = playAll(delivery);
        } while (opener.config().loop() && !opener.isStopped());
        return reason;
    }

    private String playAll(FrameDelivery delivery) {
        long goodBefore = delivery.health().goodFrames();
        int failures = 0;
        String firstFailure = "";
        delivery.startConnection();
        for (int i = 0; i < images.size() && !opener.isStopped(); i++) {
            String problem = playImage(images.get(i), i * INTERVAL_NANOS, delivery);
            if (!problem.isEmpty()) {
                LOG.debug("{}: {}", opener.config().id(), problem);
                firstFailure = failures++ == 0 ? problem : firstFailure;
            }
        }
        if (opener.isStopped()) {
            return Ending.STOPPED.reason();
        }
        if (delivery.health().goodFrames() == goodBefore) {
            throw new IngestException(
                    images.size() == 1
                            ? firstFailure
                            : "None of the " + images.size() + " images of " + opener.address()
                                    + " could be decoded; the first: " + firstFailure);
        }
        return failures == 0
                ? ""
                : failures + " of " + images.size() + " images could not be decoded; the first: " + firstFailure;
    }

    private static String sentence(int rc) {
        if (rc == Ffmpeg.EOF) {
            return " is cut off: its end is missing; copy or upload it again.";
        }
        return rc == Ffmpeg.NO_MEMORY
                ? " is too large: decoded it takes more than " + (Ffmpeg.MAX_ALLOCATION_BYTES >> 20)
                        + " MiB; make it smaller."
                : " cannot be decoded (" + Ffmpeg.describe(rc) + "): it may be truncated or damaged.";
    }

    /** Returns what is wrong with the image; empty when it was delivered. */
    private String playImage(Path image, long timestampNanos, FrameDelivery delivery) {
        String demuxer = ImageFormat.demuxer(image);
        if (demuxer == null) {
            delivery.undecodable();
            return image + " does not begin like a JPEG, PNG, BMP, WebP or HEIC image.";
        }
        try (DecodeSession session = opener.openImage(image, demuxer)) {
            long corruptBefore = delivery.health().corruptFrames();
            int rc = session.decodeImage(delivery, timestampNanos, INTERVAL_NANOS);
            if (rc < 0) {
                delivery.undecodable();
                return image + sentence(rc);
            }
            return delivery.health().corruptFrames() == corruptBefore
                    ? ""
                    : image + " is damaged or has a pixel format that cannot be converted.";
        } catch (IngestException | InputLostException e) {
            delivery.undecodable();
            return String.valueOf(e.getMessage());
        }
    }
}
