package io.helmwatch.ingest.ffmpeg.input;

import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.ReconnectPolicy.Cause;
import io.helmwatch.ingest.StreamAddress;
import io.helmwatch.ingest.network.HttpSource.NotHttpException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import javax.net.ssl.SSLException;

/** Turns the failure of a connection of ours into one sentence that says what to do. */
final class ConnectFailure {
    private ConnectFailure() {}

    static RuntimeException of(
            IOException failure, StreamConfig config, StreamAddress address, String displayed, Interrupt interrupt) {
        if (interrupt.isStopped() || interrupt.isExpired()) {
            return new OpenFailure(config, address, displayed, interrupt).of(Ffmpeg.EXIT, null);
        }
        return new InputLostException(Cause.LOST, displayed + sentence(failure, config, address));
    }

    private static String sentence(IOException failure, StreamConfig config, StreamAddress address) {
        if (failure instanceof NoRouteToHostException) {
            return OpenFailure.unreachable("no route to the host");
        }
        if (failure instanceof ConnectException) {
            return OpenFailure.refusedConnection(address.kind());
        }
        if (failure instanceof NotHttpException) {
            return " does not speak HTTP: use the camera's web port, or an rtsp address.";
        }
        if (failure instanceof SSLException && config.tlsCaFile() != null) {
            return " could not be opened: its certificate is not signed by one in " + config.tlsCaFile()
                    + ", is for another name, or the connection broke.";
        }
        return " could not be opened ("
                + (failure instanceof SSLException ? "the TLS handshake failed" : "the connection broke") + ").";
    }
}
