package io.helmwatch.inference.tensorrt;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;

/**
 * Follows a build by what TensorRT says of it. Long phases say nothing, so that once a second the last known step is told again.
 *
 * <p>Threading: {@link #heard} by TensorRT's threads, the rest by the building thread; {@link EngineProgress} is called by all of them and by a
 * thread of this object's own. Ownership: closing ends that thread; a second call does nothing.
 */
final class BuildWatch implements AutoCloseable {

    private static final String LAYER = "=============== Computing costs for ";
    private static final Pattern NOISE =
            Pattern.compile("Tactic|Skipping |Fastest Tactic|\\*{5}|-{5}|Adding reformat|>{5}");
    private static final int MAX_STEP = 120;

    private final EngineProgress progress;
    private final long beatMillis;
    private final AtomicInteger timed = new AtomicInteger();
    private final long start = System.nanoTime();
    private final Thread heart = new Thread(this::beat, "engine-build-progress");
    private volatile String step = "loading TensorRT's builder";
    private volatile boolean ended;

    BuildWatch(EngineProgress progress) {
        this(progress, 1000);
    }

    BuildWatch(EngineProgress progress, long beatMillis) {
        this.progress = progress;
        this.beatMillis = beatMillis;
        heart.setDaemon(true);
    }

    void start() {
        tell();
        heart.start();
    }

    /** A verbose line of TensorRT. */
    void heard(String line) {
        if (line.startsWith(LAYER)) {
            timed.incrementAndGet();
            step = "timing " + shortened(line.substring(LAYER.length()));
            tell();
        } else if (NOISE.matcher(line).lookingAt()) {
            // The timing of one layer's kernels goes on.
            return;
        } else if (!line.isBlank()) {
            step = shortened(line);
        }
    }

    private static String shortened(String text) {
        String line = text.strip().lines().findFirst().orElse("");
        return line.length() <= MAX_STEP ? line : line.substring(0, MAX_STEP) + "…";
    }

    private void tell() {
        progress.at(step, timed.get(), TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start));
    }

    private void beat() {
        while (!ended) {
            try {
                TimeUnit.MILLISECONDS.sleep(beatMillis);
            } catch (InterruptedException end) {
                return;
            }
            if (!ended) {
                tell();
            }
        }
    }

    void built() {
        close();
        step = "built";
        tell();
    }

    @Override
    public void close() {
        ended = true;
        heart.interrupt();
        try {
            heart.join();
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
        }
    }
}
