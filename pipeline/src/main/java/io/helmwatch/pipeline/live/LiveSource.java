package io.helmwatch.pipeline.live;

import io.helmwatch.config.rule.ZoneConfig;
import io.helmwatch.ingest.VideoPackets;
import java.util.List;

/**
 * A stream as those who show it need it: its packets, and what of it may be seen now. Settings may change while it is watched.
 *
 * <p>Threading: any thread; asked for each frame.
 */
public interface LiveSource {

    /** The packets of the source that runs now; another object after the stream was started again. */
    VideoPackets packets();

    /** Whether frames come at the pace of time: a camera, or a file that is played so. */
    boolean isRealTime();

    /** Parts of the frame that nobody may see. */
    List<List<ZoneConfig.Point>> masks();

    /** Whether heads are blurred. */
    boolean blursHeads();

    /** Whether the video may not leave as it is. */
    default boolean isMasked() {
        return blursHeads() || !masks().isEmpty();
    }
}
