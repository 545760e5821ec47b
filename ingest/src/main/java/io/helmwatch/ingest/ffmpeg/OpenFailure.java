package io.helmwatch.ingest.ffmpeg;

import io.helmwatch.config.StreamConfig;
import io.helmwatch.config.StreamConfig.Transport;
import io.helmwatch.ingest.IngestException;
import io.helmwatch.ingest.ReconnectPolicy.Cause;
import io.helmwatch.ingest.StreamAddress;
import io.helmwatch.ingest.StreamAddress.Kind;
import java.nio.file.Path;
import java.time.Duration;

/** Turns what FFmpeg answers when an input does not open into one sentence that says what to do. */
final class OpenFailure {
    private final StreamConfig config;
    private final StreamAddress address;
    private final String displayed;
    private final Interrupt interrupt;

    OpenFailure(StreamConfig config, StreamAddress address, String displayed, Interrupt interrupt) {
        this.config = config;
        this.address = address;
        this.displayed = displayed;
        this.interrupt = interrupt;
    }

    /** The exception for FFmpeg's code: {@link InputLostException} where a retry may help, else {@link IngestException}. */
    RuntimeException of(int rc) {
        if (interrupt.isStopped()) {
            return new InputLostException(Cause.LOST, displayed + " was stopped while it was opened.");
        }
        if (interrupt.isExpired()) {
            return new InputLostException(
                    Cause.LOST,
                    displayed + " did not open within " + seconds(config.openTimeout())
                            + ": check that the camera is reachable, or raise open-timeout.");
        }
        if (rc == Ffmpeg.UNAUTHORIZED || rc == Ffmpeg.FORBIDDEN) {
            return new InputLostException(
                    Cause.UNAUTHORIZED,
                    displayed + " refuses the user or password (" + (rc == Ffmpeg.UNAUTHORIZED ? 401 : 403)
                            + "): correct the credentials.");
        }
        if (rc == Ffmpeg.NOT_FOUND) {
            return new InputLostException(
                    Cause.NOT_FOUND, displayed + " does not exist on the server (404): correct the path.");
        }
        if (rc == Ffmpeg.PROTOCOL_NOT_SUPPORTED && address.kind() == Kind.RTSP) {
            return new InputLostException(
                    Cause.NOT_FOUND,
                    displayed
                            + (config.transport() == Transport.UDP
                                    ? " does not offer RTP over UDP: set transport to tcp."
                                    : " does not offer RTP over TCP: set transport to udp."));
        }
        if (address.kind() == Kind.FILE) {
            return new IngestException(
                    displayed + " is not a video or image that can be read (" + Ffmpeg.describe(rc)
                            + "): expected mp4, mkv, mov, avi, ts, raw H.264 or HEVC, or an image; it may be truncated or damaged.");
        }
        return new InputLostException(
                Cause.LOST,
                displayed + " could not be opened (" + Ffmpeg.describe(rc) + ")" + certificateAdvice(rc) + ".");
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
        if (rc == Ffmpeg.INVALID_ARGUMENT) {
            return ": playlists are refused with tls-ca-file, since their segments would not be verified";
        }
        return "";
    }

    /** The input opened but what it holds cannot be used. */
    RuntimeException unusable(String sentence) {
        return address.kind() == Kind.FILE
                ? new IngestException(sentence)
                : new InputLostException(Cause.LOST, sentence);
    }

    static String seconds(Duration duration) {
        return duration.toMillis() % 1000 == 0 ? duration.toSeconds() + " s" : duration.toMillis() + " ms";
    }
}
