package io.helmwatch.web.relay;

import io.helmwatch.config.cluster.ClusterConfig;
import io.helmwatch.config.secret.Secret;
import io.helmwatch.web.RefusedException;
import io.helmwatch.web.Relay;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * Asks the desks of other nodes over HTTP. Only nodes that announce themselves in this cluster are asked, at the address that they announce; redirections
 * are not followed, and no proxy is used.
 *
 * <p>A request that is passed on occupies a thread of the server, so that at most {@value #AT_ONCE} are at the same time: with more, a node that hangs
 * would take the desk of this one with it.
 *
 * <p>Threading: any thread.
 */
public final class NodeRelay implements Relay {
    private static final int AT_ONCE = 4;
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(15);
    private static final long MOST_BYTES = 64L << 20;
    private static final int UNAUTHORIZED = 401;

    private final Peers peers;
    private final @Nullable NodePasses passes;
    private final HttpClient client;
    private final Semaphore running = new Semaphore(AT_ONCE);

    /**
     * A relay.
     *
     * @param cluster with the secret; without one requests are refused with a sentence that says so
     * @throws IllegalStateException when the certificates cannot be read
     */
    public NodeRelay(ClusterConfig cluster, Peers peers) {
        this.peers = peers;
        Secret secret = cluster.secret();
        passes = secret == null
                ? null
                : new NodePasses(cluster.name(), cluster.node(), secret, System::currentTimeMillis);
        HttpClient.Builder builder = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .proxy(HttpClient.Builder.NO_PROXY)
                .connectTimeout(CONNECT_TIMEOUT);
        Path certificates = cluster.tlsCaFile();
        if (certificates != null) {
            builder.sslContext(trusting(certificates));
        }
        client = builder.build();
    }

    private static SSLContext trusting(Path certificates) {
        try (InputStream file = Files.newInputStream(certificates)) {
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            for (Certificate each : CertificateFactory.getInstance("X.509").generateCertificates(file)) {
                store.setCertificateEntry("certificate-" + store.size(), each);
            }
            TrustManagerFactory trusted = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trusted.init(store);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trusted.getTrustManagers(), null);
            return context;
        } catch (IOException | GeneralSecurityException e) {
            throw new IllegalStateException(
                    "cluster.tls-ca-file " + certificates + " cannot be used: " + e.getMessage(), e);
        }
    }

    @Override
    public @Nullable Sender verify(String authorization, String method, String uri) {
        return passes == null ? null : passes.verify(authorization, method, uri);
    }

    @Override
    public @Nullable String nodeOf(String stream) {
        return peers.nodeOf(Subject.STREAM, stream);
    }

    @Override
    public @Nullable Answer pass(Request request) {
        String node = peers.nodeOf(request.subject(), request.id());
        if (node == null) {
            return null;
        }
        HttpRequest sent = request(node, request);
        if (!running.tryAcquire()) {
            throw new RefusedException(
                    RefusedException.Kind.BUSY,
                    AT_ONCE + " requests to other nodes are under way: try again in some seconds");
        }
        try {
            return answer(node, sent);
        } finally {
            running.release();
        }
    }

    private HttpRequest request(String node, Request request) {
        HttpRequest.Builder builder = HttpRequest.newBuilder(desk(node).resolve(request.uri()))
                .timeout(ANSWER_TIMEOUT)
                .header("Authorization", passes(node).issue(node, request.sender(), request.method(), request.uri()))
                .method(
                        request.method(),
                        request.body().length == 0
                                ? BodyPublishers.noBody()
                                : BodyPublishers.ofByteArray(request.body()));
        if (request.body().length > 0) {
            builder.header("Content-Type", "application/json");
        }
        String range = request.range();
        if (range != null) {
            builder.header("Range", range);
        }
        return builder.build();
    }

    private URI desk(String node) {
        URI desk = peers.desk(node);
        if (desk == null) {
            throw RefusedException.unavailable(
                    "node " + node + " has it, and is not heard of now: try again in some seconds");
        }
        return desk;
    }

    private NodePasses passes(String node) {
        if (passes == null) {
            throw RefusedException.unavailable(
                    "node " + node + " has it: look there, or set cluster.secret-env to the same secret on every node");
        }
        return passes;
    }

    private Answer answer(String node, HttpRequest request) {
        CompletableFuture<HttpResponse<byte[]>> answering =
                client.sendAsync(request, headers -> new LimitedBody(MOST_BYTES));
        try {
            HttpResponse<byte[]> response = answering.get(ANSWER_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
            if (response.statusCode() == UNAUTHORIZED) {
                throw RefusedException.unavailable("node " + node
                        + " does not know this node: cluster.secret-env must be the same on both, and their"
                        + " clocks right to a minute");
            }
            return answer(response);
        } catch (ExecutionException | TimeoutException e) {
            answering.cancel(true);
            Throwable cause = e instanceof ExecutionException && e.getCause() != null ? e.getCause() : e;
            String why = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
            throw RefusedException.unavailable("node " + node + " does not answer: " + why);
        } catch (InterruptedException e) {
            answering.cancel(true);
            Thread.currentThread().interrupt();
            throw RefusedException.unavailable("the service is ending");
        }
    }

    private static Answer answer(HttpResponse<byte[]> response) {
        Map<String, String> headers = new TreeMap<>();
        for (String name : new String[] {"Accept-Ranges", "Content-Range", "Retry-After"}) {
            response.headers().firstValue(name).ifPresent(value -> headers.put(name, value));
        }
        return new Answer(
                response.statusCode(),
                response.headers().firstValue("Content-Type").orElse(""),
                headers,
                response.body());
    }

    @Override
    public Link connect(String node, Sender sender, Receiver receiver) {
        try {
            URI desk = desk(node);
            String scheme = desk.getScheme().equals("https") ? "wss" : "ws";
            URI live = URI.create(scheme + "://" + desk.getAuthority() + LiveLink.PATH);
            String pass = passes(node).issue(node, sender, "GET", LiveLink.PATH);
            return LiveLink.open(client, live, pass, CONNECT_TIMEOUT, receiver);
        } catch (RefusedException refused) {
            return LiveLink.refused(receiver, String.valueOf(refused.getMessage()));
        }
    }
}
