package io.helmwatch.pipeline;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.helmwatch.ingest.ffmpeg.TestClips;
import java.nio.file.Files;
import java.nio.file.Path;

/** Clips and models that belong to others: tests that need one are skipped, with a sentence, where it is absent. */
public final class SampleMedia {
    private SampleMedia() {}

    public static Path data(String name) {
        Path file = Path.of(System.getProperty("helmwatch.data", "data"))
                .resolve(name)
                .normalize();
        assumeTrue(Files.exists(file), () -> "skipped: " + file + " is not on this machine");
        return file;
    }

    public static Path clip(String name) {
        return data("clips/" + name);
    }

    public static Path cocoModel() {
        return data("models/yolov5n-coco-dynamic.onnx");
    }

    /** 71 frames, 480x270, 15 per second: a worker walks through a hall. */
    public static Path workerClip() {
        return clip("worker-zone-480x270.mp4");
    }

    public static final int WORKER_FRAMES = 71;

    /** The first frames of the same, for what a second shows as well. */
    public static Path shortWorkerClip() {
        return TestClips.make(
                "worker.mp4",
                "-i movie=" + workerClip() + " -frames:v " + SHORT_WORKER_FRAMES
                        + " -c:v libopenh264 -b 1M -g 12 -bf 0 -pix_fmt yuv420p");
    }

    public static final int SHORT_WORKER_FRAMES = 24;
}
