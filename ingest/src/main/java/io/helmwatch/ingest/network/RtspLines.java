package io.helmwatch.ingest.network;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Lines of RTSP messages. */
final class RtspLines {
    private static final int MAX_LINE_BYTES = 16_384;

    private RtspLines() {}

    /**
     * A line with its end.
     *
     * @param first its first byte, which was read before
     */
    static String line(int first, InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = first; ; c = in.read()) {
            if (c < 0) {
                throw new EOFException();
            }
            line.append((char) c);
            if (c == '\n' || line.length() == MAX_LINE_BYTES) {
                return line.toString();
            }
        }
    }

    /** The headers of a message up to the empty line behind them, each without its end. */
    static List<String> headers(InputStream in) throws IOException {
        List<String> headers = new ArrayList<>();
        for (String line = line(in.read(), in); !line.isBlank(); line = line(in.read(), in)) {
            headers.add(line.stripTrailing());
        }
        return headers;
    }

    /** Whether a line is the header of a name in lower case. */
    static boolean isHeader(String line, String name) {
        return line.toLowerCase(Locale.ROOT).startsWith(name + ":");
    }

    /** Length of the body in bytes; 0 where no header says. */
    static int contentLength(List<String> headers) {
        for (String line : headers) {
            if (isHeader(line, "content-length")) {
                String value = line.substring(line.indexOf(':') + 1).strip();
                return value.matches("\\d{1,7}") ? Integer.parseInt(value) : 0;
            }
        }
        return 0;
    }
}
