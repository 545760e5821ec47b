package io.helmwatch.web.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helmwatch.config.http.AccessConfig;
import io.helmwatch.config.http.HttpConfig;
import io.helmwatch.config.http.Role;
import io.helmwatch.web.LiveVideo;
import java.io.IOException;
import java.net.CookieManager;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class LiveSocketsTest {
    private final TestDesk desk = new TestDesk();
    private final BlockingQueue<Object> received = new LinkedBlockingQueue<>();

    @TempDir
    Path folder;

    private WebSocket connect(InetSocketAddress address, String... headers) {
        WebSocket.Builder builder = HttpClient.newHttpClient().newWebSocketBuilder();
        for (int i = 0; i < headers.length; i += 2) {
            builder.header(headers[i], headers[i + 1]);
        }
        URI uri = URI.create("ws://127.0.0.1:" + address.getPort() + "/api/v1/live");
        return builder.buildAsync(uri, new Receiver()).join();
    }

    private final class Receiver implements WebSocket.Listener {
        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
            received.add(data.toString());
            socket.request(1);
            return null;
        }

        @Override
        public CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
            byte[] bytes = new byte[data.remaining()];
            data.get(bytes);
            received.add(bytes);
            socket.request(1);
            return null;
        }

        @Override
        public void onError(WebSocket socket, Throwable failure) {
            received.add("error");
        }

        @Override
        public CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
            received.add("closed " + code);
            return null;
        }
    }

    private Object next() throws InterruptedException {
        return received.poll(10, TimeUnit.SECONDS);
    }

    @Test
    void shouldPassMessagesBothWaysAndTellWhoWatches() throws Exception {
        try (DeskServer server = DeskServer.start(TestDesk.withUsers(folder), desk.desk())) {
            WebSocket socket = connect(server.address(), "Authorization", "Bearer " + TestDesk.VIEWER_TOKEN);
            socket.sendText("{\"type\":\"watch\",\"streams\":[]}", true).join();
            assertThat(next()).isEqualTo("VIEWER {\"type\":\"watch\",\"streams\":[]}");
            assertThat(next()).isEqualTo(TestDesk.JPEG);
            assertThat(desk.viewers).hasSize(1);
            assertThat(desk.viewers.get(0).user()).isEqualTo("wall");
            socket.sendClose(WebSocket.NORMAL_CLOSURE, "").join();
            long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
            while (!desk.viewers.isEmpty() && System.nanoTime() < deadline) {
                Thread.sleep(10);
            }
            assertThat(desk.viewers).isEmpty();
        }
    }

    @Test
    void shouldBeginNoSessionOfTheServersOwnForAViewer() throws Exception {
        CookieManager cookies = new CookieManager();
        try (DeskServer server = DeskServer.start(TestDesk.withUsers(folder), desk.desk())) {
            HttpClient.newBuilder()
                    .cookieHandler(cookies)
                    .build()
                    .newWebSocketBuilder()
                    .header("Authorization", "Bearer " + TestDesk.VIEWER_TOKEN)
                    .buildAsync(
                            URI.create("ws://127.0.0.1:" + server.address().getPort() + "/api/v1/live"), new Receiver())
                    .join()
                    .abort();
        }
        assertThat(cookies.getCookieStore().getCookies()).isEmpty();
    }

    @Test
    void shouldEndTheViewersOfASessionAtOnceWhenItsUserLogsOut() throws Exception {
        try (DeskServer server = DeskServer.start(TestDesk.withUsers(folder), desk.desk())) {
            String[] olga = {"Cookie", login(server.address(), "olga")};
            String[] again = {"Cookie", login(server.address(), "olga")};
            WebSocket first = connect(server.address(), olga);
            WebSocket second = connect(server.address(), olga);
            WebSocket other = connect(server.address(), again);

            assertThat(RawHttp.status(RawHttp.ask(server.address(), "DELETE /api/v1/session", "Cookie: " + olga[1])))
                    .isEqualTo(204);

            assertThat(desk.viewers).hasSize(1);
            assertThat(List.of(next(), next())).containsOnly("closed 1008");
            assertThat(List.of(first.isInputClosed(), second.isInputClosed())).containsOnly(true);
            assertThat(other.isInputClosed()).isFalse();
            assertThat(refusal(server.address(), olga)).isEqualTo(401);
            other.abort();
        }
    }

    @Test
    void shouldEndTheLoginsOfUsersAndTokensThatAreGoneOrChangedAndKeepTheOthers() throws Exception {
        HttpConfig config = TestDesk.withUsers(folder);
        AccessConfig access = config.access();
        try (DeskServer server = DeskServer.start(config, desk.desk())) {
            String vera = login(server.address(), "vera");
            String olga = login(server.address(), "olga");
            connect(server.address(), "Cookie", vera);
            connect(server.address(), "Cookie", olga);
            connect(server.address(), "Authorization", "Bearer " + TestDesk.VIEWER_TOKEN);
            connect(server.address(), "Authorization", "Bearer " + TestDesk.ADMIN_TOKEN);
            assertThat(server.updateLogins(access)).isFalse();

            boolean isChanged = server.updateLogins(access.withUsers(List.of(
                            new AccessConfig.User("olga", Role.VIEWER, TestDesk.HASH),
                            access.users().get(0)))
                    .withTokens(access.tokens().subList(1, 3)));

            assertThat(isChanged).isTrue();
            assertThat(List.of(next(), next())).containsOnly("closed 1008");
            assertThat(desk.viewers).extracting(LiveVideo.Connection::user).containsExactlyInAnyOrder("vera", "robot");
            assertThat(refusal(server.address(), "Cookie", olga)).isEqualTo(401);
            assertThat(RawHttp.status(RawHttp.ask(server.address(), "GET /api/v1/streams", "Cookie: " + vera)))
                    .isEqualTo(200);
            String session =
                    RawHttp.ask(server.address(), "GET /api/v1/session", "Cookie: " + login(server.address(), "olga"));
            assertThat(RawHttp.body(session)).contains("\"role\":\"viewer\"");
        }
    }

    private static String login(InetSocketAddress address, String name) throws IOException {
        String body = "{\"username\":\"" + name + "\",\"password\":\"" + TestDesk.PASSWORD + "\"}";
        String cookie = RawHttp.header(RawHttp.post(address, "POST /api/v1/session", body), "Set-Cookie");
        return cookie.substring(0, cookie.indexOf(';'));
    }

    @Test
    void shouldRefuseViewersWithoutLoginAndPagesOfOtherSites() {
        try (DeskServer server = DeskServer.start(TestDesk.withUsers(folder), desk.desk())) {
            assertThat(refusal(server.address())).isEqualTo(401);
            assertThat(refusal(server.address(), "Authorization", "Bearer nonsense"))
                    .isEqualTo(401);
            String token = "Bearer " + TestDesk.ADMIN_TOKEN;
            assertThat(refusal(server.address(), "Authorization", token, "Origin", "http://evil.example"))
                    .isEqualTo(403);
            assertThat(desk.viewers).isEmpty();
        }
    }

    private int refusal(InetSocketAddress address, String... headers) {
        int[] status = new int[1];
        assertThatThrownBy(() -> connect(address, headers))
                .isInstanceOf(CompletionException.class)
                .satisfies(refused -> status[0] = ((WebSocketHandshakeException) refused.getCause())
                        .getResponse()
                        .statusCode());
        return status[0];
    }

    @Test
    void shouldRefuseMoreViewersThanItsLimitAndAcceptThemAgainOnceOthersLeft() throws Exception {
        Limits limits = new Limits(8, 3, Duration.ofSeconds(5), Duration.ofSeconds(5), Duration.ofSeconds(5), 4_096);
        HttpConfig config = TestDesk.open(folder);
        try (DeskServer server = DeskServer.start(config, desk.desk(), limits)) {
            List<WebSocket> sockets = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                sockets.add(connect(server.address()));
            }
            assertThat(refusal(server.address())).isEqualTo(503);
            assertThat(RawHttp.status(RawHttp.ask(server.address(), "GET /live")))
                    .isEqualTo(200);
            sockets.get(0).abort();
            long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
            while (desk.viewers.size() > 2 && System.nanoTime() < deadline) {
                Thread.sleep(10);
            }
            assertThat(connect(server.address()).isInputClosed()).isFalse();
            sockets.forEach(WebSocket::abort);
        }
    }

    @Test
    void shouldCloseAConnectionThatSendsWhatNobodyExpects() throws Exception {
        try (DeskServer server = DeskServer.start(TestDesk.open(folder), desk.desk())) {
            connect(server.address())
                    .sendBinary(ByteBuffer.wrap(new byte[10]), true)
                    .join();
            assertThat(next()).isEqualTo("closed 1008");
            // The server may close before the client has sent everything.
            connect(server.address())
                    .sendText("x".repeat(100_000), true)
                    .handle((sent, failure) -> sent)
                    .join();
            assertThat(next()).isIn("closed 1009", "error");
        }
    }
}
