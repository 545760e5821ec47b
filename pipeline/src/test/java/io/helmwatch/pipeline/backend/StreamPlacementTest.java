package io.helmwatch.pipeline.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.helmwatch.config.ConfigLoader;
import io.helmwatch.config.inference.GpuConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.pipeline.backend.cuda.CudaStageFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StreamPlacementTest {
    /** Streams a, b, c ...; a digit in the word is the device that the stream names, a dot none. */
    private static List<StreamConfig> streams(String own) {
        List<StreamConfig> streams = new ArrayList<>();
        for (int i = 0; i < own.length(); i++) {
            streams.add(StreamConfig.builder(String.valueOf((char) ('a' + i)), "clip.mp4")
                    .device(own.charAt(i) == '.' ? null : own.charAt(i) - '0')
                    .build());
        }
        return streams;
    }

    private static String placed(String own, String devices) {
        List<Integer> indices =
                Stream.of(devices.split(" ", -1)).map(Integer::valueOf).toList();
        return StreamPlacement.spread(streams(own), indices).entrySet().stream()
                .map(device -> device.getKey() + "="
                        + device.getValue().stream().map(StreamConfig::id).collect(Collectors.joining()))
                .collect(Collectors.joining(" "));
    }

    @ParameterizedTest(name = "{0} on {1}: {2}")
    @CsvSource({
        // own device, devices, placement
        "., 0, 0=a",
        "....., 0, 0=abcde",
        "...., 0 1, 0=ac 1=bd",
        "....., 1 0, 1=ace 0=bd",
        "......., 0 1 2, 0=adg 1=be 2=cf",
        // Those that name their device count from the beginning, wherever they stand.
        "..00, 0 1, 0=cd 1=ab",
        ".1..1, 0 1, 0=acd 1=be",
        "111, 0 1, 1=abc",
        // A device without streams is left out.
        "., 3 5, 3=a",
    })
    void shouldSpreadStreamsEvenly(String own, String devices, String expected) {
        assertThat(placed(own, devices)).isEqualTo(expected);
    }

    @Test
    void shouldMoveNoStreamWhenOthersAreAddedAtTheEnd() {
        String before = placed(".0..1", "0 1 2");
        String after = placed(".0..1...", "0 1 2");
        for (String device : before.split(" ", -1)) {
            assertThat(after).contains(device);
        }
    }

    @Test
    void shouldUseTheConfiguredGpusOnlyIfTheyAreThere() {
        assertThat(CudaStageFactory.devices(gpus(), 3)).containsExactly(0, 1, 2);
        assertThat(CudaStageFactory.devices(gpus(2, 0), 3)).containsExactly(2, 0);
        assertThatThrownBy(() -> CudaStageFactory.devices(gpus(0, 2), 2))
                .hasMessageContainingAll("gpu.devices", "GPU 2", "0 to 1", "2 GPUs");
        assertThatThrownBy(() -> CudaStageFactory.devices(gpus(1), 1))
                .hasMessageContainingAll("gpu.devices", "GPU 1", "expected 0", "1 GPU ");
    }

    private static GpuConfig gpus(Integer... devices) {
        String list = List.of(devices).toString();
        return ConfigLoader.parse(
                        "streams: [{id: a, url: 'rtsp://camera/1'}]\njson-lines: {target: '-'}\ngpu: {devices: "
                                + (devices.length == 0 ? "all" : list) + "}\n",
                        "site.yaml",
                        Path.of("/"),
                        name -> null)
                .gpu();
    }

    @Test
    void shouldRefuseADeviceThatIsNotInUse() {
        assertThatThrownBy(() -> StreamPlacement.spread(streams(".4"), List.of(0, 1)))
                .hasMessageContainingAll("stream b", "device 4", "[0, 1]");
    }
}
