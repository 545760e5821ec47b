package io.helmwatch.web.server;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.io.EndPoint;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.EagerContentHandler;
import org.eclipse.jetty.util.Callback;

/**
 * What requests pass before they reach a servlet, so that no client holds a thread while it sends or receives: a request is dispatched when its
 * body is there, and a response is sent when its servlet has returned.
 */
final class RequestHandlers {
    private RequestHandlers() {}

    /** The chain, to whose end the servlets are attached. */
    static Handler.Wrapper chain(Connections connections, Limits limits) {
        Handler.Wrapper body = new EagerContentHandler(
                new EagerContentHandler.RetainedContentLoaderFactory(limits.bodyBytes(), -1, true));
        body.setHandler(new Detached(connections));
        Handler.Wrapper front = new Front(connections, limits);
        front.setHandler(body);
        return front;
    }

    private static EndPoint endPoint(Request request) {
        return request.getConnectionMetaData().getConnection().getEndPoint();
    }

    /** Sets the headers of every response, refuses large bodies at once. */
    private static final class Front extends Handler.Wrapper {
        private final Connections connections;
        private final Limits limits;

        Front(Connections connections, Limits limits) {
            this.connections = connections;
            this.limits = limits;
        }

        @Override
        public boolean handle(Request request, Response response, Callback callback) throws Exception {
            SecurityHeaders.putIn(response.getHeaders());
            EndPoint endPoint = endPoint(request);
            Request.addCompletionListener(
                    request,
                    failure -> connections.completed(
                            endPoint, response.getStatus() == HttpStatus.SWITCHING_PROTOCOLS_101));
            if (request.getLength() > limits.bodyBytes()) {
                Response.writeError(request, response, callback, HttpStatus.PAYLOAD_TOO_LARGE_413);
                return true;
            }
            return super.handle(request, response, callback);
        }
    }

    /** The handshake of a WebSocket without extensions: video is compressed already, and doing it again costs more than everything else. */
    private static final class PlainHandshake extends Request.Wrapper {
        private final HttpFields headers;

        PlainHandshake(Request request) {
            super(request);
            headers = HttpFields.build(request.getHeaders())
                    .remove(HttpHeader.SEC_WEBSOCKET_EXTENSIONS)
                    .asImmutable();
        }

        @Override
        public HttpFields getHeaders() {
            return headers;
        }
    }

    /** Keeps a response in memory until its servlet has returned, then sends it without a thread. */
    private static final class Detached extends Handler.Wrapper {
        private final Connections connections;

        Detached(Connections connections) {
            this.connections = connections;
        }

        @Override
        public boolean handle(Request request, Response response, Callback callback) throws Exception {
            EndPoint endPoint = endPoint(request);
            connections.handling(endPoint);
            // The handshake of a WebSocket has no content.
            if (request.getHeaders().contains(HttpHeader.UPGRADE)
                    && Request.getPathInContext(request).equals(LiveSockets.PATH)) {
                return super.handle(new PlainHandshake(request), response, callback);
            }
            KeptResponse kept = new KeptResponse(request, response);
            return super.handle(
                    request,
                    kept,
                    Callback.from(
                            () -> {
                                connections.responding(endPoint);
                                kept.send(callback);
                            },
                            callback::failed));
        }
    }

    private static final class KeptResponse extends Response.Wrapper {
        private final ByteArrayOutputStream content = new ByteArrayOutputStream();

        KeptResponse(Request request, Response response) {
            super(request, response);
        }

        @Override
        public void write(boolean last, ByteBuffer bytes, Callback callback) {
            if (bytes != null && bytes.hasRemaining()) {
                byte[] copy = new byte[bytes.remaining()];
                bytes.get(copy);
                content.writeBytes(copy);
            }
            callback.succeeded();
        }

        @Override
        public void reset() {
            content.reset();
            super.reset();
        }

        void send(Callback callback) {
            getWrapped().write(true, ByteBuffer.wrap(content.toByteArray()), callback);
        }
    }
}
