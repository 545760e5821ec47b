package io.helmwatch.pipeline.live;

import io.helmwatch.pipeline.live.LiveMessage.Kind;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A stream of another node with its viewers here, and what a viewer that joins later needs: how the stream is shown, the start of its timeline and the
 * video since the latest key frame.
 *
 * <p>Memory: at most {@value #MAX_HELD_BYTES} bytes of video; with more since a key frame, who joins waits for the next one.
 *
 * <p>Threading: under the lock of its {@link RelayedLink}.
 */
final class RelayedStream {
    static final long MAX_HELD_BYTES = 4L << 20;

    final String id;
    final int channel;
    final List<LiveViewer> viewers = new ArrayList<>();
    private @Nullable LiveMessage announced;
    private @Nullable LiveMessage init;
    /** Fragments since the latest key frame; empty where they are too many. */
    private final List<LiveMessage> fragments = new ArrayList<>();

    private long heldBytes;

    RelayedStream(String id, int channel) {
        this.id = id;
        this.channel = channel;
    }

    /** The stream is shown in another way from now on. */
    void announce(LiveMessage message) {
        announced = message;
        init = null;
        forget();
        send(message);
    }

    private void forget() {
        fragments.clear();
        heldBytes = 0;
    }

    /** Nothing more comes until it is announced again. */
    void pause(String reason) {
        announced = null;
        init = null;
        forget();
        send(none(reason));
    }

    private LiveMessage none(String reason) {
        return LiveMessage.control(LiveTexts.stream(channel, id, Subscription.Mode.NONE, "", 0, 0, 0, reason));
    }

    void video(LiveMessage message) {
        if (message.kind() == Kind.INIT) {
            init = message;
            forget();
        } else if (message.kind() == Kind.FRAGMENT) {
            if (message.startsDecoding()) {
                forget();
            }
            hold(message);
        }
        send(message);
    }

    private void hold(LiveMessage fragment) {
        boolean isContinued = fragment.startsDecoding() || !fragments.isEmpty();
        if (isContinued && heldBytes + fragment.size() <= MAX_HELD_BYTES) {
            fragments.add(fragment);
            heldBytes += fragment.size();
        } else {
            forget();
        }
    }

    void send(LiveMessage message) {
        // Sending may close a viewer, which then leaves.
        List.copyOf(viewers).forEach(viewer -> viewer.send(message));
    }

    /**
     * What a viewer that joins has missed.
     *
     * @param waiting why nothing is shown, where nothing is
     */
    void sendStart(LiveViewer viewer, String waiting) {
        viewer.send(announced == null ? none(waiting) : announced);
        if (init != null) {
            viewer.send(init);
            fragments.forEach(viewer::send);
        }
    }
}
