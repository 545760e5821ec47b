package io.helmwatch.config.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.ZoneId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SpellingTest {
    @ParameterizedTest
    @CsvSource(nullValues = "none", textBlock = """
            Europe/Berln, Europe/Berlin
            europe_berlin, Europe/Berlin
            Mars/Phobos-Base-Camp, none
            """)
    void shouldSuggestWhatIsNear(String word, String suggestion) {
        assertThat(Spelling.nearest(word, ZoneId.getAvailableZoneIds())).isEqualTo(suggestion);
    }

    @Test
    @Timeout(5)
    void shouldNotCompareATextAsLongAsARequestWithEveryName() {
        assertThat(Spelling.nearest("y".repeat(250_000), ZoneId.getAvailableZoneIds()))
                .isNull();
    }
}
