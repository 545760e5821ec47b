package io.helmwatch.ingest.ffmpeg;

import io.helmwatch.ingest.ImageFiles;
import io.helmwatch.ingest.IngestException;
import io.helmwatch.ingest.StreamAddress;
import io.helmwatch.ingest.StreamAddress.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Chooses what plays a stream, by its address and its settings. Threading: the stream's thread. */
final class StreamPlayers {
    private StreamPlayers() {}

    /**
     * The player of a stream.
     *
     * @throws IngestException when its file or folder cannot be played
     */
    static StreamPlayer of(StreamOpener opener) {
        StreamAddress parsed = opener.address();
        Duration poll = opener.config().poll();
        if (poll != null && parsed.kind() == Kind.HTTP) {
            return new PollPlayer(opener, poll);
        }
        if (!parsed.isFinite()) {
            return new LivePlayer(opener);
        }
        if (parsed.kind() == Kind.FILE) {
            Path file = parsed.file();
            checkFile(file);
            if (Files.isDirectory(file)) {
                return new ImagePlayer(opener, ImageFiles.inFolder(file));
            }
            if (ImageFiles.isImage(file) && ImageFormat.demuxer(file) != null) {
                return new ImagePlayer(opener, List.of(file));
            }
        }
        return new FilePlayer(opener);
    }

    private static void checkFile(Path file) {
        if (!Files.exists(file)) {
            throw new IngestException(
                    file + " does not exist: give the path of a video, an image or a folder of images.");
        }
        if (!Files.isReadable(file)) {
            throw new IngestException(file + " may not be read by this user: check its permissions.");
        }
        if (Files.isDirectory(file)) {
            return;
        }
        if (!Files.isRegularFile(file)) {
            throw new IngestException(
                    file + " is neither a file nor a folder: give a video, an image or a folder of images.");
        }
        try {
            if (Files.size(file) == 0) {
                throw new IngestException(file + " is empty (0 bytes): expected a video or an image; copy it again.");
            }
        } catch (IOException e) {
            throw new IngestException(file + " cannot be read: check its permissions and the disk.");
        }
    }
}
