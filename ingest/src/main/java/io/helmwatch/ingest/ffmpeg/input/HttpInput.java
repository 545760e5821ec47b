package io.helmwatch.ingest.ffmpeg.input;

import io.helmwatch.ingest.ffmpeg.input.HttpTransport.Answer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import javax.crypto.Cipher;
import javax.crypto.CipherInputStream;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.bytedeco.ffmpeg.avformat.AVFormatContext;
import org.bytedeco.ffmpeg.avformat.AVIOContext;
import org.bytedeco.ffmpeg.avformat.Read_packet_Pointer_BytePointer_int;
import org.bytedeco.ffmpeg.avformat.Seek_Pointer_long_int;
import org.bytedeco.ffmpeg.avutil.AVDictionary;
import org.bytedeco.ffmpeg.avutil.AVDictionaryEntry;
import org.bytedeco.ffmpeg.global.avformat;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.PointerPointer;
import org.jspecify.annotations.Nullable;

/**
 * Gives FFmpeg's demuxers what {@link HttpTransport} fetches: the stream itself, and for playlists each segment and key.
 *
 * <p>There is one native callback of a kind for the whole process, as JavaCPP has room for few; it finds the input by its thread
 * and the connection by a number.
 *
 * <p>Threading: the stream's thread. Ownership: closes all connections and frees their buffers on {@link #close}, which must
 * follow the closing of the context that reads from them.
 */
final class HttpInput implements AutoCloseable {
    private static final ThreadLocal<HttpInput> CURRENT = new ThreadLocal<>();
    private static final int BUFFER_BYTES = 32_768;

    /** {@code AVSEEK_SIZE}: asks for the length. */
    private static final int SEEK_SIZE = 0x10000;

    private final HttpTransport transport;
    private final Interrupt interrupt;
    private final List<@Nullable Connection> connections = new ArrayList<>();
    private final byte[] transfer = new byte[BUFFER_BYTES];
    private String problem = "";
    private String contentType = "";
    private String url = "";

    private HttpInput(HttpTransport transport, Interrupt interrupt) {
        this.transport = transport;
        this.interrupt = interrupt;
    }

    /**
     * Opens the stream and makes a context read from it.
     *
     * @param seekable whether FFmpeg may ask for parts, as it does in files
     * @throws InputLostException when it does not open; the sentence says why
     */
    static HttpInput open(HttpTransport transport, Interrupt interrupt, boolean seekable, AVFormatContext context) {
        HttpInput input = new HttpInput(transport, interrupt);
        CURRENT.set(input);
        try {
            Answer answer = transport.open("");
            input.contentType = answer.source().header("content-type");
            input.url = answer.address().url();
            context.pb(input.connect(answer, transport.body(answer), seekable));
            context.io_open(OPEN);
            context.io_close2(CLOSE);
            return input;
        } catch (RuntimeException | Error e) {
            input.close();
            throw e;
        }
    }

    /** Where the stream came from, after redirects; may contain secrets. */
    String url() {
        return url;
    }

    /** The media type that the server names, in its words. */
    String contentType() {
        return contentType;
    }

    /** Why the latest segment could not be fetched; empty when none failed. */
    String problem() {
        return problem;
    }

    private AVIOContext connect(Answer answer, InputStream body, boolean seeks) {
        BytePointer buffer = new BytePointer(avutil.av_malloc(BUFFER_BYTES));
        int number = connections.size();
        AVIOContext io = avformat.avio_alloc_context(
                buffer, BUFFER_BYTES, 0, new Handle(number + 1), READ, null, seeks ? SEEK : null);
        connections.add(new Connection(io, answer, body));
        return io;
    }

    private @Nullable Connection connection(Pointer handle) {
        int number = (int) handle.address() - 1;
        return number >= 0 && number < connections.size() ? connections.get(number) : null;
    }

    private int read(Pointer handle, BytePointer target, int size) {
        Connection connection = connection(handle);
        if (connection == null) {
            return Ffmpeg.IO_ERROR;
        }
        try {
            int count = connection.body.read(transfer, 0, Math.min(size, transfer.length));
            if (count <= 0) {
                return Ffmpeg.EOF;
            }
            target.put(transfer, 0, count);
            connection.position += count;
            return count;
        } catch (IOException e) {
            return interrupt.isStopped() || interrupt.isExpired() ? Ffmpeg.EXIT : Ffmpeg.IO_ERROR;
        }
    }

    private long seek(Pointer handle, long offset, int whence) {
        Connection connection = connection(handle);
        if (connection == null) {
            return Ffmpeg.IO_ERROR;
        }
        if ((whence & SEEK_SIZE) != 0) {
            return connection.length;
        }
        if (whence != 0 || offset < 0) {
            return Ffmpeg.INVALID_ARGUMENT;
        }
        if (offset == connection.position) {
            return offset;
        }
        Answer answer = transport.open("bytes=" + offset + "-");
        if (answer.source().status() != 206) {
            answer.source().close();
            return Ffmpeg.IO_ERROR;
        }
        connection.answer.source().close();
        connection.answer = answer;
        connection.body = answer.source().body();
        connection.position = offset;
        return offset;
    }

    private int openPart(PointerPointer<?> result, String address, PointerPointer<?> options) {
        boolean encrypted = address.startsWith("crypto+") || address.startsWith("crypto:");
        Answer answer = transport.open(encrypted ? address.substring("crypto+".length()) : address, range(options));
        try {
            InputStream body = answer.source().body();
            result.put(0, connect(answer, encrypted ? decrypted(body, options) : body, false));
            return 0;
        } catch (GeneralSecurityException | RuntimeException e) {
            answer.source().close();
            return Ffmpeg.INVALID_DATA;
        }
    }

    private static InputStream decrypted(InputStream body, PointerPointer<?> options) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/CBC/PKCS5Padding");
        cipher.init(
                Cipher.DECRYPT_MODE,
                new SecretKeySpec(HexFormat.of().parseHex(option(options, "key")), "AES"),
                new IvParameterSpec(HexFormat.of().parseHex(option(options, "iv"))));
        return new CipherInputStream(body, cipher);
    }

    private static String range(PointerPointer<?> options) {
        String offset = option(options, "offset");
        String end = option(options, "end_offset");
        if (offset.isEmpty() && end.isEmpty()) {
            return "";
        }
        long from = offset.isEmpty() ? 0 : Long.parseLong(offset);
        return "bytes=" + from + "-" + (end.isEmpty() || end.equals("0") ? "" : Long.parseLong(end) - 1);
    }

    private static String option(@Nullable PointerPointer<?> options, String name) {
        if (options == null || options.isNull() || options.get(0) == null) {
            return "";
        }
        AVDictionaryEntry entry = avutil.av_dict_get(new AVDictionary(options.get(0)), name, null, 0);
        return entry == null || entry.isNull() ? "" : Ffmpeg.string(entry.value(), "");
    }

    private void closePart(AVIOContext io) {
        for (int i = 0; i < connections.size(); i++) {
            Connection connection = connections.get(i);
            if (connection != null && connection.io.address() == io.address()) {
                connections.set(i, null);
                connection.close();
            }
        }
        while (!connections.isEmpty() && connections.get(connections.size() - 1) == null) {
            connections.remove(connections.size() - 1);
        }
    }

    private int remember(RuntimeException failure) {
        problem = String.valueOf(failure.getMessage());
        return interrupt.isStopped() || interrupt.isExpired() ? Ffmpeg.EXIT : Ffmpeg.IO_ERROR;
    }

    @Override
    public void close() {
        for (Connection connection : connections) {
            if (connection != null) {
                connection.close();
            }
        }
        connections.clear();
        if (CURRENT.get() == this) {
            CURRENT.remove();
        }
    }

    /** One answer that FFmpeg reads. */
    private static final class Connection {
        private final AVIOContext io;
        private final long length;
        private Answer answer;
        private InputStream body;
        private long position;

        Connection(AVIOContext io, Answer answer, InputStream body) {
            this.io = io;
            this.answer = answer;
            this.body = body;
            String bytes = answer.source().header("content-length");
            length = bytes.matches("\\d{1,18}") ? Long.parseLong(bytes) : -1;
        }

        void close() {
            answer.source().close();
            avutil.av_free(io.buffer());
            avformat.avio_context_free(io);
        }
    }

    /** A number where FFmpeg keeps a pointer. */
    private static final class Handle extends Pointer {
        Handle(long number) {
            super((Pointer) null);
            address = number;
        }
    }

    private static final Read READ = new Read();
    private static final Seek SEEK = new Seek();
    private static final Open OPEN = new Open();
    private static final Close CLOSE = new Close();

    private static final class Read extends Read_packet_Pointer_BytePointer_int {
        @Override
        public int call(Pointer opaque, BytePointer buffer, int size) {
            // An exception must not reach native code.
            HttpInput input = CURRENT.get();
            try {
                return input == null ? Ffmpeg.EXIT : input.read(opaque, buffer, size);
            } catch (RuntimeException e) {
                return input.remember(e);
            }
        }
    }

    private static final class Seek extends Seek_Pointer_long_int {
        @Override
        public long call(Pointer opaque, long offset, int whence) {
            HttpInput input = CURRENT.get();
            try {
                return input == null ? Ffmpeg.EXIT : input.seek(opaque, offset, whence);
            } catch (RuntimeException e) {
                return input.remember(e);
            }
        }
    }

    private static final class Open
            extends AVFormatContext.Io_open_AVFormatContext_PointerPointer_BytePointer_int_PointerPointer {
        @SuppressWarnings("rawtypes") // as JavaCPP declares the callback
        @Override
        public int call(
                AVFormatContext context, PointerPointer result, BytePointer url, int flags, PointerPointer options) {
            HttpInput input = CURRENT.get();
            try {
                return input == null
                        ? Ffmpeg.EXIT
                        : input.openPart(result, new String(url.getStringBytes(), StandardCharsets.UTF_8), options);
            } catch (RuntimeException e) {
                return input.remember(e);
            }
        }
    }

    private static final class Close extends AVFormatContext.Io_close2_AVFormatContext_AVIOContext {
        @Override
        public int call(AVFormatContext context, AVIOContext io) {
            HttpInput input = CURRENT.get();
            if (input != null) {
                input.closePart(io);
            }
            return 0;
        }
    }
}
