package io.helmwatch.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PacketRingTest {
    private static final int GROUP = 100;
    private final List<ScriptedPacket> sent = new ArrayList<>();

    /** Key frames are 10 s apart, frames 0.1 s. */
    private void play(PacketReceiver to, int epoch, int from, int count) {
        for (int i = from; i < from + count; i++) {
            ScriptedPacket packet = new ScriptedPacket(epoch, i, i % GROUP == 0, 1000);
            sent.add(packet);
            to.onPacket(packet);
        }
    }

    private static List<Integer> numbers(List<VideoPacket> packets) {
        return packets.stream()
                .map(packet -> ((ScriptedPacket) packet).number())
                .toList();
    }

    private long held() {
        return sent.stream().filter(packet -> packet.holds.get() > 0).count();
    }

    @Test
    void shouldReachBackToTheKeyFrameBeforeTheConfiguredTime() {
        try (PacketRing ring = new PacketRing(Duration.ofSeconds(5), 1 << 20)) {
            play(ring, 1, 50, 500);

            assertThat(ring.size()).isEqualTo(held()).isEqualTo(150);
            assertThat(numbers(ring.since(1, 52_500_000_000L)))
                    .startsWith(500, 501)
                    .endsWith(549);
            assertThat(numbers(ring.since(1, 42_500_000_000L))).startsWith(400).hasSize(150);
            assertThat(numbers(ring.since(1, 1_000_000_000L))).startsWith(400);
            assertThat(ring.since(2, 52_500_000_000L)).isEmpty();
            sent.forEach(packet -> packet.holds.set(Math.min(1, packet.holds.get())));
        }
        assertThat(held()).isZero();
    }

    @Test
    void shouldDropTheOldestGroupBeyondItsBytes() {
        try (PacketRing ring = new PacketRing(Duration.ofSeconds(60), 150_000)) {
            play(ring, 1, 0, 240);
            assertThat(ring.bytes()).isEqualTo(140_000);

            play(ring, 1, 240, 11);
            assertThat(ring.bytes()).isEqualTo(51_000);
        }
    }

    @Test
    void shouldHoldNothingWhenASingleGroupExceedsItsBytesUntilTheNextKeyFrame() {
        try (PacketRing ring = new PacketRing(Duration.ofSeconds(60), 50_000)) {
            play(ring, 1, 0, 90);
            assertThat(ring.size()).isZero();

            play(ring, 1, 90, 20);
            assertThat(ring.size()).isEqualTo(10);
        }
    }

    @Test
    void shouldKeepStretchesOfTheStreamApart() {
        try (PacketRing ring = new PacketRing(Duration.ofSeconds(60), 1 << 20)) {
            play(ring, 1, 0, 150);
            play(ring, 2, 200, 30);

            assertThat(numbers(ring.since(1, 14_000_000_000L))).startsWith(100).endsWith(149);
            assertThat(numbers(ring.since(2, 21_000_000_000L))).startsWith(200).endsWith(229);
        }
    }

    @Test
    void shouldFallToTheNextKeyFrameWhenAQueueIsFull() {
        PacketQueue queue = new PacketQueue(50, 1 << 20, () -> {});
        play(queue, 1, 90, 80);

        assertThat(queue.poll()).isNull();
        assertThat(held()).isZero();
        assertThat(queue.dropped()).isEqualTo(51);

        play(queue, 1, 170, 35);
        VideoPacket next = queue.poll();
        assertThat(next).isNotNull().extracting(VideoPacket::isKeyFrame).isEqualTo(true);
        assertThat(((ScriptedPacket) next).number()).isEqualTo(200);
        next.release();
        queue.close();
        assertThat(held()).isZero();
        play(queue, 1, 300, 1);
        assertThat(held()).isZero();
    }
}
