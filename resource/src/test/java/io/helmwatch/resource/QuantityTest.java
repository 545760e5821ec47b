package io.helmwatch.resource;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuantityTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0 streams, 0 people",
        "1, 1 stream, 1 person",
        "2, 2 streams, 2 people",
        "1001, 1001 streams, 1001 people"
    })
    void shouldUseThePluralForAllNumbersButOne(long number, String regular, String irregular) {
        assertThat(Quantity.of(number, "stream")).isEqualTo(regular);
        assertThat(Quantity.of(number, "person", "people")).isEqualTo(irregular);
    }
}
