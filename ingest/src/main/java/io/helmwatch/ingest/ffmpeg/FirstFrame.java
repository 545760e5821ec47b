package io.helmwatch.ingest.ffmpeg;

import io.helmwatch.ingest.FrameReceiver;
import io.helmwatch.ingest.StreamProbe;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.FrameLease;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.StreamStatus;
import io.helmwatch.vision.StreamStatus.State;
import org.jspecify.annotations.Nullable;

/** Waits for one frame or one reason why there is none, then stops the source. Threading: the stream's thread. */
final class FirstFrame implements FrameReceiver {
    private final FfmpegFrameSource source;
    private @Nullable ImageSize size;
    private String problem = "The stream ended without a frame.";

    FirstFrame(FfmpegFrameSource source) {
        this.source = source;
    }

    @Override
    public void onFrame(FrameLease frame) {
        size = new ImageSize(frame.width(), frame.height());
        source.stop();
    }

    @Override
    public void onDropped(DropCause cause) {
        // A damaged frame proves nothing yet.
    }

    @Override
    public void onStatus(StreamStatus status) {
        if (size == null && (status.state() == State.OFFLINE || status.state() == State.FAILED)) {
            problem = status.reason();
            source.stop();
        }
    }

    StreamProbe result(StreamFacts facts) {
        ImageSize seen = size;
        return seen == null
                ? StreamProbe.failed(problem)
                : StreamProbe.of(facts.codecName(), seen, facts.framesPerSecond());
    }
}
