package io.helmwatch.web.server;

import io.helmwatch.web.api.Reply;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;

/** Answers requests that Jetty refuses, with one sentence: no page of Jetty's, no stack trace. */
final class PlainErrors extends ErrorHandler {

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        int status = response.getStatus();
        SecurityHeaders.putIn(response.getHeaders());
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, Reply.TEXT);
        String sentence = sentence(status);
        response.write(true, ByteBuffer.wrap((sentence + "\n").getBytes(StandardCharsets.UTF_8)), callback);
        return true;
    }

    private static String sentence(int status) {
        return switch (status) {
            case HttpStatus.BAD_REQUEST_400 -> "not a valid HTTP request";
            case HttpStatus.PAYLOAD_TOO_LARGE_413 ->
                "request too large: expected at most " + Limits.BODY_BYTES + " bytes";
            case HttpStatus.URI_TOO_LONG_414, HttpStatus.REQUEST_HEADER_FIELDS_TOO_LARGE_431 ->
                "request too large: expected at most 16384 bytes of headers";
            case HttpStatus.INTERNAL_SERVER_ERROR_500 -> "internal error, see the log of the service";
            default -> HttpStatus.getMessage(status).toLowerCase(Locale.ROOT);
        };
    }
}
