package io.helmwatch.config;

import java.util.regex.Pattern;

/** Takes user information out of URLs wherever text leaves the process. */
public final class Redaction {
    private static final Pattern USER_INFO = Pattern.compile("([A-Za-z][A-Za-z0-9+.-]*://)[^/?#\\s]*@");

    private Redaction() {}

    /** The text with the user information of every URL in it replaced by three stars. */
    public static String redact(String text) {
        return USER_INFO.matcher(text).replaceAll("$1***@");
    }
}
