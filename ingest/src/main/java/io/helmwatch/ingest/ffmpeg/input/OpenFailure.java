package io.helmwatch.ingest.ffmpeg.input;

import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.config.stream.StreamConfig.Transport;
import io.helmwatch.ingest.IngestException;
import io.helmwatch.ingest.ReconnectPolicy.Cause;
import io.helmwatch.ingest.StreamAddress;
import io.helmwatch.ingest.StreamAddress.Kind;
import io.helmwatch.ingest.network.RtspInquiry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Turns what FFmpeg answers when an input does not open into one sentence that says what to do. Threading: the stream's thread. */
public final class OpenFailure {
    private static final int UNAUTHORIZED = 401;
    private static final int FORBIDDEN = 403;
    private static final int NOT_FOUND = 404;
    private static final int NOT_ENOUGH_BANDWIDTH = 453;
    private static final int SERVICE_UNAVAILABLE = 503;

    /** Codes with which FFmpeg's RTSP client gives up on a server that may speak something else. */
    private static final Set<Integer> UNINTELLIGIBLE =
            Set.of(Ffmpeg.INVALID_DATA, Ffmpeg.BAD_REQUEST, Ffmpeg.EOF, Ffmpeg.IO_ERROR, Ffmpeg.CONNECTION_RESET);

    private final StreamConfig config;
    private final StreamAddress address;
    private final String displayed;
    private final Interrupt interrupt;
    private final boolean hasOtherOrigin;

    /** For an address that credentials are sent to. */
    public OpenFailure(StreamConfig config, StreamAddress address, String displayed, Interrupt interrupt) {
        this.config = config;
        this.address = address;
        this.displayed = displayed;
        this.interrupt = interrupt;
        hasOtherOrigin = false;
    }

    OpenFailure(InputAccess access, Interrupt interrupt) {
        config = access.config();
        address = access.address();
        displayed = access.displayed();
        hasOtherOrigin = access.hasOtherOrigin();
        this.interrupt = interrupt;
    }

    /**
     * The exception for FFmpeg's code: {@link InputLostException} where a retry may help, else {@link IngestException}.
     *
     * @param log what FFmpeg logged while it opened; null for files
     */
    public RuntimeException of(int rc, @Nullable OpenLog log) {
        if (interrupt.isStopped()) {
            return new InputLostException(Cause.LOST, displayed + " was stopped while it was opened.");
        }
        if (interrupt.isExpired()) {
            return new InputLostException(
                    Cause.LOST,
                    displayed + " did not open within " + seconds(config.openTimeout())
                            + ": check that the camera is reachable, or raise open-timeout.");
        }
        if (address.kind() == Kind.FILE) {
            return new IngestException(
                    displayed + " is not a video or image that can be read (" + Ffmpeg.describe(rc)
                            + "): expected mp4, mkv, mov, avi, ts, raw H.264 or HEVC, or an image; it may be truncated or damaged.");
        }
        int status = status(rc, log);
        if (status != 0) {
            return answered(status, log);
        }
        if (rc == Ffmpeg.PROTOCOL_NOT_SUPPORTED && address.kind() == Kind.RTSP) {
            return new InputLostException(
                    Cause.NOT_FOUND,
                    displayed
                            + (config.transport() == Transport.UDP
                                    ? " does not offer RTP over UDP: set transport to tcp."
                                    : " does not offer RTP over TCP: set transport to udp."));
        }
        return new InputLostException(Cause.LOST, displayed + unanswered(rc));
    }

    private static int status(int rc, @Nullable OpenLog log) {
        if (rc == Ffmpeg.UNAUTHORIZED) {
            return UNAUTHORIZED;
        }
        if (rc == Ffmpeg.FORBIDDEN) {
            return FORBIDDEN;
        }
        if (rc == Ffmpeg.NOT_FOUND) {
            return NOT_FOUND;
        }
        // 400 is also what FFmpeg makes of a server that speaks HTTP.
        return log == null || rc == Ffmpeg.PROTOCOL_NOT_SUPPORTED || rc == Ffmpeg.BAD_REQUEST ? 0 : log.status();
    }

    /** The server answered with an error. */
    private InputLostException answered(int status, @Nullable OpenLog log) {
        if (status == UNAUTHORIZED && config.credentials() == null) {
            return new InputLostException(
                    Cause.UNAUTHORIZED,
                    displayed + " asks for a user and password (401), and none are configured: set credentials.");
        }
        if (status == UNAUTHORIZED && hasOtherOrigin) {
            return new InputLostException(Cause.UNAUTHORIZED, displayed + AuthenticationAdvice.WITHHELD);
        }
        if (status == UNAUTHORIZED || status == FORBIDDEN) {
            return new InputLostException(
                    Cause.UNAUTHORIZED,
                    displayed + " refuses the user or password (" + status + "): correct the credentials.");
        }
        if (status == NOT_FOUND) {
            return new InputLostException(
                    Cause.NOT_FOUND, displayed + " does not exist on the server (404): correct the path.");
        }
        String request = log == null ? "" : log.method();
        String words = log == null ? "" : log.reason();
        String answer = " answers " + (request.isEmpty() ? "with " : request + " with ") + status
                + (words.isEmpty() ? "" : " " + words);
        if (status == NOT_ENOUGH_BANDWIDTH || (status == SERVICE_UNAVAILABLE && !request.equals("OPTIONS"))) {
            return new InputLostException(
                    Cause.LOST,
                    displayed + answer
                            + ": it has no room for another viewer; close one, or read the stream from the recorder.");
        }
        return new InputLostException(
                Cause.LOST, displayed + answer + ": check its path and settings, or restart the camera.");
    }

    /** No answer, or none that was understood. */
    private String unanswered(int rc) {
        if (rc == Ffmpeg.CONNECTION_REFUSED) {
            return refusedConnection(address.kind());
        }
        if (rc == Ffmpeg.HOST_UNREACHABLE || rc == Ffmpeg.NETWORK_UNREACHABLE) {
            return unreachable(Ffmpeg.describe(rc));
        }
        String advice = certificateAdvice(rc);
        if (!advice.isEmpty()) {
            return " could not be opened (" + Ffmpeg.describe(rc) + ")" + advice + ".";
        }
        if (address.kind() == Kind.RTSP && UNINTELLIGIBLE.contains(rc)) {
            String other = otherProtocol();
            if (!other.isEmpty()) {
                return other;
            }
        }
        return " could not be opened (" + Ffmpeg.describe(rc) + ").";
    }

    static String refusedConnection(Kind kind) {
        return " refuses the connection: check the port, and that the camera's " + (kind == Kind.RTSP ? "RTSP" : "web")
                + " service is switched on.";
    }

    static String unreachable(String why) {
        return " cannot be reached (" + why + "): check the address, the cable and this machine's network.";
    }

    /** The server's answer is something else than video or images. */
    InputLostException unsuitable(String contentType) {
        if (contentType.toLowerCase(Locale.ROOT).contains("mpegurl")) {
            return new InputLostException(
                    Cause.NOT_FOUND,
                    displayed
                            + " is a playlist of which nothing may be played: its entries must be http or https addresses of the"
                            + " same host and port, or of allowed-hosts.");
        }
        return new InputLostException(
                Cause.NOT_FOUND,
                displayed + " answers with " + (contentType.isEmpty() ? "data" : contentType)
                        + " that is neither video nor an image (a web page?): correct the path.");
    }

    private String otherProtocol() {
        if (address.isEncrypted()) {
            return "";
        }
        return switch (RtspInquiry.ask(address.host(), address.effectivePort())) {
            case HTTP ->
                " does not speak RTSP, but HTTP: use the camera's RTSP port, which is 554 on most, or an http address.";
            case TLS -> " does not speak RTSP, but TLS: use an rtsps address.";
            case OTHER -> " does not speak RTSP: use the camera's RTSP port, which is 554 on most.";
            case RTSP, SILENT -> "";
        };
    }

    private String certificateAdvice(int rc) {
        Path caFile = config.tlsCaFile();
        if (caFile == null) {
            return "";
        }
        if (rc == Ffmpeg.IO_ERROR) {
            return ": its certificate is not signed by one in " + caFile
                    + ", is for another name, or the connection broke";
        }
        return "";
    }

    /** The input opened but what it holds cannot be used. */
    public RuntimeException unusable(String sentence) {
        return address.kind() == Kind.FILE
                ? new IngestException(sentence)
                : new InputLostException(Cause.LOST, sentence);
    }

    public static String seconds(Duration duration) {
        return duration.toMillis() % 1000 == 0 ? duration.toSeconds() + " s" : duration.toMillis() + " ms";
    }
}
