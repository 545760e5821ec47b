package io.helmwatch.ingest.ffmpeg.input;

import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.StreamAddress;
import io.helmwatch.ingest.StreamAddress.Kind;
import io.helmwatch.ingest.network.Authentication;
import io.helmwatch.ingest.network.HttpSource;
import io.helmwatch.ingest.network.HttpSource.Server;
import io.helmwatch.ingest.network.RtspInquiry;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/** Whether a camera makes us show its password to whoever can read the connection. Threading: any thread. */
public final class BasicExposure {
    private BasicExposure() {}

    /**
     * Asks the camera without credentials.
     *
     * @return one sentence; empty where the password is not shown
     */
    public static String warning(StreamConfig config, StreamAddress address) {
        if (config.credentials() == null || address.kind() == Kind.FILE || address.isEncrypted()) {
            return "";
        }
        Interrupt deadline = new Interrupt();
        deadline.arm(config.openTimeout().toNanos());
        Server server = new Server(address.host(), address.effectivePort(), null);
        List<String> challenges = address.kind() == Kind.RTSP
                ? RtspInquiry.challenges(server, address.url(), deadline)
                : challenges(server, address, deadline);
        return Authentication.isBasicOnly(challenges)
                ? "its password is sent with Basic authentication over a connection that is not encrypted: set the camera to Digest,"
                        + " use an encrypted address, or set credentials.basic to tls-only"
                : "";
    }

    private static List<String> challenges(Server server, StreamAddress address, Interrupt deadline) {
        try (HttpSource source = HttpSource.get(server, address.pathAndQuery(), Map.of(), deadline)) {
            return source.headerValues("www-authenticate");
        } catch (IOException e) {
            return List.of();
        }
    }
}
