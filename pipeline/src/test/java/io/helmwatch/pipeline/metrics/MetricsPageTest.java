package io.helmwatch.pipeline.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.cluster.ClusterStatistics;
import io.helmwatch.cluster.MoveStatistics;
import io.helmwatch.config.ConfigLoader;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.pipeline.ring.failure.FatalErrorHandler;
import io.helmwatch.pipeline.service.DetectionService;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Holds docs/metrics.md against what a service publishes. */
@Timeout(300)
class MetricsPageTest {
    private static final Path HOME = Path.of(System.getProperty("helmwatch.home", ".."));
    /** Published only where there is such hardware. */
    private static final Set<String> NOT_ON_A_CPU = Set.of("helmwatch_cuda_memory_used_bytes");

    private static final Pattern ROW =
            Pattern.compile("(?m)^\\| `(\\w+)` \\| (counter|gauge|histogram|summary) \\| ([^|]*) \\| (.+) \\|$");

    @TempDir
    Path folder;

    /** Type, labels, description. */
    private record Metric(String type, Set<String> labels, String description) {}

    @Test
    void shouldListEveryMetricWithItsTypeLabelsAndDescription() throws Exception {
        Map<String, Metric> published = published(scrape());
        published.putAll(published(scrapeOfANode()));
        Map<String, Metric> documented = documented();

        assertThat(documented.keySet())
                .as("metrics in docs/metrics.md")
                .containsAll(published.keySet())
                .allMatch(name -> published.containsKey(name) || NOT_ON_A_CPU.contains(name));
        published.forEach((name, metric) -> {
            Metric row = documented.get(name);
            assertThat(row.type()).as("type of " + name).isEqualTo(metric.type());
            assertThat(row.labels()).as("labels of " + name).isEqualTo(metric.labels());
            assertThat(row.description()).as("description of " + name).isEqualTo(metric.description());
        });
    }

    @Test
    void shouldNameOnlyMetricsThatExistInTheGuides() throws IOException {
        Set<String> known = documented().keySet();
        for (String page : List.of(
                "metrics.md",
                "operations.md",
                "incidents.md",
                "events.md",
                "notifications.md",
                "streams.md",
                "clips.md",
                "object-storage.md")) {
            Matcher mentioned = Pattern.compile("\\b(helmwatch|jvm|process|disk|system)_[a-z_0-9]+\\b")
                    .matcher(Files.readString(HOME.resolve("docs").resolve(page)));
            while (mentioned.find()) {
                String name = mentioned.group().replaceFirst("_(bucket|sum|count|max)$", "");
                assertThat(known).as(page).contains(name);
            }
        }
    }

    private String scrape() throws IOException, InterruptedException {
        HelmwatchConfig config = ConfigLoader.parse(
                """
                kafka: {embedded: true}
                http: {port: 0}
                incidents:
                  snapshots: {enabled: true}
                  clips: {enabled: true}
                  s3: {endpoint: "http://127.0.0.1:9", bucket: evidence, access-key-env: ID, secret-key-env: KEY}
                streams:
                  - {id: yard, url: %s, analyze-fps: 1, decode: key-frames, rules: [{name: any, kind: occupancy, more-than: 0, at-least: 1s}]}
                notify: [{name: guards, webhook: {url: "http://127.0.0.1:9/"}}]
                """.formatted(HOME.resolve("models/demo-clip/yard.mp4").toAbsolutePath()),
                "site.yaml",
                folder,
                name -> "value-of-" + name);
        Path model = HOME.resolve("models/helmet-yolov5n.onnx");
        try (DetectionService service = DetectionService.start(config, model, List.of(), FatalErrorHandler.LOG)) {
            service.awaitEnd();
            InetSocketAddress address = service.httpAddress();
            // Pauses are published after the first collection only.
            System.gc();
            String text = "";
            for (int i = 0; i < 50 && !text.contains("jvm_gc_pause_seconds"); i++) {
                Thread.sleep(100);
                text = HttpClient.newHttpClient()
                        .send(
                                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + address.getPort() + "/metrics"))
                                        .build(),
                                HttpResponse.BodyHandlers.ofString())
                        .body();
            }
            return text;
        }
    }

    /** What a node of a cluster publishes beside that. */
    private static String scrapeOfANode() {
        PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
        ClusterStatistics statistics = new ClusterStatistics(System::nanoTime);
        ClusterMetrics.bind(registry, statistics, () -> 3, () -> 1.5);
        statistics.moves().moved(MoveStatistics.Cause.HAND_OVER);
        statistics.moves().refused(MoveStatistics.Refusal.NOT_ONLINE);
        statistics.acknowledgements().received(true);
        statistics.acknowledgements().published(0);
        statistics.assigned(0, 32, 7);
        statistics.assigned(1, 32, 7);
        statistics.released().add(2_000_000_000);
        String text = registry.scrape();
        assertThat(text)
                .contains(
                        "helmwatch_cluster_members 2.0",
                        "helmwatch_cluster_partitions 64.0",
                        "helmwatch_cluster_cameras 3.0",
                        "helmwatch_cluster_epoch 7.0",
                        "helmwatch_cluster_imbalance_cameras 1.5",
                        "helmwatch_cluster_moves_cameras_total{cause=\"hand-over\"} 1.0",
                        "helmwatch_cluster_moves_cameras_total{cause=\"rebalance\"} 0.0",
                        "helmwatch_cluster_moves_refused_total{reason=\"not-online\"} 1.0",
                        "helmwatch_cluster_acknowledgements_received_total 1.0",
                        "helmwatch_cluster_acknowledgements_conflicting_total 1.0",
                        "helmwatch_cluster_acknowledgements_published_total 1.0",
                        "helmwatch_cluster_acknowledgements_late_total 1.0",
                        "helmwatch_cluster_rebalances_total 1.0",
                        "helmwatch_cluster_release_seconds_sum 2.0");
        return text;
    }

    private static Map<String, Metric> published(String text) {
        Map<String, Metric> metrics = new TreeMap<>();
        Matcher type =
                Pattern.compile("(?m)^# HELP (\\w+) (.*)\n# TYPE \\w+ (\\w+)$").matcher(text);
        while (type.find()) {
            String name = type.group(1);
            String series = type.group(3).matches("histogram|summary") ? name + "_count" : name;
            if (name.endsWith("_max") && metrics.containsKey(name.substring(0, name.length() - 4))) {
                continue;
            }
            Set<String> labels = new TreeSet<>();
            Matcher sample = Pattern.compile("(?m)^" + series + "\\{([^}]*)} ").matcher(text);
            while (sample.find()) {
                Matcher label = Pattern.compile("(\\w+)=\"").matcher(sample.group(1));
                while (label.find()) {
                    labels.add(label.group(1));
                }
            }
            metrics.put(name, new Metric(type.group(3), labels, type.group(2).replaceFirst("\\.$", "")));
        }
        assertThat(metrics).isNotEmpty();
        return metrics;
    }

    private static Map<String, Metric> documented() throws IOException {
        return ROW.matcher(Files.readString(HOME.resolve("docs/metrics.md")))
                .results()
                .collect(Collectors.toMap(
                        row -> row.group(1),
                        row -> new Metric(
                                row.group(2),
                                row.group(3).isBlank()
                                        ? Set.of()
                                        : new TreeSet<>(List.of(row.group(3)
                                                .strip()
                                                .replace("`", "")
                                                .split(", "))),
                                row.group(4))));
    }
}
