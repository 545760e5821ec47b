package io.helmwatch.ingest.ffmpeg;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * Small clips made on the spot by FFmpeg's libraries, in this process; kept in {@code target/clips} between runs. The {@code ffmpeg} program
 * of the same jar is not used: it needs the system's libraries for sound and windows.
 */
public final class TestClips {
    private static final Path FOLDER = Path.of("target", "clips").toAbsolutePath();

    private TestClips() {}

    /** Two seconds of H.264, 320x240 at 25 frames per second with a key frame every second, as a raw Annex-B stream. */
    public static Path cameraH264() {
        return make(
                "camera.h264",
                "-i testsrc2=size=320x240:rate=25 -frames:v 50 -c:v libopenh264 -b 400k -g 25 -bf 0 -pix_fmt yuv420p");
    }

    /**
     * A clip made by {@link TestEncoder}.
     *
     * @param name file name; its ending chooses the container
     * @param arguments everything before the output file, see {@link TestEncoder}
     */
    public static synchronized Path make(String name, String arguments) {
        Path clip = FOLDER.resolve(Integer.toHexString(arguments.hashCode()) + "-" + name);
        if (Files.exists(clip)) {
            return clip;
        }
        try {
            Files.createDirectories(FOLDER);
            Path unfinished =
                    FOLDER.resolve("unfinished-" + ProcessHandle.current().pid() + "-" + name);
            TestEncoder.encode(arguments, unfinished);
            return Files.move(unfinished, clip, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new AssertionError("cannot write test clips to " + FOLDER, e);
        }
    }
}
