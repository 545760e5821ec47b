package io.helmwatch.sinks.s3;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** s3rver, an S3 server of its own process, with the bucket {@value #BUCKET}; its access key is {@value #KEY}. */
final class S3Server implements AutoCloseable {
    static final String BUCKET = "evidence";
    static final String KEY = "S3RVER";

    private static final String PACKAGE = "s3rver@3.7.1";
    private static final Path HOME = Path.of(System.getProperty("helmwatch.home"), "target", "s3rver");
    private static final Path SCRIPT = HOME.resolve("node_modules/s3rver/bin/s3rver.js");
    private static final Pattern KEY_OF_FILE = Pattern.compile(BUCKET + "/(.+)\\._S3rver_metadata\\.json");

    private final Path data;
    private final int port;
    private Process process;

    /** Starts it on a free port, and waits until it takes requests. */
    S3Server(Path folder) throws IOException {
        assumeTrue(
                Files.isRegularFile(SCRIPT),
                "there is no S3 server: npm install --prefix target/s3rver --ignore-scripts " + PACKAGE);
        data = folder.resolve("s3");
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        start();
        awaitStarted();
    }

    /** Starts it again, on the same port. */
    void start() throws IOException {
        process = new ProcessBuilder(
                        "node",
                        SCRIPT.toString(),
                        "--directory",
                        data.toString(),
                        "--address",
                        "127.0.0.1",
                        "--port",
                        Integer.toString(port),
                        "--configure-bucket",
                        BUCKET)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    /** Waits until it takes requests. */
    void awaitStarted() {
        await().atMost(30, TimeUnit.SECONDS)
                .ignoreExceptions()
                .until(() -> get("none").statusCode() > 0);
    }

    /** Stops it, as a crash would. */
    void stop() throws InterruptedException {
        process.destroyForcibly();
        process.waitFor(5, TimeUnit.SECONDS);
    }

    int port() {
        return port;
    }

    /** Keys of all objects with a prefix; the metadata are written behind the content. */
    List<String> keys(String prefix) throws IOException {
        if (!Files.isDirectory(data)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(data)) {
            return files.map(file -> data.relativize(file).toString())
                    .map(KEY_OF_FILE::matcher)
                    .filter(matcher -> matcher.matches())
                    .map(matcher -> matcher.group(1))
                    .filter(key -> key.startsWith(prefix))
                    .sorted()
                    .toList();
        }
    }

    /** An object as anybody gets it. */
    HttpResponse<byte[]> get(String key) throws IOException, InterruptedException {
        URI address = URI.create("http://127.0.0.1:" + port + "/" + BUCKET + "/" + key);
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(address).build(), HttpResponse.BodyHandlers.ofByteArray());
    }

    @Override
    public void close() throws InterruptedException {
        stop();
    }
}
