package io.helmwatch.pipeline;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Reads the plain files of a tar archive (ustar). */
public final class Archive {
    private static final int BLOCK = 512;

    private Archive() {}

    public record Entry(String name, byte[] content) {
        public String fileName() {
            return name.substring(name.lastIndexOf('/') + 1);
        }
    }

    public static List<Entry> read(Path tar) throws IOException {
        byte[] bytes = Files.readAllBytes(tar);
        List<Entry> entries = new ArrayList<>();
        int at = 0;
        while (at + BLOCK <= bytes.length && bytes[at] != 0) {
            int size = Integer.parseInt(text(bytes, at + 124, 12), 8);
            byte type = bytes[at + 156];
            if (type == '0' || type == 0) {
                entries.add(new Entry(text(bytes, at, 100), Arrays.copyOfRange(bytes, at + BLOCK, at + BLOCK + size)));
            }
            at += BLOCK + (size + BLOCK - 1) / BLOCK * BLOCK;
        }
        return entries;
    }

    private static String text(byte[] bytes, int from, int length) {
        int end = from;
        while (end < from + length && bytes[end] != 0 && bytes[end] != ' ') {
            end++;
        }
        return new String(bytes, from, end - from, StandardCharsets.US_ASCII);
    }
}
