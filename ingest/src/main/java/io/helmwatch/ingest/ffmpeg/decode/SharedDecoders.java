package io.helmwatch.ingest.ffmpeg.decode;

import io.helmwatch.ingest.ffmpeg.input.Ffmpeg;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Decoders that streams share while only their key frames are decoded: a key frame refers to no other frame, so those of many streams pass through
 * one decoder in turn. On a GPU a process has some hundreds of decoders at most and each takes its reference pictures, which nobody needs here; on a CPU
 * sharing saves their memory.
 *
 * <p>Threading: any thread. Ownership: closes all decoders; streams must have ended.
 */
public final class SharedDecoders implements AutoCloseable {
    private final @Nullable CudaDecoding device;
    private final Map<SharedFormat, DecoderPool> pools = new HashMap<>();

    private SharedDecoders(@Nullable CudaDecoding device) {
        // Where a backend is opened beside other work, and not with the first lease, for which everything waits.
        Ffmpeg.load();
        this.device = device;
    }

    /** Decoders on the CPU. */
    public static SharedDecoders onCpu() {
        return new SharedDecoders(null);
    }

    /** Decoders on a GPU's video engines, or on the CPU for streams that are placed there; {@code device} must be closed later. */
    public static SharedDecoders on(CudaDecoding device) {
        return new SharedDecoders(device);
    }

    /** Whether there are video engines. */
    boolean hasVideoEngines() {
        return device != null;
    }

    /** The pool of a format, with one stream more. */
    synchronized DecoderPool join(SharedFormat format) {
        DecoderPool pool =
                pools.computeIfAbsent(format, wanted -> new DecoderPool(wanted, wanted.onEngines() ? device : null));
        pool.join();
        return pool;
    }

    /** A stream leaves its pool, which is closed with the last one. */
    synchronized void leave(DecoderPool pool) {
        if (pool.leave()) {
            pools.remove(pool.format());
            pool.close();
        }
    }

    /** Decoders that are open. */
    public synchronized int open() {
        return pools.values().stream().mapToInt(DecoderPool::open).sum();
    }

    /** Closes all decoders; a second call does nothing. */
    @Override
    public synchronized void close() {
        List<DecoderPool> left = new ArrayList<>(pools.values());
        pools.clear();
        left.forEach(DecoderPool::close);
    }
}
