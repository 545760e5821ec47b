package io.helmwatch.ingest.network;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * Makes the header {@code Content-Length} of the parts of a multipart body unrecognisable, for cameras that write a wrong one: a
 * reader then looks for the boundary.
 *
 * <p>Threading: one thread.
 */
public final class PartLengthFilter extends FilterInputStream {
    private static final String HEADER = "\ncontent-length";

    private int matched;

    /** Filters a body. */
    public PartLengthFilter(InputStream body) {
        super(body);
    }

    @Override
    public int read() throws IOException {
        int c = in.read();
        return c < 0 ? c : filtered((byte) c) & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        int count = in.read(target, offset, length);
        for (int i = offset; i < offset + count; i++) {
            target[i] = filtered(target[i]);
        }
        return count;
    }

    private byte filtered(byte value) {
        char lower = Character.toLowerCase((char) (value & 0xff));
        if (lower == HEADER.charAt(matched)) {
            matched++;
            if (matched == HEADER.length()) {
                matched = 0;
                return 'x';
            }
        } else {
            matched = lower == HEADER.charAt(0) ? 1 : 0;
        }
        return value;
    }
}
