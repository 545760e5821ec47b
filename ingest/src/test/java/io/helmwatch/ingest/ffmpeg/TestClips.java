package io.helmwatch.ingest.ffmpeg;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.bytedeco.javacpp.Loader;

/** Small clips made on the spot by the {@code ffmpeg} program inside FFmpeg's jar; kept in {@code target/clips} between runs. */
public final class TestClips {
    private static final Path FOLDER = Path.of("target", "clips").toAbsolutePath();

    private TestClips() {}

    /** Two seconds of H.264, 320x240 at 25 frames per second with a key frame every second, as a raw Annex-B stream. */
    public static Path cameraH264() {
        return make(
                "camera.h264",
                "-f lavfi -i testsrc2=size=320x240:rate=25 -frames:v 50 -c:v libopenh264 -b:v 400k -g 25 -bf 0 -pix_fmt yuv420p");
    }

    /**
     * A clip made by FFmpeg's command line.
     *
     * @param name file name; its ending chooses the container
     * @param arguments everything before the output file, split at blanks
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
            run(arguments, unfinished);
            return Files.move(unfinished, clip, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new AssertionError("cannot write test clips to " + FOLDER, e);
        }
    }

    private static void run(String arguments, Path output) throws IOException {
        List<String> command = new ArrayList<>();
        command.add(Loader.load(org.bytedeco.ffmpeg.ffmpeg.class));
        command.addAll(List.of("-nostdin", "-hide_banner", "-loglevel", "error", "-y"));
        command.addAll(List.of(arguments.split(" +")));
        command.add(output.toString());
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
                process.destroyForcibly();
                throw new AssertionError("ffmpeg could not make a test clip: " + command + "\n" + said);
            }
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
