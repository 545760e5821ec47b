package io.helmwatch.ingest.ffmpeg.input;

import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.config.stream.StreamConfig.Transport;
import io.helmwatch.ingest.IngestException;
import io.helmwatch.ingest.StreamAddress;
import io.helmwatch.ingest.StreamAddress.Kind;
import java.nio.file.Path;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.global.avutil;

/**
 * What an input may reach and how it is opened, as FFmpeg's options: files read only {@code file:}, HTTP only HTTP and TLS, RTSP
 * only its transports, and only demuxers that belong to the kind are allowed, so that neither a playlist nor a session
 * description leads elsewhere.
 *
 * <p>Threading: any thread.
 */
final class InputOptions {
    /** What is read to learn what a live stream holds: microseconds of the stream. */
    private static final long LIVE_ANALYZE_MICROS = 2_000_000;

    /** The longest user information that FFmpeg's RTSP client holds (its buffer is 128 bytes). */
    private static final int LONGEST_RTSP_USER_INFO = 127;

    private static final String FILE_FORMATS =
            "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mpegvideo,h264,hevc,av1,"
                    + "obu,ivf,m4v,mjpeg,flv,ogg,asf,gif,webp_pipe,jpeg_pipe,png_pipe,bmp_pipe";
    private static final String HTTP_FORMATS = FILE_FORMATS + ",mpjpeg,live_flv,hls";

    private InputOptions() {}

    /** The address as FFmpeg takes it, with credentials for the configured host and port only: never to be shown. */
    static String url(StreamConfig config, RedirectPolicy policy, StreamAddress target) {
        StreamAddress address = policy.configured();
        if (!policy.isSameOrigin(target)) {
            return target.url();
        }
        if (address.kind() == Kind.FILE) {
            return "file:" + address.file().toAbsolutePath();
        }
        String url = config.toBuilder().url(target.url()).build().connectUrl().reveal();
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

    /** The options of the stream; the caller frees them. */
    static AVDictionary of(StreamConfig config, StreamAddress address) {
        AVDictionary options = new AVDictionary(null);
        // The interrupt enforces the timeouts. FFmpeg's own, which take up to twice as long, are a second line of
        // defence.
        String timeoutMicros = Long.toString(
                Math.max(1, config.openTimeout().plus(config.readTimeout()).toNanos() / 1000));
        switch (address.kind()) {
            case FILE -> {
                set(options, "protocol_whitelist", "file");
                set(options, "format_whitelist", FILE_FORMATS);
            }
            case HTTP -> {
                set(options, "protocol_whitelist", "http,https,tls,tcp,crypto");
                set(options, "format_whitelist", HTTP_FORMATS);
                // Segments come through HttpInput, of which each has one connection.
                set(options, "http_persistent", "0");
                set(options, "http_multiple", "0");
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
}
