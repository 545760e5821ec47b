package io.helmwatch.config.stream;

import java.time.Duration;

/**
 * How the images of cameras are checked.
 *
 * @param enabled whether they are
 * @param interval shortest time between two checks of a camera
 * @param raiseAfter how long an image is black, overexposed or covered before its stream is degraded; three times as long where it is blurred
 *     or shows another scene, six times where it is frozen or too dark
 * @param clearAfter how long the image is good again before the stream is online again
 */
public record CameraHealthConfig(boolean enabled, Duration interval, Duration raiseAfter, Duration clearAfter) {

    /** Checked once a second; reported and cleared after ten. */
    public static final CameraHealthConfig DEFAULT =
            new CameraHealthConfig(true, Duration.ofSeconds(1), Duration.ofSeconds(10), Duration.ofSeconds(10));
}
