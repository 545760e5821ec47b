package io.helmwatch.ingest.ffmpeg.decode;

import java.util.ArrayDeque;
import org.bytedeco.ffmpeg.avcodec.AVCodecParameters;
import org.bytedeco.ffmpeg.global.avcodec;
import org.jspecify.annotations.Nullable;

/**
 * The decoders of one format: a thread takes one for the time of a key frame. A further one is opened when none is free, up to one a processor, on video
 * engines one for every 32 streams; then threads wait for each other.
 *
 * <p>Threading: any thread. Allocates nothing per frame.
 */
final class DecoderPool implements AutoCloseable {
    /** A video engine decodes several hundred key frames a second of one session. */
    static final int STREAMS_PER_SESSION = 32;

    private final SharedFormat format;
    private final @Nullable CudaDecoding device;
    private final ArrayDeque<SharedDecoder> idle = new ArrayDeque<>();
    private int streams;
    private int open;
    private boolean closed;

    DecoderPool(SharedFormat format, @Nullable CudaDecoding device) {
        this.format = format;
        this.device = device;
    }

    SharedFormat format() {
        return format;
    }

    synchronized void join() {
        streams++;
    }

    /** Returns whether this was the last stream. */
    synchronized boolean leave() {
        return --streams == 0;
    }

    /** Decoders that are open. */
    synchronized int open() {
        return open;
    }

    private int most() {
        return device != null
                ? (streams + STREAMS_PER_SESSION - 1) / STREAMS_PER_SESSION
                : Math.min(streams, Runtime.getRuntime().availableProcessors());
    }

    /**
     * A decoder for one key frame.
     *
     * @param stream the parameters of the stream that asks
     * @throws io.helmwatch.ingest.ffmpeg.input.InputLostException when none can be opened
     */
    SharedDecoder take(AVCodecParameters stream) {
        synchronized (this) {
            boolean interrupted = false;
            while (idle.isEmpty() && open >= most()) {
                try {
                    wait();
                } catch (InterruptedException e) {
                    // The others are busy for the time of a frame.
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
            // The last one that was used: the others' memory stays where it is when few are needed.
            SharedDecoder free = idle.pollLast();
            if (free != null) {
                return free;
            }
            open++;
        }
        try {
            return openDecoder(stream);
        } catch (RuntimeException | Error e) {
            closed();
            throw e;
        }
    }

    private SharedDecoder openDecoder(AVCodecParameters stream) {
        AVCodecParameters parameters = format.toParameters(stream);
        try {
            return new SharedDecoder(new FfmpegDecoder(
                    parameters, "A group of key frames of " + format.width() + "x" + format.height(), device));
        } finally {
            avcodec.avcodec_parameters_free(parameters);
        }
    }

    /** Gives a decoder back. */
    void giveBack(SharedDecoder decoder) {
        boolean usable = !decoder.isBroken();
        synchronized (this) {
            usable &= !closed;
            if (usable) {
                idle.addLast(decoder);
                notify();
            }
        }
        if (!usable) {
            decoder.close();
            closed();
        }
    }

    private synchronized void closed() {
        open--;
        notify();
    }

    @Override
    public synchronized void close() {
        closed = true;
        while (!idle.isEmpty()) {
            idle.removeLast().close();
            open--;
        }
    }
}
