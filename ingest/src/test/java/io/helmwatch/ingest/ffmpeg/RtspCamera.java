package io.helmwatch.ingest.ffmpeg;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntToLongFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;

/**
 * A camera for tests: an RTSP 1.0 server, on the loopback unless said otherwise, that plays a raw H.264 stream in an endless loop, 25 frames a
 * second unless said otherwise, over TCP (interleaved) or UDP, to any number of clients, with digest authentication if wanted. It can be killed, started
 * again on its port, stalled, cut, and lose packets. Its only path is {@code /live}. Plain sockets, no FFmpeg.
 */
public final class RtspCamera implements AutoCloseable {
    private static final String PATH = "/live";
    private static final int FRAMES_PER_SECOND = 25;
    private static final int TICKS_PER_SECOND = 90_000;
    /** The nonce of its challenges. */
    public static final String NONCE = "0a4f113b";

    private static final Pattern DIGEST_FIELD = Pattern.compile("(\\w+)=\"((?:[^\"\\\\]|\\\\.)*)\"");
    private static final long NTP_OFFSET_SECONDS = 2_208_988_800L;

    private final H264Packets packets;
    private final InetAddress address;
    private final int framesPerSecond;
    private final Set<Client> clients = ConcurrentHashMap.newKeySet();
    private final List<Thread> threads = new CopyOnWriteArrayList<>();
    private ServerSocket listener;
    private int port;
    private volatile String username;
    private volatile String password;
    private Thread acceptor;
    private volatile boolean stalled;
    private volatile boolean mounted = true;
    private volatile double loss;
    private volatile long clockOffsetMillis;
    private volatile int sessionsServed;
    private final AtomicInteger framesSent = new AtomicInteger();
    private volatile boolean refusesUdp;
    private volatile long sessionMillis;
    private volatile String redirect;
    private volatile String refusedMethod = "";
    private volatile String refusal = "";
    private volatile List<String> challenges = List.of("Digest realm=\"cam\", nonce=\"" + NONCE + "\"");
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private volatile IntToLongFunction stamps;
    private volatile String codec = "H264";
    private volatile int endlessAfterFrames = Integer.MAX_VALUE;
    private final AtomicLong endlessBytes = new AtomicLong();
    private final SSLContext tls;

    /** Starts a camera that plays {@link TestClips#cameraH264}. */
    public RtspCamera() {
        this(TestClips.cameraH264(), null);
    }

    /** Starts a camera that plays another raw H.264 stream. */
    public static RtspCamera playing(Path annexB) {
        return new RtspCamera(annexB, null);
    }

    /** Starts a camera that plays another raw H.264 stream at another rate and address, where other machines reach it. */
    public static RtspCamera playing(Path annexB, int framesPerSecond, InetSocketAddress address) {
        return new RtspCamera(annexB, framesPerSecond, address, null);
    }

    /** Starts a camera that speaks RTSP over TLS. */
    public static RtspCamera over(SSLContext tls) {
        return new RtspCamera(TestClips.cameraH264(), tls);
    }

    /** Starts a camera on a free port of the loopback. */
    private RtspCamera(Path annexB, SSLContext tls) {
        this(annexB, FRAMES_PER_SECOND, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), tls);
    }

    private RtspCamera(Path annexB, int framesPerSecond, InetSocketAddress listen, SSLContext tls) {
        this.tls = tls;
        this.framesPerSecond = framesPerSecond;
        this.address = listen.getAddress();
        this.port = listen.getPort();
        this.stamps = frame -> TICKS_PER_SECOND + (long) frame * TICKS_PER_SECOND / framesPerSecond;
        try {
            packets = new H264Packets(annexB);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        start();
    }

    /** Wants this user and password from every client. */
    public RtspCamera requiring(String user, String secret) {
        username = user;
        password = secret;
        return this;
    }

    public String url() {
        return (tls == null ? "rtsp" : "rtsps") + "://127.0.0.1:" + port + PATH;
    }

    /** An address that the camera does not know. */
    public String unknownUrl() {
        return "rtsp://127.0.0.1:" + port + "/nothing";
    }

    public int port() {
        return port;
    }

    /** Sessions that came to PLAY since the start. */
    public int sessionsServed() {
        return sessionsServed;
    }

    /** Frames of all sessions whose last packet was sent. */
    public int framesSent() {
        return framesSent.get();
    }

    /** Sessions that are being played now. */
    public int sessions() {
        return (int) clients.stream().filter(client -> client.playing).count();
    }

    /** While stalled nothing is sent and nothing answered, but connections stay. */
    public void stall(boolean on) {
        stalled = on;
    }

    /** The share of RTP packets that are lost, 0..1. */
    public void lose(double share) {
        loss = share;
    }

    /** Whether {@code /live} exists. */
    public void mount(boolean on) {
        mounted = on;
    }

    /** Sets the camera's clock apart from ours. */
    public void offsetClock(long millis) {
        clockOffsetMillis = millis;
    }

    /** Stamps frames in this way instead of evenly; takes the number of the frame in its session. */
    public void stampBy(IntToLongFunction stamp) {
        stamps = stamp;
    }

    /** Calls its codec something else in the session description. */
    public void callCodec(String name) {
        codec = name;
    }

    /** Sends a frame without end, as fast as it is read, after so many frames of a session. */
    public void sendWithoutEndAfter(int frames) {
        endlessAfterFrames = frames;
    }

    /** Bytes of the frame without end that were sent so far. */
    public long endlessBytes() {
        return endlessBytes.get();
    }

    /** Sends clients that ask for the description to another address. */
    public void redirectTo(String url) {
        redirect = url;
    }

    /** Answers a method with a status such as {@code 453 Not Enough Bandwidth}. */
    public void refuse(String method, String status) {
        refusedMethod = method;
        refusal = status;
    }

    /** Asks for credentials with these values of {@code WWW-Authenticate}; the realm must be {@code cam} and the nonce {@link #NONCE}. */
    public void challengeWith(String... values) {
        challenges = List.of(values);
    }

    /** Headers of all requests so far. */
    public List<String> requests() {
        return requests;
    }

    /** Does not say that it knows GET_PARAMETER, but ends sessions that do not send it after so long. */
    public void wantGetParameterWithin(long millis) {
        sessionMillis = millis;
    }

    /** Answers UDP with 461. */
    public void refuseUdp() {
        refusesUdp = true;
    }

    /** Cuts every connection; new ones are welcome. */
    public void cut() {
        clients.forEach(Client::close);
    }

    /** Stops listening and cuts every connection, as if the power went. */
    public void kill() {
        quietly(listener);
        // Until its accept has returned the kernel still takes connections, which nobody would ever answer.
        join(acceptor);
        cut();
    }

    /** Listens again on the same port. */
    public void start() {
        for (int attempt = 0; ; attempt++) {
            try {
                listener = tls == null
                        ? new ServerSocket()
                        : tls.getServerSocketFactory().createServerSocket();
                listener.setReuseAddress(true);
                listener.bind(new InetSocketAddress(address, port));
                break;
            } catch (IOException e) {
                quietly(listener);
                if (attempt == 50) {
                    throw new AssertionError("the camera cannot listen on port " + port, e);
                }
                LockSupport.parkNanos(20_000_000L);
            }
        }
        port = listener.getLocalPort();
        ServerSocket current = listener;
        acceptor = spawn("rtsp-camera-accept", () -> accept(current));
    }

    @Override
    public void close() {
        kill();
        threads.forEach(RtspCamera::join);
    }

    private static void join(Thread thread) {
        try {
            thread.join(2000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Thread spawn(String name, Runnable work) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        threads.removeIf(t -> !t.isAlive());
        thread.start();
        threads.add(thread);
        return thread;
    }

    private void accept(ServerSocket socket) {
        while (!socket.isClosed()) {
            try {
                Client client = new Client(socket.accept());
                clients.add(client);
                spawn("rtsp-camera-client", client::serve);
            } catch (IOException e) {
                return;
            }
        }
    }

    private static void quietly(Closeable closeable) {
        try {
            if (closeable != null) {
                closeable.close();
            }
        } catch (IOException e) {
            // It is gone either way.
        }
    }

    private final class Client implements Closeable {
        private final Socket socket;
        private final Random random = new Random(7);
        private volatile boolean open = true;
        private DatagramSocket rtp;
        private DatagramSocket rtcp;
        private SocketAddress rtpPeer;
        private SocketAddress rtcpPeer;
        private int channel;
        private volatile boolean playing;
        private volatile long heardNanos = System.nanoTime();

        Client(Socket socket) throws IOException {
            this.socket = socket;
            socket.setTcpNoDelay(true);
        }

        void serve() {
            try (socket) {
                InputStream in = new BufferedInputStream(socket.getInputStream());
                OutputStream out = socket.getOutputStream();
                while (open) {
                    String request = readRequest(in);
                    while (stalled && open) {
                        LockSupport.parkNanos(10_000_000L);
                    }
                    answer(request, out);
                }
            } catch (IOException e) {
                // The client went away, or was cut.
            } finally {
                close();
            }
        }

        /** Header of the next request; interleaved data from the client is skipped. */
        private String readRequest(InputStream in) throws IOException {
            StringBuilder text = new StringBuilder();
            while (true) {
                int c = in.read();
                if (c < 0) {
                    throw new EOFException();
                }
                if (c == '$' && text.length() == 0) {
                    in.read();
                    int length = in.read() << 8 | in.read();
                    in.skipNBytes(length);
                    continue;
                }
                text.append((char) c);
                int length = text.length();
                if (length >= 4 && text.substring(length - 4).equals("\r\n\r\n")) {
                    return text.toString();
                }
            }
        }

        private void answer(String request, OutputStream out) throws IOException {
            String[] lines = request.split("\r\n");
            String[] start = lines[0].split(" ");
            Map<String, String> headers = new HashMap<>();
            for (int i = 1; i < lines.length; i++) {
                int colon = lines[i].indexOf(':');
                if (colon > 0) {
                    headers.put(
                            lines[i].substring(0, colon).toLowerCase(Locale.ROOT),
                            lines[i].substring(colon + 1).strip());
                }
            }
            String method = start[0];
            requests.add(request);
            String uri = start[1];
            String sequence = headers.getOrDefault("cseq", "0");
            if (!method.equals("OPTIONS") && !authorised(method, headers.get("authorization"))) {
                reply(
                        out,
                        "401 Unauthorized",
                        sequence,
                        "WWW-Authenticate: " + String.join("\r\nWWW-Authenticate: ", challenges) + "\r\n",
                        "");
                return;
            }
            if (method.equals(refusedMethod)) {
                reply(out, refusal, sequence, "", "");
                return;
            }
            if (method.equals("DESCRIBE") && redirect != null) {
                reply(out, "302 Moved Temporarily", sequence, "Location: " + redirect + "\r\n", "");
                return;
            }
            if (method.equals("DESCRIBE") && (!mounted || !uri.contains(PATH))) {
                reply(out, "404 Not Found", sequence, "", "");
                return;
            }
            switch (method) {
                case "OPTIONS" ->
                    reply(
                            out,
                            "200 OK",
                            sequence,
                            "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN"
                                    + (sessionMillis > 0 ? "" : ", GET_PARAMETER") + "\r\n",
                            "");
                case "DESCRIBE" ->
                    reply(
                            out,
                            "200 OK",
                            sequence,
                            "Content-Base: " + uri + "/\r\nContent-Type: application/sdp\r\n",
                            description());
                case "SETUP" -> setup(headers.getOrDefault("transport", ""), sequence, out);
                case "PLAY" -> {
                    reply(out, "200 OK", sequence, "Session: 12345678\r\nRange: npt=0-\r\n", "");
                    if (!playing) {
                        playing = true;
                        sessionsServed++;
                        spawn("rtsp-camera-play", () -> play(out));
                    }
                }
                case "TEARDOWN" -> {
                    reply(out, "200 OK", sequence, "Session: 12345678\r\n", "");
                    close();
                }
                case "GET_PARAMETER" -> {
                    heardNanos = System.nanoTime();
                    reply(out, "200 OK", sequence, "Session: 12345678\r\n", "");
                }
                case "SET_PARAMETER" -> reply(out, "200 OK", sequence, "Session: 12345678\r\n", "");
                default -> reply(out, "501 Not Implemented", sequence, "", "");
            }
        }

        private String description() {
            return "v=0\r\n"
                    + "o=- 0 0 IN IP4 127.0.0.1\r\n"
                    + "s=camera\r\n"
                    + "c=IN IP4 0.0.0.0\r\n"
                    + "t=0 0\r\n"
                    + "m=video"
                    + " 0 RTP/AVP"
                    + " 96\r\n"
                    + "a=rtpmap:96"
                    + " " + codec + "/90000\r\na=fmtp:96 " + packets.formatParameters()
                    + "\r\na=control:track0\r\n";
        }

        private void setup(String transport, String sequence, OutputStream out) throws IOException {
            String answer;
            Matcher ports = Pattern.compile("client_port=(\\d+)-(\\d+)").matcher(transport);
            if (ports.find()) {
                if (refusesUdp) {
                    reply(out, "461 Unsupported Transport", sequence, "", "");
                    return;
                }
                rtp = new DatagramSocket(0, InetAddress.getLoopbackAddress());
                rtcp = new DatagramSocket(0, InetAddress.getLoopbackAddress());
                rtpPeer = new InetSocketAddress(socket.getInetAddress(), Integer.parseInt(ports.group(1)));
                rtcpPeer = new InetSocketAddress(socket.getInetAddress(), Integer.parseInt(ports.group(2)));
                answer = "RTP/AVP;unicast;" + ports.group() + ";server_port=" + rtp.getLocalPort() + "-"
                        + rtcp.getLocalPort();
            } else {
                Matcher interleaved = Pattern.compile("interleaved=(\\d+)-").matcher(transport);
                channel = interleaved.find() ? Integer.parseInt(interleaved.group(1)) : 0;
                answer = "RTP/AVP/TCP;unicast;interleaved=" + channel + "-" + (channel + 1);
            }
            reply(
                    out,
                    "200 OK",
                    sequence,
                    "Session: 12345678" + (sessionMillis > 0 ? ";timeout=" + Math.max(2, sessionMillis / 2000) : "")
                            + "\r\nTransport: " + answer + "\r\n",
                    "");
        }

        private void reply(OutputStream out, String status, String sequence, String headers, String body)
                throws IOException {
            String length = body.isEmpty() ? "" : "Content-Length: " + body.length() + "\r\n";
            byte[] bytes = ("RTSP/1.0 " + status + "\r\nCSeq: " + sequence + "\r\n" + headers + length + "\r\n" + body)
                    .getBytes(StandardCharsets.UTF_8);
            synchronized (out) {
                out.write(bytes);
                out.flush();
            }
        }

        private boolean authorised(String method, String header) {
            if (username == null) {
                return true;
            }
            if (header != null && header.startsWith("Basic ")) {
                String pair = new String(Base64.getDecoder().decode(header.substring(6)), StandardCharsets.UTF_8);
                return challenges.stream().anyMatch(challenge -> challenge.startsWith("Basic"))
                        && pair.equals(username + ":" + password);
            }
            if (header == null || !header.startsWith("Digest ")) {
                return false;
            }
            Map<String, String> fields = new HashMap<>();
            Matcher matcher = DIGEST_FIELD.matcher(header);
            while (matcher.find()) {
                fields.put(matcher.group(1), matcher.group(2));
            }
            String algorithm = header.toUpperCase(Locale.ROOT).contains("SHA-256") ? "SHA-256" : "MD5";
            if (challenges.stream()
                    .noneMatch(challenge -> challenge.contains("SHA-256") == algorithm.equals("SHA-256"))) {
                return false;
            }
            String expected = hash(
                    algorithm,
                    hash(algorithm, username + ":cam:" + password) + ":" + NONCE + ":"
                            + hash(algorithm, method + ":" + fields.getOrDefault("uri", "")));
            return expected.equals(fields.get("response")) && NONCE.equals(fields.get("nonce"));
        }

        private void play(OutputStream out) {
            int sequence = 1000;
            int packetCount = 0;
            long due = System.nanoTime();
            int source = 0x4845_4c4d;
            List<List<byte[]>> units = packets.accessUnits();
            try {
                for (int frame = 0; open; frame++) {
                    while (open && (stalled || System.nanoTime() < due)) {
                        LockSupport.parkNanos(stalled ? 5_000_000L : Math.max(1, due - System.nanoTime()));
                        if (stalled) {
                            due = System.nanoTime();
                        }
                    }
                    if (sessionMillis > 0 && System.nanoTime() - heardNanos > sessionMillis * 1_000_000L) {
                        return;
                    }
                    due += TimeUnit.SECONDS.toNanos(1) / framesPerSecond;
                    long timestamp = stamps.applyAsLong(frame);
                    if (frame == endlessAfterFrames) {
                        playWithoutEnd(out, sequence, timestamp, source);
                    }
                    if (frame % 25 == 0) {
                        send(out, channel + 1, senderReport(source, timestamp, packetCount), rtcp, rtcpPeer);
                    }
                    List<byte[]> unit = units.get(frame % units.size());
                    for (int i = 0; i < unit.size() && open; i++) {
                        byte[] payload = unit.get(i);
                        ByteBuffer packet = ByteBuffer.allocate(12 + payload.length);
                        packet.put((byte) 0x80);
                        packet.put((byte) ((i == unit.size() - 1 ? 0x80 : 0) | 96));
                        packet.putShort((short) sequence++)
                                .putInt((int) timestamp)
                                .putInt(source)
                                .put(payload);
                        packetCount++;
                        if (random.nextDouble() >= loss) {
                            send(out, channel, packet.array(), rtp, rtpPeer);
                        }
                    }
                    framesSent.incrementAndGet();
                }
            } catch (IOException e) {
                // The client went away, or was cut.
            } finally {
                close();
            }
        }

        /** Fragments of one NAL unit (RFC 6184, section 5.8), none of which is the last; interleaved, and always in the same memory. */
        private void playWithoutEnd(OutputStream out, int first, long timestamp, int source) throws IOException {
            ByteBuffer packet = ByteBuffer.allocate(16 + 60_000);
            Arrays.fill(packet.array(), (byte) 0x55);
            packet.put(0, (byte) '$').put(1, (byte) channel).putShort(2, (short) (packet.capacity() - 4));
            packet.put(4, (byte) 0x80)
                    .put(5, (byte) 96)
                    .putInt(8, (int) timestamp)
                    .putInt(12, source);
            packet.put(16, (byte) 0x7c);
            for (int sequence = first; open; sequence++) {
                packet.putShort(6, (short) sequence).put(17, (byte) (sequence == first ? 0x85 : 0x05));
                out.write(packet.array());
                endlessBytes.addAndGet(packet.capacity());
            }
        }

        /** RFC 3550, section 6.4.1. */
        private byte[] senderReport(int source, long timestamp, int packetCount) {
            long millis = System.currentTimeMillis() + clockOffsetMillis;
            ByteBuffer report = ByteBuffer.allocate(28);
            report.put((byte) 0x80).put((byte) 200).putShort((short) 6).putInt(source);
            report.putInt((int) (millis / 1000 + NTP_OFFSET_SECONDS));
            report.putInt((int) ((millis % 1000) * 4_294_967L));
            report.putInt((int) timestamp).putInt(packetCount).putInt(packetCount * 1000);
            return report.array();
        }

        private void send(OutputStream out, int onChannel, byte[] packet, DatagramSocket from, SocketAddress to)
                throws IOException {
            if (from != null) {
                from.send(new DatagramPacket(packet, packet.length, to));
                return;
            }
            byte[] framed = new byte[packet.length + 4];
            framed[0] = '$';
            framed[1] = (byte) onChannel;
            framed[2] = (byte) (packet.length >> 8);
            framed[3] = (byte) packet.length;
            System.arraycopy(packet, 0, framed, 4, packet.length);
            synchronized (out) {
                out.write(framed);
                out.flush();
            }
        }

        @Override
        public void close() {
            open = false;
            clients.remove(this);
            quietly(socket);
            quietly(rtp);
            quietly(rtcp);
        }
    }

    private static String hash(String algorithm, String text) {
        try {
            return HexFormat.of()
                    .formatHex(MessageDigest.getInstance(algorithm).digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    /** Waits until every connection is gone. */
    public void awaitIdle() throws InterruptedException {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
        while (!clients.isEmpty() && System.nanoTime() < until) {
            Thread.sleep(10);
        }
    }
}
