package io.helmwatch.ingest.network;

import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;

/** The body of an HTTP answer: in chunks, of known length, or up to the end of the connection. */
final class HttpBody {
    private HttpBody() {}

    /** The decoded body that follows a head. */
    static InputStream of(InputStream in, HttpHead head) {
        if (head.first("transfer-encoding").toLowerCase(Locale.ROOT).contains("chunked")) {
            return new ChunkedInput(in);
        }
        String length = head.first("content-length");
        return length.matches("\\d{1,18}") ? new BoundedInput(in, Long.parseLong(length)) : in;
    }

    /** A body of known length. */
    private static final class BoundedInput extends FilterInputStream {
        private long left;

        BoundedInput(InputStream in, long length) {
            super(in);
            left = length;
        }

        @Override
        public int read() throws IOException {
            int c = left > 0 ? in.read() : -1;
            left -= c >= 0 ? 1 : 0;
            return c;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            if (left == 0) {
                return -1;
            }
            int count = in.read(target, offset, (int) Math.min(length, left));
            if (count < 0) {
                throw new EOFException("the connection was closed before the answer was complete");
            }
            left -= count;
            return count;
        }
    }

    /** RFC 9112, section 7.1. */
    private static final class ChunkedInput extends FilterInputStream {
        private static final int MAX_SIZE_LINE = 1_024;

        private long left;
        private boolean first = true;
        private boolean ended;

        ChunkedInput(InputStream in) {
            super(in);
        }

        private boolean nextChunk() throws IOException {
            if (!first) {
                HttpHead.line(in, MAX_SIZE_LINE);
            }
            first = false;
            String size = HttpHead.line(in, MAX_SIZE_LINE);
            int semicolon = size.indexOf(';');
            try {
                left = Long.parseLong((semicolon < 0 ? size : size.substring(0, semicolon)).strip(), 16);
            } catch (NumberFormatException e) {
                throw new HttpSource.NotHttpException();
            }
            ended = left <= 0;
            return !ended;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            if (ended || (left == 0 && !nextChunk())) {
                return -1;
            }
            int count = in.read(target, offset, (int) Math.min(length, left));
            left -= Math.max(0, count);
            return count;
        }
    }
}
