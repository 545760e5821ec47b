package io.helmwatch.inference.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class VectorInstructionsTest {

    @Test
    void shouldFindInstructionsOfX86AndArm() {
        assertThat(VectorInstructions.int8(List.of("model name\t: X", "flags\t\t: fpu avx2 avx512_vnni avx_vnni sse")))
                .containsExactly("avx512_vnni", "avx_vnni");
        assertThat(VectorInstructions.int8(List.of("Features\t: fp asimd asimddp")))
                .containsExactly("asimddp");
    }

    @Test
    void shouldFindNoneInOlderCpusAndUnknownLists() {
        assertThat(VectorInstructions.int8(List.of("flags\t\t: fpu avx2 fma"))).isEmpty();
        assertThat(VectorInstructions.int8(List.of("flags", ""))).isEmpty();
        assertThat(VectorInstructions.int8(List.of())).isEmpty();
    }
}
