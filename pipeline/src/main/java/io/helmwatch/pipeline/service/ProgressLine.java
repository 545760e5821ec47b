package io.helmwatch.pipeline.service;

import io.helmwatch.pipeline.ring.StreamFeed;
import io.helmwatch.resource.Quantity;
import java.io.PrintStream;
import java.util.Collection;
import java.util.Locale;

/** The progress of files on one line of a terminal, which is overwritten. Threading: one thread. */
final class ProgressLine {
    private static final String CLEAR = "\r\033[K";

    private final PrintStream terminal;
    private final long startNanos = System.nanoTime();
    private boolean shown;

    ProgressLine(PrintStream terminal) {
        this.terminal = terminal;
    }

    /** Shows the files that still run; nothing when there are none. */
    void show(Collection<StreamFeed> feeds) {
        String text = text(feeds, System.nanoTime() - startNanos);
        if (!text.isEmpty()) {
            terminal.print(CLEAR + text);
            terminal.flush();
            shown = true;
        }
    }

    /** Clears the line. */
    void end() {
        if (shown) {
            terminal.print(CLEAR);
            terminal.flush();
        }
    }

    static String text(Collection<StreamFeed> feeds, long elapsedNanos) {
        long frames = 0;
        long leftNanos = -1;
        boolean running = false;
        for (StreamFeed feed : feeds) {
            if (feed.isLive()) {
                continue;
            }
            frames += feed.analysed();
            running |= !feed.isDone();
            long length = feed.source().durationNanos();
            long at = feed.lastPtsNanos();
            if (length > 0 && at > 0 && !feed.isDone()) {
                leftNanos = Math.max(leftNanos, (long) ((double) elapsedNanos * Math.max(0, length - at) / at));
            }
        }
        if (!running) {
            return "";
        }
        String eta = leftNanos < 0
                ? ""
                : String.format(
                        Locale.ROOT, ", %d:%02d left", leftNanos / 60_000_000_000L, leftNanos / 1_000_000_000 % 60);
        return String.format(
                Locale.ROOT, "%s, %.1f per second%s", Quantity.of(frames, "frame"), frames * 1e9 / elapsedNanos, eta);
    }
}
