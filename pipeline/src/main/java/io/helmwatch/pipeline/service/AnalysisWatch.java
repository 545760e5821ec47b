package io.helmwatch.pipeline.service;

import io.helmwatch.pipeline.ring.StreamFeed;
import io.helmwatch.pipeline.ring.stream.StreamRates;
import io.helmwatch.resource.Quantity;
import io.helmwatch.vision.StreamReason;
import io.helmwatch.vision.health.CameraHealth;
import java.util.Collection;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Marks live streams as degraded that are online but not analysed: no frame for ten seconds (longer where {@code analyze-fps} is low), because none
 * arrives or none is selected, or less than four fifths of the wanted frames; and those whose image shows that something is wrong with the camera, which
 * comes first where both are so. An overload is logged once, with what to do.
 *
 * <p>Threading: one thread.
 */
final class AnalysisWatch {
    private static final Logger LOG = LoggerFactory.getLogger(AnalysisWatch.class);
    private static final double IDLE_SECONDS = 10;
    private static final double INTERVALS_WITHOUT_FRAME = 3;
    private static final double WINDOW_SECONDS = 9;
    private static final double MIN_WANTED_PER_SECOND = 0.2;
    /** Where few frames are wanted, one that is under way is much of them. */
    private static final long UNDER_WAY = 1;

    private static final double OVERLOADED_BELOW = 0.8;
    private static final double RECOVERED_FROM = 0.95;

    private final ToDoubleFunction<String> analyzeFps;
    private final Function<String, StreamReason> image;
    private final Set<String> overloaded = new HashSet<>();
    private boolean warned;

    /**
     * A watch that has seen nothing.
     *
     * @param analyzeFps configured rate of a stream; 0 for all frames
     * @param image what is wrong with the image of a stream
     */
    AnalysisWatch(ToDoubleFunction<String> analyzeFps, Function<String, StreamReason> image) {
        this.analyzeFps = analyzeFps;
        this.image = image;
    }

    /** Checks all streams; to be called once a second. */
    void check(Collection<StreamFeed> feeds, long nowNanos) {
        overloaded.retainAll(feeds.stream().map(StreamFeed::id).toList());
        for (StreamFeed feed : feeds) {
            feed.sampleRates(nowNanos);
            if (feed.isLive() && !feed.isSourceEnded()) {
                report(feed, feed.rates());
            } else {
                overloaded.remove(feed.id());
            }
        }
        warn(feeds);
    }

    /** Whether a stream among these is short of frames. */
    boolean isOverloaded(Collection<StreamFeed> feeds) {
        return feeds.stream().anyMatch(feed -> overloaded.contains(feed.id()));
    }

    private void report(StreamFeed feed, StreamRates rates) {
        String stream = feed.id();
        double fps = analyzeFps.applyAsDouble(stream);
        double idleLimit = Math.max(IDLE_SECONDS, fps > 0 ? INTERVALS_WITHOUT_FRAME / fps : 0);
        boolean isIdle = rates.idleSeconds() >= idleLimit;
        if (isIdle && rates.unselectedSeconds() >= idleLimit) {
            overloaded.remove(stream);
            boolean isSilent = rates.silentSeconds() >= idleLimit;
            report(
                    feed,
                    isSilent ? StreamReason.CONNECTION : StreamReason.NOTHING_SELECTED,
                    isSilent
                            ? "no video for " + (long) idleLimit + " s"
                            : "no frame selected for analysis for " + (long) idleLimit
                                    + " s: the timestamps of the stream may be wrong");
            return;
        }
        double limit = overloaded.contains(stream) ? RECOVERED_FROM : OVERLOADED_BELOW;
        boolean isShort = rates.windowSeconds() >= WINDOW_SECONDS
                && rates.wantedPerSecond() >= MIN_WANTED_PER_SECOND
                && rates.missingFrames() > UNDER_WAY
                && rates.analysedPerSecond() < limit * rates.wantedPerSecond();
        if (!isIdle && !isShort) {
            overloaded.remove(stream);
            report(feed, StreamReason.NONE, "");
            return;
        }
        overloaded.add(stream);
        // Of few wanted frames there is often none within the seconds of the rates.
        boolean hasRates = rates.wantedPerSecond() >= MIN_WANTED_PER_SECOND;
        report(
                feed,
                StreamReason.OVERLOAD,
                hasRates
                        ? String.format(
                                Locale.ROOT,
                                "only %.1f of %.1f wanted frames per second analysed",
                                rates.analysedPerSecond(),
                                rates.wantedPerSecond())
                        : "no wanted frame analysed for " + (long) idleLimit + " s");
    }

    private void report(StreamFeed feed, StreamReason code, String problem) {
        StreamReason wrong = image.apply(feed.id());
        if (wrong == StreamReason.NONE) {
            feed.reportAnalysis(code, problem);
        } else {
            String sentence = CameraHealth.describe(wrong);
            feed.reportAnalysis(wrong, problem.isEmpty() ? sentence : sentence + "; " + problem);
        }
    }

    private void warn(Collection<StreamFeed> feeds) {
        if (overloaded.isEmpty()) {
            warned = false;
        } else if (!warned) {
            warned = true;
            LOG.warn(
                    "Overload: {} of {} wanted frames per second analysed, {} of {} short of frames;"
                            + " lower analyze-fps, use a smaller model or fewer streams, or a GPU",
                    String.format(Locale.ROOT, "%.1f", analysedPerSecond(feeds)),
                    String.format(Locale.ROOT, "%.1f", wantedPerSecond(feeds)),
                    overloaded.size(),
                    Quantity.of(feeds.size(), "stream"));
        }
    }

    /** Frames wanted per second, over all streams. */
    static double wantedPerSecond(Collection<StreamFeed> feeds) {
        return feeds.stream()
                .mapToDouble(feed -> feed.rates().wantedPerSecond())
                .sum();
    }

    /** Frames analysed per second, over all streams. */
    static double analysedPerSecond(Collection<StreamFeed> feeds) {
        return feeds.stream()
                .mapToDouble(feed -> feed.rates().analysedPerSecond())
                .sum();
    }
}
