package io.helmwatch.inference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MetadataLiteralTest {

    @Test
    void shouldReadPythonDictionaries() {
        assertThat(MetadataLiteral.parse("{0: 'person', 1: \"driver's seat\", 2: 'it\\'s', 3: 'caf\\xe9'}"))
                .isEqualTo(Map.of(0.0, "person", 1.0, "driver's seat", 2.0, "it's", 3.0, "café"));
    }

    @Test
    void shouldReadJson() {
        assertThat(MetadataLiteral.parse(" {\"anchor\": \"top-left\", \"pad\": 128, \"on\": true, \"no\": null} "))
                .isEqualTo(Map.of("anchor", "top-left", "pad", 128.0, "on", true, "no", ""));
        assertThat(MetadataLiteral.parse("[\"h\\u00e9lmet\", \"head\"]")).isEqualTo(List.of("hélmet", "head"));
    }

    @Test
    void shouldReadNestedListsAndTuples() {
        assertThat(MetadataLiteral.parse("[[10, 13.5], (16, -3e1,), []]"))
                .isEqualTo(List.of(List.of(10.0, 13.5), List.of(16.0, -30.0), List.of()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "{", "{0: 'a'", "[1, 2", "'open", "{0 'a'}", "[1 2]", "nothing", "1 2", "'\\u12'", "'\\", "}"
            })
    void shouldRefuseWhatIsNoLiteral(String text) {
        assertThatThrownBy(() -> MetadataLiteral.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void shouldRefuseDeepNestingWithoutOverflowingTheStack() {
        assertThatThrownBy(() -> MetadataLiteral.parse("[".repeat(100_000)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("nested");
    }
}
