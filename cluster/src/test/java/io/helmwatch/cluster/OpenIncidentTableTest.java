package io.helmwatch.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.vision.NodeEpoch;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class OpenIncidentTableTest {
    private final OpenIncidentTable table = new OpenIncidentTable();

    private static final NodeEpoch HEIR = new NodeEpoch("heir", 7);

    private static byte[] message(String stream, String node, long epoch) {
        return ("{\"stream\":\"" + stream + "\",\"node\":\"" + node + "\",\"epoch\":" + epoch + "}")
                .getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void shouldFindWhatANodeBeforeLeftOpen() {
        byte[] left = message("gate", "dead", 5);
        byte[] own = message("gate", "heir", 3);
        table.put("gate/1/rule/1", left);
        table.put("gate/0/rule/1", own);
        table.put("gate/2/rule/1", message("gate", "heir", 7));
        table.put("yard/1/rule/1", message("yard", "dead", 5));

        assertThat(table.leftTo(HEIR, "gate")).containsExactlyInAnyOrder(left, own);
    }

    @Test
    void shouldForgetIncidentThatEnded() {
        table.put("gate/1/rule/1", message("gate", "dead", 5));
        table.put("gate/1/rule/1", null);

        assertThat(table.leftTo(HEIR, "gate")).isEmpty();
    }

    @Test
    void shouldIgnoreWhatIsNoMessage() {
        table.put("gate/1/rule/1", "?".getBytes(StandardCharsets.UTF_8));

        assertThat(table.leftTo(HEIR, "gate")).isEmpty();
    }
}
