package io.helmwatch.sinks;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/**
 * Encodes one JSON value at a time into a buffer. Buffer and generator are reused, so that a message allocates only the bytes
 * that are returned.
 *
 * <p>Threading: owned by one thread at a time; the returned buffer is valid until the next call.
 */
final class JsonEncoder {
    private static final JsonFactory FACTORY =
            new JsonFactoryBuilder().rootValueSeparator("").build();

    private final Buffer buffer = new Buffer();
    private @Nullable JsonGenerator generator;

    /** Writes one value. */
    interface Body {
        void write(JsonGenerator json) throws IOException;
    }

    /** Encodes a value. After a failure the generator, whose state is then undefined, is replaced. */
    ByteArrayOutputStream encode(Body body) {
        buffer.reset();
        JsonGenerator json = generator;
        generator = null;
        try {
            if (json == null) {
                json = FACTORY.createGenerator(buffer);
            }
            body.write(json);
            json.flush();
        } catch (IOException e) {
            throw new UncheckedIOException("message cannot be encoded as JSON: " + e.getMessage(), e);
        }
        generator = json;
        return buffer;
    }

    /** A buffer that releases its memory after an unusually large message. */
    private static final class Buffer extends ByteArrayOutputStream {
        private static final int INITIAL_BYTES = 4_096;
        private static final int MAX_RETAINED_BYTES = 1 << 20;

        Buffer() {
            super(INITIAL_BYTES);
        }

        @Override
        public synchronized void reset() {
            super.reset();
            if (buf.length > MAX_RETAINED_BYTES) {
                buf = new byte[INITIAL_BYTES];
            }
        }
    }
}
