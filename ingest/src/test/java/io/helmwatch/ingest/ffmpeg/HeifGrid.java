package io.helmwatch.ingest.ffmpeg;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Writes an image of several tiles as phones do (ISO/IEC 23008-12, derived item of type grid), from tiles coded as AV1. */
final class HeifGrid {
    private HeifGrid() {}

    /**
     * @param configuration the box {@code av1C} of the tiles
     * @param tiles coded samples, row by row
     */
    static byte[] write(byte[] configuration, List<byte[]> tiles, int columns, int tileWidth, int tileHeight) {
        int rows = tiles.size() / columns;
        int width = columns * tileWidth;
        int height = rows * tileHeight;
        int grid = tiles.size() + 1;
        byte[] brands = box("ftyp", text("avif"), int32(0), text("mif1"), text("avif"));
        int metaBytes = meta(configuration, tiles, columns, rows, tileWidth, tileHeight, width, height, grid, 0).length;
        int samplesAt = brands.length + metaBytes + 8;
        byte[] meta = meta(configuration, tiles, columns, rows, tileWidth, tileHeight, width, height, grid, samplesAt);
        return join(brands, meta, box("mdat", tiles.toArray(new byte[0][])));
    }

    private static byte[] meta(
            byte[] configuration,
            List<byte[]> tiles,
            int columns,
            int rows,
            int tileWidth,
            int tileHeight,
            int width,
            int height,
            int grid,
            int samplesAt) {
        byte[] description = join(int8(0), int8(0), int8(rows - 1), int8(columns - 1), int16(width), int16(height));
        ByteArrayOutputStream infos = new ByteArrayOutputStream();
        ByteArrayOutputStream places = new ByteArrayOutputStream();
        ByteArrayOutputStream properties = new ByteArrayOutputStream();
        ByteArrayOutputStream references = new ByteArrayOutputStream();
        int at = samplesAt;
        for (int i = 1; i <= tiles.size(); i++) {
            infos.writeBytes(full("infe", 2, 1, int16(i), int16(0), text("av01"), int8(0)));
            places.writeBytes(join(int16(i), int16(0), int16(0), int16(1), int32(at), int32(tiles.get(i - 1).length)));
            properties.writeBytes(join(int16(i), int8(2), int8(0x81), int8(2)));
            references.writeBytes(int16(i));
            at += tiles.get(i - 1).length;
        }
        infos.writeBytes(full("infe", 2, 0, int16(grid), int16(0), text("grid"), int8(0)));
        places.writeBytes(join(int16(grid), int16(1), int16(0), int16(1), int32(0), int32(description.length)));
        properties.writeBytes(join(int16(grid), int8(1), int8(3)));
        return full(
                "meta",
                0,
                0,
                full("hdlr", 0, 0, int32(0), text("pict"), new byte[13]),
                full("pitm", 0, 0, int16(grid)),
                full("iinf", 0, 0, int16(grid), infos.toByteArray()),
                full("iref", 0, 0, box("dimg", int16(grid), int16(tiles.size()), references.toByteArray())),
                box(
                        "iprp",
                        box(
                                "ipco",
                                configuration,
                                full("ispe", 0, 0, int32(tileWidth), int32(tileHeight)),
                                full("ispe", 0, 0, int32(width), int32(height))),
                        full("ipma", 0, 0, int32(grid), properties.toByteArray())),
                box("idat", description),
                full("iloc", 1, 0, int8(0x44), int8(0), int16(grid), places.toByteArray()));
    }

    /** The content of the first box of a type, wherever it is; with its header. */
    static byte[] find(byte[] file, String type) {
        String searched = new String(file, StandardCharsets.ISO_8859_1);
        int at = searched.indexOf(type) - 4;
        int length = ByteBuffer.wrap(file).getInt(at);
        return java.util.Arrays.copyOfRange(file, at, at + length);
    }

    private static byte[] full(String type, int version, int flags, byte[]... content) {
        return box(type, int32(version << 24 | flags), join(content));
    }

    private static byte[] box(String type, byte[]... content) {
        byte[] body = join(content);
        return join(int32(8 + body.length), text(type), body);
    }

    private static byte[] join(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    private static byte[] text(String value) {
        return value.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] int32(int value) {
        return ByteBuffer.allocate(4).putInt(value).array();
    }

    private static byte[] int16(int value) {
        return ByteBuffer.allocate(2).putShort((short) value).array();
    }

    private static byte[] int8(int value) {
        return new byte[] {(byte) value};
    }
}
