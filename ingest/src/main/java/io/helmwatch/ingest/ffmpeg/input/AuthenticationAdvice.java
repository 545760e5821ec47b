package io.helmwatch.ingest.ffmpeg.input;

import io.helmwatch.ingest.network.Authentication;
import java.util.List;

/** What to do about a camera whose challenges cannot be answered. */
final class AuthenticationAdvice {
    /** The rest of a sentence about an address that a redirect led to. */
    static final String WITHHELD =
            " asks for a user and password (401), which are sent to the configured host and port only: configure the address"
                    + " that it redirects to, if that is the camera.";

    private AuthenticationAdvice() {}

    /** The rest of a sentence that begins with the camera's address. */
    static String unusable(List<String> challenges) {
        if (Authentication.isBasicOnly(challenges)) {
            return " asks for Basic authentication, which shows the password to whoever can read the connection, and"
                    + " credentials.basic does not allow it here: set the camera to Digest, use an encrypted address, or allow it.";
        }
        String offered = Authentication.describe(challenges);
        return " asks for a kind of authentication that is not supported ("
                + (offered.isEmpty() ? "none named" : offered) + "): set the camera to Digest with MD5 or SHA-256.";
    }
}
