package io.helmwatch.ingest.ffmpeg;

import io.helmwatch.config.secret.Redaction;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.FrameReceiver;
import io.helmwatch.ingest.FrameSource;
import io.helmwatch.ingest.IngestException;
import io.helmwatch.ingest.ReconnectPolicy;
import io.helmwatch.ingest.StreamAddress;
import io.helmwatch.ingest.StreamAddress.Kind;
import io.helmwatch.ingest.StreamProbe;
import io.helmwatch.ingest.VideoPackets;
import io.helmwatch.ingest.ffmpeg.DecodeSession.Ending;
import io.helmwatch.ingest.ffmpeg.FrameDelivery.Mode;
import io.helmwatch.ingest.ffmpeg.decode.CudaDecoding;
import io.helmwatch.ingest.ffmpeg.decode.DecoderPlacement;
import io.helmwatch.ingest.ffmpeg.decode.SharedDecoders;
import io.helmwatch.ingest.ffmpeg.input.BasicExposure;
import io.helmwatch.ingest.ffmpeg.input.Ffmpeg;
import io.helmwatch.ingest.ffmpeg.input.InputLostException;
import io.helmwatch.ingest.ffmpeg.input.Interrupt;
import io.helmwatch.ingest.ffmpeg.remux.PacketTap;
import io.helmwatch.vision.StreamReason;
import io.helmwatch.vision.StreamStatus.State;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Videos, images, folders of images, RTSP and HTTP streams through FFmpeg.
 *
 * <p>States: {@code STARTING}; {@code ONLINE} with the first good frame; {@code DEGRADED} while more than a tenth of a live
 * stream's frames are corrupt; {@code OFFLINE} with the reason while a live stream is lost (it is opened again for ever, see
 * {@link ReconnectPolicy}); {@code ENDED} at the end of a finite stream or when stopped; {@code FAILED} with one sentence when
 * the configuration or the input has to change. {@link #run} reports every problem in this way and throws nothing for what the
 * input contains.
 *
 * <p>Time: see {@link io.helmwatch.ingest.timing.StreamClock} and {@link io.helmwatch.ingest.timing.CaptureClock}. Images are one second apart.
 *
 * <p>Threading: {@link #run} on the stream's own thread, which decodes without further threads; {@link #stop} from any thread.
 * Ownership: everything native that run opens is closed when it returns.
 */
public final class FfmpegFrameSource implements FrameSource {
    private static final Logger LOG = LoggerFactory.getLogger(FfmpegFrameSource.class);

    private final StreamConfig config;
    private final @Nullable StreamAddress address;
    private final String addressProblem;
    private final Decoders decoders;
    private final Interrupt interrupt = new Interrupt();
    private final StreamFacts facts = new StreamFacts();
    private final PacketTap packets = new PacketTap();
    private volatile @Nullable Thread runner;
    private boolean started;

    private FfmpegFrameSource(StreamConfig config, Decoders decoders) {
        this.config = config;
        this.decoders = decoders;
        StreamAddress parsed = null;
        String problem = "";
        try {
            parsed = StreamAddress.parse(config.url());
        } catch (IngestException e) {
            problem = String.valueOf(e.getMessage());
        }
        address = parsed;
        addressProblem = problem;
    }

    /**
     * A source for the stream. Nothing is opened, and nothing fails here: an address that is not allowed is reported by
     * {@link #run} as {@code FAILED}.
     */
    public static FfmpegFrameSource create(StreamConfig config) {
        return new FfmpegFrameSource(config, Decoders.CPU);
    }

    /**
     * As {@link #create(StreamConfig)}, key frames through decoders that streams share while only these are decoded.
     *
     * @param shared must stay open until the stream has ended
     */
    public static FfmpegFrameSource create(StreamConfig config, SharedDecoders shared) {
        return new FfmpegFrameSource(config, new Decoders(null, DecoderPlacement.VIDEO_ENGINES, shared));
    }

    /**
     * As {@link #create(StreamConfig)}, decoding on a GPU what its video engines support; such frames are in device memory and say how they have
     * to be turned. Image files are decoded on the CPU.
     *
     * @param device where to decode; must stay open until the last frame was released
     */
    public static FfmpegFrameSource create(StreamConfig config, CudaDecoding device) {
        return new FfmpegFrameSource(config, new Decoders(device, DecoderPlacement.VIDEO_ENGINES, null));
    }

    /**
     * As {@link #create(StreamConfig, CudaDecoding)}, a live stream where the placement says, and key frames through decoders that streams share.
     *
     * @param placement asked at the stream's key frames, told when the stream has ended
     * @param shared of the same device; must stay open until the stream has ended
     */
    public static FfmpegFrameSource create(
            StreamConfig config, CudaDecoding device, DecoderPlacement placement, SharedDecoders shared) {
        return new FfmpegFrameSource(config, new Decoders(device, placement, shared));
    }

    /**
     * Opens the stream, decodes one frame and closes it again, on the calling thread; takes at most the stream's open timeout,
     * then its read timeout, and three seconds more for an RTSP camera that does not tell its clock.
     */
    public static StreamProbe probe(StreamConfig config) {
        FfmpegFrameSource source = create(config);
        StreamAddress parsed = source.address;
        FirstFrame first = new FirstFrame(source, parsed != null && parsed.kind() == Kind.RTSP);
        source.run(first);
        StreamProbe result = first.result(source.facts);
        return result.reachable() && parsed != null
                ? result.withWarning(BasicExposure.warning(config, parsed))
                : result;
    }

    /** What should be changed at a stream that works: its password is sent where others can read it. Empty where nothing is. */
    public static String warning(StreamConfig config) {
        try {
            return BasicExposure.warning(config, StreamAddress.parse(config.url()));
        } catch (IngestException e) {
            return "";
        }
    }

    @Override
    public String id() {
        return config.id();
    }

    @Override
    public boolean isLive() {
        return config.realtime() || (address != null && isEndless(address));
    }

    @Override
    public long durationNanos() {
        return facts.durationNanos();
    }

    @Override
    public double cameraClockOffsetSeconds() {
        return facts.cameraClockOffsetSeconds();
    }

    @Override
    public double mediaTimeRate() {
        return facts.mediaTimeRate();
    }

    @Override
    public boolean isTimedByArrival() {
        return facts.isTimedByArrival();
    }

    @Override
    public String codec() {
        return facts.codecName();
    }

    @Override
    public double framesPerSecond() {
        return facts.framesPerSecond();
    }

    @Override
    public VideoPackets packets() {
        return packets;
    }

    @Override
    public void stop() {
        interrupt.stop();
        Thread thread = runner;
        if (thread != null) {
            LockSupport.unpark(thread);
        }
    }

    @Override
    public void run(FrameReceiver receiver) {
        synchronized (this) {
            if (started) {
                throw new IllegalStateException("stream " + id() + " was run before: a source runs once");
            }
            started = true;
        }
        runner = Thread.currentThread();
        interrupt.attach();
        try {
            StreamHealth health = new StreamHealth(id(), address != null && isEndless(address), receiver);
            health.enter(State.STARTING, StreamReason.NONE, "");
            play(health, receiver);
        } finally {
            interrupt.detach();
            runner = null;
            decoders.placement().ended();
        }
    }

    private void play(StreamHealth health, FrameReceiver receiver) {
        StreamAddress parsed = address;
        if (parsed == null) {
            health.enter(State.FAILED, StreamReason.SOURCE, addressProblem);
            return;
        }
        try {
            Ffmpeg.load();
        } catch (LinkageError e) {
            LOG.debug("FFmpeg's libraries cannot be loaded", e);
            health.enter(
                    State.FAILED,
                    StreamReason.INTERNAL_ERROR,
                    "FFmpeg's native libraries could not be loaded (" + e.getMessage()
                            + "): the build must carry them for this platform and the cache folder be writable.");
            return;
        }
        try (FrameDelivery delivery = new FrameDelivery(
                id(), mode(parsed), config.analyzeFps(), receiver, health, facts, packets, interrupt)) {
            StreamOpener opener =
                    new StreamOpener(config, parsed, interrupt, facts, isLive() ? decoders : decoders.onVideoEngines());
            String reason = StreamPlayers.of(opener).play(delivery);
            health.enter(State.ENDED, StreamReason.NONE, interrupt.isStopped() ? Ending.STOPPED.reason() : reason);
        } catch (IngestException | InputLostException e) {
            if (interrupt.isStopped()) {
                health.enter(State.ENDED, StreamReason.NONE, Ending.STOPPED.reason());
            } else {
                StreamReason code = e instanceof InputLostException lost
                        ? InputLostException.code(lost.reason())
                        : StreamReason.SOURCE;
                health.enter(State.FAILED, code, Redaction.redact(String.valueOf(e.getMessage())));
            }
        }
    }

    private boolean isEndless(StreamAddress parsed) {
        return !parsed.isFinite() || (config.poll() != null && parsed.kind() == Kind.HTTP);
    }

    private Mode mode(StreamAddress parsed) {
        if (isEndless(parsed)) {
            return Mode.LIVE;
        }
        return config.realtime() ? Mode.PACED : Mode.UNPACED;
    }
}
