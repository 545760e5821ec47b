package io.helmwatch.ingest.ffmpeg;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.ingest.ffmpeg.input.Ffmpeg;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.ffmpeg.global.avutil;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;
import org.junit.jupiter.api.Test;

class FreedMemoryTest {
    private static final int BUFFERS = 2_000;
    private static final int BUFFER_BYTES = 100_000;

    @Test
    void shouldReturnFreedBuffersToTheSystemAlthoughSomeBetweenThemAreInUse() {
        Ffmpeg.load();
        List<BytePointer> buffers = new ArrayList<>();
        for (int i = 0; i < BUFFERS; i++) {
            BytePointer buffer = new BytePointer(avutil.av_malloc(BUFFER_BYTES)).capacity(BUFFER_BYTES);
            Pointer.memset(buffer, 1, BUFFER_BYTES);
            buffers.add(buffer);
        }
        for (int i = 0; i < BUFFERS; i++) {
            if (i % 10 != 9) {
                avutil.av_free(buffers.get(i));
            }
        }
        long before = Pointer.physicalBytes();

        FreedMemory.releaseNow();

        assertThat(before - Pointer.physicalBytes()).isGreaterThan(BUFFERS / 2L * BUFFER_BYTES);
        for (int i = 9; i < BUFFERS; i += 10) {
            avutil.av_free(buffers.get(i));
        }
    }
}
