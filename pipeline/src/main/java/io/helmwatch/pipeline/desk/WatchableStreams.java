package io.helmwatch.pipeline.desk;

import io.helmwatch.config.rule.ZoneConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.FrameSource;
import io.helmwatch.ingest.VideoPackets;
import io.helmwatch.pipeline.live.LiveSource;
import io.helmwatch.pipeline.live.LiveSources;
import io.helmwatch.pipeline.ring.StreamFeed;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The running streams as live video finds them: their packets, and the masks that are in force. Threading: any thread. */
final class WatchableStreams implements LiveSources {
    private final boolean blursHeads;
    private volatile @Nullable StreamControl control;

    /**
     * No streams so far.
     *
     * @param blursHeads whether heads are blurred in all of them
     */
    WatchableStreams(boolean blursHeads) {
        this.blursHeads = blursHeads;
    }

    /** Streams run. */
    void start(StreamControl streams) {
        control = streams;
    }

    @Override
    public @Nullable LiveSource find(String stream) {
        StreamControl running = control;
        if (running == null) {
            return null;
        }
        StreamConfig config = running.config(stream);
        StreamFeed feed = running.feed(stream);
        return config == null || feed == null
                ? null
                : new Watchable(feed.source(), config.rules().masks(), blursHeads);
    }

    private record Watchable(FrameSource source, List<List<ZoneConfig.Point>> masks, boolean blursHeads)
            implements LiveSource {
        @Override
        public VideoPackets packets() {
            return source.packets();
        }

        @Override
        public boolean isRealTime() {
            return source.isLive();
        }
    }
}
