package io.helmwatch.inference;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Reads protobuf's wire format field by field (protobuf.dev, "Encoding"), enough to look into an ONNX file without loading its
 * weights.
 *
 * <p>A message is read as {@code long end = …; while (nextField(end)) switch (field()) …}; a field that was not read must be
 * skipped. Threading: used by one thread.
 */
final class ProtobufReader {

    static final int VARINT = 0;
    static final int FIXED64 = 1;
    static final int LENGTH_DELIMITED = 2;
    static final int FIXED32 = 5;

    private final InputStream in;
    private long position;
    private int field;
    private int wireType;

    ProtobufReader(InputStream in) {
        this.in = new BufferedInputStream(in, 1 << 16);
    }

    /** Moves to the next field of the message that ends at a position; false at its end. */
    boolean nextField(long end) throws IOException {
        if (position >= end) {
            if (position > end) {
                throw new IOException("a field runs past the end of its message");
            }
            return false;
        }
        long key = varint();
        field = (int) (key >>> 3);
        wireType = (int) (key & 7);
        if (key >>> 3 == 0 || key >>> 3 > 0x1fffffff) {
            throw new IOException("field number " + (key >>> 3) + " is not allowed");
        }
        return true;
    }

    int field() {
        return field;
    }

    /** Value of a varint field. */
    long number() throws IOException {
        expect(VARINT);
        return varint();
    }

    /** Bits of a 32-bit field, little end first. */
    int fixed32() throws IOException {
        expect(FIXED32);
        return ByteBuffer.wrap(read(4)).order(ByteOrder.LITTLE_ENDIAN).getInt();
    }

    /** Wire type of the field. */
    int wireType() {
        return wireType;
    }

    /** Text of a string field. */
    String text(int maxBytes) throws IOException {
        return new String(bytes(maxBytes), StandardCharsets.UTF_8);
    }

    /** Bytes of a string, bytes, message or packed field. */
    byte[] bytes(int maxBytes) throws IOException {
        expect(LENGTH_DELIMITED);
        long length = varint();
        if (length < 0 || length > maxBytes) {
            throw new IOException("a text of " + length + " bytes, at most " + maxBytes + " are read");
        }
        return read((int) length);
    }

    private byte[] read(int length) throws IOException {
        byte[] bytes = in.readNBytes(length);
        position += bytes.length;
        if (bytes.length != length) {
            throw new EOFException("the file ends inside a text");
        }
        return bytes;
    }

    /** Enters a message field; returns the position of its end. */
    long message(long end) throws IOException {
        expect(LENGTH_DELIMITED);
        long length = varint();
        if (length < 0 || length > end - position) {
            throw new IOException("a message of " + length + " bytes runs past the end of its parent");
        }
        return position + length;
    }

    void skip() throws IOException {
        switch (wireType) {
            case VARINT -> varint();
            case FIXED64 -> skip(8);
            case LENGTH_DELIMITED -> skip(varint());
            case FIXED32 -> skip(4);
            default -> throw new IOException("wire type " + wireType + " is not allowed");
        }
    }

    private void skip(long bytes) throws IOException {
        if (bytes < 0) {
            throw new IOException("a field of negative length");
        }
        in.skipNBytes(bytes);
        position += bytes;
    }

    private void expect(int expected) throws IOException {
        if (wireType != expected) {
            throw new IOException("field " + field + ": expected wire type " + expected + ", found " + wireType);
        }
    }

    /** How many bytes have been read. */
    long position() {
        return position;
    }

    /** A number outside any field, as in packed ones. */
    long varint() throws IOException {
        long value = 0;
        for (int shift = 0; shift < 70; shift += 7) {
            int next = in.read();
            if (next < 0) {
                throw new EOFException("the file ends inside a number");
            }
            position++;
            value |= (long) (next & 0x7f) << shift;
            if (next < 0x80) {
                return value;
            }
        }
        throw new IOException("a number of more than ten bytes");
    }
}
