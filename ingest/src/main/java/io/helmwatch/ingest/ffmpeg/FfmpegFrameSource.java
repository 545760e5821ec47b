package io.helmwatch.ingest.ffmpeg;

import io.helmwatch.config.Redaction;
import io.helmwatch.config.StreamConfig;
import io.helmwatch.ingest.FrameReceiver;
import io.helmwatch.ingest.FrameSource;
import io.helmwatch.ingest.IngestException;
import io.helmwatch.ingest.PictureFiles;
import io.helmwatch.ingest.ReconnectPolicy;
import io.helmwatch.ingest.ReconnectPolicy.Cause;
import io.helmwatch.ingest.StreamAddress;
import io.helmwatch.ingest.StreamAddress.Kind;
import io.helmwatch.ingest.StreamProbe;
import io.helmwatch.ingest.ffmpeg.FfmpegInput.InputLostException;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.FrameLease;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.StreamStatus;
import io.helmwatch.vision.StreamStatus.State;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.global.avcodec;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Videos, pictures, folders of pictures, RTSP and HTTP streams through FFmpeg.
 *
 * <p>States: {@code STARTING}; {@code ONLINE} with the first good frame; {@code DEGRADED} while more than a tenth of a live
 * stream's frames are corrupt; {@code OFFLINE} with the reason while a live stream is away (it is opened again for ever, see
 * {@link ReconnectPolicy}); {@code ENDED} at the end of a finite stream or when stopped; {@code FAILED} with one sentence when
 * the configuration or the input has to change. {@link #run} reports every problem in this way and throws nothing for what the
 * input contains.
 *
 * <p>Time: see {@link PresentationClock}. Pictures are one second apart.
 *
 * <p>Threading: {@link #run} on the stream's own thread, which decodes with no further threads; {@link #stop} from any thread.
 * Ownership: everything native that run opens is closed when it returns.
 */
public final class FfmpegFrameSource implements FrameSource {
    private static final Logger LOG = LoggerFactory.getLogger(FfmpegFrameSource.class);

    /** Errors in a row after which a file counts as damaged to its end. */
    private static final int MOST_READ_ERRORS = 64;

    private static final long PICTURE_INTERVAL_NANOS = 1_000_000_000L;
    private static final long RETRY_READ_NANOS = 5_000_000L;

    private final StreamConfig config;
    private final @Nullable StreamAddress address;
    private final String addressProblem;
    private final Interrupt interrupt = new Interrupt();
    private final HostLookup lookup = new HostLookup();
    private volatile @Nullable Thread runner;
    private volatile String codecName = "";
    private volatile double framesPerSecond;
    private volatile long durationNanos;
    private final @Nullable CudaDecoding device;
    private boolean started;

    private FfmpegFrameSource(StreamConfig config, @Nullable CudaDecoding device) {
        this.config = config;
        this.device = device;
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
        return new FfmpegFrameSource(config, null);
    }

    /**
     * As {@link #create(StreamConfig)}, decoding on a GPU what its video engines take; such frames are in device memory and, where they have to
     * be turned, say how. Pictures from files are decoded on the CPU.
     *
     * @param device where to decode; must stay open until the last frame was released
     */
    public static FfmpegFrameSource create(StreamConfig config, CudaDecoding device) {
        return new FfmpegFrameSource(config, device);
    }

    /**
     * Opens the stream, decodes one picture and closes it again, on the calling thread; takes at most the stream's open timeout
     * and then its read timeout.
     */
    public static StreamProbe probe(StreamConfig config) {
        FfmpegFrameSource source = create(config);
        Prober prober = new Prober(source);
        source.run(prober);
        ImageSize size = prober.size;
        return size == null
                ? StreamProbe.failed(prober.problem)
                : StreamProbe.of(source.codecName, size, source.framesPerSecond);
    }

    @Override
    public String id() {
        return config.id();
    }

    @Override
    public boolean isLive() {
        return config.realtime() || (address != null && !address.isFinite());
    }

    @Override
    public long durationNanos() {
        return durationNanos;
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
            receiver.onStatus(status(State.STARTING, ""));
            StreamAddress parsed = address;
            if (parsed == null) {
                receiver.onStatus(status(State.FAILED, addressProblem));
                return;
            }
            try {
                Ffmpeg.load();
            } catch (LinkageError e) {
                LOG.debug("FFmpeg does not load", e);
                receiver.onStatus(status(
                        State.FAILED,
                        "FFmpeg's native libraries could not be loaded (" + e.getMessage()
                                + "): the build must carry them for this platform and the cache folder be writable."));
                return;
            }
            try (FrameDelivery delivery = new FrameDelivery(
                    id(),
                    !parsed.isFinite(),
                    config.realtime() && parsed.isFinite(),
                    config.analyzeFps(),
                    receiver,
                    interrupt)) {
                State end;
                String reason;
                try {
                    reason = parsed.isFinite() ? playFinite(parsed, delivery) : playLive(parsed, delivery);
                    end = State.ENDED;
                } catch (IngestException | InputLostException e) {
                    end = interrupt.isStopped() ? State.ENDED : State.FAILED;
                    reason = Redaction.redact(String.valueOf(e.getMessage()));
                }
                delivery.enter(end, interrupt.isStopped() ? "Stopped." : reason);
            }
        } finally {
            interrupt.detach();
            runner = null;
        }
    }

    private StreamStatus status(State state, String reason) {
        return new StreamStatus(id(), state, reason, System.currentTimeMillis());
    }

    // Finite streams

    private String playFinite(StreamAddress parsed, FrameDelivery delivery) {
        if (parsed.kind() == Kind.FILE) {
            Path file = parsed.file();
            checkFile(file);
            if (Files.isDirectory(file)) {
                return playPictures(parsed, PictureFiles.inFolder(file), delivery);
            }
            if (PictureFiles.isPicture(file) && pictureDemuxer(file) != null) {
                return playPictures(parsed, List.of(file), delivery);
            }
        }
        String end;
        do {
            end = playOnce(parsed, delivery);
        } while (config.loop() && !isStopped());
        return end;
    }

    private static void checkFile(Path file) {
        if (!Files.exists(file)) {
            throw new IngestException(
                    file + " does not exist: give the path of a video, a picture or a folder of pictures.");
        }
        if (!Files.isReadable(file)) {
            throw new IngestException(file + " may not be read by this user: check its permissions.");
        }
        if (Files.isDirectory(file)) {
            return;
        }
        if (!Files.isRegularFile(file)) {
            throw new IngestException(
                    file + " is neither a file nor a folder: give a video, a picture or a folder of pictures.");
        }
        try {
            if (Files.size(file) == 0) {
                throw new IngestException(file + " is empty (0 bytes): expected a video or a picture; copy it again.");
            }
        } catch (IOException e) {
            throw new IngestException(file + " cannot be read (" + e.getClass().getSimpleName() + ").");
        }
    }

    private String playOnce(StreamAddress parsed, FrameDelivery delivery) {
        long goodBefore = delivery.goodFrames();
        long corruptBefore = delivery.corruptFrames();
        String interrupted;
        try (FfmpegInput input = open(parsed);
                FfmpegDecoder decoder = openDecoder(input, parsed.displayed(), device)) {
            long goodInRound;
            do {
                goodInRound = delivery.goodFrames();
                delivery.begin();
                interrupted = decode(input, decoder, delivery, parsed);
                goodInRound = delivery.goodFrames() - goodInRound;
            } while (interrupted.isEmpty() && goodInRound > 0 && playsAgain(input, decoder));
        }
        long good = delivery.goodFrames() - goodBefore;
        long corrupt = delivery.corruptFrames() - corruptBefore;
        if (isStopped()) {
            return "Stopped.";
        }
        if (good == 0) {
            String unsupported = delivery.unsupportedFormat();
            throw new IngestException(
                    unsupported.isEmpty()
                            ? "No frame of " + parsed + " could be decoded (" + corrupt
                                    + " damaged): the file may be truncated or damaged."
                            : "The pictures of " + parsed + " have the pixel format " + unsupported
                                    + ", which cannot be converted: re-encode it as 8- or 10-bit 4:2:0.");
        }
        if (!interrupted.isEmpty() && parsed.kind() != Kind.FILE) {
            throw new IngestException(interrupted);
        }
        String damage =
                corrupt == 0 ? "" : corrupt + " of " + (good + corrupt) + " frames of " + parsed + " were damaged.";
        return interrupted.isEmpty() ? damage : interrupted;
    }

    /** Goes back to the beginning of a looped file where that is exact; a video engine's session takes long to open anew. */
    private boolean playsAgain(FfmpegInput input, FfmpegDecoder decoder) {
        if (!config.loop() || isStopped() || !input.rewind()) {
            return false;
        }
        decoder.restart();
        return true;
    }

    private FfmpegInput open(StreamAddress parsed) {
        if (parsed.kind() != Kind.FILE) {
            lookup.await(parsed, config.openTimeout(), interrupt);
        }
        return new FfmpegInput(config, parsed, interrupt, snapshotDemuxer(parsed), null);
    }

    /** The demuxer for a single picture on a web server, which FFmpeg would take for the first of a numbered series; else null. */
    private static @Nullable String snapshotDemuxer(StreamAddress address) {
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

    private FfmpegDecoder openDecoder(FfmpegInput input, String displayed, @Nullable CudaDecoding where) {
        FfmpegDecoder decoder = new FfmpegDecoder(input.video(), displayed, where);
        codecName = decoder.codecName();
        framesPerSecond = input.framesPerSecond();
        durationNanos = address != null && address.isFinite() ? input.durationNanos() : 0;
        return decoder;
    }

    private String playPictures(StreamAddress parsed, List<Path> pictures, FrameDelivery delivery) {
        do {
            long goodBefore = delivery.goodFrames();
            int failures = 0;
            String firstFailure = "";
            delivery.begin();
            for (int i = 0; i < pictures.size() && !isStopped(); i++) {
                String problem = playPicture(parsed, pictures.get(i), i * PICTURE_INTERVAL_NANOS, delivery);
                if (!problem.isEmpty()) {
                    LOG.debug("{}: {}", id(), problem);
                    firstFailure = failures++ == 0 ? problem : firstFailure;
                }
            }
            if (isStopped()) {
                return "Stopped.";
            }
            if (delivery.goodFrames() == goodBefore) {
                throw new IngestException(
                        pictures.size() == 1
                                ? firstFailure
                                : "None of the " + pictures.size() + " pictures of " + parsed
                                        + " could be decoded; the first: " + firstFailure);
            }
            if (!config.loop()) {
                return failures == 0
                        ? ""
                        : failures + " of " + pictures.size() + " pictures could not be decoded; the first: "
                                + firstFailure;
            }
        } while (true);
    }

    private String playPicture(StreamAddress parsed, Path picture, long timestampNanos, FrameDelivery delivery) {
        String demuxer = pictureDemuxer(picture);
        if (demuxer == null) {
            delivery.undecodable();
            return picture + " does not begin like a JPEG, PNG, BMP or WebP picture.";
        }
        try (FfmpegInput input = new FfmpegInput(
                        config,
                        parsed,
                        interrupt,
                        demuxer,
                        picture.toAbsolutePath().toString());
                FfmpegDecoder decoder = openDecoder(input, picture.toString(), null);
                AVPacket packet = avcodec.av_packet_alloc()) {
            try {
                interrupt.arm(config.readTimeout().toNanos());
                int rc = input.read(packet);
                if (rc >= 0) {
                    rc = decoder.send(packet);
                }
                if (rc >= 0) {
                    decoder.send(null);
                    rc = decoder.receive(delivery.target());
                }
                if (rc < 0) {
                    delivery.undecodable();
                    return picture + " cannot be decoded (" + Ffmpeg.describe(rc)
                            + "): it may be truncated or damaged.";
                }
                long corruptBefore = delivery.corruptFrames();
                delivery.deliver(timestampNanos, PICTURE_INTERVAL_NANOS, input.orientation());
                return delivery.corruptFrames() == corruptBefore
                        ? ""
                        : picture + " is damaged or has a pixel format that cannot be converted.";
            } finally {
                interrupt.disarm();
                avcodec.av_packet_free(packet);
            }
        } catch (IngestException | InputLostException e) {
            delivery.undecodable();
            return String.valueOf(e.getMessage());
        }
    }

    /** The demuxer for a picture by its first bytes; null when it is none. */
    private static @Nullable String pictureDemuxer(Path file) {
        byte[] head;
        try (InputStream in = Files.newInputStream(file)) {
            head = in.readNBytes(12);
        } catch (IOException e) {
            return null;
        }
        if (startsWith(head, 0, 0xff, 0xd8, 0xff)) {
            return "jpeg_pipe";
        }
        if (startsWith(head, 0, 0x89, 'P', 'N', 'G')) {
            return "png_pipe";
        }
        if (startsWith(head, 0, 'B', 'M')) {
            return "bmp_pipe";
        }
        if (startsWith(head, 0, 'R', 'I', 'F', 'F') && startsWith(head, 8, 'W', 'E', 'B', 'P')) {
            return "webp_pipe";
        }
        return null;
    }

    private static boolean startsWith(byte[] bytes, int from, int... expected) {
        if (bytes.length < from + expected.length) {
            return false;
        }
        for (int i = 0; i < expected.length; i++) {
            if ((bytes[from + i] & 0xff) != expected[i]) {
                return false;
            }
        }
        return true;
    }

    // Live streams

    private String playLive(StreamAddress parsed, FrameDelivery delivery) {
        ReconnectPolicy policy = new ReconnectPolicy(id());
        while (!isStopped()) {
            String reason;
            Cause cause;
            try (FfmpegInput input = open(parsed);
                    FfmpegDecoder decoder = openDecoder(input, parsed.displayed(), device)) {
                delivery.begin();
                reason = decode(input, decoder, delivery, parsed);
                cause = Cause.LOST;
                if (delivery.hasBeenOnline()) {
                    policy.wasOnline(delivery.onlineMillis());
                }
            } catch (InputLostException e) {
                reason = String.valueOf(e.getMessage());
                cause = e.reason();
            }
            if (isStopped()) {
                break;
            }
            long delay = policy.nextDelayMillis(cause);
            delivery.enter(State.OFFLINE, Redaction.redact(reason));
            pause(delay * 1_000_000L);
        }
        return "Stopped.";
    }

    private void pause(long nanos) {
        long until = System.nanoTime() + nanos;
        long left = nanos;
        while (left > 0 && !isStopped()) {
            LockSupport.parkNanos(this, left);
            left = until - System.nanoTime();
        }
    }

    private boolean isStopped() {
        if (Thread.currentThread().isInterrupted()) {
            interrupt.stop();
        }
        return interrupt.isStopped();
    }

    // Decoding

    /** Decodes until the end, an error or a stop; returns the sentence of what ended it, empty at the end of a finite stream. */
    private String decode(FfmpegInput input, FfmpegDecoder decoder, FrameDelivery delivery, StreamAddress parsed) {
        long timeoutNanos = config.readTimeout().toNanos();
        int errors = 0;
        long goodBefore = delivery.goodFrames();
        AVPacket packet = avcodec.av_packet_alloc();
        if (packet == null) {
            throw new OutOfMemoryError("FFmpeg could not allocate a packet");
        }
        try {
            interrupt.arm(timeoutNanos);
            while (!isStopped()) {
                int rc = input.read(packet);
                if (rc >= 0) {
                    errors = 0;
                    // A parser that was interrupted still hands out the picture it had kept back.
                    boolean last = interrupt.gaveUp();
                    if (input.isVideo(packet)) {
                        delivery.observe(packet, input);
                        decodePacket(packet, input, decoder, delivery);
                        if (last) {
                            return silence(parsed);
                        }
                        // Only video counts as a sign of life, and waiting for the receiver does not count as silence.
                        interrupt.arm(timeoutNanos);
                    }
                    avcodec.av_packet_unref(packet);
                    continue;
                }
                if (rc == Ffmpeg.EAGAIN) {
                    if (interrupt.isExpired()) {
                        return silence(parsed);
                    }
                    LockSupport.parkNanos(this, RETRY_READ_NANOS);
                    continue;
                }
                if (isStopped()) {
                    return "Stopped.";
                }
                if (interrupt.isExpired()) {
                    return silence(parsed);
                }
                if (rc == Ffmpeg.EOF) {
                    if (delivery.goodFrames() > goodBefore && input.followItself()) {
                        goodBefore = delivery.goodFrames();
                        continue;
                    }
                    decodePacket(null, input, decoder, delivery);
                    return parsed.isFinite() ? "" : parsed + " closed the connection.";
                }
                if (!parsed.isFinite()) {
                    return "The connection to " + parsed + " broke (" + Ffmpeg.describe(rc) + ").";
                }
                if (parsed.kind() != Kind.FILE || ++errors > MOST_READ_ERRORS) {
                    decodePacket(null, input, decoder, delivery);
                    return parsed + " cannot be read to its end (" + Ffmpeg.describe(rc) + ").";
                }
            }
            return "Stopped.";
        } finally {
            interrupt.disarm();
            avcodec.av_packet_free(packet);
        }
    }

    private String silence(StreamAddress parsed) {
        return parsed + " sent no video for " + FfmpegInput.seconds(config.readTimeout()) + ".";
    }

    private void decodePacket(
            @Nullable AVPacket packet, FfmpegInput input, FfmpegDecoder decoder, FrameDelivery delivery) {
        int sent = decoder.send(packet);
        if (sent < 0 && sent != Ffmpeg.EAGAIN && sent != Ffmpeg.EOF) {
            delivery.undecodable();
        }
        while (!interrupt.isStopped()) {
            int rc = decoder.receive(delivery.target());
            if (rc == Ffmpeg.EAGAIN || rc == Ffmpeg.EOF) {
                return;
            }
            if (rc < 0) {
                delivery.undecodable();
                return;
            }
            delivery.surfaceFormat(decoder.surfaceFormat());
            delivery.deliver(
                    input.toNanos(delivery.target().best_effort_timestamp()),
                    input.frameDurationNanos(),
                    input.orientation());
        }
    }

    /** Looks at one picture and stops its source. */
    private static final class Prober implements FrameReceiver {
        private final FfmpegFrameSource source;
        private @Nullable ImageSize size;
        private String problem = "The stream ended without a picture.";

        Prober(FfmpegFrameSource source) {
            this.source = source;
        }

        @Override
        public void onFrame(FrameLease frame) {
            size = new ImageSize(frame.width(), frame.height());
            source.stop();
        }

        @Override
        public void onDropped(DropCause cause) {
            // A damaged picture proves nothing yet.
        }

        @Override
        public void onStatus(StreamStatus status) {
            if (size == null && (status.state() == State.OFFLINE || status.state() == State.FAILED)) {
                problem = status.reason();
                source.stop();
            }
        }
    }
}
