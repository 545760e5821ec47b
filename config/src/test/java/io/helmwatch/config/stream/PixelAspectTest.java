package io.helmwatch.config.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PixelAspectTest {

    @ParameterizedTest
    @CsvSource({"1:1, 1", "2:1, 2", "16:11, 1.4545", "8/9, 0.8889", " 8 : 1 , 8", "1:8, 0.125", "10000:10000, 1"})
    void shouldReadWidthAndHeightOfAPixel(String text, double ratio) {
        PixelAspect aspect = PixelAspect.parse(text);
        assertThat(aspect).isNotNull();
        assertThat(aspect.ratio()).isCloseTo(ratio, within(1e-4));
        assertThat(PixelAspect.parse(aspect.toString())).isEqualTo(aspect);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "2", "1.5", "0:1", "1:0", "-1:1", "9:1", "1:9", "10001:10000", "10000:10001", "a:b", "16:9:1"
            })
    void shouldRefuseWhatNoRecorderHas(String text) {
        assertThat(PixelAspect.parse(text)).isNull();
    }

    @Test
    void shouldRefuseItInCodeToo() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new PixelAspect(9, 1))
                .withMessageContaining("9:1");
    }
}
