package io.helmwatch.pipeline.live;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.incident.TrackingConfig;
import io.helmwatch.pipeline.live.LiveMessage.Kind;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LiveViewerTest {
    private final LiveStreams streams = new LiveStreams(id -> null, TrackingConfig.DEFAULT, List::of);
    private final RecordingConnection connection = new RecordingConnection();
    private final LiveViewer viewer = (LiveViewer) streams.connect(connection);

    @AfterEach
    void close() {
        streams.close();
    }

    private static LiveMessage fragment(int channel, int number) {
        return LiveMessage.video(
                Kind.FRAGMENT, channel, number % 100 == 0, 1, number * 0.04, ByteBuffer.allocate(50_000));
    }

    @Test
    void shouldContinueWithTheNextKeyFrameOfEachStreamAfterABadLine() {
        connection.stick();
        for (int i = 0; i < 250; i++) {
            viewer.send(fragment(1, i));
            viewer.send(fragment(2, i + 50));
        }
        connection.loosen();
        for (int i = 250; i < 310; i++) {
            viewer.send(fragment(1, i));
        }

        List<RecordingConnection.Binary> first = connection.binaries(1).stream()
                .filter(each -> each.channel() == 1)
                .toList();
        List<RecordingConnection.Binary> second = connection.binaries(1).stream()
                .filter(each -> each.channel() == 2)
                .toList();
        assertThat(viewer.dropped()).isGreaterThan(150);
        for (List<RecordingConnection.Binary> each : List.of(first, second)) {
            for (int i = 1; i < each.size(); i++) {
                boolean follows = each.get(i).seconds() - each.get(i - 1).seconds() < 0.041;
                assertThat(follows || each.get(i).startsDecoding()).isTrue();
            }
        }
        assertThat(first.get(first.size() - 1).seconds()).isEqualTo(309 * 0.04);
        assertThat(connection.closed()).isEmpty();
    }

    @Test
    void shouldReplaceAWaitingStillFrameByANewerOne() {
        connection.stick();
        for (int i = 0; i < 10; i++) {
            viewer.send(LiveMessage.video(Kind.JPEG, 1, true, 0, i, ByteBuffer.allocate(10)));
        }
        connection.loosen();

        assertThat(connection.binaries(2))
                .extracting(RecordingConnection.Binary::seconds)
                .containsExactly(0.0, 9.0);
    }

    @Test
    void shouldCloseAViewerToWhomNotEvenStatesFit() {
        connection.stick();
        for (int i = 0; i < 2_100; i++) {
            viewer.send(LiveMessage.control("{\"type\":\"state\"}"));
        }
        assertThat(connection.closed()).contains("too slow");
    }
}
