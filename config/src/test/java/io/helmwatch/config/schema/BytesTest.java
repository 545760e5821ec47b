package io.helmwatch.config.schema;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BytesTest {
    @ParameterizedTest
    @CsvSource({"1000, 1000", "64KiB, 65536", "256 MiB, 268435456", "10gib, 10737418240", "1k, 1024"})
    void shouldReadBytes(String text, long expected) {
        assertThat(Bytes.parse(text)).isEqualTo(expected);
        assertThat(Bytes.parse(Bytes.format(expected))).isEqualTo(expected);
    }
}
