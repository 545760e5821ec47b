package io.helmwatch.ingest.ffmpeg.input;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class H264ReorderingTest {
    private static final String START = "00000001";
    private static final String PICTURE_PARAMETER_SET = "000000016ec9";

    @ParameterizedTest(name = "{0}: {2}")
    @CsvSource({
        "Baseline, 6742c00bda0507ec0440000003004000000503c50aa8, 0",
        "Baseline with a reference decoder, 6742c00dda0507ec044000000300400000051808007a10001e84a4b18078a155, 0",
        "Main that reorders two, 674d400ceca0a0fd8088000003000800000300a078a14cb0, 2",
        "Main interlaced that reorders none, 674d4015f40a087e5c0440000003004000000507c50aa8, 0",
        "High with scaling matrices that reorders none, 6764000bacb40a0fd80880000003008000000a078a1550, 0",
        "High with scaling matrices that reorders two, 6764000cacd94141fb011000000300100000030140f1429960, 2",
        "High 4:4:4 that reorders none, 67f4000b91968141fb011000000300100000030140f142aa, 0",
        "Main with colours and all else that reorders two,"
                + " 674d400deca0a0fd815a808080db80000003008000000a301000f420003d09496500f1429960, 2",
        "Main that does not say, 674d001ef40a0fc8, -1",
        "Main whose order of decoding is that of output, 674d001eda0507e4, 0"
    })
    void shouldKnowHowManyFramesAreReordered(String what, String set, int expected) {
        assertThat(H264Reordering.frames(HexFormat.of().parseHex(START + set + PICTURE_PARAMETER_SET)))
                .isEqualTo(expected);
    }

    @Test
    void shouldNotKnowItOfSetsThatAreCutOffOrDiffer() {
        byte[] whole = HexFormat.of().parseHex(START + "674d4015f40a087e5c0440000003004000000507c50aa8");
        assertThat(H264Reordering.frames(whole)).isZero();
        for (int length = 0; length < whole.length - 2; length++) {
            assertThat(H264Reordering.frames(Arrays.copyOf(whole, length)))
                    .as("the first %d bytes", length)
                    .isEqualTo(H264Reordering.UNKNOWN);
        }
        String reordered = START + "674d400ceca0a0fd8088000003000800000300a078a14cb0";
        String silent = START + "674d001ef40a0fc8";
        assertThat(H264Reordering.frames(HexFormat.of().parseHex(START + "674d001eda0507e4" + reordered)))
                .isEqualTo(2);
        assertThat(H264Reordering.frames(HexFormat.of().parseHex(reordered + silent)))
                .isEqualTo(H264Reordering.UNKNOWN);
        assertThat(H264Reordering.frames(HexFormat.of().parseHex(START + "67ffffffffffffffffffffff")))
                .isEqualTo(H264Reordering.UNKNOWN);
    }
}
