package io.helmwatch.ingest.network;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/**
 * A request of RTSP 1.0.
 *
 * @param method such as {@code PLAY}
 * @param uri address of the stream or track
 * @param headers lines {@code name: value} without their ends
 * @param body may be empty
 */
record RtspRequest(String method, String uri, List<String> headers, byte[] body) {

    /**
     * Reads a request.
     *
     * @param first its first byte, which was read before
     */
    static RtspRequest read(int first, InputStream in) throws IOException {
        String[] start = RtspLines.line(first, in).strip().split(" ", 3);
        List<String> headers = RtspLines.headers(in);
        if (start.length < 3) {
            throw new IOException("not an RTSP request");
        }
        return new RtspRequest(start[0], start[1], headers, in.readNBytes(RtspLines.contentLength(headers)));
    }

    /** The request line and the headers, to which others may be added before the empty line. */
    StringBuilder head() {
        StringBuilder text = new StringBuilder(method).append(' ').append(uri).append(" RTSP/1.0\r\n");
        headers.forEach(header -> text.append(header).append("\r\n"));
        return text;
    }
}
