package io.helmwatch.web.api;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helmwatch.web.RefusedException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{\"id\": \"a\"",
                "{\"id\": [1, 2",
                "{\"id\": \"a",
                "{id: 1}",
                "[1]",
                "7",
                "{\"id\": 1} trailing",
                "{\"id\": 01}",
                "\u0000"
            })
    void shouldSayWhatIsWrongWithABodyInWordsOfItsSender(String body) {
        assertThatThrownBy(() -> Json.read(body.getBytes(StandardCharsets.UTF_8), Map.class))
                .isInstanceOf(RefusedException.class)
                .hasMessageStartingWith("the body is not the expected JSON")
                .hasMessageNotContainingAny("Source", "Feature", "java", "class", "jackson", "value disabled");
    }
}
