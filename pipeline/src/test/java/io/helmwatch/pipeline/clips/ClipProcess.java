package io.helmwatch.pipeline.clips;

import io.helmwatch.config.stream.StreamConfig;
import java.nio.file.Path;
import java.util.List;

/** Records a clip in a process of its own: arguments are the folder, the video, and how it is played. */
final class ClipProcess {
    private ClipProcess() {}

    public static void main(String[] args) throws InterruptedException {
        StreamConfig config =
                RecordedStream.config(args[1], List.of()).playing(args[1], args[2].equals("realtime"), false);
        try (RecordedStream stream = new RecordedStream(Path.of(args[0]), false, List.of())) {
            stream.incident(1, 200, 60_000).play(config);
            stream.await();
            System.out.println("stored=" + stream.service().store().stored() + " failed="
                    + stream.service().store().failed());
        }
    }
}
