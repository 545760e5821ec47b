package io.helmwatch.ingest.ffmpeg.input;

import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.ReconnectPolicy.Cause;
import io.helmwatch.ingest.StreamAddress;
import io.helmwatch.ingest.StreamAddress.Kind;
import io.helmwatch.ingest.network.RtspRelay;
import io.helmwatch.resource.NativeMemory;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avcodec.AVPacketSideData;
import org.bytedeco.ffmpeg.avcodec.AVProducerReferenceTime;
import org.bytedeco.ffmpeg.avformat.AVFormatContext;
import org.bytedeco.ffmpeg.avformat.AVInputFormat;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avformat;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerPointer;
import org.jspecify.annotations.Nullable;

/**
 * One opened input and its video track; what it may reach is limited by {@link InputOptions}.
 *
 * <p>Threading: the stream's thread, which an {@link Interrupt} is attached to. Ownership: closes the context on
 * {@link #close}, also when opening fails.
 */
public final class FfmpegInput implements AutoCloseable {
    private static final NativeMemory.Account INPUTS = NativeMemory.account("ffmpeg.inputs");

    /** Longest time that closing may take to say goodbye to a server. */
    private static final long CLOSE_NANOS = 300_000_000L;

    private final Interrupt interrupt;
    private @Nullable AVFormatContext context;
    private @Nullable HttpInput http;
    private @Nullable RtspRelay relay;
    private @Nullable VideoTrack video;
    private @Nullable TileGrid grid;
    private @Nullable FileRounds rounds;
    /** Whether frames are known to be shown in the order in which they are decoded. */
    private boolean isInOrder;

    private long countedBytes;

    private FfmpegInput(Interrupt interrupt) {
        this.interrupt = interrupt;
    }

    /**
     * Opens an input and chooses its video track, within the stream's open timeout.
     *
     * @param demuxer the demuxer to use; null finds it by the content
     * @throws RedirectedException when the server leads to another host or port
     * @throws io.helmwatch.ingest.IngestException when the input is not usable
     * @throws InputLostException when it could not be opened for a reason that may pass
     */
    public static FfmpegInput open(InputAccess access, Interrupt interrupt, @Nullable String demuxer) {
        StreamConfig config = access.config();
        FfmpegInput input = new FfmpegInput(interrupt);
        input.relay = access.relay();
        interrupt.arm(config.openTimeout().toNanos());
        try {
            OpenFailure failure = new OpenFailure(access, interrupt);
            input.connect(access, demuxer, failure);
            input.chooseVideo(access.address(), access.displayed(), failure);
            if (config.loop()) {
                input.rounds = new FileRounds(input.video().stream());
            }
            return input;
        } catch (RuntimeException | Error e) {
            input.close();
            throw e;
        } finally {
            interrupt.disarm();
        }
    }

    private void connect(InputAccess access, @Nullable String demuxer, OpenFailure failure) {
        AVFormatContext allocated = avformat.avformat_alloc_context();
        if (allocated == null) {
            throw new OutOfMemoryError("FFmpeg could not allocate an input");
        }
        interrupt.install(allocated);
        boolean finite = access.address().isFinite();
        if (!finite) {
            allocated.fps_probe_size(0);
        }
        HttpTransport transport = access.http();
        if (transport != null) {
            try {
                http = HttpInput.open(transport, interrupt, finite, allocated);
            } catch (RuntimeException | Error e) {
                avformat.avformat_free_context(allocated);
                throw e;
            }
        }
        AVDictionary options = InputOptions.of(access.config(), access.address());
        try (BytePointer url = new BytePointer(http == null ? access.url() : http.url(), StandardCharsets.UTF_8);
                OpenLog log = OpenLog.listen(allocated, access)) {
            int rc = avformat.avformat_open_input(allocated, url, format(demuxer), options);
            if (rc < 0) {
                // FFmpeg frees the context when it fails.
                throw openFailure(rc, log, access.displayed(), failure);
            }
        } finally {
            avutil.av_dict_free(options);
            options.close();
        }
        context = allocated;
        countedBytes = allocated.sizeof();
        INPUTS.allocated(countedBytes);
    }

    private @Nullable AVInputFormat format(@Nullable String demuxer) {
        // A playlist is recognised by its media type or by its name's ending, of which FFmpeg sees only the latter.
        String name =
                http != null && http.contentType().toLowerCase(Locale.ROOT).contains("mpegurl") ? "hls" : demuxer;
        return name == null ? null : avformat.av_find_input_format(name);
    }

    private RuntimeException openFailure(int rc, OpenLog log, String displayed, OpenFailure failure) {
        if (interrupt.isStopped() || interrupt.isExpired()) {
            return failure.of(rc, log);
        }
        HttpInput transport = http;
        if (transport != null && !transport.problem().isEmpty()) {
            return new InputLostException(Cause.NOT_FOUND, transport.problem());
        }
        if (transport != null && rc == Ffmpeg.INVALID_DATA) {
            return failure.unsuitable(transport.contentType());
        }
        RtspRelay behind = relay;
        if (behind != null && !behind.unanswerable().isEmpty()) {
            return new InputLostException(
                    Cause.UNAUTHORIZED, displayed + AuthenticationAdvice.unusable(behind.unanswerable()));
        }
        String redirect = log.redirect();
        return redirect == null ? failure.of(rc, log) : new RedirectedException(redirect);
    }

    private void chooseVideo(StreamAddress address, String displayed, OpenFailure failure) {
        AVFormatContext opened = context();
        if (address.kind() == Kind.RTSP && offersNoKnownCodec(opened)) {
            // Looking into its packets would take the whole open timeout and find nothing.
            throw new InputLostException(
                    Cause.NOT_FOUND,
                    displayed
                            + " offers video in a codec that is not known: expected H.264, HEVC, AV1, VP8, VP9, MPEG-4 or MJPEG;"
                            + " change the camera's codec.");
        }
        int reordered = address.kind() == Kind.RTSP ? H264Reordering.frames(opened) : H264Reordering.UNKNOWN;
        isInOrder = reordered == 0;
        if (reordered != H264Reordering.UNKNOWN) {
            // Else FFmpeg decodes up to seven frames to learn what is known, and gives no packet a time of decoding
            // until then.
            opened.max_ts_probe(0);
        }
        int rc = avformat.avformat_find_stream_info(opened, (PointerPointer<?>) null);
        if (interrupt.isStopped() || interrupt.isExpired()) {
            throw failure.of(Ffmpeg.EXIT, null);
        }
        TileGrid tiles = TileGrid.of(opened);
        if (tiles != null && !tiles.isPlausible()) {
            throw failure.unusable(displayed + " is an image of " + tiles.tiles()
                    + " tiles (HEIC, AVIF) that do not fit together: convert it to JPEG.");
        }
        grid = tiles;
        video = tiles == null ? VideoTrack.choose(opened, displayed, rc, failure) : VideoTrack.ofTiles(opened, tiles);
    }

    private static boolean offersNoKnownCodec(AVFormatContext input) {
        for (int i = 0; i < input.nb_streams(); i++) {
            if (input.streams(i).codecpar().codec_id() != avcodec.AV_CODEC_ID_NONE) {
                return false;
            }
        }
        return input.nb_streams() > 0;
    }

    /** How the image is put together; null where it is coded as a whole. */
    public @Nullable TileGrid grid() {
        return grid;
    }

    private AVFormatContext context() {
        AVFormatContext open = context;
        if (open == null) {
            throw new IllegalStateException("the input is closed");
        }
        return open;
    }

    public VideoTrack video() {
        VideoTrack track = video;
        if (track == null) {
            throw new IllegalStateException("the input is closed");
        }
        return track;
    }

    /** Reads the next packet of any stream; the caller arms the interrupt. Returns FFmpeg's code. */
    public int read(AVPacket packet) {
        int rc = avformat.av_read_frame(context, packet);
        if (rc >= 0 && isInOrder && packet.dts() == Ffmpeg.NO_TIMESTAMP) {
            packet.dts(packet.pts());
        }
        if (rc >= 0 && rounds != null && video().contains(packet)) {
            rounds.shift(packet);
        }
        return rc;
    }

    /**
     * Goes back to the first frame of a file whose rounds can follow each other without a flush of the decoder; timestamps
     * continue. Returns false, and changes nothing, where that is not so.
     */
    public boolean startNextRound() {
        if (rounds == null || !rounds.followEachOther() || !rewind()) {
            return false;
        }
        rounds.next();
        return true;
    }

    /** Goes back to the first frame; returns false, and changes nothing, where the container has no index that makes this exact. */
    public boolean rewind() {
        AVFormatContext open = context;
        VideoTrack track = video;
        if (open == null || track == null || !isIndexed(open)) {
            return false;
        }
        long start = track.stream().start_time();
        return avformat.av_seek_frame(
                        open, track.index(), start == Ffmpeg.NO_TIMESTAMP ? 0 : start, avformat.AVSEEK_FLAG_BACKWARD)
                >= 0;
    }

    private static boolean isIndexed(AVFormatContext open) {
        String name = Ffmpeg.string(open.iformat().name(), "");
        return name.startsWith("mov,") || name.startsWith("matroska");
    }

    /** Whether every packet is the file of an image: single images, and the streams of cameras that send one after the other. */
    public boolean isImages() {
        String name = Ffmpeg.string(context().iformat().name(), "");
        return name.endsWith("_pipe") || name.equals("mjpeg") || isMultipart();
    }

    /** Whether the images come as parts of one HTTP answer, each with headers of its own. */
    public boolean isMultipart() {
        return Ffmpeg.string(context().iformat().name(), "").equals("mpjpeg");
    }

    /** The container's claim of its length in nanoseconds; 0 when it makes none. */
    public long durationNanos() {
        AVFormatContext open = context;
        return open == null || open.duration() <= 0 ? 0 : open.duration() * (1_000_000_000L / avutil.AV_TIME_BASE);
    }

    /**
     * The camera's wall clock in microseconds at the packet's time, where the camera sends it (RTCP sender reports); 0 where it
     * does not. Allocates a few small objects: call it once in a while.
     */
    public static long wallClockMicros(AVPacket packet) {
        AVPacketSideData all = packet.side_data();
        for (int i = 0; i < packet.side_data_elems(); i++) {
            AVPacketSideData one = all.getPointer(i);
            if (one.type() == avcodec.AV_PKT_DATA_PRFT && one.size() >= 8) {
                return new AVProducerReferenceTime(one.data()).wallclock();
            }
        }
        return 0;
    }

    @Override
    public void close() {
        AVFormatContext open = context;
        if (open != null) {
            context = null;
            video = null;
            interrupt.armForClosing(CLOSE_NANOS);
            avformat.avformat_close_input(open);
            interrupt.disarm();
            INPUTS.freed(countedBytes);
        }
        RtspRelay behind = relay;
        if (behind != null) {
            relay = null;
            behind.close();
        }
        HttpInput transport = http;
        if (transport != null) {
            http = null;
            transport.close();
        }
    }
}
