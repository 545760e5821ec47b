package io.helmwatch.pipeline.backend.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helmwatch.config.Backend;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.http.DeskConfig;
import io.helmwatch.config.http.HttpConfig;
import io.helmwatch.pipeline.backend.OpenedBackend;
import io.helmwatch.pipeline.backend.StageFactory;
import io.helmwatch.pipeline.ring.failure.FatalErrorHandler;
import io.helmwatch.pipeline.service.DetectionService;
import java.io.IOException;
import java.net.ConnectException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EngineBuildStatusTest {

    private static final String BUILDING =
            "a TensorRT engine is being built, for 35 s so far, 12 layers done; this is done once for this model and GPU";

    @Test
    void shouldSayWhatIsBuiltUntilItIs() {
        EngineBuildStatus status = new EngineBuildStatus();
        assertThat(status.describe()).isEmpty();

        status.at("timing /model.2/conv", 12, 35);
        assertThat(status.describe()).isEqualTo(BUILDING);

        status.at("built", 60, 120);
        assertThat(status.describe()).isEmpty();
    }

    /** Opens nothing, and says that it builds an engine until it is let go. */
    private static final class Builder implements StageFactory {
        private final EngineBuildStatus status = new EngineBuildStatus();
        private final CountDownLatch begun = new CountDownLatch(1);
        private final CountDownLatch end = new CountDownLatch(1);

        @Override
        public Backend backend() {
            return Backend.CUDA;
        }

        @Override
        public Optional<String> unusable() {
            return Optional.empty();
        }

        @Override
        public OpenedBackend open(HelmwatchConfig config, Path model) {
            status.at("timing /model.2/conv", 12, 35);
            begun.countDown();
            try {
                end.await();
            } catch (InterruptedException interrupt) {
                Thread.currentThread().interrupt();
            }
            throw new IllegalStateException("the build was ended");
        }

        @Override
        public String opening() {
            return status.describe();
        }
    }

    @Test
    void shouldAnswerReadyWithTheBuildInProgress(@TempDir Path folder) throws Exception {
        int port = freePort();
        HelmwatchConfig config = HelmwatchConfig.builder()
                .backend(Backend.CUDA)
                .http(new HttpConfig(true, "127.0.0.1", port))
                .desk(DeskConfig.DEFAULT.withDirectory(folder))
                .build();
        Builder builder = new Builder();
        ExecutorService thread = Executors.newSingleThreadExecutor();
        try {
            Future<DetectionService> starting = thread.submit(() -> DetectionService.start(
                    config, Path.of("none.onnx"), List.of(), FatalErrorHandler.LOG, backend -> builder));
            builder.begun.await();

            HttpResponse<String> ready = ready(port);

            assertThat(ready.statusCode()).isEqualTo(503);
            assertThat(ready.body()).isEqualTo("starting: " + BUILDING + "\n");
            builder.end.countDown();
            assertThatThrownBy(starting::get).hasMessageContaining("the build was ended");
        } finally {
            builder.end.countDown();
            thread.shutdownNow();
        }
    }

    /** The server starts beside the backend. */
    private static HttpResponse<String> ready(int port) throws IOException, InterruptedException {
        HttpClient client = HttpClient.newHttpClient();
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/ready"))
                .build();
        long deadline = System.nanoTime() + 10_000_000_000L;
        while (true) {
            try {
                return client.send(request, HttpResponse.BodyHandlers.ofString());
            } catch (ConnectException notYet) {
                if (System.nanoTime() - deadline > 0) {
                    throw notYet;
                }
                Thread.sleep(50);
            }
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
