package io.helmwatch.pipeline.desk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.helmwatch.cluster.NodeAnnouncement;
import io.helmwatch.cluster.NodeLoad;
import io.helmwatch.cluster.kafka.ClusterNode;
import io.helmwatch.config.ConfigLoader;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.pipeline.IdleService;
import io.helmwatch.pipeline.ring.StreamFeed;
import io.helmwatch.resource.Closer;
import io.helmwatch.sinks.kafka.EmbeddedKafka;
import io.helmwatch.web.Desk;
import io.helmwatch.web.server.DeskServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The desk of a node that looks at topics as 200 nodes with 10,000 cameras write them; it has no camera itself. */
@Timeout(240)
class LargeSiteTest {
    private static final Logger LOG = LoggerFactory.getLogger(LargeSiteTest.class);
    private static final int NODES = 200;
    private static final int CAMERAS = 10_000;
    private static final int PARTITIONS = 64;
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @TempDir
    Path folder;

    private final Closer opened = new Closer();

    @AfterEach
    void close() {
        opened.close();
    }

    /** No stream runs here. */
    private static final class NoStreams implements StreamControl {
        @Override
        public List<StreamConfig> streams() {
            return List.of();
        }

        @Override
        public StreamConfig config(String stream) {
            return null;
        }

        @Override
        public StreamFeed feed(String stream) {
            return null;
        }

        @Override
        public boolean isInFile(String stream) {
            return false;
        }

        @Override
        public int openIncidents(String stream) {
            return 0;
        }

        @Override
        public List<Integer> devices() {
            return List.of();
        }

        @Override
        public void check(StreamConfig stream) {}

        @Override
        public void add(StreamConfig stream) {}

        @Override
        public void change(StreamConfig stream) {}

        @Override
        public void restart(String stream) {}

        @Override
        public void remove(String stream) {}
    }

    private static String node(int number) {
        return "node-%03d".formatted(number);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static void write(String servers) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", servers))) {
            admin.createTopics(List.of(
                            new NewTopic("helmwatch.cameras", PARTITIONS, (short) 1),
                            new NewTopic("helmwatch.streams", 1, (short) 1),
                            new NewTopic("helmwatch.nodes", 1, (short) 1)))
                    .all()
                    .get();
        }
        Instant now = Instant.now();
        try (KafkaProducer<String, byte[]> producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", servers, "max.in.flight.requests.per.connection", 1),
                new StringSerializer(),
                new ByteArraySerializer())) {
            // With several requests in flight the first one to a new topic can get lost.
            for (int i = 0; i < NODES; i++) {
                NodeAnnouncement said = new NodeAnnouncement(
                        node(i),
                        "site",
                        "1.0",
                        1,
                        1,
                        CAMERAS / NODES,
                        "192.0.2." + i + ":9400",
                        false,
                        new NodeLoad(16, List.of(), "cpu", 7.5, 3L << 30, 250, 250),
                        now.toEpochMilli(),
                        now.toEpochMilli(),
                        now.plusSeconds(600).toEpochMilli());
                producer.send(new ProducerRecord<>("helmwatch.nodes", node(i), said.write()));
            }
            for (int i = 0; i < CAMERAS; i++) {
                String id = "cam-%05d".formatted(i);
                String settings =
                        ("{\"analyze-fps\":5,\"credentials\":{\"password-env\":\"SITE_PASSWORD\",\"username\":\"operator\"},"
                                        + "\"id\":\"%1$s\",\"rules\":[{\"kind\":\"no-helmet\",\"name\":\"bare-head\",\"zones\":[\"zone-%2$d\"]}],"
                                        + "\"url\":\"rtsp://192.0.2.10/%1$s\",\"zones\":[{\"name\":\"zone-%2$d\",\"polygon\":"
                                        + "[[0.1,0.1],[0.9,0.1],[0.9,0.9],[0.5,0.95],[0.1,0.9]]}]}")
                                .formatted(id, i % 40);
                String state =
                        ("{\"schema\":\"helmwatch.streams/1\",\"id\":\"%1$s/1/online\",\"stream\":\"%1$s\",\"node\":\"%2$s\","
                                        + "\"epoch\":3,\"state\":\"%3$s\",\"reason\":\"%4$s\",\"changedAt\":\"%5$s\",\"publishedAt\":\"%5$s\","
                                        + "\"validUntil\":\"%6$s\"}")
                                .formatted(
                                        id,
                                        node(i % NODES),
                                        i % 100 == 7 ? "offline" : "online",
                                        i % 100 == 7 ? "no packet for 10 s; retrying in 2 s" : "",
                                        now,
                                        now.plusSeconds(600));
                producer.send(new ProducerRecord<>("helmwatch.cameras", i % PARTITIONS, id, bytes(settings)));
                producer.send(new ProducerRecord<>("helmwatch.streams", id, bytes(state)));
            }
        }
    }

    private static long usedHeap() {
        System.gc();
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    private static long millisSince(long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - nanos);
    }

    @Test
    void shouldShowTenThousandCamerasAndTwoHundredNodes() throws Exception {
        EmbeddedKafka broker = opened.register(EmbeddedKafka.start());
        write(broker.bootstrapServers());
        HelmwatchConfig config = ConfigLoader.parse(
                "kafka: {bootstrap-servers: '" + broker.bootstrapServers() + "'}\ncluster: {name: site, node: here}\n"
                        + "http: {port: 0}\nstreams: []\n",
                "site.yaml",
                folder,
                variable -> null);
        long before = usedHeap();
        long start = System.nanoTime();
        DeskParts parts = opened.register(new DeskParts(config));
        ClusterNode node = opened.register(new ClusterNode(config.kafka(), config.cluster()));
        parts.join(node, config.kafka());
        parts.start(new NoStreams());
        await().atMost(60, TimeUnit.SECONDS)
                .untilAsserted(() -> assertThat(parts.streams().list().stream().filter(stream -> stream.node() != null))
                        .hasSize(CAMERAS));
        long readMillis = millisSince(start);
        long heap = usedHeap() - before;
        DeskServer server = opened.register(DeskServer.start(
                config.http(),
                new Desk(
                        new IdleService(),
                        parts.streams(),
                        parts.incidents(),
                        null,
                        null,
                        null,
                        parts.live(),
                        null,
                        parts.nodes(),
                        parts.relay(),
                        entry -> {})));
        String page = "http://127.0.0.1:" + server.address().getPort() + "/";
        start = System.nanoTime();
        HttpRequest request = HttpRequest.newBuilder(URI.create(page + "api/v1/streams"))
                .header("Accept-Encoding", "gzip")
                .build();
        int listBytes = HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.ofByteArray())
                .body()
                .length;
        long listMillis = millisSince(start);

        try (Browser browser = Browser.open(1440, 900)) {
            start = System.nanoTime();
            browser.go(page + "#/nodes");
            browser.await(
                    "all nodes",
                    LIMIT,
                    "return document.querySelectorAll('hw-nodes tr[data-node]').length",
                    count -> ((Number) count).intValue() == NODES);
            long nodesMillis = millisSince(start);
            browser.screenshot("nodes-200");
            start = System.nanoTime();
            browser.run("location.hash = '#/cameras'");
            browser.await(
                    "cameras",
                    LIMIT,
                    "return document.querySelector('hw-cameras .pages')?.textContent ?? ''",
                    text -> text.toString().contains("10000"));
            long camerasMillis = millisSince(start);
            browser.type("hw-cameras input[name=filter]", "cam-09907");
            browser.await(
                    "the one camera",
                    LIMIT,
                    "return document.querySelectorAll('hw-cameras tbody tr').length",
                    count -> ((Number) count).intValue() == 1);
            assertThat(browser.text("hw-cameras tbody tr")).contains("offline", "no packet for 10 s", "node-107");
            browser.screenshot("cameras-10000");
            Object redrawMillis = browser.runUntilDone("import('/store.js').then(async ({ store }) => { const page ="
                            + " document.querySelector('hw-cameras'); const start = performance.now();"
                            + " store.changed(); await page.updateComplete; arguments[0]({ millis:"
                            + " performance.now() - start }) })")
                    .get("millis");
            LOG.info(
                    "{} cameras, {} nodes: topics read in {} ms, heap {} MiB, list of {} KiB in {} ms; page: nodes {}"
                            + " ms, cameras {} ms, drawn again in {} ms",
                    CAMERAS,
                    NODES,
                    readMillis,
                    heap >> 20,
                    listBytes >> 10,
                    listMillis,
                    nodesMillis,
                    camerasMillis,
                    redrawMillis);
        }
        assertThat(heap).as("bytes of heap for what the topics say").isLessThan(128L << 20);
    }
}
