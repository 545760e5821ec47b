package io.helmwatch.ingest.ffmpeg.decode;

import io.helmwatch.ingest.nal.CodedBytes;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.jspecify.annotations.Nullable;

/** The bytes of the packet at hand, for which {@link AVPacket#data} would allocate an object each. */
final class PacketBytes extends BytePointer implements CodedBytes {
    /** Where {@code data} stands in the structure, in addresses of 8 bytes. */
    private static final long DATA_INDEX = Pointer.offsetof(AVPacket.class, "data") / Long.BYTES;

    private @Nullable AVPacket packet;
    private @Nullable LongPointer fields;

    PacketBytes() {
        super((Pointer) null);
    }

    /** Points to the bytes of a packet; returns whether there are any. */
    boolean pointTo(AVPacket at) {
        LongPointer field = fields;
        if (field == null || !at.equals(packet)) {
            packet = at;
            field = new LongPointer(at);
            fields = field;
        }
        address = field.get(DATA_INDEX);
        return address != 0;
    }

    @Override
    public byte at(int index) {
        return get(index);
    }
}
