package io.helmwatch.pipeline.backend.cuda;

import com.sun.management.OperatingSystemMXBean;
import io.helmwatch.cuda.GpuLoad;
import io.helmwatch.ingest.ffmpeg.decode.DecoderPlacement;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Shares a GPU's video engines: while they are full, the streams that came last are decoded on CPU cores that are free, one of 32 more, but at
 * least one, after every second sample; they move back one by one when there is room.
 *
 * <p>Threading: a thread of its own samples the load; {@link #place} from any thread. Ownership: {@link #close} ends the thread.
 */
final class VideoEngineShare implements AutoCloseable {
    private static final Duration INTERVAL = Duration.ofSeconds(2);

    /** Of so many streams one leaves full engines at once; an engine that is overloaded by a tenth is relieved in some ten seconds. */
    private static final int PART = 32;

    /** A stream that did not ask for so long has ended, or sends no key frames and cannot be moved. */
    private static final long FORGOTTEN_NANOS = TimeUnit.MINUTES.toNanos(5);

    private final EngineBalance balance = new EngineBalance();
    /** In the order in which the streams came; guarded by itself. */
    private final List<Place> places = new ArrayList<>();

    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread sampler;

    private VideoEngineShare(GpuLoad load) {
        OperatingSystemMXBean machine = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
        sampler = new Thread(
                () -> {
                    while (!isClosedAfter(INTERVAL)) {
                        sample(load.decoderPercent(), machine.getCpuLoad());
                    }
                },
                "video-engines");
        sampler.setDaemon(true);
    }

    /** A running share; empty where the driver does not report its load. */
    static Optional<VideoEngineShare> start(int device) {
        Optional<VideoEngineShare> share = GpuLoad.open(device).map(VideoEngineShare::new);
        share.ifPresent(opened -> opened.sampler.start());
        return share;
    }

    /** One stream's place. */
    private static final class Place implements DecoderPlacement {
        private volatile boolean onEngines = true;
        private volatile long askedNanos = System.nanoTime();

        @Override
        public boolean usesVideoEngines() {
            askedNanos = System.nanoTime();
            return onEngines;
        }
    }

    /** The place of a further stream. */
    DecoderPlacement place() {
        Place place = new Place();
        synchronized (places) {
            places.add(place);
        }
        return place;
    }

    private void sample(double enginePercent, double cpuLoad) {
        EngineBalance.Move move = balance.sample(enginePercent, cpuLoad);
        if (move != EngineBalance.Move.NONE) {
            move(move == EngineBalance.Move.TO_ENGINES);
        }
    }

    private void move(boolean toEngines) {
        long now = System.nanoTime();
        synchronized (places) {
            places.removeIf(place -> now - place.askedNanos > FORGOTTEN_NANOS);
            int moving = toEngines ? 1 : Math.max(1, places.size() / PART);
            for (int i = 0; i < places.size() && moving > 0; i++) {
                // The last ones leave the engines, and the first of those that left returns.
                Place place = places.get(toEngines ? i : places.size() - 1 - i);
                if (place.onEngines != toEngines) {
                    place.onEngines = toEngines;
                    moving--;
                }
            }
        }
    }

    private boolean isClosedAfter(Duration wait) {
        try {
            return closed.await(wait.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            return true;
        }
    }

    /** Ends the thread; a second call does nothing. */
    @Override
    public void close() {
        closed.countDown();
        try {
            sampler.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
