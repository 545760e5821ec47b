package io.helmwatch.ingest.ffmpeg;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Media files broken in the ways that disks, networks and attackers break them: bits flipped, runs overwritten, truncated, the
 * head of one file on the body of another, blocks repeated, swapped or cut out. Seeded: the same number always gives the same
 * file.
 */
public final class MutatedMedia {
    private static final String VIDEO = "-i testsrc2=size=96x64:rate=25 -frames:v 12 ";
    private static final String PICTURE = "-i testsrc2=size=96x64 -frames:v 1 ";

    private MutatedMedia() {}

    /** Clips and images of every container and codec that can be encoded here, each a few kilobytes. */
    public static List<Path> originals() {
        return List.of(
                TestClips.make("m.mp4", VIDEO + "-c:v libopenh264"),
                TestClips.make("m.mkv", VIDEO + "-c:v libopenh264"),
                TestClips.make("m.ts", VIDEO + "-c:v libopenh264"),
                TestClips.make("m.h264", VIDEO + "-c:v libopenh264"),
                TestClips.make("m.flv", VIDEO + "-c:v libopenh264"),
                TestClips.make("fragmented.mp4", VIDEO + "-c:v libopenh264 -movflags frag_keyframe+empty_moov"),
                TestClips.make("m4.avi", VIDEO + "-c:v mpeg4"),
                TestClips.make("m4.mp4", VIDEO + "-c:v mpeg4"),
                TestClips.make("jpeg.avi", VIDEO + "-c:v mjpeg"),
                TestClips.make("jpeg.mov", VIDEO + "-c:v mjpeg"),
                TestClips.make("m.mjpeg", VIDEO + "-c:v mjpeg"),
                TestClips.make("v8.webm", VIDEO + "-c:v libvpx -deadline realtime -cpu-used 8"),
                TestClips.make("v9.webm", VIDEO + "-c:v libvpx-vp9 -deadline realtime -cpu-used 8"),
                TestClips.make("av1.mp4", VIDEO + "-c:v libsvtav1 -preset 12"),
                TestClips.make("av1.mkv", VIDEO + "-c:v libsvtav1 -preset 12"),
                TestClips.make("m2.mpg", VIDEO + "-c:v mpeg2video"),
                TestClips.make("m.gif", VIDEO + "-c:v gif"),
                TestClips.make("ffv1.mkv", VIDEO + "-c:v ffv1 -pix_fmt yuv422p10le"),
                TestClips.make("png.mov", VIDEO + "-c:v png -pix_fmt pal8"),
                TestClips.make("m.jpg", PICTURE + "-c:v mjpeg"),
                TestClips.make("m.png", PICTURE + "-c:v png"),
                TestClips.make("m.bmp", PICTURE + "-c:v bmp"),
                TestClips.make("m.webp", PICTURE + "-c:v libwebp"));
    }

    /**
     * Writes mutants of the originals in turn.
     *
     * @param folder where to
     * @param count how many
     * @param seed of the random choices
     */
    public static List<Path> write(Path folder, int count, long seed) throws IOException {
        List<Path> originals = originals();
        List<byte[]> contents = new ArrayList<>();
        for (Path original : originals) {
            contents.add(Files.readAllBytes(original));
        }
        List<Path> mutants = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int index = i % originals.size();
            SplittableRandom random = new SplittableRandom(seed * 1_000_003 + i);
            byte[] other = contents.get(random.nextInt(contents.size()));
            byte[] mutant = mutate(contents.get(index), other, i / originals.size(), random);
            String name = originals.get(index).getFileName().toString();
            mutants.add(Files.write(folder.resolve(String.format("mutant-%04d-%s", i, name)), mutant));
        }
        return mutants;
    }

    private static byte[] mutate(byte[] original, byte[] other, int kind, SplittableRandom random) {
        byte[] bytes = original.clone();
        switch (kind % 9) {
            case 0 -> flip(bytes, 0, bytes.length, 1 + random.nextInt(4), random);
            case 1 -> flip(bytes, 0, bytes.length, bytes.length / 100 + 1, random);
            case 2 -> flip(bytes, 0, Math.min(bytes.length, 512), 8, random);
            case 3 -> {
                return Arrays.copyOf(bytes, 1 + random.nextInt(bytes.length));
            }
            case 4 -> {
                int from = random.nextInt(bytes.length);
                byte filler = (byte) (random.nextBoolean() ? 0xff : 0);
                Arrays.fill(bytes, from, Math.min(bytes.length, from + 1 + random.nextInt(200)), filler);
            }
            case 5 -> {
                int head = 1 + random.nextInt(Math.min(600, Math.min(other.length, bytes.length)));
                System.arraycopy(other, 0, bytes, 0, head);
            }
            case 6 -> {
                // Sizes and counts are big-endian numbers of four bytes in most containers.
                for (int i = 0; i < 6; i++) {
                    int at = random.nextInt(Math.max(1, bytes.length - 4));
                    int value = switch (random.nextInt(4)) {
                        case 0 -> 0x7fffffff;
                        case 1 -> 0xffffffff;
                        case 2 -> 0x80000000;
                        default -> random.nextInt();
                    };
                    for (int k = 0; k < 4 && at + k < bytes.length; k++) {
                        bytes[at + k] = (byte) (value >> (24 - 8 * k));
                    }
                }
            }
            case 7 -> {
                int from = random.nextInt(bytes.length);
                int length = Math.min(bytes.length - from, 1 + random.nextInt(2000));
                int to = random.nextInt(bytes.length - length + 1);
                System.arraycopy(original, from, bytes, to, length);
            }
            default -> {
                int from = random.nextInt(bytes.length);
                int to = Math.min(bytes.length, from + 1 + random.nextInt(300));
                byte[] shorter = new byte[bytes.length - (to - from)];
                System.arraycopy(bytes, 0, shorter, 0, from);
                System.arraycopy(bytes, to, shorter, from, bytes.length - to);
                return shorter;
            }
        }
        return bytes;
    }

    private static void flip(byte[] bytes, int from, int to, int count, SplittableRandom random) {
        for (int i = 0; i < count; i++) {
            bytes[random.nextInt(from, to)] ^= (byte) (1 << random.nextInt(8));
        }
    }
}
