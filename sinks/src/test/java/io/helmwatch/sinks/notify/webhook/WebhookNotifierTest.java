package io.helmwatch.sinks.notify.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpServer;
import io.helmwatch.config.secret.Secret;
import io.helmwatch.config.sink.NotifyConfig;
import io.helmwatch.sinks.notify.NotifyException;
import io.helmwatch.sinks.notify.NotifyMessage;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against an HTTP server. */
class WebhookNotifierTest {
    private static final Clock CLOCK = Clock.fixed(Instant.ofEpochSecond(1_674_087_231L), ZoneOffset.UTC);
    private static final NotifyMessage MESSAGE = NotifyMessage.test("guards", 1_000);

    private record Request(Headers headers, String body) {}

    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private volatile int status = 204;
    private volatile Map<String, String> answerHeaders = Map.of();
    private HttpServer server;

    @BeforeEach
    void start() throws Exception {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            requests.add(new Request(
                    exchange.getRequestHeaders(),
                    new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)));
            answerHeaders.forEach(exchange.getResponseHeaders()::set);
            exchange.sendResponseHeaders(status, -1);
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private URI address() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/hook?key=word");
    }

    private void deliver(@Nullable Secret secret, boolean allowLocal, List<NotifyMessage> messages) throws Exception {
        try (WebhookNotifier notifier = new WebhookNotifier(
                new NotifyConfig.Webhook(address(), secret, allowLocal, Duration.ofSeconds(5)),
                ZoneOffset.UTC,
                CLOCK)) {
            notifier.deliver(messages);
        }
    }

    @Test
    void shouldPostTheMessageWithItsIdAndType() throws Exception {
        deliver(null, true, List.of(MESSAGE));
        Request request = requests.get(0);
        assertThat(request.body()).isEqualTo(new String(MESSAGE.value(), StandardCharsets.UTF_8));
        assertThat(request.headers().getFirst("webhook-id")).isEqualTo(MESSAGE.id());
        assertThat(request.headers().getFirst("helmwatch-type")).isEqualTo("test");
        assertThat(request.headers().getFirst("content-type")).isEqualTo("application/json");
        assertThat(request.headers()).doesNotContainKey("webhook-signature");
    }

    /** The example of the Standard Webhooks specification. */
    @Test
    void shouldSignAsStandardWebhooksDo() {
        String signature = WebhookNotifier.signature(
                Secret.of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"),
                "msg_p5jXN8AQM9LWM0D4loKWxJek",
                "1614265330",
                "{\"test\": 2432232314}".getBytes(StandardCharsets.UTF_8));
        assertThat(signature).isEqualTo("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    @Test
    void shouldSendASignatureOfWhatIsSent() throws Exception {
        Secret secret = Secret.of("a word");
        deliver(secret, true, List.of(MESSAGE));
        assertThat(requests.get(0).headers().getFirst("webhook-timestamp")).isEqualTo("1674087231");
        assertThat(requests.get(0).headers().getFirst("webhook-signature"))
                .isEqualTo(WebhookNotifier.signature(secret, MESSAGE.id(), "1674087231", MESSAGE.value()));
    }

    @Test
    void shouldSendADigestAsOneRequest() throws Exception {
        NotifyMessage other = NotifyMessage.test("guards", 2_000);
        deliver(null, true, List.of(MESSAGE, other));
        assertThat(requests).hasSize(1);
        assertThat(requests.get(0).body())
                .startsWith("{\"schema\":\"helmwatch.digest/1\",\"messages\":[{")
                .contains(MESSAGE.id(), other.id())
                .endsWith("}]}");
    }

    @ParameterizedTest
    @CsvSource({
        "400,true",
        "409,true",
        "410,true",
        "413,true",
        "422,true",
        "401,false",
        "403,false",
        "404,false",
        "408,false",
        "425,false",
        "429,false",
        "500,false",
        "503,false",
        "302,false"
    })
    void shouldKnowWhichAnswersNeverChange(int answer, boolean permanent) {
        status = answer;
        answerHeaders = Map.of("Location", "http://127.0.0.1:1/elsewhere");
        NotifyException refused =
                catchThrowableOfType(NotifyException.class, () -> deliver(null, true, List.of(MESSAGE)));
        assertThat(refused.isPermanent()).isEqualTo(permanent);
        assertThat(refused).hasMessageContaining(Integer.toString(answer));
        assertThat(refused.getMessage()).doesNotContain("word");
        assertThat(requests).hasSize(1);
    }

    @Test
    void shouldWaitAsLongAsAsked() {
        status = 429;
        answerHeaders = Map.of("Retry-After", "120");
        NotifyException refused =
                catchThrowableOfType(NotifyException.class, () -> deliver(null, true, List.of(MESSAGE)));
        assertThat(refused.retryAfter()).isEqualTo(Duration.ofMinutes(2));
    }

    @Test
    void shouldNotContactThisMachineUnlessAllowed() {
        NotifyException refused =
                catchThrowableOfType(NotifyException.class, () -> deliver(null, false, List.of(MESSAGE)));
        assertThat(refused).hasMessageContaining("127.0.0.1").hasMessageContaining("allow-local");
        assertThat(requests).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "127.0.0.1,true",
        "::1,true",
        "0.0.0.0,true",
        "169.254.169.254,true",
        "fe80::1,true",
        "224.0.0.1,true",
        "::ffff:127.0.0.1,true",
        "192.168.1.10,false",
        "10.0.0.1,false",
        "203.0.113.7,false",
        "2001:db8::1,false"
    })
    void shouldKnowAddressesOfThisMachineAndItsLink(String address, boolean local) throws Exception {
        assertThat(WebhookNotifier.isLocal(InetAddress.getByName(address))).isEqualTo(local);
    }

    @Test
    void shouldSayThatNobodyListens() {
        server.stop(0);
        NotifyException refused =
                catchThrowableOfType(NotifyException.class, () -> deliver(null, true, List.of(MESSAGE)));
        assertThat(refused.isPermanent()).isFalse();
        assertThat(refused).hasMessageContaining("127.0.0.1").hasMessageContaining("cannot be reached");
        assertThat(refused.getMessage()).doesNotContain("word");
    }
}
