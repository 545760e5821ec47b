package io.helmwatch.pipeline.live;

import io.helmwatch.ingest.FragmentReceiver;
import io.helmwatch.ingest.MediaFragment;
import io.helmwatch.ingest.MediaTimeline;
import io.helmwatch.pipeline.live.LiveMessage.Kind;
import java.util.ArrayDeque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The timeline of a stream's MP4 with everything since its latest key frame, so that who joins sees the video at once also where key frames
 * are ten seconds apart. Bounded in bytes: beyond them a new viewer waits for the next key frame.
 *
 * <p>Threading: one thread.
 */
final class LiveTimelines implements FragmentReceiver {
    /** Must fit into the queue of a viewer together with what follows. */
    private static final long MAX_GROUP_BYTES = LiveViewer.MAX_QUEUED_BYTES * 3 / 4;

    private final int channel;
    private final Runnable onKeyFrame;
    private final Consumer<LiveMessage> onVideo;
    private final ArrayDeque<LiveMessage> group = new ArrayDeque<>();
    private @Nullable MediaTimeline current;
    private @Nullable MediaTimeline previous;
    private @Nullable LiveMessage init;
    private long groupBytes;
    private boolean joinable;
    private boolean starting;

    /**
     * @param onKeyFrame a viewer can join now; called before the key frame is passed on
     * @param onVideo the next fragment
     */
    LiveTimelines(int channel, Runnable onKeyFrame, Consumer<LiveMessage> onVideo) {
        this.channel = channel;
        this.onKeyFrame = onKeyFrame;
        this.onVideo = onVideo;
    }

    @Override
    public void onTimeline(MediaTimeline timeline) {
        previous = current;
        current = timeline;
        init = LiveMessage.video(Kind.INIT, channel, false, timeline.epoch(), 0, timeline.initSegment());
        clearGroup();
        starting = true;
    }

    @Override
    public void onFragment(MediaFragment fragment) {
        MediaTimeline timeline = current;
        if (timeline == null) {
            return;
        }
        starting = false;
        if (fragment.isKeyFrame()) {
            clearGroup();
            joinable = true;
            onKeyFrame.run();
        }
        LiveMessage message = LiveMessage.video(
                Kind.FRAGMENT, channel, fragment.isKeyFrame(), timeline.epoch(), fragment.seconds(), fragment.bytes());
        if (joinable) {
            group.add(message);
            groupBytes += message.size();
            if (groupBytes > MAX_GROUP_BYTES) {
                clearGroup();
            }
        }
        onVideo.accept(message);
    }

    private void clearGroup() {
        group.clear();
        groupBytes = 0;
        joinable = false;
    }

    /** There is no video any more. */
    void clear() {
        current = null;
        previous = null;
        init = null;
        starting = false;
        clearGroup();
    }

    /** The timeline that fragments belong to; null before the first. */
    @Nullable
    MediaTimeline current() {
        return current;
    }

    /** Whether a viewer who joins now can decode what it gets. */
    boolean isJoinable() {
        return joinable;
    }

    /** Whether a timeline has started whose first frame is not known yet. */
    boolean isStarting() {
        return starting;
    }

    /** Gives a viewer the start of the timeline and all since the latest key frame. */
    void join(LiveViewer viewer) {
        LiveMessage start = init;
        if (start != null) {
            viewer.send(start);
            group.forEach(viewer::send);
        }
    }

    /** The timeline on which a frame is shown; null where it is on none. */
    @Nullable
    MediaTimeline of(AnalysedFrame frame) {
        MediaTimeline now = current;
        if (now != null && now.seconds(frame.mediaEpoch(), frame.mediaTimeNanos()) >= 0) {
            return now;
        }
        MediaTimeline before = previous;
        return before != null && before.seconds(frame.mediaEpoch(), frame.mediaTimeNanos()) >= 0 ? before : null;
    }
}
