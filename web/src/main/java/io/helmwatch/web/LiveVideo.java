package io.helmwatch.web;

import io.helmwatch.config.http.Role;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Live video and frame data for viewers. Threading: any thread; nothing here blocks. */
public interface LiveVideo {

    /** A viewer has connected; the answer receives what it sends, and learns when it leaves. */
    Viewer connect(Connection connection);

    /** The viewer as the service sees it. Calls for one viewer come one after another. */
    interface Viewer {
        /** The viewer sent a text message. */
        void received(String message);

        /** The connection is closed; called once. */
        void closed();
    }

    /** The connection to a viewer. */
    interface Connection {
        /** Name of the user or token. */
        String user();

        /** What the viewer may do. */
        Role role();

        /** Whether the viewer gets JPEG frames only. */
        boolean isJpegOnly();

        /** Whether the viewer is another node, which passes on what it receives: it gets streams of this node only. */
        boolean isNode();

        /**
         * Sends a text message after those before it.
         *
         * @param done called once: null when it was handed to the network, else why not
         */
        void send(String message, Consumer<@Nullable Throwable> done);

        /**
         * Sends a binary message after those before it.
         *
         * @param message not changed until {@code done} is called
         * @param done called once: null when it was handed to the network, else why not
         */
        void send(ByteBuffer message, Consumer<@Nullable Throwable> done);

        /** Closes the connection and says why. */
        void close(String reason);
    }
}
