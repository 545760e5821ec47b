package io.helmwatch.sinks.notify.webhook;

import io.helmwatch.config.secret.Secret;
import io.helmwatch.config.sink.NotifyConfig;
import io.helmwatch.sinks.notify.Notifier;
import io.helmwatch.sinks.notify.NotifyException;
import io.helmwatch.sinks.notify.NotifyMessage;
import io.helmwatch.sinks.notify.NotifyTemplate;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.time.Clock;
import java.time.Duration;
import java.time.ZoneId;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * Sends messages as POST requests with the headers of the Standard Webhooks specification: {@code webhook-id}, {@code webhook-timestamp} and,
 * with a secret, {@code webhook-signature}: {@code v1,} and the Base64 of HMAC-SHA256 over {@code id.timestamp.body}. {@code helmwatch-type} has
 * the type of the message. A digest is an object with {@code schema} {@value #DIGEST_SCHEMA} and an array {@code messages}.
 *
 * <p>Redirects are not followed: the address is the user's decision. An address that resolves to this machine or its link is refused unless
 * allowed, so that a configuration page cannot be used to reach what only this machine can reach.
 *
 * <p>Threading: as {@link Notifier}.
 */
public final class WebhookNotifier implements Notifier {
    /** Value of {@code schema} of a digest. */
    static final String DIGEST_SCHEMA = "helmwatch.digest/1";

    private static final int TOO_MANY_REQUESTS = 429;
    /**
     * What is wrong with the request itself, a repeat that the receiver has already (409), or a receiver that is gone for good (410). Every other status
     * may change with the receiver's or our configuration.
     */
    private static final Set<Integer> NEVER_ACCEPTED = Set.of(400, 409, 410, 411, 413, 414, 415, 422, 431);

    private static final byte[] DIGEST_BEGIN =
            ("{\"schema\":\"" + DIGEST_SCHEMA + "\",\"messages\":[").getBytes(StandardCharsets.UTF_8);
    private static final byte[] DIGEST_END = "]}".getBytes(StandardCharsets.UTF_8);

    private final NotifyConfig.Webhook target;
    private final ZoneId zone;
    private final Clock clock;
    private final @Nullable NotifyTemplate template;
    private final HttpClient client;

    /**
     * Connects with the first message.
     *
     * @param zone time zone of the times in a template
     */
    public WebhookNotifier(NotifyConfig.Webhook target, ZoneId zone, Clock clock) {
        this.target = target;
        this.zone = zone;
        this.template = target.body() == null ? null : NotifyTemplate.ofJson(target.body());
        this.clock = clock;
        this.client = HttpClient.newBuilder()
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(target.timeout())
                .version(HttpClient.Version.HTTP_1_1)
                .build();
    }

    @Override
    public void deliver(List<NotifyMessage> messages) throws NotifyException, InterruptedException {
        requireAllowedAddress();
        HttpRequest request = request(messages);
        try {
            HttpResponse<Void> answer = client.send(request, HttpResponse.BodyHandlers.discarding());
            check(answer);
        } catch (HttpTimeoutException e) {
            throw NotifyException.retryable(
                    host() + " did not answer within " + target.timeout().toMillis() + " ms", e);
        } catch (IOException e) {
            throw NotifyException.retryable(
                    host() + " cannot be reached: " + (e.getMessage() == null ? "connection failed" : e.getMessage()),
                    e);
        }
    }

    /** Java keeps the addresses of a name for 30 seconds, so that the request goes to one of those that are checked here. */
    private void requireAllowedAddress() throws NotifyException {
        try {
            for (InetAddress address : InetAddress.getAllByName(target.url().getHost())) {
                if (!target.allowLocal() && isLocal(address)) {
                    throw NotifyException.retryable(
                            host() + " is " + address.getHostAddress()
                                    + ", an address of this machine or its link: set webhook.allow-local: true if that is meant",
                            null);
                }
            }
        } catch (UnknownHostException e) {
            throw NotifyException.retryable("the name " + target.url().getHost() + " is not known", e);
        }
    }

    static boolean isLocal(InetAddress address) {
        return address.isLoopbackAddress()
                || address.isAnyLocalAddress()
                || address.isLinkLocalAddress()
                || address.isMulticastAddress();
    }

    private HttpRequest request(List<NotifyMessage> messages) {
        boolean isDigest = messages.size() > 1;
        byte[] body = body(messages);
        String id = messages.get(0).id() + (isDigest ? "+" + (messages.size() - 1) : "");
        String timestamp = Long.toString(clock.millis() / 1_000);
        HttpRequest.Builder request = HttpRequest.newBuilder(target.url())
                .timeout(target.timeout())
                .header("content-type", "application/json")
                .header("user-agent", "Helmwatch")
                .header(
                        "helmwatch-type",
                        isDigest ? "digest" : messages.get(0).type().text())
                .header("webhook-id", id)
                .header("webhook-timestamp", timestamp)
                .POST(HttpRequest.BodyPublishers.ofByteArray(body));
        if (target.secret() != null) {
            request.header("webhook-signature", signature(target.secret(), id, timestamp, body));
        }
        return request.build();
    }

    private byte[] body(List<NotifyMessage> messages) {
        if (template != null) {
            return template.render(messages, zone).getBytes(StandardCharsets.UTF_8);
        }
        return messages.size() > 1 ? digest(messages) : messages.get(0).value();
    }

    private static byte[] digest(List<NotifyMessage> messages) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.writeBytes(DIGEST_BEGIN);
        for (int i = 0; i < messages.size(); i++) {
            if (i > 0) {
                body.write(',');
            }
            body.writeBytes(messages.get(i).value());
        }
        body.writeBytes(DIGEST_END);
        return body.toByteArray();
    }

    /** Standard Webhooks 1.0, "Signature scheme". */
    static String signature(Secret secret, String id, String timestamp, byte[] body) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(key(secret.reveal()), mac.getAlgorithm()));
            mac.update((id + "." + timestamp + ".").getBytes(StandardCharsets.UTF_8));
            return "v1," + Base64.getEncoder().encodeToString(mac.doFinal(body));
        } catch (NoSuchAlgorithmException | InvalidKeyException impossible) {
            throw new IllegalStateException("HMAC-SHA256 is part of every Java", impossible);
        }
    }

    /** A secret {@code whsec_...} is Base64, as the specification writes keys; every other one is used as it is. */
    private static byte[] key(String secret) {
        String prefix = "whsec_";
        return secret.startsWith(prefix)
                ? Base64.getDecoder().decode(secret.substring(prefix.length()))
                : secret.getBytes(StandardCharsets.UTF_8);
    }

    private void check(HttpResponse<Void> answer) throws NotifyException {
        int status = answer.statusCode();
        if (status / 100 == 2) {
            return;
        }
        String sentence = host() + " answered " + status
                + (status / 100 == 3 ? "; redirects are not followed: set the address that it names" : "");
        if (NEVER_ACCEPTED.contains(status)) {
            throw NotifyException.permanent(sentence, null);
        }
        Duration asked = status == TOO_MANY_REQUESTS || status == 503 ? retryAfter(answer) : null;
        throw asked == null ? NotifyException.retryable(sentence, null) : NotifyException.retryAfter(sentence, asked);
    }

    /** The header in its form of seconds; null where it is missing or a date. */
    private static @Nullable Duration retryAfter(HttpResponse<Void> answer) {
        return answer.headers()
                .firstValue("retry-after")
                .filter(value -> value.matches("\\d{1,9}"))
                .map(value -> Duration.ofSeconds(Long.parseLong(value)))
                .orElse(null);
    }

    /** The rest of the address often holds a key. */
    private String host() {
        return target.url().getScheme() + "://" + target.url().getHost();
    }

    @Override
    public void close() {
        // Java's client ends its connections by itself.
    }
}
