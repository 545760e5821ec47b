package io.helmwatch.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.vision.NodeEpoch;
import io.helmwatch.vision.StreamOwnership.Verdict;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class OwnedStreamsTest {
    private static final Duration SESSION = Duration.ofSeconds(6);

    private final StreamEpochTable table = new StreamEpochTable();
    private long nowNanos = 1_000;
    private long readNanos = 2_000;
    private final OwnedStreams owned = new OwnedStreams(table, since -> readNanos - since >= 0, () -> nowNanos);
    private final Lease lease = new Lease(SESSION, () -> nowNanos);

    private NodeEpoch acquire(long generation) {
        lease.renew(nowNanos);
        return owned.acquire("gate", "a", generation, lease);
    }

    private void state(String node, long epoch) {
        String json = "{\"stream\":\"gate\",\"state\":\"online\",\"node\":\"" + node + "\",\"epoch\":" + epoch + "}";
        table.put("gate", json.getBytes(StandardCharsets.UTF_8), new Arrival(0, true));
    }

    private void pass(Duration time) {
        nowNanos += time.toNanos();
    }

    @Test
    void shouldStampWithTheGenerationOfTheGroup() {
        assertThat(acquire(5)).isEqualTo(new NodeEpoch("a", 5));
        assertThat(owned.origin("gate")).isEqualTo(new NodeEpoch("a", 5));
        assertThat(owned.origin("other")).isNull();
    }

    @Test
    void shouldStampWithMoreThanTheNewestEpochWhereTheGroupStartedAnew() {
        state("b", 40);

        assertThat(acquire(2).epoch()).isEqualTo(41);
    }

    @Test
    void shouldSendMessagesAsCurrentWhileTheLeaseIsValid() {
        NodeEpoch origin = acquire(5);

        assertThat(owned.verdict("gate", origin)).isEqualTo(Verdict.CURRENT);
    }

    @Test
    void shouldHoldMessagesWhenTheBrokerIsSilentForTheSessionTimeout() {
        NodeEpoch origin = acquire(5);
        pass(SESSION);

        assertThat(owned.verdict("gate", origin)).isEqualTo(Verdict.UNDECIDED);

        lease.renew(nowNanos);
        assertThat(owned.verdict("gate", origin)).as("still a member").isEqualTo(Verdict.CURRENT);
    }

    @Test
    void shouldCountTheLeaseFromWhenTheRequestWasSent() {
        long sent = nowNanos;
        NodeEpoch origin = acquire(5);
        pass(Duration.ofSeconds(5));
        lease.renew(sent);
        pass(Duration.ofSeconds(1));

        assertThat(owned.verdict("gate", origin)).isEqualTo(Verdict.UNDECIDED);
    }

    @Test
    void shouldMarkMessagesOfALostStreamOnceTheTopicWasReadBeyondTheLoss() {
        NodeEpoch origin = acquire(5);
        pass(Duration.ofSeconds(60));
        lease.end();
        owned.lose(List.of("gate"));

        assertThat(owned.verdict("gate", origin))
                .as("what the other node wrote is not read yet")
                .isEqualTo(Verdict.UNDECIDED);

        readNanos = nowNanos + TimeUnit.SECONDS.toNanos(1);
        state("b", 7);
        assertThat(owned.verdict("gate", origin)).isEqualTo(Verdict.SUPERSEDED);
        assertThat(owned.origin("gate"))
                .as("what is still made of it keeps its stamp")
                .isEqualTo(origin);
    }

    @Test
    void shouldSendMessagesOfALostStreamAsCurrentWhereNobodyTookItOver() {
        NodeEpoch origin = acquire(5);
        lease.end();
        owned.lose(List.of("gate"));
        owned.release(List.of("gate"));
        readNanos = nowNanos + 1;
        state("a", 5);

        assertThat(owned.verdict("gate", origin)).isEqualTo(Verdict.CURRENT);
    }

    @Test
    void shouldMarkWhatWaitedFromAnEarlierTimeOnThisNode() {
        NodeEpoch first = acquire(5);
        owned.release(List.of("gate"));
        NodeEpoch second = acquire(9);

        assertThat(owned.verdict("gate", first)).isEqualTo(Verdict.SUPERSEDED);
        assertThat(owned.verdict("gate", second)).isEqualTo(Verdict.CURRENT);
    }

    @Test
    void shouldDecideAboutMessagesOfAnEarlierRunWhenTheTopicHasBeenRead() {
        readNanos = 0;
        assertThat(owned.verdict("gate", new NodeEpoch("a", 3))).isEqualTo(Verdict.UNDECIDED);

        readNanos = 5_000;
        assertThat(owned.verdict("gate", new NodeEpoch("a", 3))).isEqualTo(Verdict.CURRENT);
        state("b", 4);
        assertThat(owned.verdict("gate", new NodeEpoch("a", 3))).isEqualTo(Verdict.SUPERSEDED);
    }

    @Test
    void shouldGoOnUnderANewEpochWithAStreamThatAnotherNodeHadInBetween() {
        NodeEpoch first = acquire(5);
        state("b", 9);
        assertThat(owned.doublyOwned()).containsExactly("gate");

        assertThat(owned.takeBack("gate")).isEqualTo(new NodeEpoch("a", 10));

        assertThat(owned.doublyOwned()).isEmpty();
        assertThat(owned.verdict("gate", new NodeEpoch("a", 10))).isEqualTo(Verdict.CURRENT);
        assertThat(owned.verdict("gate", first)).isEqualTo(Verdict.SUPERSEDED);
        assertThat(owned.takeBack("other")).isNull();
    }

    @Test
    void shouldIgnoreAnEpochAfterWhichNoneCouldFollow() {
        state("b", Long.MAX_VALUE);

        assertThat(acquire(2).epoch()).isEqualTo(2);
    }

    @Test
    void shouldIgnoreStateOfAnOlderEpoch() {
        state("b", 7);
        state("a", 5);

        assertThat(table.newest("gate")).isEqualTo(new NodeEpoch("b", 7));
    }

    @Test
    void shouldSendMessagesWithoutStampAsTheyAre() {
        assertThat(owned.verdict("gate", null)).isEqualTo(Verdict.CURRENT);
    }
}
