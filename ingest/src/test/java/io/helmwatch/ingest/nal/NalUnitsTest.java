package io.helmwatch.ingest.nal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.helmwatch.ingest.VideoFormat.Codec;
import java.lang.management.ManagementFactory;
import java.util.HexFormat;
import java.util.StringJoiner;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NalUnitsTest {
    private static final HexFormat HEX = HexFormat.of();

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "start codes of three and four bytes, 000001 6742c0 00000001 68ce, 6742c0 68ce",
        "bytes before the first start code, ffee 000001 6742, 6742",
        "zeros behind a unit, 000001 6742 0000000000 000001 68ce, 6742 68ce",
        "zeros at the end, 000001 6742 0000, 6742",
        "emulation prevention bytes, 000001 6742000003000003000003 000001 68, 6742000003000003000003 68",
        "a start code without a unit at the end, 000001 6742 000001, 6742",
        "the same of four bytes, 000001 6742 00000001, 6742",
        "an empty unit, 000001 000001 6742, 6742",
        "empty units behind start codes of four bytes, 00000001 00000001 00000001 68, 68",
        "only zeros, 0000000000, ''",
        "only a start code, 00000001, ''",
        "only a start code and zeros, 000001 00, ''",
        "a start code that is cut off, 000001 6742 0000, 6742",
        "a unit of one byte, 000001 65, 65",
        "no start code, 6742c00bda0507ec, ''",
        "two zeros before another byte than one, 000001 65000002 000001 65, 65000002 65",
        "one zero before a one, 000001 65000167 000001 68, 65000167 68",
        "nothing, '', ''"
    })
    void shouldFindUnitsBehindStartCodes(String what, String bytes, String expected) {
        assertThat(units(0, bytes)).isEqualTo(expected);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "lengths of four bytes, 4, 00000003 6742c0 00000002 68ce, 6742c0 68ce",
        "lengths of two bytes, 2, 0003 6742c0 0002 68ce, 6742c0 68ce",
        "lengths of one byte, 1, 03 6742c0 02 68ce, 6742c0 68ce",
        "lengths of three bytes, 3, 000003 6742c0 000002 68ce, 6742c0 68ce",
        "zeros at the end of a unit, 2, 0004 67420000 0001 68, 67420000 68",
        "a start code inside a unit, 2, 0006 674200000001 0001 68, 674200000001 68",
        "a length of zero, 2, 0002 6742 0000 0001 68, 6742",
        "a length beyond the end, 2, 0002 6742 00ff 68ce, 6742 68ce",
        "the largest length, 4, ffffffff 6742, 6742",
        "a length that is cut off, 4, 00000002 6742 000000, 6742",
        "a length without its unit, 4, 00000002 6742 00000005, 6742",
        "less than a length, 4, 000000, ''",
        "nothing, 4, '', ''"
    })
    void shouldFindUnitsBehindTheirLengths(String what, int lengthBytes, String bytes, String expected) {
        assertThat(units(lengthBytes, bytes)).isEqualTo(expected);
    }

    private static String units(int lengthBytes, String hex) {
        byte[] data = HEX.parseHex(hex.replace(" ", ""));
        NalUnits units = new NalUnits(Codec.H264, lengthBytes);
        units.reset(index -> data[index], data.length);
        StringJoiner found = new StringJoiner(" ");
        while (units.next()) {
            found.add(HEX.formatHex(data, units.start(), units.end()));
        }
        return found.toString();
    }

    @ParameterizedTest(name = "{0} {1}: type {2}, slice {3}")
    @CsvSource({
        "H264, 65, 5, true",
        "H264, 41, 1, true",
        "H264, 67, 7, false",
        "H264, 06, 6, false",
        "HEVC, 0001, 0, true",
        "HEVC, 2601, 19, true",
        "HEVC, 3e01, 31, true",
        "HEVC, 4001, 32, false",
        "HEVC, 7e01, 63, false"
    })
    void shouldTellSlicesFromOtherUnits(Codec codec, String unit, int type, boolean slice) {
        byte[] data = HEX.parseHex("000001" + unit);
        NalUnits units = new NalUnits(codec, 0);
        units.reset(index -> data[index], data.length);

        assertThat(units.next()).isTrue();
        assertThat(units.type()).isEqualTo(type);
        assertThat(units.isSlice()).isEqualTo(slice);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource({
        "avcC, H264, 0142c00bff, 4",
        "avcC with lengths of two bytes, H264, 0142c00bfd, 2",
        "avcC that is cut off, H264, 0142c00b, 0",
        "start codes, H264, 0000000167, 0",
        "hvcC, HEVC, 0101600000009000000000005df000fcfdf8f800000f, 4",
        "hvcC of which the first bytes are there, HEVC, 01016000, 0",
        "another codec, MJPEG, 0142c00bff, 0"
    })
    void shouldKnowFromTheConfigurationWhetherUnitsFollowLengths(
            String what, Codec codec, String configuration, int expected) {
        byte[] data = HEX.parseHex(configuration);
        int size = data.length > 4 ? Math.max(24, data.length) : data.length;
        assertThat(NalUnits.lengthBytes(codec, index -> index < data.length ? data[index] : 0, size))
                .isEqualTo(expected);
    }

    @Test
    void shouldTakeAConfigurationThatIsCutOffBeforeItsLengthForStartCodes() {
        CodedBytes version = index -> (byte) (index == 0 ? 1 : 0xff);
        assertThat(NalUnits.lengthBytes(Codec.HEVC, version, 22)).isZero();
        assertThat(NalUnits.lengthBytes(Codec.HEVC, version, 23)).isEqualTo(4);
        assertThat(NalUnits.lengthBytes(Codec.H264, version, 6)).isZero();
    }

    @Test
    void shouldNotReadASliceThatNobodyAsksTheEndOf() {
        byte[] data = HEX.parseHex("000001674200000165");
        NalUnits units = new NalUnits(Codec.H264, 0);
        int[] last = {0};
        units.reset(
                index -> {
                    last[0] = Math.max(last[0], index);
                    return index < data.length ? data[index] : (byte) 0x80;
                },
                1 << 20);
        while (units.next() && !units.isSlice()) {
            assertThat(units.end() - units.start()).isEqualTo(2);
        }
        assertThat(last[0]).isEqualTo(data.length - 1);
    }

    @Test
    void shouldRefuseCodecsWithoutUnits() {
        assertThatThrownBy(() -> new NalUnits(Codec.MJPEG, 0)).hasMessageContaining("found MJPEG");
    }

    @Test
    void shouldAllocateNothingForAPacket() {
        byte[] data = HEX.parseHex("00000001674200000003011e0000000168ce3c800000016588");
        CodedBytes bytes = index -> data[index];
        KeyFrameHeader header = new KeyFrameHeader(new NalUnits(Codec.H264, 0));
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long thread = Thread.currentThread().getId();
        assertThat(header.read(bytes, data.length)).isTrue();
        threads.getThreadAllocatedBytes(thread);
        long before = threads.getThreadAllocatedBytes(thread);
        for (int i = 0; i < 1000; i++) {
            header.read(bytes, data.length);
        }
        assertThat(threads.getThreadAllocatedBytes(thread) - before).isLessThan(1000);
    }
}
