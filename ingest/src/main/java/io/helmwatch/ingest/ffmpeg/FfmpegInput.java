package io.helmwatch.ingest.ffmpeg;

import io.helmwatch.config.StreamConfig;
import io.helmwatch.config.StreamConfig.Transport;
import io.helmwatch.ingest.IngestException;
import io.helmwatch.ingest.ReconnectPolicy;
import io.helmwatch.ingest.StreamAddress;
import io.helmwatch.ingest.StreamAddress.Kind;
import io.helmwatch.resource.NativeMemory;
import io.helmwatch.vision.Orientation;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import org.bytedeco.ffmpeg.avcodec.AVPacket;
import org.bytedeco.ffmpeg.avcodec.AVPacketSideData;
import org.bytedeco.ffmpeg.avcodec.AVProducerReferenceTime;
import org.bytedeco.ffmpeg.avformat.AVFormatContext;
import org.bytedeco.ffmpeg.avformat.AVInputFormat;
import org.bytedeco.ffmpeg.avformat.AVStream;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.avutil.AVRational;
import org.bytedeco.ffmpeg.global.avcodec;
import org.bytedeco.ffmpeg.global.avformat;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.IntPointer;
import org.bytedeco.javacpp.PointerPointer;
import org.jspecify.annotations.Nullable;

/**
 * One opened input and its video stream.
 *
 * <p>What the input may reach is closed in: files read only {@code file:}, HTTP only HTTP and TLS, RTSP only its transports,
 * and only demuxers that belong to the kind are allowed, so that neither a playlist nor a session description leads elsewhere.
 *
 * <p>Threading: the stream's thread, which an {@link Interrupt} is attached to. Ownership: closes the context on
 * {@link #close}, also when opening fails.
 */
final class FfmpegInput implements AutoCloseable {
    private static final NativeMemory.Account INPUTS = NativeMemory.account("ffmpeg.inputs");

    /** Longest goodbye to a server. */
    private static final long CLOSE_NANOS = 300_000_000L;

    /** What is read to learn what a live stream holds: microseconds of the stream. */
    private static final long LIVE_ANALYZE_MICROS = 2_000_000;

    /** The longest user information that FFmpeg's RTSP client holds (its buffer is 128 bytes). */
    private static final int LONGEST_RTSP_USER_INFO = 127;

    private static final String FILE_FORMATS =
            "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,h264,hevc,av1,"
                    + "obu,ivf,m4v,mjpeg,flv,ogg,asf,gif,webp_pipe,jpeg_pipe,png_pipe,bmp_pipe";
    private static final String VERIFIED_FORMATS = FILE_FORMATS + ",mpjpeg,live_flv";
    private static final String HTTP_FORMATS = VERIFIED_FORMATS + ",hls";

    private @Nullable AVFormatContext context;
    private @Nullable AVStream video;
    private @Nullable FileRounds rounds;
    private long countedBytes;
    private final Interrupt interrupt;
    private final StreamAddress address;
    private final Transport transport;
    private final @Nullable Path caFile;
    private int videoIndex = -1;
    private int timeBaseNumerator = 1;
    private int timeBaseDenominator = 1;
    private long frameDurationNanos = 40_000_000L;
    private double framesPerSecond;
    private Orientation orientation = Orientation.UPRIGHT;

    /**
     * Opens and looks for a video stream, within the stream's open timeout.
     *
     * @param demuxer the demuxer to use; null finds it by the content
     * @param filePath the file to open in the address's place (a picture of a folder); null opens the address
     * @throws IngestException when the input is not usable: the sentence says why
     * @throws InputLostException when it did not come about for a reason that may pass
     */
    FfmpegInput(
            StreamConfig config,
            StreamAddress address,
            Interrupt interrupt,
            @Nullable String demuxer,
            @Nullable String filePath) {
        this.interrupt = interrupt;
        this.address = address;
        this.transport = config.transport();
        this.caFile = config.tlsCaFile();
        String displayed = filePath == null ? address.displayed() : filePath;
        String url = filePath == null ? url(config, address) : "file:" + filePath;
        boolean live = !address.isFinite();
        AVFormatContext made = avformat.avformat_alloc_context();
        if (made == null) {
            throw new OutOfMemoryError("FFmpeg could not allocate an input");
        }
        interrupt.install(made);
        if (live) {
            made.fps_probe_size(0);
        }
        interrupt.arm(config.openTimeout().toNanos());
        AVDictionary options = options(config, address);
        try (BytePointer urlBytes = new BytePointer(url, StandardCharsets.UTF_8)) {
            AVInputFormat format = demuxer == null ? null : avformat.av_find_input_format(demuxer);
            int rc = avformat.avformat_open_input(made, urlBytes, format, options);
            if (rc < 0) {
                // The context is gone: FFmpeg frees what it was given when it fails.
                throw openFailure(rc, displayed, config.openTimeout());
            }
        } finally {
            avutil.av_dict_free(options);
            options.close();
        }
        context = made;
        countedBytes = made.sizeof();
        INPUTS.allocated(countedBytes);
        try {
            if (address.kind() == Kind.RTSP && offersNoKnownCodec(made)) {
                // Looking into its packets would take the whole open timeout and find nothing.
                throw new InputLostException(
                        ReconnectPolicy.Cause.NOT_FOUND,
                        displayed
                                + " offers video in a codec that is not known: expected H.264, HEVC, AV1, VP8, VP9, MPEG-4 or MJPEG;"
                                + " change the camera's codec.");
            }
            int rc = avformat.avformat_find_stream_info(made, (PointerPointer<?>) null);
            if (interrupt.isStopped() || interrupt.isExpired()) {
                throw openFailure(Ffmpeg.EXIT, displayed, config.openTimeout());
            }
            chooseVideo(made, displayed, rc);
            if (config.loop()) {
                rounds = new FileRounds(video());
            }
        } catch (RuntimeException e) {
            close();
            throw e;
        } finally {
            interrupt.disarm();
        }
    }

    private static String url(StreamConfig config, StreamAddress address) {
        if (address.kind() == Kind.FILE) {
            return "file:" + address.file().toAbsolutePath();
        }
        String url = config.connectUrl().reveal();
        if (address.kind() == Kind.RTSP && config.credentials() != null) {
            int start = url.indexOf("://") + 3;
            int length = url.indexOf('@', start) - start;
            if (length > LONGEST_RTSP_USER_INFO) {
                throw new IngestException("User and password of " + address + " take " + length
                        + " bytes when percent-encoded: RTSP allows at most " + LONGEST_RTSP_USER_INFO
                        + "; choose shorter ones.");
            }
        }
        return url;
    }

    private static AVDictionary options(StreamConfig config, StreamAddress address) {
        AVDictionary options = new AVDictionary(null);
        // The interrupt is what keeps time; FFmpeg's own timeouts (which take up to twice as long) only stand behind
        // it.
        String timeoutMicros = Long.toString(
                Math.max(1, config.openTimeout().plus(config.readTimeout()).toNanos() / 1000));
        switch (address.kind()) {
            case FILE -> {
                set(options, "protocol_whitelist", "file");
                set(options, "format_whitelist", FILE_FORMATS);
            }
            case HTTP -> {
                set(options, "protocol_whitelist", "http,https,tls,tcp,crypto");
                // The playlist demuxer does not hand the trusted certificates on to the segments' connections.
                set(options, "format_whitelist", config.tlsCaFile() == null ? HTTP_FORMATS : VERIFIED_FORMATS);
                set(options, "rw_timeout", timeoutMicros);
            }
            case RTSP -> {
                set(options, "protocol_whitelist", "rtp,srtp,udp,tcp,tls");
                set(options, "format_whitelist", "rtsp");
                set(options, "rtsp_transport", config.transport() == Transport.UDP ? "udp" : "tcp");
                set(options, "allowed_media_types", "video");
                set(options, "timeout", timeoutMicros);
                set(options, "buffer_size", "2097152");
            }
        }
        Path caFile = config.tlsCaFile();
        if (caFile != null) {
            set(options, "tls_verify", "1");
            set(options, "ca_file", caFile.toString());
        }
        if (!address.isFinite()) {
            set(options, "analyzeduration", Long.toString(LIVE_ANALYZE_MICROS));
        }
        return options;
    }

    private static void set(AVDictionary options, String key, String value) {
        avutil.av_dict_set(options, key, value, 0);
    }

    private RuntimeException openFailure(int rc, String displayed, Duration timeout) {
        if (interrupt.isStopped()) {
            return new InputLostException(ReconnectPolicy.Cause.LOST, displayed + " was stopped while it was opened.");
        }
        if (interrupt.isExpired()) {
            String sentence = displayed + " did not open within " + seconds(timeout)
                    + ": check that the camera is reachable, or raise open-timeout.";
            return new InputLostException(ReconnectPolicy.Cause.LOST, sentence);
        }
        if (rc == Ffmpeg.UNAUTHORIZED || rc == Ffmpeg.FORBIDDEN) {
            return new InputLostException(
                    ReconnectPolicy.Cause.UNAUTHORIZED,
                    displayed + " refuses the user or password (" + (rc == Ffmpeg.UNAUTHORIZED ? 401 : 403)
                            + "): correct the credentials.");
        }
        if (rc == Ffmpeg.NOT_FOUND) {
            return new InputLostException(
                    ReconnectPolicy.Cause.NOT_FOUND,
                    displayed + " does not exist on the server (404): correct the path.");
        }
        if (rc == Ffmpeg.PROTOCOL_NOT_SUPPORTED && address.kind() == Kind.RTSP) {
            return new InputLostException(
                    ReconnectPolicy.Cause.NOT_FOUND,
                    displayed
                            + (transport == Transport.UDP
                                    ? " does not offer RTP over UDP: set transport to tcp."
                                    : " does not offer RTP over TCP: set transport to udp."));
        }
        if (address.kind() == Kind.FILE) {
            return new IngestException(
                    displayed + " is not a video or picture that can be read (" + Ffmpeg.describe(rc)
                            + "): expected mp4, mkv, mov, avi, ts, raw H.264 or HEVC, or a picture; it may be truncated or damaged.");
        }
        String problem = displayed + " could not be opened (" + Ffmpeg.describe(rc) + ")";
        if (caFile != null && rc == Ffmpeg.IO_ERROR) {
            problem += ": its certificate is not signed by one in " + caFile
                    + ", is for another name, or the connection broke";
        } else if (caFile != null && rc == Ffmpeg.INVALID_ARGUMENT) {
            problem += ": playlists are not, with tls-ca-file, since their segments would not be verified";
        }
        return new InputLostException(ReconnectPolicy.Cause.LOST, problem + ".");
    }

    static String seconds(Duration duration) {
        return duration.toMillis() % 1000 == 0 ? duration.toSeconds() + " s" : duration.toMillis() + " ms";
    }

    private void chooseVideo(AVFormatContext input, String displayed, int infoResult) {
        int best = avformat.av_find_best_stream(input, avutil.AVMEDIA_TYPE_VIDEO, -1, -1, (PointerPointer<?>) null, 0);
        if (best >= 0 && (input.streams(best).disposition() & avformat.AV_DISPOSITION_ATTACHED_PIC) != 0) {
            best = -1;
        }
        if (best < 0) {
            String found = streamsFound(input);
            if (infoResult < 0 && input.nb_streams() == 0) {
                throw unusable(displayed + " holds no video that can be read (" + Ffmpeg.describe(infoResult)
                        + "): it may be truncated or damaged.");
            }
            throw unusable(
                    displayed + " holds no video stream: found " + found + "; give a file or camera with video.");
        }
        AVStream stream = input.streams(best);
        for (int i = 0; i < input.nb_streams(); i++) {
            if (i != best) {
                input.streams(i).discard(avcodec.AVDISCARD_ALL);
            }
        }
        video = stream;
        videoIndex = best;
        AVRational timeBase = stream.time_base();
        timeBaseNumerator = timeBase.num();
        timeBaseDenominator = timeBase.den();
        AVRational rate = stream.avg_frame_rate();
        if (rate.num() <= 0 || rate.den() <= 0) {
            rate = stream.r_frame_rate();
        }
        double fps = rate.num() > 0 && rate.den() > 0 ? (double) rate.num() / rate.den() : 0;
        if (fps >= 0.01 && fps <= 1000) {
            framesPerSecond = fps;
            frameDurationNanos = Math.round(1e9 / fps);
        }
        AVPacketSideData matrix = avcodec.av_packet_side_data_get(
                stream.codecpar().coded_side_data(),
                stream.codecpar().nb_coded_side_data(),
                avcodec.AV_PKT_DATA_DISPLAYMATRIX);
        if (matrix != null && matrix.size() >= 36) {
            orientation = orientation(matrix.data());
        }
    }

    private static boolean offersNoKnownCodec(AVFormatContext input) {
        for (int i = 0; i < input.nb_streams(); i++) {
            if (input.streams(i).codecpar().codec_id() != avcodec.AV_CODEC_ID_NONE) {
                return false;
            }
        }
        return input.nb_streams() > 0;
    }

    private RuntimeException unusable(String sentence) {
        return address.kind() == Kind.FILE
                ? new IngestException(sentence)
                : new InputLostException(ReconnectPolicy.Cause.LOST, sentence);
    }

    private static String streamsFound(AVFormatContext input) {
        if (input.nb_streams() == 0) {
            return "no streams at all";
        }
        StringBuilder found = new StringBuilder();
        for (int i = 0; i < Math.min(input.nb_streams(), 4); i++) {
            if (i > 0) {
                found.append(", ");
            }
            int type = input.streams(i).codecpar().codec_type();
            found.append(Ffmpeg.string(avutil.av_get_media_type_string(type), "data"))
                    .append(' ')
                    .append(Ffmpeg.string(
                            avcodec.avcodec_get_name(input.streams(i).codecpar().codec_id()), "unknown"));
        }
        return found.toString();
    }

    /** From nine 16.16 and 2.30 fixed-point numbers. */
    static Orientation orientation(BytePointer matrix) {
        IntPointer numbers = new IntPointer(matrix);
        return Orientation.of(numbers.get(0), numbers.get(1), numbers.get(3), numbers.get(4));
    }

    AVStream video() {
        AVStream stream = video;
        if (stream == null) {
            throw new IllegalStateException("the input is closed");
        }
        return stream;
    }

    /** Reads the next packet of any stream; the caller arms the interrupt. Returns FFmpeg's code. */
    int read(AVPacket packet) {
        int rc = avformat.av_read_frame(context, packet);
        if (rc >= 0 && rounds != null && isVideo(packet)) {
            rounds.take(packet);
        }
        return rc;
    }

    /**
     * Goes back to the first frame of a file that can follow itself without a flush of the decoder; timestamps go on. False, and nothing is
     * changed, where that is not so.
     */
    boolean followItself() {
        if (rounds == null || !rounds.followEachOther() || !rewind()) {
            return false;
        }
        rounds.next();
        return true;
    }

    /** Goes back to the first frame; false, and nothing is changed, where the container has no index that makes this exact. */
    boolean rewind() {
        AVFormatContext open = context;
        AVStream stream = video;
        if (open == null || stream == null || !isIndexed(open)) {
            return false;
        }
        long start = stream.start_time();
        return avformat.av_seek_frame(
                        open, videoIndex, start == Ffmpeg.NO_TIMESTAMP ? 0 : start, avformat.AVSEEK_FLAG_BACKWARD)
                >= 0;
    }

    private static boolean isIndexed(AVFormatContext open) {
        String name = Ffmpeg.string(open.iformat().name(), "");
        return name.startsWith("mov,") || name.startsWith("matroska");
    }

    boolean isVideo(AVPacket packet) {
        return packet.stream_index() == videoIndex;
    }

    /** The orientation that the container gives. */
    Orientation orientation() {
        return orientation;
    }

    long frameDurationNanos() {
        return frameDurationNanos;
    }

    /** The container's claim of its length in nanoseconds; 0 when it makes none. */
    long durationNanos() {
        AVFormatContext open = context;
        return open == null || open.duration() <= 0 ? 0 : open.duration() * (1_000_000_000L / avutil.AV_TIME_BASE);
    }

    /** The stream's own claim; 0 when it makes none. */
    double framesPerSecond() {
        return framesPerSecond;
    }

    /** A timestamp of the stream in nanoseconds, or {@link PresentationClock#NONE}. */
    long toNanos(long timestamp) {
        return timestamp == Ffmpeg.NO_TIMESTAMP
                ? PresentationClock.NONE
                : PresentationClock.toNanos(timestamp, timeBaseNumerator, timeBaseDenominator);
    }

    /**
     * Wall clock of the camera in microseconds at the packet's time, where the camera tells it (RTCP sender reports); 0 where
     * it does not. Allocates a few small objects: ask once in a while.
     */
    static long wallClockMicros(AVPacket packet) {
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
    }

    /** The input is not there for a reason that may pass. */
    static final class InputLostException extends RuntimeException {
        private final ReconnectPolicy.Cause reason;

        InputLostException(ReconnectPolicy.Cause reason, String message) {
            super(message, null, false, false);
            this.reason = reason;
        }

        ReconnectPolicy.Cause reason() {
            return reason;
        }
    }
}
