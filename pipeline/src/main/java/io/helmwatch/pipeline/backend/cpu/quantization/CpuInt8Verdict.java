package io.helmwatch.pipeline.backend.cpu.quantization;

import io.helmwatch.pipeline.backend.quantization.DetectionScore;
import io.helmwatch.pipeline.report.ReportJson;
import io.helmwatch.resource.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * Whether a model is used in INT8 on a CPU, and the measurements behind it; stored as JSON beside the model.
 *
 * @param accepted whether INT8 is used
 * @param reason in one sentence
 * @param model name and version
 * @param modelSha256 digest of the model file
 * @param clipped share of the values of a tensor that are outside its range on each side
 * @param keptFp32 labels of the convolutions that stay in FP32
 * @param calibrationImages number of images that ranges were measured on
 * @param checkImages number of images that the accuracy was checked on
 * @param labelled whether the latter have labels; without, the boxes of FP32 are the reference
 * @param maxLoss largest accepted loss
 * @param loss loss of accuracy
 * @param fp32 accuracy in FP32
 * @param int8 accuracy in INT8
 */
public record CpuInt8Verdict(
        boolean accepted,
        String reason,
        String model,
        String modelSha256,
        double clipped,
        List<String> keptFp32,
        int calibrationImages,
        int checkImages,
        boolean labelled,
        double maxLoss,
        double loss,
        DetectionScore fp32,
        DetectionScore int8) {

    /** Keeps its own copy. */
    public CpuInt8Verdict {
        keptFp32 = List.copyOf(keptFp32);
    }

    static String reason(
            boolean accepted, DetectionScore fp32, DetectionScore int8, int images, boolean labelled, double maxLoss) {
        return String.format(
                Locale.ROOT,
                "INT8 %s: mAP@0.5 %.4f against %.4f in FP32 on %d %s images, loss %.4f (max-loss %.4f)",
                accepted ? "accepted" : "refused",
                int8.at50(),
                fp32.at50(),
                images,
                labelled ? "labelled" : "unlabelled",
                fp32.loss(int8, labelled),
                maxLoss);
    }

    /** Replaces the file. */
    void write(Path file) throws IOException {
        AtomicFile.replace(
                file, ReportJson.pretty(this).getBytes(StandardCharsets.UTF_8), AtomicFile.Durability.CACHED);
    }
}
