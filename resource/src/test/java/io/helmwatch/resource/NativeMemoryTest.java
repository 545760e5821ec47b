package io.helmwatch.resource;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class NativeMemoryTest {

    @Test
    void shouldSumByKindAndDevice() {
        NativeMemory.Account tensors = NativeMemory.account(NativeMemory.Kind.DEVICE, "cuda:7", "tensors");
        NativeMemory.Account frames = NativeMemory.account(NativeMemory.Kind.DEVICE, "cuda:7", "frames");
        NativeMemory.Account pinned = NativeMemory.account(NativeMemory.Kind.PINNED, "cuda:7", "frames");

        tensors.allocated(100);
        frames.allocated(20);
        pinned.allocated(3);
        frames.freed(20);

        assertThat(NativeMemory.bytes(NativeMemory.Kind.DEVICE, "cuda:7")).isEqualTo(100);
        assertThat(NativeMemory.outstanding())
                .contains(new NativeMemory.Entry(NativeMemory.Kind.DEVICE, "cuda:7", "tensors", 100))
                .noneMatch(entry -> entry.owner().equals("frames") && entry.kind() == NativeMemory.Kind.DEVICE);
        assertThat(NativeMemory.account(NativeMemory.Kind.DEVICE, "cuda:7", "tensors"))
                .isSameAs(tensors);
    }

    @Test
    void shouldReportWhatWasFreedTooOften() {
        NativeMemory.Account leases = NativeMemory.account("test.leases");

        leases.freed(8);

        assertThat(NativeMemory.outstanding())
                .contains(new NativeMemory.Entry(NativeMemory.Kind.HOST, "", "test.leases", -8));
    }
}
