package io.helmwatch.web.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class HostileClientsTest {
    private static final List<String> PATHS = List.of("/live", "/metrics", "/streams", "/api/v1/streams", "/");
    private static final Duration ANSWERED_WITHIN = Duration.ofSeconds(3);
    /** The server closes connections as it accepts others, of which the kernel keeps up to a backlog. */
    private static final Duration SETTLED_WITHIN = Duration.ofSeconds(20);

    /** What a client sends and then leaves: nothing, half a head, half a body, or a request whose answer it does not read. */
    private static final List<String> UNFINISHED = List.of(
            "",
            "GET /live HTTP/1.1\r\nX: ",
            "POST /reload HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9000\r\n\r\n",
            "POST /api/v1/session HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n{",
            "POST /api/v1/streams HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "1\r\n{\r\n",
            "GET /lib/uplot/uPlot.esm.js HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");

    private final TestDesk desk = new TestDesk();

    @TempDir
    Path folder;

    @ParameterizedTest(name = "{0} connections")
    @ValueSource(ints = {1_000, 5_000})
    void shouldAnswerWhileConnectionsAreIdleOrSlow(int connections) throws Exception {
        long descriptors =
                ((UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getMaxFileDescriptorCount();
        assumeTrue(descriptors > connections + 1_000, "needs " + connections + " descriptors for the clients");
        try (DeskServer server = DeskServer.start(TestDesk.withUsers(folder), desk.desk())) {
            InetSocketAddress address = server.address();
            List<SocketChannel> held = new ArrayList<>();
            // Without those to which the kernel still sends what the server wrote before it closed them.
            List<SocketChannel> silent = new ArrayList<>();
            try {
                for (int i = 0; i < connections; i++) {
                    SocketChannel channel = unfinished(address, UNFINISHED.get(i % UNFINISHED.size()));
                    held.add(channel);
                    if (i % UNFINISHED.size() < UNFINISHED.size() - 1) {
                        silent.add(channel);
                    }
                }
                String token = "Authorization: Bearer " + TestDesk.ADMIN_TOKEN;
                for (String path : PATHS) {
                    long start = System.nanoTime();
                    String response = RawHttp.ask(address, "GET " + path, token);
                    assertThat(RawHttp.status(response)).as(path).isEqualTo(200);
                    assertThat(Duration.ofNanos(System.nanoTime() - start))
                            .as(path)
                            .isLessThan(ANSWERED_WITHIN);
                }
                long deadline = System.nanoTime() + SETTLED_WITHIN.toNanos();
                int cap = Limits.ofProcess().connections();
                while (stillOpen(silent) > cap && System.nanoTime() < deadline) {
                    Thread.sleep(50);
                }
                assertThat(stillOpen(silent))
                        .as("connections that the server keeps")
                        .isLessThanOrEqualTo(cap);
                assertThat(threads()).isLessThanOrEqualTo(16);
            } finally {
                for (SocketChannel channel : held) {
                    channel.close();
                }
            }
        }
    }

    private static SocketChannel unfinished(InetSocketAddress address, String sent) throws IOException {
        SocketChannel channel = SocketChannel.open();
        channel.setOption(StandardSocketOptions.SO_RCVBUF, 4_096);
        channel.connect(address);
        if (!sent.isEmpty()) {
            try {
                channel.write(ByteBuffer.wrap(sent.getBytes(StandardCharsets.US_ASCII)));
            } catch (IOException closedAlready) {
                // In favour of a newer one.
            }
        }
        return channel;
    }

    private static long threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("http"))
                .count();
    }

    private static long stillOpen(List<SocketChannel> channels) throws IOException {
        long open = 0;
        ByteBuffer bytes = ByteBuffer.allocate(1 << 17);
        for (SocketChannel channel : channels) {
            channel.configureBlocking(false);
            try {
                int read = channel.read(bytes.clear());
                while (read > 0) {
                    read = channel.read(bytes.clear());
                }
                open += read < 0 ? 0 : 1;
            } catch (IOException reset) {
                // Closed by the server, too.
            }
        }
        return open;
    }

    @ParameterizedTest(name = "[{0}]")
    @ValueSource(
            strings = {
                "GET /live HTTP/1.1\r\n",
                "",
                "POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n"
            })
    void shouldCloseAConnectionWhoseRequestTakesTooLong(String sent) throws Exception {
        Limits limits = new Limits(4, 2, Duration.ofMillis(300), Duration.ofSeconds(1), Duration.ofSeconds(1), 1024);
        try (DeskServer server = DeskServer.start(TestDesk.open(folder), desk.desk(), limits);
                SocketChannel slow = unfinished(server.address(), sent)) {
            long start = System.nanoTime();
            assertThat(slow.read(ByteBuffer.allocate(16))).isEqualTo(-1);
            assertThat(Duration.ofNanos(System.nanoTime() - start))
                    .isBetween(Duration.ofMillis(100), Duration.ofSeconds(3));
        }
    }

    @Test
    void shouldKeepTheConnectionOfAPageThatAsksAgain() throws Exception {
        String request = "GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n";
        try (DeskServer server = DeskServer.start(TestDesk.open(folder), desk.desk());
                SocketChannel channel = SocketChannel.open(server.address())) {
            for (int i = 0; i < 3; i++) {
                channel.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII)));
                ByteBuffer answer = ByteBuffer.allocate(4_096);
                StringBuilder text = new StringBuilder();
                while (!text.toString().endsWith("ok\n")) {
                    assertThat(channel.read(answer.clear())).isPositive();
                    text.append(StandardCharsets.US_ASCII.decode(answer.flip()));
                }
            }
        }
    }

    @ParameterizedTest(name = "{0} bytes: {1}")
    @CsvSource({"200000, 422", "262145, 413", "5000000, 413"})
    void shouldRefuseABodyBeyondItsLimit(int bytes, int status) throws Exception {
        try (DeskServer server = DeskServer.start(TestDesk.open(folder), desk.desk())) {
            String body = "{\"id\":\"" + "x".repeat(bytes - 9) + "\"}";
            String head = "POST /api/v1/streams HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                    + "Content-Type: application/json\r\n";
            try (SocketChannel channel = SocketChannel.open(server.address())) {
                channel.write(ByteBuffer.wrap(
                        (head + "Content-Length: " + bytes + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII)));
                if (status == 422) {
                    ByteBuffer content = ByteBuffer.wrap(body.getBytes(StandardCharsets.US_ASCII));
                    while (content.hasRemaining()) {
                        channel.write(content);
                    }
                }
                ByteBuffer answer = ByteBuffer.allocate(64);
                assertThat(channel.read(answer)).isPositive();
                assertThat(new String(answer.array(), StandardCharsets.US_ASCII))
                        .startsWith("HTTP/1.1 " + status);
            }
        }
    }

    @Test
    void shouldRefuseAChunkedBodyBeyondItsLimit() throws Exception {
        try (DeskServer server = DeskServer.start(TestDesk.open(folder), desk.desk())) {
            StringBuilder request = new StringBuilder("POST /api/v1/streams HTTP/1.1\r\nHost: localhost\r\n"
                    + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
            String chunk = "4000\r\n" + "x".repeat(0x4000) + "\r\n";
            request.append(chunk.repeat(40));
            try (SocketChannel channel = SocketChannel.open(server.address())) {
                ByteBuffer content = ByteBuffer.wrap(request.toString().getBytes(StandardCharsets.US_ASCII));
                try {
                    while (content.hasRemaining()) {
                        channel.write(content);
                    }
                } catch (IOException closedMeanwhile) {
                    // The answer may be there.
                }
                ByteBuffer answer = ByteBuffer.allocate(64);
                try {
                    channel.read(answer);
                } catch (IOException reset) {
                    return;
                }
                assertThat(new String(answer.array(), StandardCharsets.US_ASCII))
                        .startsWith("HTTP/1.1 413");
            }
        }
    }
}
