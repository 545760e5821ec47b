package io.helmwatch.ingest.nal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RbspBitsTest {
    /** ITU-T H.264, tables 9-2 and 9-3. */
    @ParameterizedTest(name = "{0}: {1}, signed {2}")
    @CsvSource({"80, 0, 0", "40, 1, 1", "60, 2, -1", "20, 3, 2", "28, 4, -2", "38, 6, -3", "10, 7, 4"})
    void shouldReadExpGolombNumbers(String bytes, int expected, int signed) {
        assertThat(bits(bytes).readExpGolomb()).isEqualTo(expected);
        assertThat(bits(bytes).readSignedExpGolomb()).isEqualTo(signed);
    }

    @Test
    void shouldRefuseExpGolombNumbersOfMoreThan31Bits() {
        RbspBits largest = bits("0000030003fffffffe");
        assertThat(largest.readExpGolomb()).isEqualTo(0x7ffffffe);
        assertThat(largest.isExhausted()).isFalse();
        RbspBits larger = bits("000003000180000000");
        assertThat(larger.readExpGolomb()).isZero();
        assertThat(larger.isExhausted()).isTrue();
    }

    @ParameterizedTest(name = "{0} reads as {1}")
    @CsvSource({
        "0000030000, 00000000",
        "00000301, 000001",
        "0000030003, 00000003",
        "000003000003, 00000000",
        "00030003, 00030003",
        "000003, 0000"
    })
    void shouldPassOverEmulationPreventionBytes(String bytes, String expected) {
        RbspBits bits = bits(bytes);
        StringBuilder read = new StringBuilder();
        for (int i = 0; i < expected.length() / 2; i++) {
            read.append(HexFormat.of().toHexDigits((byte) bits.read(8)));
        }
        assertThat(read).hasToString(expected);
        assertThat(bits.isExhausted()).isFalse();
        assertThat(bits.readFlag()).isFalse();
        assertThat(bits.isExhausted()).isTrue();
    }

    @Test
    void shouldReadNothingBehindTheEnd() {
        RbspBits bits = bits("ff");
        bits.skip(7);
        assertThat(bits.readFlag()).isTrue();
        assertThat(bits.read(31)).isZero();
        assertThat(bits.readExpGolomb()).isZero();
        assertThat(bits.isExhausted()).isTrue();
    }

    private static RbspBits bits(String hex) {
        byte[] data = HexFormat.of().parseHex(hex);
        return new RbspBits(index -> data[index], 0, data.length);
    }
}
