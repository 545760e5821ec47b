package io.helmwatch.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Node a watches; times are seconds of its monotonic clock. */
class LostNodesTest {
    private static final long STARTED_MILLIS = 1_000_000;

    private final LostNodes nodes = new LostNodes("site", "a", STARTED_MILLIS);

    private static NodeAnnouncement said(String node, String cluster, long publishedMillis) {
        return new NodeAnnouncement(
                node,
                cluster,
                "test",
                1,
                1,
                4,
                "",
                false,
                NodeLoad.UNKNOWN,
                0,
                publishedMillis,
                publishedMillis + 30_000);
    }

    private void hear(String node, int second) {
        nodes.put(node, said(node, "site", STARTED_MILLIS + second * 1_000L).write(), nanos(second));
    }

    /** Node a hears itself every ten seconds. */
    private void hearOwn(int from, int to) {
        for (int second = from; second <= to; second += 10) {
            hear("a", second);
        }
    }

    private static long nanos(int second) {
        return TimeUnit.SECONDS.toNanos(second);
    }

    @Test
    void shouldLoseANodeThatIsSilentForAsLongAsItsMessageIsValid() {
        hear("a", 0);
        hear("b", 5);
        hearOwn(10, 40);
        assertThat(nodes.lost(nanos(35))).isEmpty();
        assertThat(nodes.lost(nanos(36))).extracting(lost -> lost.said().node()).containsExactly("b");
    }

    @Test
    void shouldNotLoseANodeTwiceUntilItWasHeardAgain() {
        hear("a", 0);
        hear("b", 0);
        hearOwn(10, 30);
        LostNodes.Lost lost = nodes.lost(nanos(31)).get(0);
        byte[] marked = LostNodes.mark(lost, STARTED_MILLIS + 31_000);
        assertThat(new String(marked, StandardCharsets.UTF_8)).contains("\"lostAt\":\"1970-01-01T00:17:11.000Z\"");
        nodes.put("b", marked, nanos(31));
        hearOwn(40, 50);
        assertThat(nodes.lost(nanos(50))).isEmpty();
        hear("b", 51);
        hearOwn(60, 80);
        assertThat(nodes.lost(nanos(82))).hasSize(1);
    }

    @Test
    void shouldLoseNobodyWhileItsOwnMessagesDoNotArriveAndForAWhileAfter() {
        hear("a", 0);
        hear("b", 0);
        assertThat(nodes.lost(nanos(100))).isEmpty();
        hear("a", 100);
        assertThat(nodes.lost(nanos(101))).isEmpty();
        hear("b", 109);
        hearOwn(110, 130);
        assertThat(nodes.lost(nanos(131))).isEmpty();
    }

    @Test
    void shouldNotLoseNodesThatStoppedOrBelongToAnotherCluster() {
        hear("a", 0);
        hear("b", 0);
        nodes.put("b", null, nanos(1));
        nodes.put("c", said("c", "elsewhere", STARTED_MILLIS).write(), nanos(0));
        hearOwn(10, 40);
        assertThat(nodes.lost(nanos(41))).isEmpty();
    }

    @Test
    void shouldKnowOnceThatItIsBackItself() {
        NodeAnnouncement before = said("a", "site", STARTED_MILLIS - 60_000);
        byte[] marked = LostNodes.mark(new LostNodes.Lost(before, before.write()), STARTED_MILLIS - 20_000);
        nodes.put("a", marked, nanos(0));
        hear("a", 1);
        assertThat(nodes.returnedFromMillis()).isEqualTo(STARTED_MILLIS - 60_000);
        nodes.reportedBack(STARTED_MILLIS - 60_000);
        assertThat(nodes.returnedFromMillis()).isZero();
        nodes.put("a", marked, nanos(2));
        assertThat(nodes.returnedFromMillis()).as("the topic was read again").isZero();
    }

    @Test
    void shouldNotReportAReturnThatAnEarlierProcessHasReported() {
        NodeAnnouncement before = said("a", "site", STARTED_MILLIS - 60_000);
        nodes.put("a", LostNodes.mark(new LostNodes.Lost(before, before.write()), STARTED_MILLIS - 20_000), nanos(0));
        nodes.put("a", said("a", "site", STARTED_MILLIS - 10_000).write(), nanos(0));
        assertThat(nodes.returnedFromMillis()).isZero();
    }
}
