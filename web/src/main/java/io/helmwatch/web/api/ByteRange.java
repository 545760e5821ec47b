package io.helmwatch.web.api;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The part of a content that a request asks for (RFC 9110, 14.1.2). Threading: any thread.
 *
 * @param first its first byte
 * @param last its last byte
 */
record ByteRange(long first, long last) {
    private static final Pattern ONE = Pattern.compile("bytes=(\\d{0,18})-(\\d{0,18})");

    /**
     * What a header selects.
     *
     * @param header value of {@code Range}; null without one
     * @param size of the content, at least 1
     * @return null where the whole content is asked for, which includes several ranges and what is not understood; a range without bytes where none
     *     of it exists
     */
    static @Nullable ByteRange of(@Nullable String header, long size) {
        Matcher matcher = ONE.matcher(header == null ? "" : header.strip());
        if (!matcher.matches() || matcher.group().equals("bytes=-")) {
            return null;
        }
        if (matcher.group(1).isEmpty()) {
            long length = Long.parseLong(matcher.group(2));
            return length == 0 ? new ByteRange(size, size - 1) : new ByteRange(Math.max(0, size - length), size - 1);
        }
        long first = Long.parseLong(matcher.group(1));
        long last = matcher.group(2).isEmpty() ? size - 1 : Math.min(size - 1, Long.parseLong(matcher.group(2)));
        return last < first && first < size ? null : new ByteRange(first, last);
    }

    /** Number of bytes; below 1 where there are none. */
    long length() {
        return last - first + 1;
    }
}
