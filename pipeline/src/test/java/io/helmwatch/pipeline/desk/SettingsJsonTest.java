package io.helmwatch.pipeline.desk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.helmwatch.config.schema.RequestLimits;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.web.RefusedException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsJsonTest {
    private static final SettingsJson READER = new SettingsJson(Path.of("/site"), List.of(), RequestLimits.NONE);
    private static final ObjectNode STORED = json(
            "{'id':'gate','url':'rtsp://192.0.2.10:554/1?token=abcdef','credentials':{'username':'u','password':'secret-word'}}");

    private static ObjectNode json(String text) {
        return SettingsJson.parse(text.replace('\'', '"'));
    }

    @Test
    void shouldMoveTheUserOfAnAddressToTheCredentials() {
        ObjectNode settings =
                SettingsJson.complete(json("{'id':'gate','url':'rtsp://admin:p%40ss@192.0.2.10/1'}"), null);
        assertThat(settings.path("url").asText()).isEqualTo("rtsp://192.0.2.10/1");
        assertThat(settings.path("credentials").path("password").asText()).isEqualTo("p@ss");
        StreamConfig stream = READER.read(settings);
        assertThat(stream.connectUrl().reveal()).isEqualTo("rtsp://admin:p%40ss@192.0.2.10/1");
        assertThat(SettingsJson.shown(settings).toString()).contains("admin").doesNotContain("p@ss", "password");
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(delimiter = '|', textBlock = """
            rtsp://192.0.2.10:554/2 | {'username':'u'}                    | secret-word
            rtsp://192.0.2.11:554/1 | {'username':'u'}                    |
            rtsp://192.0.2.10:555/1 | {'username':'u'}                    |
            rtsp://192.0.2.10:554/1 | {'username':'other'}                |
            rtsp://192.0.2.10:554/1 | {'username':'u','password':'newer'} | newer
            """)
    void shouldKeepTheStoredPasswordForTheSameUserOfTheSameCameraOnly(String url, String credentials, String password) {
        ObjectNode settings = SettingsJson.complete(
                json("{'id':'gate','url':'" + url + "','credentials':" + credentials + "}"), STORED);
        assertThat(settings.path("credentials").path("password").asText(null)).isEqualTo(password);
    }

    @Test
    void shouldKeepWhatIsMaskedInAnAddressThatIsSentBackAsItWasShown() {
        ObjectNode shown = (ObjectNode) SettingsJson.shown(STORED);
        assertThat(shown.path("url").asText()).doesNotContain("abcdef");
        assertThat(SettingsJson.complete(shown, STORED)).isEqualTo(STORED);
    }

    @Test
    void shouldNameWhatIsWrongByItsKey() {
        RefusedException refused = catchThrowableOfType(
                RefusedException.class,
                () -> READER.read(json(
                        "{'id':'gate','url':'rtsp://c/1','zones':[{'name':'pit','polygon':[[0,0],[2,0],[1,1]]}]}")));
        assertThat(refused.errors())
                .singleElement()
                .satisfies(error -> assertThat(error.field()).startsWith("zones[0].polygon"))
                .satisfies(error -> assertThat(error.message()).contains("from 0 to 1"));
        assertThat(refused).hasMessageContaining("zones[0].polygon");
        RefusedException other = catchThrowableOfType(
                RefusedException.class, () -> SettingsJson.withRegions(STORED, json("{'url':'rtsp://c/2'}")));
        assertThat(other).hasMessageContaining("only zones, masks and rules");
    }
}
