package io.helmwatch.ingest.ffmpeg;

import io.helmwatch.config.StreamConfig;
import io.helmwatch.ingest.ReconnectPolicy.Cause;
import io.helmwatch.ingest.StreamAddress;
import io.helmwatch.ingest.StreamAddress.Kind;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Opens a stream's inputs with their decoders, once a connection, round or image.
 *
 * <p>Threading: the stream's thread. Ownership: the caller closes what is returned.
 */
final class StreamOpener {
    private static final int MAX_REDIRECTS = 5;

    private final StreamConfig config;
    private final StreamAddress address;
    private final Interrupt interrupt;
    private final StreamFacts facts;
    private final @Nullable CudaDecoding device;
    private final HostLookup lookup = new HostLookup();

    StreamOpener(
            StreamConfig config,
            StreamAddress address,
            Interrupt interrupt,
            StreamFacts facts,
            @Nullable CudaDecoding device) {
        this.config = config;
        this.address = address;
        this.interrupt = interrupt;
        this.facts = facts;
        this.device = device;
    }

    StreamConfig config() {
        return config;
    }

    StreamAddress address() {
        return address;
    }

    /** Whether the stream was stopped; an interrupted thread counts as stopped. */
    boolean isStopped() {
        if (Thread.currentThread().isInterrupted()) {
            interrupt.stop();
        }
        return interrupt.isStopped();
    }

    /**
     * Opens the stream's address.
     *
     * @throws io.helmwatch.ingest.IngestException when it is not usable
     * @throws InputLostException when it could not be opened for a reason that may pass
     */
    DecodeSession open() {
        RedirectPolicy policy = new RedirectPolicy(config, address);
        StreamAddress target = address;
        for (int redirects = 0; ; redirects++) {
            if (address.kind() != Kind.FILE) {
                lookup.await(target, config.openTimeout(), interrupt);
            }
            try {
                FfmpegInput input = FfmpegInput.open(config, policy, target, interrupt, lookup, imageDemuxer(address));
                return session(input, address.displayed(), device);
            } catch (RedirectedException e) {
                if (redirects == MAX_REDIRECTS) {
                    throw new InputLostException(
                            Cause.NOT_FOUND,
                            address + " redirects more than " + MAX_REDIRECTS + " times: correct the path.");
                }
                target = policy.follow(e.target());
            }
        }
    }

    /** Opens one image of the folder that the address names; it is decoded on the CPU. */
    DecodeSession openImage(Path image, String demuxer) {
        FfmpegInput input = FfmpegInput.openImage(
                config, address, interrupt, demuxer, image.toAbsolutePath().toString());
        return session(input, image.toString(), null);
    }

    private DecodeSession session(FfmpegInput input, String displayed, @Nullable CudaDecoding where) {
        try {
            FfmpegDecoder decoder = new FfmpegDecoder(input.video().stream(), displayed, where);
            facts.opened(
                    decoder.codecName(),
                    input.video().framesPerSecond(),
                    address.isFinite() ? input.durationNanos() : 0);
            return new DecodeSession(config, address, interrupt, input, decoder);
        } catch (RuntimeException | Error e) {
            input.close();
            throw e;
        }
    }

    /** The demuxer for a single image on a web server, which FFmpeg would take for the first of a numbered series; else null. */
    private static @Nullable String imageDemuxer(StreamAddress address) {
        if (address.kind() != Kind.HTTP) {
            return null;
        }
        return switch (address.ending()) {
            case "jpg", "jpeg" -> "jpeg_pipe";
            case "png" -> "png_pipe";
            case "bmp" -> "bmp_pipe";
            case "webp" -> "webp_pipe";
            default -> null;
        };
    }
}
