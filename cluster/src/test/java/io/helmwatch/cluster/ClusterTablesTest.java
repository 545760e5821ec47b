package io.helmwatch.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.vision.StreamOutage;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ClusterTablesTest {
    private static final long NOW = 1_795_176_000_000L;
    private static final long DAY = 24L * 60 * 60 * 1_000;
    private static final Arrival AT_ONCE = new Arrival(NOW, true);
    private static final Arrival FROM_BEFORE = new Arrival(NOW + DAY, false);

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static NodeAnnouncement announcement(String node, String cluster, long validUntil) {
        NodeLoad load = new NodeLoad(8, List.of("H200"), "cuda", 1.5, 1L << 30, 100, 99.5);
        return new NodeAnnouncement(
                node, cluster, "1.2.3", 2, 32, 12, "192.0.2.7:9400", true, load, NOW - 1, NOW, validUntil);
    }

    @Test
    void shouldKeepACameraThatMovesInWhateverOrderItsPartitionsAreRead() {
        CameraTable cameras = new CameraTable();
        cameras.put(7, "gate", bytes("new"));
        cameras.put(3, "gate", bytes("old"));
        assertThat(cameras.copies("gate")).extracting(PlacedCamera::partition).containsExactlyInAnyOrder(3, 7);

        cameras.put(3, "gate", null);

        assertThat(cameras.all()).containsExactly(new PlacedCamera("gate", 7, "new"));
        cameras.put(7, "gate", new byte[CameraTable.LONGEST_SETTINGS + 1]);
        assertThat(cameras.find("gate"))
                .as("settings that are too long are not kept")
                .isEmpty();
    }

    private static byte[] state(String state, long epoch, String changed, String published) {
        return bytes(
                ("{\"state\":\"%s\",\"reason\":\"no route\",\"node\":\"n%d\",\"epoch\":%d,\"changedAt\":\"2026-11-20T12:%s.000Z\","
                                + "\"publishedAt\":\"2026-11-20T12:%s.000Z\"}")
                        .formatted(state, epoch, epoch, changed, published));
    }

    @Test
    void shouldKnowSinceWhenAStreamIsOfflineOnWhicheverNodesUntilItIsOnline() {
        StreamEpochTable states = new StreamEpochTable();
        states.put("gate", state("online", 1, "00:00", "00:00"), FROM_BEFORE);
        assertThat(states.outage("gate")).isNull();
        states.put("gate", state("offline", 1, "00:10", "00:10"), FROM_BEFORE);
        states.put("gate", state("offline", 1, "00:10", "00:40"), FROM_BEFORE);
        states.put("gate", state("ended", 1, "00:50", "00:50"), FROM_BEFORE);
        states.put("gate", state("starting", 2, "00:51", "00:51"), FROM_BEFORE);
        states.put("gate", state("online", 1, "00:52", "00:52"), FROM_BEFORE);
        assertThat(states.outage("gate")).isEqualTo(new StreamOutage(NOW + 10_000, NOW + 40_000, "no route"));

        states.put("gate", state("failed", 2, "01:00", "01:00"), FROM_BEFORE);
        assertThat(states.outage("gate")).isEqualTo(new StreamOutage(NOW + 10_000, NOW + 60_000, "no route"));
        states.put("gate", state("degraded", 2, "01:01", "01:01"), FROM_BEFORE);
        assertThat(states.outage("gate")).isNull();
        states.put("gate", state("offline", 2, "01:02", "01:02"), FROM_BEFORE);
        states.put("gate", null, FROM_BEFORE);
        assertThat(states.outage("gate")).isNull();
    }

    @Test
    void shouldReadWhatANodeSaysOfItself() {
        NodeAnnouncement said = announcement("a", "site", NOW + 30_000);

        assertThat(NodeAnnouncement.read(said.write())).contains(said);
        assertThat(NodeAnnouncement.read(bytes("{}"))).isEmpty();
        assertThat(NodeAnnouncement.read(bytes("{\"node\":\"a\",\"startedAt\":\"soon\"}")))
                .isEmpty();
    }

    @Test
    void shouldKnowTheNodesOfItsOwnClusterOnlyAndForgetThoseThatStayedSilent() {
        NodeTable nodes = new NodeTable("site");
        nodes.put("a", announcement("a", "site", NOW + 30_000).write(), AT_ONCE);
        nodes.put("killed", announcement("killed", "site", NOW - 1).write(), AT_ONCE);
        nodes.put("other", announcement("other", "elsewhere", NOW + 30_000).write(), AT_ONCE);
        nodes.put("mask", announcement("a", "site", NOW + 30_000).write(), AT_ONCE);

        assertThat(nodes.all(NOW)).extracting(NodeAnnouncement::node).containsExactly("a", "killed");
        assertThat(nodes.find("killed").orElseThrow().isSilent(NOW)).isTrue();
        assertThat(nodes.all(NOW + DAY)).extracting(NodeAnnouncement::node).containsExactly("a");
        nodes.put("a", null, AT_ONCE);
        assertThat(nodes.find("a")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"600000", "-600000"})
    void shouldTellWhoIsThereWhateverTheClocksOfNodesSay(long ahead) {
        byte[] node = new NodeAnnouncement(
                        "a",
                        "site",
                        "1",
                        1,
                        1,
                        1,
                        "",
                        false,
                        NodeLoad.UNKNOWN,
                        NOW + ahead,
                        NOW + ahead,
                        NOW + ahead + 30_000)
                .write();
        NodeTable nodes = new NodeTable("site");
        nodes.put("a", node, AT_ONCE);
        StreamEpochTable states = new StreamEpochTable();
        states.put("gate", lease(ahead, 90_000), AT_ONCE);

        assertThat(nodes.find("a").orElseThrow().isSilent(NOW + 29_000)).isFalse();
        assertThat(nodes.find("a").orElseThrow().isSilent(NOW + 31_000)).isTrue();
        assertThat(states.isReleased("gate", NOW + 89_000)).isFalse();
        assertThat(states.isReleased("gate", NOW + 91_000)).isTrue();

        states.put("gate", lease(ahead, 0), AT_ONCE);
        assertThat(states.isReleased("gate", NOW)).as("released in order").isTrue();
    }

    @Test
    void shouldNotTakeForAliveWhatTheTopicHasFromLongAgo() {
        StreamEpochTable states = new StreamEpochTable();
        states.put("gate", lease(0, 90_000), FROM_BEFORE);
        states.put("pier", lease(2 * DAY, 90_000), FROM_BEFORE);

        assertThat(states.isReleased("gate", NOW + DAY)).isTrue();
        assertThat(states.isReleased("pier", NOW + DAY + 91_000))
                .as("from the future, so of another clock")
                .isTrue();
    }

    private static byte[] lease(long ahead, long validMillis) {
        return bytes("{\"state\":\"online\",\"node\":\"a\",\"epoch\":1,\"publishedAt\":\"%s\",\"validUntil\":\"%s\"}"
                .formatted(NodeAnnouncement.text(NOW + ahead), NodeAnnouncement.text(NOW + ahead + validMillis)));
    }

    @ParameterizedTest
    @CsvSource({"+1000000000-12-31T23:59:59Z", "1969-12-31T23:59:59Z", "+10000-01-01T00:00:00Z", "soon"})
    void shouldReadMessagesWithTimesThatCannotBe(String time) {
        byte[] node = bytes(
                "{\"node\":\"a\",\"cluster\":\"site\",\"startedAt\":\"%1$s\",\"publishedAt\":\"%1$s\",\"validUntil\":\"%1$s\"}"
                        .formatted(time));
        byte[] state = bytes(
                "{\"state\":\"online\",\"node\":\"a\",\"epoch\":1,\"changedAt\":\"%1$s\",\"publishedAt\":\"%1$s\",\"validUntil\":\"%1$s\"}"
                        .formatted(time));
        StreamEpochTable states = new StreamEpochTable();
        states.put("gate", state, AT_ONCE);

        assertThat(NodeAnnouncement.read(node)).isEmpty();
        assertThat(states.isReleased("gate", NOW)).isTrue();
    }

    @Test
    void shouldCountTheOpenIncidentsOfAStream() {
        OpenIncidentTable open = new OpenIncidentTable();
        open.put("gate/1/r/1", bytes("{\"stream\":\"gate\",\"epoch\":1}"));
        open.put("gate/1/r/2", bytes("{\"stream\":\"gate\",\"epoch\":1}"));
        open.put("gate/1/r/2", bytes("{\"stream\":\"gate\",\"epoch\":1,\"revision\":1}"));
        assertThat(open.count("gate")).isEqualTo(2);

        open.put("gate/1/r/1", null);
        open.put("gate/1/r/2", null);

        assertThat(open.count("gate")).isZero();
    }
}
