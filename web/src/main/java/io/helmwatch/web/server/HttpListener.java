package io.helmwatch.web.server;

import io.helmwatch.config.http.HttpConfig;
import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.UnknownHostException;
import java.nio.channels.ServerSocketChannel;

/**
 * The bound address of a server that has not started yet: clients wait until it does. Bound before anything else is opened, so that a port in use is
 * known at once.
 *
 * <p>Threading: one thread. Ownership: owns the socket; closing it twice, or after its server, does no harm.
 */
public final class HttpListener implements AutoCloseable {
    /** As long as the kernel allows: the cap closes connections, not a full queue that lets clients wait. */
    private static final int BACKLOG = 4_096;

    private final ServerSocketChannel channel;
    private final InetSocketAddress address;

    private HttpListener(ServerSocketChannel channel, InetSocketAddress address) {
        this.channel = channel;
        this.address = address;
    }

    /**
     * Binds {@code http.host} and {@code http.port}.
     *
     * @throws IllegalStateException when it cannot, as a sentence
     */
    public static HttpListener bind(HttpConfig config) {
        InetAddress host;
        try {
            host = InetAddress.getByName(config.host());
        } catch (UnknownHostException unknown) {
            throw notThisMachine(config, unknown);
        }
        try {
            ServerSocketChannel channel = ServerSocketChannel.open();
            try {
                channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
                channel.bind(new InetSocketAddress(host, config.port()), BACKLOG);
                return new HttpListener(
                        channel, new InetSocketAddress(host, channel.socket().getLocalPort()));
            } catch (IOException refused) {
                channel.close();
                throw refused;
            }
        } catch (IOException refused) {
            throw notBound(config, refused);
        }
    }

    private static IllegalStateException notThisMachine(HttpConfig config, IOException cause) {
        return new IllegalStateException("http.host " + config.host() + " is not an address of this machine", cause);
    }

    private static IllegalStateException notBound(HttpConfig config, IOException refused) {
        String reason = String.valueOf(refused.getMessage());
        if (refused instanceof BindException && reason.contains("assign")) {
            return notThisMachine(config, refused);
        }
        String advice = ": " + reason + "; choose another http.port (0 uses a free one)";
        if (refused instanceof BindException && reason.contains("in use")) {
            advice = ": another process uses this port (ss -ltnp 'sport = :" + config.port()
                    + "' shows which); stop it, or choose another http.port (0 uses a free one)";
        } else if (reason.contains("ermission")) {
            advice = ": ports below 1024 are for processes with CAP_NET_BIND_SERVICE; choose another http.port";
        }
        return new IllegalStateException(
                "http cannot listen on " + config.host() + ":" + config.port() + advice, refused);
    }

    /** The bound address. */
    InetSocketAddress address() {
        return address;
    }

    /** The bound socket. */
    ServerSocketChannel channel() {
        return channel;
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw new IllegalStateException("http cannot close its socket: " + e.getMessage(), e);
        }
    }
}
