package io.helmwatch.sinks.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.sinks.SampleMessages;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.StreamStatus;
import io.helmwatch.vision.StreamStatus.State;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class OutboxTest {
    private final Outbox outbox = new Outbox(3);

    private List<Long> sequences() {
        List<Long> sequences = new ArrayList<>();
        for (FrameDetections frame = outbox.pollDetections(); frame != null; frame = outbox.pollDetections()) {
            sequences.add(frame.sequence());
        }
        return sequences;
    }

    private static StreamStatus status(String stream, State state, long at) {
        return SampleMessages.status(stream, state, at);
    }

    @Test
    void shouldLetTheOldestMakeRoom() {
        for (int i = 0; i < 3; i++) {
            assertThat(outbox.add(SampleMessages.frame("a", i))).isFalse();
        }
        assertThat(outbox.add(SampleMessages.frame("a", 3))).isTrue();
        assertThat(outbox.depth()).isEqualTo(3);
        assertThat(sequences()).containsExactly(1L, 2L, 3L);
        assertThat(outbox.depth()).isZero();
    }

    @Test
    void shouldPutBackAtTheHeadUnlessThereIsNoRoom() {
        outbox.add(SampleMessages.frame("a", 0));
        outbox.add(SampleMessages.frame("a", 1));
        FrameDetections first = outbox.pollDetections();
        assertThat(outbox.giveBack(first)).isFalse();
        assertThat(sequences()).containsExactly(0L, 1L);
        for (int i = 2; i < 5; i++) {
            outbox.add(SampleMessages.frame("a", i));
        }
        assertThat(outbox.giveBack(first)).isTrue();
        assertThat(sequences()).containsExactly(2L, 3L, 4L);
    }

    @Test
    void shouldRepeatAStateThatDidNotArriveUnlessALaterOneWentOut() {
        outbox.add(status("a", State.ONLINE, 1));
        outbox.add(status("a", State.OFFLINE, 2));
        outbox.add(status("b", State.ONLINE, 3));
        StatusMessage online = outbox.pollStatus();
        assertThat(outbox.giveBack(online)).isTrue();
        assertThat(outbox.pollStatus()).isSameAs(online);
        StatusMessage offline = outbox.pollStatus();
        assertThat(outbox.giveBack(online)).isFalse();
        assertThat(outbox.giveBack(offline)).isTrue();
        assertThat(outbox.pollStatus()).isSameAs(offline);
        assertThat(outbox.pollStatus().status.stream()).isEqualTo("b");
        assertThat(outbox.pollStatus()).isNull();
    }

    @Test
    void shouldRepeatTheLastStateOfEveryStream() {
        outbox.add(status("a", State.ONLINE, 1));
        outbox.add(status("a", State.OFFLINE, 2));
        outbox.add(status("b", State.ONLINE, 3));
        while (outbox.pollStatus() != null) {}
        outbox.add(status("b", State.ENDED, 4));
        outbox.repeatLatest();
        List<String> repeated = new ArrayList<>();
        for (StatusMessage m = outbox.pollStatus(); m != null; m = outbox.pollStatus()) {
            repeated.add(m.stream + m.atMillis);
        }
        assertThat(repeated).containsExactlyInAnyOrder("a2", "b4");
    }

    @Test
    void shouldRenewEveryStateThatIsNotQueuedUntilItsStreamIsRemoved() {
        outbox.add(status("a", State.ONLINE, 1));
        outbox.add(status("b", State.ENDED, 2));
        outbox.add(status("c", State.ONLINE, 3));
        while (outbox.pollStatus() != null) {}
        outbox.add(status("a", State.OFFLINE, 4));
        outbox.remove("c", 5);
        assertThat(outbox.streams()).containsExactlyInAnyOrder("a", "b");
        outbox.renew(StatusMessage.Reason.RENEWAL, 6);
        outbox.renew(StatusMessage.Reason.RELEASE, 7);
        List<String> sent = new ArrayList<>();
        for (StatusMessage m = outbox.pollStatus(); m != null; m = outbox.pollStatus()) {
            sent.add(m.reason + " " + m.stream + " " + m.atMillis + (m.status == null ? "" : " " + m.status.state()));
        }
        assertThat(sent).containsExactly("CHANGE a 4 OFFLINE", "REMOVAL c 5", "RENEWAL b 6 ENDED");
    }

    @Test
    void shouldNotReturnAStateThatDidNotArriveBehindItsRemoval() {
        outbox.add(status("a", State.ONLINE, 1));
        StatusMessage online = outbox.pollStatus();
        outbox.remove("a", 2);
        StatusMessage removal = outbox.pollStatus();
        assertThat(outbox.giveBack(online)).isFalse();
        assertThat(outbox.giveBack(removal)).isTrue();
        assertThat(outbox.pollStatus()).isSameAs(removal);
    }

    @Test
    void shouldKeepOnlyTheLastStatesBeyondTheLimit() {
        outbox.add(status("quiet", State.ONLINE, 0));
        for (int i = 0; i < StatusQueue.LIMIT * 3; i++) {
            outbox.add(status("busy", State.ONLINE, i));
        }
        assertThat(outbox.depth()).isLessThanOrEqualTo(StatusQueue.LIMIT);
        assertThat(outbox.pollStatus().status.stream()).isEqualTo("quiet");
    }

    @Test
    void shouldWaitForArrivalButNotPastAWakeUp() throws InterruptedException {
        long begun = System.nanoTime();
        outbox.await(20);
        assertThat(System.nanoTime() - begun).isGreaterThanOrEqualTo(20_000_000L);
        outbox.add(SampleMessages.frame("a", 0));
        outbox.await(60_000);
        Thread waker = new Thread(() -> {
            while (!Thread.currentThread().isInterrupted()) {
                outbox.wake();
                Thread.onSpinWait();
            }
        });
        waker.start();
        outbox.pollDetections();
        outbox.await(60_000);
        waker.interrupt();
        waker.join();
    }
}
