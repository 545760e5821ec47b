package io.helmwatch.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helmwatch.resource.NativeMemory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("gpu")
class CudaDeviceGpuTest {

    @TempDir
    Path folder;

    private CudaDevice device;

    @BeforeEach
    void open() {
        device = CudaDevice.open(0);
    }

    @AfterEach
    void closeAndCount() {
        assertThat(NativeMemory.outstanding()).isEmpty();
        device.close();
        device.close();
    }

    @Test
    void shouldRunAKernelOverPinnedAndDeviceMemory() {
        try (CudaStream stream = new CudaStream(device);
                NvrtcModule module = NvrtcModule.load(device, CudaDeviceGpuTest.class, "scale.cu", List.of(), folder);
                CudaKernel kernel = module.kernel("scale", 3);
                PinnedBuffer host = new PinnedBuffer(device, "test", 4000);
                DeviceBuffer memory = new DeviceBuffer(device, "test", 4000)) {
            for (int i = 0; i < 1000; i++) {
                host.view().putFloat(4 * i, i);
            }
            memory.upload(host, 4000, stream);
            kernel.setLong(0, memory.address()).setFloat(1, 0.5f).setInt(2, 1000);
            kernel.launch(stream, 4, 1, 1, 256, 1, 0);
            memory.download(host, 4000, stream);
            stream.synchronize();

            for (int i = 0; i < 1000; i++) {
                assertThat(host.view().getFloat(4 * i)).isEqualTo(i * 0.5f);
            }
            assertThat(NativeMemory.account(NativeMemory.Kind.DEVICE, device.name(), "test")
                            .bytes())
                    .isEqualTo(4000);
        }
    }

    @Test
    void shouldReplayARecordedGraph() {
        try (CudaStream stream = new CudaStream(device);
                NvrtcModule module = NvrtcModule.load(device, CudaDeviceGpuTest.class, "scale.cu", List.of(), folder);
                CudaKernel kernel = module.kernel("scale", 3);
                PinnedBuffer host = new PinnedBuffer(device, "test", 4);
                DeviceBuffer memory = new DeviceBuffer(device, "test", 4)) {
            host.view().putFloat(0, 1f);
            memory.upload(host, 4, stream);
            kernel.setLong(0, memory.address()).setFloat(1, 2f).setInt(2, 1);
            try (CudaGraph graph = CudaGraph.capture(stream, () -> kernel.launch(stream, 1, 1, 1, 32, 1, 0))) {
                for (int i = 0; i < 10; i++) {
                    graph.launch(stream);
                }
                memory.download(host, 4, stream);
                stream.synchronize();
            }
            assertThat(host.view().getFloat(0)).isEqualTo(1024f);
        }
    }

    @Test
    void shouldOrderAndTimeStreamsByEvents() {
        try (CudaStream first = new CudaStream(device);
                CudaStream second = new CudaStream(device);
                CudaEvent begin = CudaEvent.timing(device);
                CudaEvent end = CudaEvent.timing(device);
                PinnedBuffer host = new PinnedBuffer(device, "test", 64 << 20);
                DeviceBuffer memory = new DeviceBuffer(device, "test", 64 << 20)) {
            begin.record(first);
            memory.fill(7, 64 << 20, first);
            end.record(first);
            second.waitFor(end);
            memory.download(host, 64 << 20, second);
            second.synchronize();

            assertThat(host.view().get((64 << 20) - 1)).isEqualTo((byte) 7);
            assertThat(end.millisSince(begin)).isPositive();
        }
    }

    @Test
    void shouldKeepCompiledKernelsAndMakeDamagedOnesAgain() throws Exception {
        NvrtcModule.load(device, CudaDeviceGpuTest.class, "scale.cu", List.of(), folder)
                .close();
        Path kept;
        try (Stream<Path> files = Files.list(folder)) {
            kept = files.findFirst().orElseThrow();
        }
        byte[] good = Files.readAllBytes(kept);
        Files.write(kept, new byte[100]);

        NvrtcModule.load(device, CudaDeviceGpuTest.class, "scale.cu", List.of(), folder)
                .close();

        assertThat(Files.readAllBytes(kept)).isEqualTo(good);
    }

    @Test
    void shouldReportTheCompilersMessage() {
        assertThatThrownBy(() -> NvrtcModule.load(
                        device, CudaDeviceGpuTest.class, "scale.cu", List.of("-DBROKEN=no_such_name"), folder))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("scale.cu")
                .hasMessageContaining("no_such_name");
    }

    @Test
    void shouldNameWhatToLowerWhenMemoryRunsOut() {
        assertThatThrownBy(() -> new DeviceBuffer(device, "huge", 1L << 50))
                .isInstanceOfSatisfying(CudaException.class, e -> {
                    assertThat(e.isOutOfMemory()).isTrue();
                    assertThat(e.isSticky()).isFalse();
                })
                .hasMessageContaining("huge")
                .hasMessageContaining("max-batch");
    }
}
