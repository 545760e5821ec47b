package io.helmwatch.ingest.ffmpeg;

import io.helmwatch.config.stream.StreamConfig;
import java.time.Duration;

/** A source on a thread of its own, as the pipeline runs it; stopped when closed. */
public final class RunningSource implements AutoCloseable {
    private final FfmpegFrameSource source;
    private final RecordingReceiver receiver = new RecordingReceiver();
    private final Thread thread;

    public RunningSource(StreamConfig config) {
        source = FfmpegFrameSource.create(config);
        thread = new Thread(() -> source.run(receiver), "decode-" + config.id());
        thread.setDaemon(true);
        thread.start();
    }

    public RecordingReceiver seen() {
        return receiver;
    }

    public FfmpegFrameSource source() {
        return source;
    }

    /** Stops the source; fails when its thread does not end within the limit. */
    public void stopWithin(Duration limit) {
        source.stop();
        try {
            thread.join(limit.toMillis());
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        if (thread.isAlive()) {
            StringBuilder where = new StringBuilder();
            for (StackTraceElement element : thread.getStackTrace()) {
                where.append("\n  ").append(element);
            }
            throw new AssertionError("the source did not stop within " + limit + where);
        }
    }

    @Override
    public void close() {
        stopWithin(Duration.ofSeconds(5));
    }
}
