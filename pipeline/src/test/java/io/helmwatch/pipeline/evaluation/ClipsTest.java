package io.helmwatch.pipeline.evaluation;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.Backend;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.inference.ModelConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.pipeline.SampleMedia;
import io.helmwatch.pipeline.cli.option.Installation;
import io.helmwatch.pipeline.cli.option.Settings;
import io.helmwatch.pipeline.ring.StreamFeed;
import io.helmwatch.pipeline.ring.failure.FatalErrorHandler;
import io.helmwatch.pipeline.service.DetectionService;
import io.helmwatch.resource.NativeMemory;
import io.helmwatch.sinks.InMemoryDetectionSink;
import io.helmwatch.vision.Detection;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.FrameDetections;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Real clips through the real stages. */
@Timeout(120)
class ClipsTest {
    private static final ModelConfig SURE = Settings.model(0.6, 0.45);

    @Test
    void shouldFindCarsAndNoPersonWhereThereAreOnlyCars() throws Exception {
        InMemoryDetectionSink found =
                analyse(SampleMedia.cocoModel(), 4, Settings.model(0.25, 0.45), "car-detection.mp4");
        assertThat(found.detections()).hasSizeGreaterThan(30);
        assertThat(labels(found.detections(), 0.25)).contains("car");
        assertThat(labels(found.detections(), 0.6)).doesNotContain("person");
    }

    @Test
    void shouldFindBottlesAndNoCarWhereThereAreOnlyBottles() throws Exception {
        // An arm reaches into this clip: a person, rightly, to a network that knows persons.
        InMemoryDetectionSink found = analyse(SampleMedia.cocoModel(), 1, SURE, "bottle-detection.mp4");
        assertThat(labels(found.detections(), 0.6)).contains("bottle").doesNotContain("car", "truck", "bus");
    }

    @Test
    void shouldReportNoHeadWhereThereIsNone() throws Exception {
        Path model = Installation.home().resolve("models/helmet-yolov5n.onnx");
        InMemoryDetectionSink found =
                analyse(model, 1, Settings.model(0.8, 0.45), "car-detection.mp4", "bottle-detection.mp4");
        assertThat(found.detections())
                .hasSizeGreaterThan(30)
                .allMatch(f -> f.detections().isEmpty());
    }

    @Test
    void shouldFindThePersonInEveryPartOfAWalk() throws Exception {
        InMemoryDetectionSink found = analyse(SampleMedia.cocoModel(), 0, SURE, "worker-zone-480x270.mp4");
        assertThat(found.detections()).hasSize(SampleMedia.WORKER_FRAMES);
        assertThat(found.detections().stream()
                        .filter(f -> labels(List.of(f), 0.6).contains("person")))
                .hasSizeGreaterThan(20);
        assertThat(found.detections())
                .allSatisfy(frame -> assertThat(frame.detections()).allSatisfy(d -> {
                    assertThat(d.sourceBox().x1()).isBetween(0f, d.sourceBox().x2());
                    assertThat(d.sourceBox().x2())
                            .isLessThanOrEqualTo(frame.size().width());
                    assertThat(d.sourceBox().y1()).isBetween(0f, d.sourceBox().y2());
                    assertThat(d.sourceBox().y2())
                            .isLessThanOrEqualTo(frame.size().height());
                }));
    }

    @Test
    void shouldCarryOnThroughAChangeOfResolution() throws Exception {
        InMemoryDetectionSink found = analyse(SampleMedia.cocoModel(), 5, SURE, "resolution-change.h264");
        assertThat(found.detections().stream().map(FrameDetections::size).distinct())
                .hasSizeGreaterThan(1);
        assertThat(found.detections().stream().map(FrameDetections::sequence)).isSorted();
    }

    @Test
    void shouldAccountForEveryFrameOfAFileThatPlaysAtItsOwnPace() throws Exception {
        StreamConfig usual =
                StreamConfig.of("gate", SampleMedia.shortWorkerClip().toString());
        List<StreamConfig> cameras = Stream.of("a", "b", "c", "d", "e", "f")
                .map(id -> StreamConfig.builder(id, usual.url())
                        .analyzeFps(id.equals("f") ? 5 : 0)
                        .realtime(true)
                        .build())
                .toList();
        HelmwatchConfig files = Settings.of(Backend.CPU, ModelConfig.DEFAULT, cameras);
        InMemoryDetectionSink memory = new InMemoryDetectionSink();
        try (DetectionService service =
                DetectionService.start(files, SampleMedia.cocoModel(), List.of(memory), FatalErrorHandler.LOG)) {
            service.awaitEnd();
            for (StreamFeed feed : service.pipelines().feeds()) {
                assertThat(feed.decoded()).as(feed.id()).isEqualTo(SampleMedia.SHORT_WORKER_FRAMES);
                assertThat(feed.analysed() + feed.dropped()).as(feed.id()).isEqualTo(feed.decoded());
                assertThat(feed.analysed())
                        .isEqualTo(memory.detections().stream()
                                .filter(f -> f.stream().equals(feed.id()))
                                .count());
                assertThat(feed.dropped(DropCause.FAILED)).isZero();
                assertThat(feed.dropped(DropCause.SAMPLED) > 0)
                        .isEqualTo(feed.id().equals("f"));
            }
        }
        assertThat(NativeMemory.outstanding()).isEmpty();
    }

    private static InMemoryDetectionSink analyse(Path model, double analyzeFps, ModelConfig thresholds, String... clips)
            throws Exception {
        List<StreamConfig> streams = Stream.of(clips)
                .map(name -> {
                    StreamConfig usual =
                            StreamConfig.of(name, SampleMedia.clip(name).toString());
                    return usual.toBuilder().analyzeFps(analyzeFps).build();
                })
                .toList();
        InMemoryDetectionSink memory = new InMemoryDetectionSink();
        try (DetectionService service = DetectionService.start(
                Settings.of(Backend.CPU, thresholds, streams), model, List.of(memory), FatalErrorHandler.LOG)) {
            service.awaitEnd();
            assertThat(service.failedStreams()).isEmpty();
        }
        return memory;
    }

    private static Set<String> labels(List<FrameDetections> frames, double confidence) {
        return frames.stream()
                .flatMap(frame -> frame.detections().stream())
                .filter(detection -> detection.confidence() >= confidence)
                .map(Detection::label)
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
