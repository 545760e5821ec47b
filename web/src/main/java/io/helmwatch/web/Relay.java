package io.helmwatch.web;

import io.helmwatch.config.http.Role;
import java.nio.ByteBuffer;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The desks of the other nodes of a cluster: what is on another node is asked for there, in the name of who asks here. No credential of a user leaves
 * this node.
 *
 * <p>Threading: any thread.
 */
public interface Relay {
    /** Scheme of the header {@code Authorization} of a node's requests. */
    String SCHEME = "Helmwatch-Node ";

    /** What the id in a request's path names. */
    enum Subject {
        /** A stream. */
        STREAM,
        /** An incident. */
        INCIDENT
    }

    /**
     * A request that may be passed on.
     *
     * @param subject what the id names
     * @param id of the stream or incident
     * @param method method of HTTP
     * @param uri path and query as they were sent
     * @param body JSON; empty where there is none
     * @param range the header {@code Range}; null where there is none
     * @param sender who asks
     */
    record Request(
            Subject subject,
            String id,
            String method,
            String uri,
            byte[] body,
            @Nullable String range,
            Sender sender) {}

    /**
     * Who asks.
     *
     * @param user name of the user or token; empty for a request without a login
     * @param role what the user may do
     * @param isJpegOnly whether the user gets still frames only
     */
    record Sender(String user, Role role, boolean isJpegOnly) {}

    /**
     * The answer of another node.
     *
     * @param status status of HTTP
     * @param type content type; empty without content
     * @param headers what belongs to the content
     * @param body content
     */
    record Answer(int status, String type, Map<String, String> headers, byte[] body) {}

    /**
     * Passes a request on to the node that has what it names.
     *
     * @return null where that is this node, or no other node has it
     * @throws RefusedException when the other node does not answer
     */
    @Nullable
    Answer pass(Request request);

    /**
     * Who makes a request that another node passed on, as that node says.
     *
     * @param authorization the header, beginning with {@link #SCHEME}
     * @return null where it does not prove that a node of this cluster sends this very request
     */
    @Nullable
    Sender verify(String authorization, String method, String uri);

    /** The other node that has a stream; null where that is this node, or none. */
    @Nullable
    String nodeOf(String stream);

    /**
     * Connects to the live video of another node. The receiver is called by one thread at a time, at last that the connection is closed.
     *
     * @param sender in whose name
     */
    Link connect(String node, Sender sender, Receiver receiver);

    /** A connection to the live video of another node. */
    interface Link {
        /** Sends a message once the connection is open; nothing when it is closed. */
        void send(String message);

        /** Closes the connection. */
        void close();
    }

    /** Receives what a connection brings. */
    interface Receiver {
        /** A text message. */
        void text(String message);

        /** A binary message, owned by the receiver. */
        void binary(ByteBuffer message);

        /** The other node has shown that it is there. */
        void alive();

        /** The connection is closed, or was never opened; called once. */
        void closed(String reason);
    }
}
