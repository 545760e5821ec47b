package io.helmwatch.postprocess;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.helmwatch.config.inference.ModelConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.inference.onnx.OnnxRuntimeEngine;
import io.helmwatch.inference.onnx.OnnxRuntimeLane;
import io.helmwatch.inference.onnx.WorkerPlan;
import io.helmwatch.ingest.FrameReceiver;
import io.helmwatch.ingest.FrameSource;
import io.helmwatch.ingest.ffmpeg.FfmpegFrameSource;
import io.helmwatch.ingest.ffmpeg.decode.FfmpegFrameLease;
import io.helmwatch.preprocess.Preprocessor;
import io.helmwatch.preprocess.ReferencePreprocessor;
import io.helmwatch.preprocess.ffmpeg.SwscalePreprocessor;
import io.helmwatch.vision.Detection;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.FrameLease;
import io.helmwatch.vision.StreamStatus;
import io.helmwatch.vision.tensor.Letterbox;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The CPU's stages one after another on clips and photographs of others. */
class RealMediaTest {

    private static final String HELMET = "models/helmet-yolov5n.onnx";

    @TempDir
    Path folder;

    /** What one frame gave. */
    private record Seen(boolean evenSides, List<Detection> fast, List<Detection> reference, List<Detection> plain) {}

    @ParameterizedTest
    @CsvSource({
        // clip, every how many frames, COCO or helmets, objects seen at least
        "worker-zone-480x270.mp4, 12, true, 3",
        "worker-zone-480x270.mp4, 12, false, 2",
        "site-worker-720p.mp4, 60, false, 2",
        "car-detection.mp4, 25, true, 2"
    })
    void shouldMoveNoDetectionOfAClipByMoreThanAPixel(String clip, int every, boolean coco, int atLeast) {
        List<Seen> frames = analyse(data("clips/" + clip), every, coco);
        assertThat(frames).hasSizeGreaterThan(3);
        assertSame(frames, atLeast);
    }

    @Test
    void shouldFindTheSameOnPhotographsAsThePlainImplementation() throws IOException {
        int objects = 0;
        for (Path photograph : photographs(14)) {
            List<Seen> frames = analyse(photograph, 1, false);
            assertThat(frames).hasSize(1);
            assertSame(frames, 0);
            objects += frames.get(0).fast.size();
        }
        assertThat(objects).isGreaterThan(20);
    }

    private static void assertSame(List<Seen> frames, int atLeast) {
        int objects = 0;
        for (Seen seen : frames) {
            objects += seen.fast.size();
            assertThat(seen.fast).hasSameSizeAs(seen.plain);
            for (int i = 0; i < seen.fast.size(); i++) {
                assertThat(distance(seen.fast.get(i), seen.plain.get(i))).isLessThan(1);
            }
            // libswscale moves the chroma of odd sides by up to a quarter sample, which may tip weak boxes.
            if (seen.evenSides) {
                assertEachHasATwin(seen.fast, seen.reference);
                assertEachHasATwin(seen.reference, seen.fast);
            }
        }
        assertThat(objects).as("objects seen").isGreaterThanOrEqualTo(atLeast);
    }

    /** Those near the threshold may come and go. */
    private static void assertEachHasATwin(List<Detection> these, List<Detection> those) {
        for (Detection one : these) {
            boolean twin = those.stream().anyMatch(other -> distance(one, other) < 1);
            assertThat(twin || one.confidence() < 0.27)
                    .as("%s among %s", one, those)
                    .isTrue();
        }
    }

    /** Largest difference of an edge in pixels; infinite for another label or confidence. */
    private static double distance(Detection a, Detection b) {
        if (!a.label().equals(b.label()) || Math.abs(a.confidence() - b.confidence()) > 0.02) {
            return Double.POSITIVE_INFINITY;
        }
        double x = Math.max(
                Math.abs(a.sourceBox().x1() - b.sourceBox().x1()),
                Math.abs(a.sourceBox().x2() - b.sourceBox().x2()));
        double y = Math.max(
                Math.abs(a.sourceBox().y1() - b.sourceBox().y1()),
                Math.abs(a.sourceBox().y2() - b.sourceBox().y2()));
        return Math.max(x, y);
    }

    private static List<Seen> analyse(Path media, int every, boolean coco) {
        Path model = coco
                ? data("models/yolov5n-coco-dynamic.onnx")
                : Path.of(System.getProperty("helmwatch.home")).resolve(HELMET);
        List<Seen> seen = new ArrayList<>();
        try (OnnxRuntimeEngine engine =
                        OnnxRuntimeEngine.open(model, ModelConfig.DEFAULT, new WorkerPlan(1, 1, "test"));
                OnnxRuntimeLane lane = engine.openLane(1);
                Preprocessor fast = new SwscalePreprocessor(
                        engine.model().anchor(), engine.model().padValue());
                Preprocessor reference = new ReferencePreprocessor(
                        engine.model().anchor(), engine.model().padValue());
                Postprocessor postprocessor =
                        new CpuPostprocessor(NmsSettings.DEFAULT, engine.model().labels())) {
            forEachFrame(media, every, frame -> {
                lane.resize(engine.model().sizing().sizeFor(frame.width(), frame.height()));
                Letterbox letterbox = fast.add(frame, lane.input(), 0);
                lane.run(1);
                List<Detection> found = postprocessor.detect(lane.output(), 0, letterbox);
                List<Detection> plain = SlowPostprocessor.detect(
                        lane.output(),
                        0,
                        letterbox,
                        NmsSettings.DEFAULT,
                        engine.model().labels());
                // The other letterbox writes the whole tensor, padding included.
                reference.add(frame, lane.input(), 0);
                lane.run(1);
                boolean evenSides = frame.width() % 2 == 0 && frame.height() % 2 == 0;
                seen.add(new Seen(evenSides, found, postprocessor.detect(lane.output(), 0, letterbox), plain));
            });
        }
        return seen;
    }

    private static void forEachFrame(Path media, int every, Consumer<FrameLease> work) {
        FrameSource source = FfmpegFrameSource.create(StreamConfig.of("clip", media.toString()));
        try (FrameLease lease = FfmpegFrameLease.create()) {
            source.run(new FrameReceiver() {
                @Override
                public void onFrame(FrameLease frame) {
                    if (frame.sequence() % every == 0) {
                        lease.take(frame);
                        work.accept(lease);
                        lease.release();
                    }
                }

                @Override
                public void onDropped(DropCause cause) {
                    // Not of interest.
                }

                @Override
                public void onStatus(StreamStatus status) {
                    // Not of interest.
                }
            });
        }
    }

    private static Path data(String name) {
        Path path = Path.of(System.getProperty("helmwatch.data", "missing")).resolve(name);
        assumeTrue(Files.exists(path), "skipped: no file " + path + " here");
        return path;
    }

    /** The first pictures of the validation set, a tar file, as files. */
    private List<Path> photographs(int count) throws IOException {
        List<Path> photographs = new ArrayList<>();
        try (DataInputStream in =
                new DataInputStream(new BufferedInputStream(Files.newInputStream(data("helmet/val.tar"))))) {
            byte[] header = new byte[512];
            while (photographs.size() < count) {
                in.readFully(header);
                String name = new String(header, 0, 100, StandardCharsets.US_ASCII).replace("\0", "");
                int size = Integer.parseInt(new String(header, 124, 11, StandardCharsets.US_ASCII).strip(), 8);
                byte[] content = new byte[size];
                in.readFully(content);
                in.skipNBytes(-size & 511);
                if (name.endsWith(".jpg")) {
                    photographs.add(Files.write(folder.resolve(photographs.size() + ".jpg"), content));
                }
            }
        }
        return photographs;
    }
}
