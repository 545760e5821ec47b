package io.helmwatch.pipeline.backend.cuda;

import com.sun.management.OperatingSystemMXBean;
import io.helmwatch.cuda.GpuLoad;
import io.helmwatch.ingest.ffmpeg.decode.DecoderPlacement;
import io.helmwatch.resource.ThreadStop;
import java.lang.management.ManagementFactory;
import java.time.Duration;
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

    private final EngineBalance balance = new EngineBalance();
    private final EnginePlaces places = new EnginePlaces();
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

    /** The place of a further stream. */
    DecoderPlacement place() {
        return places.add();
    }

    private void sample(double enginePercent, double cpuLoad) {
        EngineBalance.Move move = balance.sample(enginePercent, cpuLoad);
        if (move != EngineBalance.Move.NONE) {
            places.move(move == EngineBalance.Move.TO_ENGINES);
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
        ThreadStop.join(sampler, 0);
    }
}
