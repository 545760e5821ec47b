package io.helmwatch.ingest.ffmpeg;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Formats of image files, recognised by their first bytes. */
final class ImageFormat {
    private static final int HEAD_BYTES = 12;

    /** Brands of ISO/IEC 23008-12 files that hold an image: phones write the first two. */
    private static final Set<String> HEIF_BRANDS = Set.of("heic", "mif1", "heix", "heim", "heis", "avif");

    private ImageFormat() {}

    /** FFmpeg's demuxer for an image file; null when it does not begin like one. */
    static @Nullable String demuxer(Path file) {
        byte[] head;
        try (InputStream in = Files.newInputStream(file)) {
            head = in.readNBytes(HEAD_BYTES);
        } catch (IOException e) {
            return null;
        }
        if (startsWith(head, 0, 0xff, 0xd8, 0xff)) {
            return "jpeg_pipe";
        }
        if (startsWith(head, 0, 0x89, 'P', 'N', 'G')) {
            return "png_pipe";
        }
        if (startsWith(head, 0, 'B', 'M')) {
            return "bmp_pipe";
        }
        if (startsWith(head, 0, 'R', 'I', 'F', 'F') && startsWith(head, 8, 'W', 'E', 'B', 'P')) {
            return "webp_pipe";
        }
        if (startsWith(head, 4, 'f', 't', 'y', 'p')
                && HEIF_BRANDS.contains(new String(head, 8, 4, StandardCharsets.ISO_8859_1))) {
            return "mov";
        }
        return null;
    }

    private static boolean startsWith(byte[] bytes, int from, int... expected) {
        if (bytes.length < from + expected.length) {
            return false;
        }
        for (int i = 0; i < expected.length; i++) {
            if ((bytes[from + i] & 0xff) != expected[i]) {
                return false;
            }
        }
        return true;
    }
}
