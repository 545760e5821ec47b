package io.helmwatch.ingest.ffmpeg.decode;

import static org.assertj.core.api.Assertions.assertThat;

import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.javacpp.IntPointer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CudaDecodingTest {

    @ParameterizedTest
    @CsvSource({
        "vaapi cuda yuv420p, cuda",
        "cuda yuvj420p, cuda",
        "cuda yuv420p10le, cuda",
        "cuda yuv444p, cuda",
        "cuda yuv444p10le, yuv444p10le",
        "cuda yuv422p, yuv422p",
        "vulkan yuv420p, yuv420p",
        "yuv420p, yuv420p"
    })
    void shouldDecodeOnTheGpuWhatItGivesInALayoutOfOurs(String offered, String chosen) {
        String[] names = offered.split(" ");
        int[] formats = new int[names.length + 1];
        for (int i = 0; i < names.length; i++) {
            formats[i] = avutil.av_get_pix_fmt(names[i]);
        }
        formats[names.length] = avutil.AV_PIX_FMT_NONE;
        try (IntPointer list = new IntPointer(formats)) {
            assertThat(FfmpegPixelFormats.name(CudaDecoding.choose(list))).isEqualTo(chosen);
        }
    }
}
