package io.helmwatch.preprocess.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.helmwatch.preprocess.HostFrame;
import io.helmwatch.vision.ColorEncoding;
import io.helmwatch.vision.ColorEncoding.Matrix;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.Orientation;
import io.helmwatch.vision.PixelFormat;
import io.helmwatch.vision.tensor.Letterbox;
import io.helmwatch.vision.tensor.LetterboxAnchor;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Java and the kernel must agree on every offset of {@code struct Frame}; the kernel's source says where they are. */
class FrameDescriptorTest {

    private static final int GUARD = 0x5a5a5a5a;

    private final Map<String, Integer> offsets = new LinkedHashMap<>();
    private int structBytes;

    FrameDescriptorTest() throws Exception {
        String source;
        try (InputStream in = FrameDescriptorTest.class.getResourceAsStream("letterbox_nchw.cu")) {
            source = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
        Matcher body =
                Pattern.compile("struct Frame \\{(.*?)\\n\\};", Pattern.DOTALL).matcher(source);
        assertThat(body.find()).isTrue();
        String fields = body.group(1).replaceAll("//[^\\n]*", "");
        Matcher declaration = Pattern.compile("(u64|int|float)\\s+([^;]+);").matcher(fields);
        int offset = 0;
        while (declaration.find()) {
            int size = declaration.group(1).equals("u64") ? 8 : 4;
            for (String name : declaration.group(2).split(",", -1)) {
                Matcher array = Pattern.compile("(\\w+)\\[(\\d+)]").matcher(name.strip());
                boolean many = array.matches();
                offsets.put(many ? array.group(1) : name.strip(), offset);
                offset += size * (many ? Integer.parseInt(array.group(2)) : 1);
            }
        }
        structBytes = (offset + 7) / 8 * 8;
    }

    @Test
    void shouldWriteEveryFieldWhereTheKernelReadsIt() {
        ByteBuffer descriptor = write(PixelFormat.BGR24, new ColorEncoding(Matrix.BT601, true));

        assertThat(structBytes).isEqualTo(FrameDescriptor.BYTES);
        assertThat(descriptor.getLong(offsets.get("plane"))).isEqualTo(0x1000);
        assertThat(integer(descriptor, "stride")).isEqualTo(300 + 12);
        assertThat(integer(descriptor, "width")).isEqualTo(100);
        assertThat(integer(descriptor, "height")).isEqualTo(50);
        assertThat(integer(descriptor, "layout")).isEqualTo(3);
        assertThat(integer(descriptor, "wide")).isZero();
        assertThat(integer(descriptor, "scaledWidth")).isEqualTo(64);
        assertThat(integer(descriptor, "scaledHeight")).isEqualTo(32);
        assertThat(integer(descriptor, "padLeft")).isZero();
        assertThat(integer(descriptor, "padTop")).isEqualTo(16);
        assertThat(number(descriptor, "ratioX")).isEqualTo(100f / 64);
        assertThat(number(descriptor, "ratioY")).isEqualTo(50f / 32);
        assertThat(integer(descriptor, "redOffset")).isEqualTo(2);
        assertThat(integer(descriptor, "blueOffset")).isZero();
        assertThat(integer(descriptor, "index")).isEqualTo(7);
        assertThat(turn(descriptor)).containsExactly(1.0, 0.0, 0.0, 0.0, 1.0, 0.0);
        assertThat(descriptor.getInt(FrameDescriptor.BYTES))
                .as("bytes behind the descriptor")
                .isEqualTo(GUARD);
    }

    @Test
    void shouldDescribeTenBitChromaAndColours() {
        ByteBuffer descriptor = write(PixelFormat.P010, new ColorEncoding(Matrix.BT709, false));

        assertThat(integer(descriptor, "layout")).isZero();
        assertThat(integer(descriptor, "wide")).isEqualTo(1);
        assertThat(integer(descriptor, "chromaWidth")).isEqualTo(50);
        assertThat(integer(descriptor, "chromaHeight")).isEqualTo(25);
        assertThat(number(descriptor, "chromaScaleX")).isEqualTo(0.5f);
        assertThat(number(descriptor, "chromaOffsetX")).isEqualTo(-0.25f);
        // White and black of 10 bits in the high bits of 16, then the limits of chroma.
        assertThat(luma(descriptor, 940 << 6)).isCloseTo(1, within(1e-5f));
        assertThat(luma(descriptor, 64 << 6)).isCloseTo(0, within(1e-5f));
        assertThat(chroma(descriptor, 960 << 6)).isCloseTo(0.5f, within(1e-5f));
        assertThat(chroma(descriptor, 512 << 6)).isCloseTo(0, within(1e-5f));
        // ITU-R BT.709: 1.5748, 0.1873, 0.4681, 1.8556.
        assertThat(number(descriptor, "redCr")).isCloseTo(1.5748f, within(1e-4f));
        assertThat(number(descriptor, "greenCb")).isCloseTo(-0.1873f, within(1e-4f));
        assertThat(number(descriptor, "greenCr")).isCloseTo(-0.4681f, within(1e-4f));
        assertThat(number(descriptor, "blueCb")).isCloseTo(1.8556f, within(1e-4f));
    }

    @ParameterizedTest
    @CsvSource({
        // stored 100 x 50: column and row of an upright pixel (x, y)
        "MIRRORED, 100, 50, -1 0 99 0 1 0",
        "HALF_TURN, 100, 50, -1 0 99 0 -1 49",
        "CLOCKWISE, 50, 100, 0 1 0 -1 0 49",
        "COUNTER_CLOCKWISE, 50, 100, 0 -1 99 1 0 0",
    })
    void shouldSayWhereAnUprightPixelIsStored(Orientation orientation, int width, int height, String expected) {
        ByteBuffer descriptor =
                write(PixelFormat.NV12, new ColorEncoding(Matrix.BT709, false), orientation, width, height);

        assertThat(integer(descriptor, "width")).isEqualTo(100);
        assertThat(integer(descriptor, "height")).isEqualTo(50);
        assertThat(integer(descriptor, "chromaWidth")).isEqualTo(50);
        assertThat(integer(descriptor, "chromaHeight")).isEqualTo(25);
        assertThat(number(descriptor, "ratioX")).isEqualTo(Math.max(width, height) / 64f);
        assertThat(turn(descriptor))
                .containsExactly(
                        Stream.of(expected.split(" ", -1)).map(Double::valueOf).toArray(Double[]::new));
    }

    private List<Double> turn(ByteBuffer descriptor) {
        return Stream.of("turnXx", "turnXy", "turnX", "turnYx", "turnYy", "turnY")
                // Without the sign of zero.
                .map(field -> number(descriptor, field) + 0.0)
                .toList();
    }

    private static ByteBuffer write(PixelFormat format, ColorEncoding color) {
        return write(format, color, Orientation.UPRIGHT, 100, 50);
    }

    private static ByteBuffer write(
            PixelFormat format, ColorEncoding color, Orientation orientation, int width, int height) {
        ByteBuffer buffer = ByteBuffer.allocate(FrameDescriptor.BYTES + 4).order(ByteOrder.nativeOrder());
        buffer.putInt(FrameDescriptor.BYTES, GUARD);
        ImageSize size = new ImageSize(width, height);
        try (HostFrame frame = HostFrame.allocate(size, format, color, 12)) {
            frame.info().setImage(width, height, format, color, orientation);
            FrameDescriptor.write(
                    buffer,
                    0,
                    frame,
                    new long[] {0x1000, 0x2000, 0x3000},
                    Letterbox.fit(size, new ImageSize(64, 64), LetterboxAnchor.CENTER),
                    7);
        }
        return buffer;
    }

    private int integer(ByteBuffer descriptor, String field) {
        return descriptor.getInt(offsets.get(field));
    }

    private float number(ByteBuffer descriptor, String field) {
        return descriptor.getFloat(offsets.get(field));
    }

    private float luma(ByteBuffer descriptor, int sample) {
        return sample * number(descriptor, "lumaGain") + number(descriptor, "lumaOffset");
    }

    private float chroma(ByteBuffer descriptor, int sample) {
        return sample * number(descriptor, "chromaGain") + number(descriptor, "chromaOffset");
    }
}
