package io.helmwatch.sinks.spool;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads the rows of an SQLite file page by page, without its header, schema or indexes: what remains when SQLite itself cannot open a
 * damaged file. Format: "Database File Format" of the SQLite documentation, sections 1.6 (B-tree pages), 2.1 (records) and 4 (the
 * write-ahead log).
 *
 * <p>Rows of freed pages may reappear. Threading: any thread.
 */
final class SqlitePages {
    private static final int PAGE_BYTES = 4_096;
    private static final int FILE_HEADER_BYTES = 100;
    private static final int TABLE_LEAF = 0x0D;
    private static final int LEAF_HEADER_BYTES = 8;
    private static final int WAL_HEADER_BYTES = 32;
    private static final int FRAME_HEADER_BYTES = 24;
    private static final int MAX_COLUMNS = 64;

    private final Map<Integer, ByteBuffer> pages = new HashMap<>();
    private int count;

    /** A row: its number and its columns, each a {@link Long}, {@link String}, {@code byte[]} or null. */
    record Row(long number, List<@Nullable Object> columns) {}

    private SqlitePages() {}

    /** Reads all rows of all tables, in the order of their pages. */
    static List<Row> read(Path file, Path log) throws IOException {
        SqlitePages pages = new SqlitePages();
        pages.load(Files.readAllBytes(file));
        if (Files.exists(log)) {
            pages.applyLog(Files.readAllBytes(log));
        }
        return pages.rows();
    }

    private void load(byte[] content) {
        count = content.length / PAGE_BYTES;
        for (int i = 0; i < count; i++) {
            pages.put(
                    i + 1, ByteBuffer.wrap(content, i * PAGE_BYTES, PAGE_BYTES).slice());
        }
    }

    /** Applies the transactions of the log that were committed. */
    private void applyLog(byte[] content) {
        ByteBuffer log = ByteBuffer.wrap(content);
        if (content.length < WAL_HEADER_BYTES) {
            return;
        }
        long salt = log.getLong(16);
        Map<Integer, ByteBuffer> transaction = new HashMap<>();
        for (int at = WAL_HEADER_BYTES;
                at + FRAME_HEADER_BYTES + PAGE_BYTES <= content.length;
                at += FRAME_HEADER_BYTES + PAGE_BYTES) {
            if (log.getLong(at + 8) != salt) {
                return;
            }
            ByteBuffer page = ByteBuffer.wrap(content, at + FRAME_HEADER_BYTES, PAGE_BYTES)
                    .slice();
            transaction.put(log.getInt(at), page);
            int committedPages = log.getInt(at + 4);
            if (committedPages > 0) {
                pages.putAll(transaction);
                transaction.clear();
                count = Math.max(count, committedPages);
            }
        }
    }

    private List<Row> rows() {
        List<Row> rows = new ArrayList<>();
        for (int number = 1; number <= count; number++) {
            ByteBuffer page = pages.get(number);
            if (page != null) {
                readLeaf(page, number == 1 ? FILE_HEADER_BYTES : 0, rows);
            }
        }
        return rows;
    }

    private void readLeaf(ByteBuffer page, int header, List<Row> rows) {
        if (page.get(header) != TABLE_LEAF) {
            return;
        }
        int cells = page.getShort(header + 3) & 0xffff;
        int pointers = header + LEAF_HEADER_BYTES;
        for (int i = 0; i < cells && pointers + 2 * i + 2 <= PAGE_BYTES; i++) {
            try {
                Row row = readCell(page, page.getShort(pointers + 2 * i) & 0xffff);
                if (row != null) {
                    rows.add(row);
                }
            } catch (BufferUnderflowException | IndexOutOfBoundsException | IllegalArgumentException e) {
                // A damaged cell; the others of the page may be intact.
                continue;
            }
        }
    }

    private @Nullable Row readCell(ByteBuffer page, int at) {
        ByteBuffer cell = page.duplicate().position(at);
        long length = varint(cell);
        long number = varint(cell);
        if (length <= 0 || length > Integer.MAX_VALUE) {
            return null;
        }
        byte[] payload = payload(cell, (int) length);
        return payload == null ? null : new Row(number, columns(ByteBuffer.wrap(payload)));
    }

    /** The payload of a cell, whose end may be in overflow pages. */
    private byte @Nullable [] payload(ByteBuffer cell, int length) {
        int maxLocal = PAGE_BYTES - 35;
        if (length <= maxLocal) {
            byte[] payload = new byte[length];
            cell.get(payload);
            return payload;
        }
        int minLocal = (PAGE_BYTES - 12) * 32 / 255 - 23;
        int local = minLocal + (length - minLocal) % (PAGE_BYTES - 4);
        byte[] start = new byte[local <= maxLocal ? local : minLocal];
        cell.get(start);
        ByteArrayOutputStream payload = new ByteArrayOutputStream();
        payload.writeBytes(start);
        Set<Integer> visited = new HashSet<>();
        int next = cell.getInt();
        while (payload.size() < length) {
            ByteBuffer overflow = pages.get(next);
            if (overflow == null || !visited.add(next)) {
                return null;
            }
            byte[] part = new byte[Math.min(PAGE_BYTES - 4, length - payload.size())];
            overflow.get(4, part);
            payload.writeBytes(part);
            next = overflow.getInt(0);
        }
        return payload.toByteArray();
    }

    private static List<@Nullable Object> columns(ByteBuffer record) {
        int headerEnd = (int) varint(record);
        List<Long> types = new ArrayList<>();
        while (record.position() < headerEnd && types.size() < MAX_COLUMNS) {
            types.add(varint(record));
        }
        record.position(headerEnd);
        List<@Nullable Object> columns = new ArrayList<>();
        for (long type : types) {
            columns.add(column(record, type));
        }
        return columns;
    }

    private static @Nullable Object column(ByteBuffer record, long type) {
        if (type >= 12) {
            long length = (type - 12) / 2;
            if (length > record.remaining()) {
                throw new IllegalArgumentException("column longer than its record");
            }
            byte[] bytes = new byte[(int) length];
            record.get(bytes);
            return type % 2 == 0 ? bytes : new String(bytes, StandardCharsets.UTF_8);
        }
        return switch ((int) Math.max(-1, type)) {
            case 1, 2, 3, 4 -> integer(record, (int) type);
            case 5 -> integer(record, 6);
            case 6, 7 -> integer(record, 8);
            case 8 -> 0L;
            case 9 -> 1L;
            default -> null;
        };
    }

    private static long integer(ByteBuffer record, int bytes) {
        long value = record.get();
        for (int i = 1; i < bytes; i++) {
            value = (value << 8) | (record.get() & 0xff);
        }
        return value;
    }

    private static long varint(ByteBuffer in) {
        long value = 0;
        for (int i = 0; i < 8; i++) {
            byte next = in.get();
            value = (value << 7) | (next & 0x7f);
            if (next >= 0) {
                return value;
            }
        }
        return (value << 8) | (in.get() & 0xff);
    }
}
