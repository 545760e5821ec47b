package io.helmwatch.sinks.evidence;

import io.helmwatch.resource.PrivateFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * A file of fragmented MP4 that is written as the fragments come. While it is written it has the ending {@value EvidenceFolder#PARTIAL}, and can be
 * played up to its last fragment; {@link #complete} adds its index, {@link #publish} gives it its name.
 *
 * <p>The index is a segment index (ISO/IEC 14496-12, 8.16.3) with one entry for each group of frames, in a space that is kept free behind the header.
 * Players need it to know the duration and to seek without reading the whole file.
 *
 * <p>Threading: one thread. Ownership: {@link #close} deletes an unfinished file.
 */
final class ClipFile implements AutoCloseable {
    /** Entries of the index; of more groups neighbours are joined. */
    private static final int MAX_ENTRIES = 256;

    private static final int BOX_HEADER_BYTES = 8;
    private static final int INDEX_HEADER_BYTES = 40;
    private static final int ENTRY_BYTES = 12;
    private static final int INDEX_BYTES = INDEX_HEADER_BYTES + MAX_ENTRIES * ENTRY_BYTES + BOX_HEADER_BYTES;
    /** Starts with a key frame, of SAP type 1. */
    private static final int STARTS_WITH_KEY = 0x90000000;

    private static final int TRACK = 1;

    private final Path file;
    private final Path partial;
    private final FileChannel channel;
    private final long timescale;
    private final long indexPosition;
    private final List<Group> groups = new ArrayList<>();
    private boolean finished;

    /** Frames from a key frame to the next, in ticks of the track. */
    private static final class Group {
        private final long start;
        private long end;
        private long bytes;

        Group(long start) {
            this.start = start;
        }
    }

    /**
     * Creates the file.
     *
     * @param file its name once it is finished
     * @param initSegment the {@code ftyp} and {@code moov} boxes with one track
     */
    ClipFile(Path file, ByteBuffer initSegment) throws IOException {
        this.file = file;
        this.partial = file.resolveSibling(file.getFileName() + EvidenceFolder.PARTIAL);
        this.timescale = timescale(initSegment);
        Files.deleteIfExists(partial);
        PrivateFiles.createOrRestrict(partial);
        channel = FileChannel.open(partial, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING);
        try {
            write(initSegment.duplicate());
            indexPosition = channel.position();
            write(free(ByteBuffer.allocate(INDEX_BYTES), INDEX_BYTES).clear());
        } catch (IOException | RuntimeException e) {
            try {
                close();
            } catch (IOException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw e;
        }
    }

    /** Ticks a second of the track, from its media header (ISO/IEC 14496-12, 8.4.2). */
    private static long timescale(ByteBuffer initSegment) throws IOException {
        byte[] name = "mdhd".getBytes(StandardCharsets.US_ASCII);
        for (int at = 0; at + 24 < initSegment.limit(); at++) {
            if (initSegment.get(at) == name[0]
                    && initSegment.get(at + 1) == name[1]
                    && initSegment.get(at + 2) == name[2]
                    && initSegment.get(at + 3) == name[3]) {
                int times = initSegment.get(at + 4) == 0 ? 2 * Integer.BYTES : 2 * Long.BYTES;
                return initSegment.getInt(at + 8 + times) & 0xffffffffL;
            }
        }
        throw new IOException("the header of the video has no time scale");
    }

    /**
     * Appends a frame.
     *
     * @param bytes one {@code moof} and one {@code mdat} box
     * @param seconds presentation time
     * @param durationSeconds how long it is shown
     */
    void append(ByteBuffer bytes, double seconds, double durationSeconds, boolean isKeyFrame) throws IOException {
        long start = Math.round(seconds * timescale);
        if (isKeyFrame || groups.isEmpty()) {
            groups.add(new Group(start));
        }
        Group group = groups.get(groups.size() - 1);
        group.end = Math.max(group.end, Math.round((seconds + durationSeconds) * timescale));
        group.bytes += bytes.remaining();
        write(bytes.duplicate());
    }

    private void write(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** Completes the content, and returns its size. */
    long complete() throws IOException {
        ByteBuffer index = index();
        channel.position(indexPosition);
        write(index);
        channel.force(true);
        long size = channel.size();
        channel.close();
        return size;
    }

    /** Where the content is before it is published. */
    Path partial() {
        return partial;
    }

    /** Gives a completed file its name. */
    void publish() throws IOException {
        Files.move(partial, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        finished = true;
    }

    private ByteBuffer index() {
        // Joins neighbours until all fit.
        int joined = (groups.size() + MAX_ENTRIES - 1) / MAX_ENTRIES;
        int entries = (groups.size() + joined - 1) / joined;
        int length = INDEX_HEADER_BYTES + entries * ENTRY_BYTES;
        int rest = INDEX_BYTES - length;
        ByteBuffer index = ByteBuffer.allocate(INDEX_BYTES);
        index.putInt(length).put("sidx".getBytes(StandardCharsets.US_ASCII)).putInt(1 << 24);
        index.putInt(TRACK).putInt((int) timescale);
        index.putLong(groups.get(0).start).putLong(rest);
        index.putShort((short) 0).putShort((short) entries);
        for (int i = 0; i < groups.size(); i += joined) {
            int next = Math.min(groups.size(), i + joined);
            long bytes = 0;
            for (Group group : groups.subList(i, next)) {
                bytes += group.bytes;
            }
            long end = next < groups.size() ? groups.get(next).start : groups.get(next - 1).end;
            index.putInt((int) bytes).putInt((int) (end - groups.get(i).start)).putInt(STARTS_WITH_KEY);
        }
        return free(index, rest).clear();
    }

    /** A box that players skip. */
    private static ByteBuffer free(ByteBuffer to, int length) {
        return to.putInt(length).put("free".getBytes(StandardCharsets.US_ASCII));
    }

    @Override
    public void close() throws IOException {
        channel.close();
        if (!finished) {
            Files.deleteIfExists(partial);
        }
    }
}
