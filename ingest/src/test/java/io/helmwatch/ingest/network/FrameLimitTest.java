package io.helmwatch.ingest.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

class FrameLimitTest {
    private static final int LENGTH = 1 << 15;
    private static final long PACKETS = FrameLimit.MAX_FRAME_BYTES / LENGTH;

    private final FrameLimit limit = new FrameLimit();

    @Test
    void shouldRefuseAFrameThatNeverEnds() {
        for (int i = 0; i < PACKETS; i++) {
            assertThat(limit.accepts(0, packet(7, false), LENGTH)).isTrue();
        }
        assertThat(limit.accepts(0, packet(7, false), LENGTH)).isFalse();
        assertThat(limit.accepts(0, packet(8, false), LENGTH)).isTrue();
    }

    @Test
    void shouldAcceptFramesWithoutMarkerWhoseTimestampsAdvance() {
        for (int i = 0; i < 3 * PACKETS; i++) {
            assertThat(limit.accepts(0, packet(i / 100, false), LENGTH)).isTrue();
        }
    }

    @Test
    void shouldAcceptFramesWithAMarkerWhoseTimestampsStandStill() {
        for (int i = 0; i < 3 * PACKETS; i++) {
            assertThat(limit.accepts(0, packet(0, i % 100 == 99), LENGTH)).isTrue();
        }
    }

    @Test
    void shouldCountChannelsForThemselvesAndIgnoreWhatIsNoPacket() {
        for (int i = 0; i < PACKETS; i++) {
            assertThat(limit.accepts(0, packet(7, false), LENGTH)).isTrue();
            assertThat(limit.accepts(255, packet(9, false), LENGTH)).isTrue();
            assertThat(limit.accepts(0, packet(7, false), 11)).isTrue();
        }
    }

    private static byte[] packet(int timestamp, boolean marker) {
        return ByteBuffer.allocate(LENGTH)
                .put((byte) 0x80)
                .put((byte) (marker ? 0xe0 : 0x60))
                .putShort((short) 1)
                .putInt(timestamp)
                .array();
    }
}
