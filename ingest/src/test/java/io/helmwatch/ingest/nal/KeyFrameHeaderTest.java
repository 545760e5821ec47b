package io.helmwatch.ingest.nal;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.ingest.VideoFormat.Codec;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KeyFrameHeaderTest {
    private static final HexFormat HEX = HexFormat.of();

    @ParameterizedTest(name = "{0}: decodable {4}, parameter sets {5}")
    @CsvSource({
        "IDR behind its sets, H264, 0, 00000001 6742 000001 68ce 000001 65, true, 00000001 6742 00000001 68ce",
        "the same with lengths, H264, 2, 0002 6742 0002 68ce 0001 65, true, 00000001 6742 00000001 68ce",
        "IDR alone, H264, 0, 000001 65, true, ''",
        "IDR behind one of its sets, H264, 0, 000001 6742 000001 65, false, ''",
        "another slice behind sets, H264, 0, 000001 6742 000001 68ce 000001 41, false, 00000001 6742 00000001 68ce",
        "sets behind the slice, H264, 0, 000001 65 000001 6742 000001 68ce, true, ''",
        "sets on both sides of the slice, H264, 0, 000001 6742 000001 68ce 000001 65 000001 6799, true, 00000001 6742 00000001 68ce",
        "sets without a slice, H264, 0, 000001 6742 000001 68ce, false, 00000001 6742 00000001 68ce",
        "messages between, H264, 0, 000001 09f0 000001 67 000001 0605 000001 68 000001 65, true, 00000001 67 00000001 68",
        "a length of zero before the slice, H264, 2, 0001 67 0001 68 0000 0001 65, false, 00000001 67 00000001 68",
        "CRA behind its sets, HEVC, 0, 000001 4001 000001 4201 000001 4401 000001 2a01, true,"
                + " 00000001 4001 00000001 4201 00000001 4401",
        "CRA without the video set, HEVC, 0, 000001 4201 000001 4401 000001 2a01, false, ''",
        "trailing picture, HEVC, 0, 000001 0201, false, ''",
        "an empty unit before IDR, HEVC, 0, 000001 000001 2601, true, ''",
        "nothing, H264, 0, '', false, ''"
    })
    void shouldReadWhatStandsBeforeTheSlices(
            String what, Codec codec, int lengthBytes, String packet, boolean decodable, String sets) {
        byte[] data = HEX.parseHex(packet.replace(" ", ""));
        KeyFrameHeader header = new KeyFrameHeader(new NalUnits(codec, lengthBytes));

        assertThat(header.read(index -> data[index], data.length)).isEqualTo(decodable);
        assertThat(HEX.formatHex(header.parameterSets())).isEqualTo(sets.replace(" ", ""));
    }

    @Test
    void shouldTellParameterSetsApartByTheirHash() {
        assertThat(hash("000001 6742 000001 68ce 000001 65"))
                .isEqualTo(hash("00000001 6742 0000000001 68ce 000001 6588"));
        assertThat(hash("000001 6743 000001 68ce 000001 65")).isNotEqualTo(hash("000001 6742 000001 68ce 000001 65"));
        assertThat(hash("000001 6742 000001 68ce 000001 65")).isNotEqualTo(hash("000001 6742 000001 68cf 000001 65"));
    }

    private static long hash(String packet) {
        byte[] data = HEX.parseHex(packet.replace(" ", ""));
        KeyFrameHeader header = new KeyFrameHeader(new NalUnits(Codec.H264, 0));
        assertThat(header.read(index -> data[index], data.length)).isTrue();
        assertThat(header.hasParameterSets()).isTrue();
        return header.parameterSetsHash();
    }
}
