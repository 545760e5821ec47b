package io.helmwatch.pipeline.live;

import io.helmwatch.ingest.MediaTimeline;
import io.helmwatch.pipeline.live.Subscription.Mode;
import io.helmwatch.pipeline.live.WatchRequest.Video;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Decides what each viewer of a stream gets: MP4, JPEG frames or no video.
 *
 * <p>Threading: the thread of the live stream.
 */
final class ViewerModes {
    private static final String AWAITS_KEY_FRAME = "waiting for the next key frame";

    private final String id;
    private final int channel;
    private final LiveTimelines timelines;
    private final Supplier<String> refusal;

    /**
     * Modes of the viewers of one stream.
     *
     * @param refusal why the stream cannot be remuxed, as a phrase; empty when it can
     */
    ViewerModes(String id, int channel, LiveTimelines timelines, Supplier<String> refusal) {
        this.id = id;
        this.channel = channel;
        this.timelines = timelines;
        this.refusal = refusal;
    }

    /**
     * Gives every viewer the best that there is for it now, and says so where that changes.
     *
     * @param source null where the stream is not running
     * @return whether one of them needs JPEG frames
     */
    boolean update(Iterable<Subscription> subscriptions, @Nullable LiveSource source) {
        boolean jpegWanted = false;
        for (Subscription each : subscriptions) {
            if (each.mode == Mode.FMP4 && each.wish.video() == Video.AUTO && timelines.isStarting()) {
                // Its first frame follows; a still frame in between would only flicker.
                continue;
            }
            String reason = whyNoMp4(each, source);
            Mode mode = each.wish.video() == Video.NONE ? Mode.NONE : reason.isEmpty() ? Mode.FMP4 : Mode.JPEG;
            jpegWanted |= mode == Mode.JPEG;
            MediaTimeline timeline = timelines.current();
            if (mode == Mode.FMP4 && timeline != null) {
                if (each.mode != Mode.FMP4 || each.epoch != timeline.epoch()) {
                    show(each, mode, timeline, "");
                    timelines.join(each.viewer);
                }
            } else if (each.mode != mode || !each.reason.equals(reason)) {
                show(each, mode, null, mode == Mode.NONE ? "" : reason);
                each.reason = reason;
            }
        }
        return jpegWanted;
    }

    private void show(Subscription to, Mode mode, @Nullable MediaTimeline timeline, String reason) {
        to.mode = mode;
        to.reason = reason;
        to.epoch = timeline == null ? 0 : timeline.epoch();
        to.viewer.send(LiveMessage.control(LiveTexts.stream(
                channel,
                id,
                mode,
                timeline == null ? "" : timeline.mime(),
                timeline == null ? 0 : timeline.size().width(),
                timeline == null ? 0 : timeline.size().height(),
                to.epoch,
                reason)));
    }

    /** Why a viewer does not get MP4 now, as a phrase; empty when it does. */
    private String whyNoMp4(Subscription subscription, @Nullable LiveSource from) {
        MediaTimeline timeline = timelines.current();
        if (from == null) {
            return "the stream is not running";
        }
        if (subscription.wish.video() != Video.AUTO) {
            return "as requested";
        }
        if (from.isMasked()) {
            return "parts of the video are masked";
        }
        if (subscription.viewer.isJpegOnly()) {
            return "this role gets still frames";
        }
        if (!from.isRealTime()) {
            return "the file is played as fast as it is analysed";
        }
        if (timeline == null) {
            return refusal.get().isEmpty() ? AWAITS_KEY_FRAME : refusal.get();
        }
        if (!subscription.wish.hevc() && timeline.mime().contains("hvc1")) {
            return "this browser does not play HEVC";
        }
        boolean follows = subscription.mode == Mode.FMP4 && subscription.epoch == timeline.epoch();
        return follows || timelines.isJoinable() ? "" : AWAITS_KEY_FRAME;
    }
}
