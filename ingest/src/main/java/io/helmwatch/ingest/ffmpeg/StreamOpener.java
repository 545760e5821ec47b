package io.helmwatch.ingest.ffmpeg;

import io.helmwatch.config.stream.DecodeMode;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.ReconnectPolicy.Cause;
import io.helmwatch.ingest.StreamAddress;
import io.helmwatch.ingest.StreamAddress.Kind;
import io.helmwatch.ingest.ffmpeg.decode.CudaDecoding;
import io.helmwatch.ingest.ffmpeg.decode.DecoderSwitch;
import io.helmwatch.ingest.ffmpeg.decode.KeyFrameDecoding;
import io.helmwatch.ingest.ffmpeg.input.FfmpegInput;
import io.helmwatch.ingest.ffmpeg.input.HostLookup;
import io.helmwatch.ingest.ffmpeg.input.HttpTransport;
import io.helmwatch.ingest.ffmpeg.input.InputAccess;
import io.helmwatch.ingest.ffmpeg.input.InputLostException;
import io.helmwatch.ingest.ffmpeg.input.Interrupt;
import io.helmwatch.ingest.ffmpeg.input.RedirectPolicy;
import io.helmwatch.ingest.ffmpeg.input.RedirectedException;
import io.helmwatch.ingest.ffmpeg.input.RtspAccess;
import io.helmwatch.ingest.ffmpeg.input.VideoTrack;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Opens a stream's inputs with their decoders, once a connection, round or image.
 *
 * <p>Threading: the stream's thread. Ownership: the caller closes what is returned.
 */
final class StreamOpener {
    private static final Logger LOG = LoggerFactory.getLogger(StreamOpener.class);
    private static final int MAX_REDIRECTS = 5;

    private final StreamConfig config;
    private final StreamAddress address;
    private final Interrupt interrupt;
    private final StreamFacts facts;
    private final Decoders decoders;
    private final HostLookup lookup = new HostLookup();
    private final RtspAccess rtsp;
    private boolean ignoresPartLengths;

    StreamOpener(
            StreamConfig config, StreamAddress address, Interrupt interrupt, StreamFacts facts, Decoders decoders) {
        this.config = config;
        this.address = address;
        this.interrupt = interrupt;
        this.facts = facts;
        this.decoders = decoders;
        rtsp = new RtspAccess(config, interrupt);
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
        if (address.kind() == Kind.HTTP) {
            HttpTransport http = new HttpTransport(config, policy, interrupt, lookup, ignoresPartLengths);
            return session(
                    FfmpegInput.open(InputAccess.through(config, policy, http), interrupt, imageDemuxer(address)),
                    address.displayed(),
                    decoders.device());
        }
        StreamAddress target = address;
        for (int redirects = 0; ; redirects++) {
            try {
                return session(
                        FfmpegInput.open(access(policy, target), interrupt, null),
                        address.displayed(),
                        decoders.device());
            } catch (RedirectedException e) {
                if (redirects == MAX_REDIRECTS) {
                    throw new InputLostException(
                            Cause.NOT_FOUND,
                            address + " redirects more than " + MAX_REDIRECTS + " times: correct the path.");
                }
                target = policy.follow(e.target());
            } catch (InputLostException e) {
                if (!rtsp.shouldRelayAfter(e, policy, target)) {
                    throw e;
                }
            }
        }
    }

    /** The camera writes wrong lengths in front of its images: the next connection looks for boundaries instead. */
    void ignorePartLengths() {
        ignoresPartLengths = true;
    }

    /** The camera ends sessions that are kept alive as FFmpeg does it; returns whether another way is tried from now on. */
    boolean keepAliveByGetParameter() {
        return address.kind() == Kind.RTSP && rtsp.keepAliveByGetParameter();
    }

    private InputAccess access(RedirectPolicy policy, StreamAddress target) {
        if (address.kind() == Kind.FILE) {
            return InputAccess.direct(config, policy, target);
        }
        lookup.await(target, config.openTimeout(), interrupt);
        return rtsp.access(policy, target);
    }

    /** Opens one image of the folder that the address names; it is decoded on the CPU. */
    DecodeSession openImage(Path image, String demuxer) {
        InputAccess access =
                InputAccess.image(config, address, image.toAbsolutePath().toString());
        return session(FfmpegInput.open(access, interrupt, demuxer), image.toString(), null);
    }

    private DecodeSession session(FfmpegInput input, String displayed, @Nullable CudaDecoding where) {
        try {
            double aspect = DecodeSession.pixelAspect(config, input);
            boolean square = aspect == 0 || VideoTrack.isSquare(aspect);
            if (!square && where != null) {
                LOG.info("{} is decoded on the CPU: its pixels are not square (pixelAspect={})", displayed, aspect);
            }
            DecoderSwitch decoder =
                    new DecoderSwitch(input.video().stream(), displayed, square ? where : null, decoders.placement());
            // Frames of other shapes are scaled on the CPU, where a GPU's shared decoders do not leave them.
            KeyFrameDecoding keyFrames = KeyFrameDecoding.create(
                    square || decoders.device() == null ? decoders.shared() : null,
                    input.video().stream(),
                    displayed,
                    decoders.placement());
            if (keyFrames == null || config.decode() != DecodeMode.KEY_FRAMES) {
                decoder.current();
            }
            facts.opened(
                    decoder.codecName(),
                    input.video().framesPerSecond(),
                    address.isFinite() ? input.durationNanos() : 0);
            return new DecodeSession(config, address, interrupt, input, decoder, keyFrames);
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
