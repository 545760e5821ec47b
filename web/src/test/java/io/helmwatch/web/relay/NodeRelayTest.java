package io.helmwatch.web.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.helmwatch.config.cluster.ClusterConfig;
import io.helmwatch.config.http.Role;
import io.helmwatch.config.secret.Secret;
import io.helmwatch.web.RefusedException;
import io.helmwatch.web.Relay;
import io.helmwatch.web.Relay.Sender;
import io.helmwatch.web.Relay.Subject;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class NodeRelayTest {
    private static final Secret SECRET = Secret.of("0123456789abcdef0123456789abcdef");
    private static final Sender KIM = new Sender("kim", Role.OPERATOR, false);
    private static final String URI_OF_FRAME = "/api/v1/streams/gate/frame.jpg?draw=true";

    private final AtomicLong now = new AtomicLong(1_795_176_000_000L);
    private final NodePasses first = passes("site", "first", SECRET);
    private final NodePasses second = passes("site", "second", SECRET);
    private final Map<String, String> seen = new ConcurrentHashMap<>();
    private HttpServer server;

    private NodePasses passes(String cluster, String node, Secret secret) {
        return new NodePasses(cluster, node, secret, now::get);
    }

    @BeforeEach
    void startServer() throws Exception {
        server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.createContext("/", exchange -> {
            seen.put("uri", exchange.getRequestURI().toString());
            exchange.getRequestHeaders().forEach((name, values) -> seen.put(name, String.join(",", values)));
            String path = exchange.getRequestURI().getPath();
            byte[] body = path.endsWith("frame.jpg") ? "JPEG".getBytes(UTF_8) : new byte[0];
            if (path.endsWith("restart")) {
                exchange.getResponseHeaders().add("Location", "http://192.0.2.7/");
            }
            exchange.getResponseHeaders().add("Content-Type", "image/jpeg");
            exchange.getResponseHeaders().add("Set-Cookie", "theirs=1");
            int status = path.endsWith("restart") ? 302 : path.endsWith("preview") ? 401 : 200;
            exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void stopServer() {
        server.stop(0);
    }

    private NodeRelay relay(@Nullable Secret secret, @Nullable URI desk) {
        ClusterConfig usual = ClusterConfig.of("site", "first");
        ClusterConfig cluster = new ClusterConfig(
                usual.name(),
                usual.node(),
                usual.weight(),
                usual.sessionTimeout(),
                usual.handOverAfter(),
                usual.rebalance(),
                usual.rebalanceAfter(),
                usual.camerasTopic(),
                usual.partitions(),
                usual.openIncidentsTopic(),
                usual.nodesTopic(),
                usual.acknowledgementsTopic(),
                Path.of(""),
                null,
                secret,
                null);
        return new NodeRelay(cluster, new Peers() {
            @Override
            public @Nullable String nodeOf(Subject subject, String id) {
                return id.equals("gate") ? "second" : null;
            }

            @Override
            public @Nullable URI desk(String node) {
                return desk;
            }
        });
    }

    private URI address() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/");
    }

    private static Relay.Request request(String id, String method, String what) {
        return new Relay.Request(
                Subject.STREAM, id, method, "/api/v1/streams/" + id + what, new byte[0], "bytes=0-3", KIM);
    }

    @Test
    void shouldAcceptAPassOnceForTheRequestThatItWasIssuedFor() {
        String pass = first.issue("second", KIM, "GET", URI_OF_FRAME);

        assertThat(second.verify(pass, "POST", URI_OF_FRAME))
                .as("another method")
                .isNull();
        assertThat(second.verify(pass, "GET", "/api/v1/streams"))
                .as("another path")
                .isNull();
        assertThat(first.verify(pass, "GET", URI_OF_FRAME)).as("another node").isNull();
        assertThat(second.verify(pass, "GET", URI_OF_FRAME)).isEqualTo(new Sender("kim@first", Role.OPERATOR, false));
        assertThat(second.verify(pass, "GET", URI_OF_FRAME)).as("a second time").isNull();
    }

    @Test
    void shouldRefuseAPassThatIsForgedExpiredOrOfAnotherCluster() {
        String pass = first.issue("second", KIM, "GET", URI_OF_FRAME);
        String claims = new String(
                Base64.getUrlDecoder().decode(pass.substring(Relay.SCHEME.length(), pass.indexOf('.'))), UTF_8);
        String forged = Relay.SCHEME
                + Base64.getUrlEncoder()
                        .withoutPadding()
                        .encodeToString(claims.replace("operator", "admin").getBytes(UTF_8))
                + pass.substring(pass.indexOf('.'));

        assertThat(second.verify(forged, "GET", URI_OF_FRAME)).isNull();
        for (String damaged : new String[] {"", Relay.SCHEME, Relay.SCHEME + "a.b", Relay.SCHEME + "%.%", pass + "x"}) {
            assertThat(second.verify(damaged, "GET", URI_OF_FRAME)).as(damaged).isNull();
        }
        assertThat(passes("other", "second", SECRET).verify(pass, "GET", URI_OF_FRAME))
                .isNull();
        assertThat(passes("site", "second", Secret.of("fedcba9876543210fedcba98"))
                        .verify(pass, "GET", URI_OF_FRAME))
                .isNull();
        now.addAndGet(NodePasses.LIFETIME_MILLIS + NodePasses.SKEW_MILLIS);
        assertThat(second.verify(pass, "GET", URI_OF_FRAME)).isNull();
        assertThat(pass).doesNotContain(SECRET.reveal());
    }

    @Test
    void shouldAskTheNodeThatHasTheStreamInTheNameOfTheUser() {
        Relay.Answer answer = relay(SECRET, address()).pass(request("gate", "GET", "/frame.jpg?draw=true"));

        assertThat(answer).isNotNull();
        assertThat(new String(answer.body(), UTF_8)).isEqualTo("JPEG");
        assertThat(answer.type()).isEqualTo("image/jpeg");
        assertThat(answer.headers()).as("nothing of the other node's session").isEmpty();
        assertThat(seen).containsEntry("uri", URI_OF_FRAME).containsEntry("Range", "bytes=0-3");
        now.set(System.currentTimeMillis());
        assertThat(second.verify(seen.get("Authorization"), "GET", URI_OF_FRAME))
                .isEqualTo(new Sender("kim@first", Role.OPERATOR, false));
        assertThat(relay(SECRET, address()).pass(request("yard", "GET", "/frame.jpg")))
                .isNull();
    }

    @Test
    void shouldNotFollowTheOtherNodeElsewhereAndSayWhatIsWrong() throws Exception {
        NodeRelay relay = relay(SECRET, address());
        assertThat(relay.pass(request("gate", "POST", "/restart")).status())
                .as("a redirection is an answer")
                .isEqualTo(302);
        assertThatThrownBy(() -> relay.pass(request("gate", "POST", "/preview")))
                .isInstanceOf(RefusedException.class)
                .hasMessageContaining("cluster.secret-env must be the same");
        assertThatThrownBy(() -> relay(null, address()).pass(request("gate", "GET", "/frame.jpg")))
                .hasMessageContaining("set cluster.secret-env");
        assertThatThrownBy(() -> relay(SECRET, null).pass(request("gate", "GET", "/frame.jpg")))
                .hasMessageContaining("node second has it, and is not heard of now");
        try (ServerSocket closed = new ServerSocket(0)) {
            int port = closed.getLocalPort();
            closed.close();
            assertThatThrownBy(() -> relay(SECRET, URI.create("http://127.0.0.1:" + port + "/"))
                            .pass(request("gate", "GET", "/frame.jpg")))
                    .hasMessageStartingWith("node second does not answer");
        }
    }
}
