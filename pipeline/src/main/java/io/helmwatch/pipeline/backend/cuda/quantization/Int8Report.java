package io.helmwatch.pipeline.backend.cuda.quantization;

import com.fasterxml.jackson.databind.JsonNode;
import io.helmwatch.pipeline.backend.quantization.DetectionScore;
import io.helmwatch.pipeline.report.ReportJson;
import io.helmwatch.resource.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Result of an INT8 check, and the measurements it is based on; stored as JSON beside the engine.
 *
 * @param model name and version
 * @param calibrator calibration method
 * @param calibrationImages number of images that ranges were measured on
 * @param checkImages number of images that the accuracy was checked on
 * @param labelled whether the latter have labels; without, the boxes of FP32 are the reference
 * @param maxLoss largest accepted loss
 * @param fp32 accuracy in FP32
 * @param attempts in order; the last one is accepted or none is
 * @param network file name of the accepted model; empty when none is accepted
 */
public record Int8Report(
        String model,
        String calibrator,
        int calibrationImages,
        int checkImages,
        boolean labelled,
        double maxLoss,
        DetectionScore fp32,
        List<Attempt> attempts,
        String network) {

    /**
     * One quantised model.
     *
     * @param keptFp16 layers that stayed in FP16 beside the first and last ones
     * @param int8Convolutions number of convolutions in INT8
     * @param score its accuracy
     */
    record Attempt(List<String> keptFp16, int int8Convolutions, DetectionScore score) {

        Attempt {
            keptFp16 = List.copyOf(keptFp16);
        }
    }

    /** Copies the list. */
    public Int8Report {
        attempts = List.copyOf(attempts);
    }

    /**
     * The decision of a stored report.
     *
     * @param accepted whether INT8 is used
     * @param reason in one sentence
     * @param network file name of the accepted model; empty when none is accepted
     */
    public record Verdict(boolean accepted, String reason, String network) {}

    boolean accepted() {
        return !network.isEmpty();
    }

    /** The decision in one sentence. */
    String reason() {
        return (accepted() ? "INT8 used: " : "INT8 not used, falling back to FP16: ") + findings();
    }

    /** Log line for an attempt that is followed by another one. */
    String setback() {
        return "INT8 loses too much accuracy, keeping more layers in FP16: " + findings();
    }

    private String findings() {
        Attempt last = attempts.get(attempts.size() - 1);
        String accuracy = labelled
                ? String.format(
                        Locale.ROOT,
                        "mAP@0.5 %.4f and mAP@0.5:0.95 %.4f against %.4f and %.4f in FP32",
                        last.score.at50(),
                        last.score.at50To95(),
                        fp32.at50(),
                        fp32.at50To95())
                : String.format(Locale.ROOT, "AP@0.5 %.4f against the boxes of FP32", last.score.at50());
        return String.format(
                Locale.ROOT,
                "%s on %d %s images, loss %.4f (max-loss %.4f), %d convolutions in INT8",
                accuracy,
                checkImages,
                labelled ? "labelled" : "unlabelled",
                fp32.loss(last.score, labelled),
                maxLoss,
                last.int8Convolutions);
    }

    /** Replaces the file as a whole. */
    void write(Path file) throws IOException {
        AtomicFile.replace(file, json().getBytes(StandardCharsets.UTF_8), AtomicFile.Durability.CACHED);
    }

    String json() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("accepted", accepted());
        fields.put("reason", reason());
        fields.put("network", network);
        fields.put("model", model);
        fields.put("calibrator", calibrator);
        fields.put("calibrationPictures", calibrationImages);
        fields.put("checkPictures", checkImages);
        fields.put("labelled", labelled);
        fields.put("maxLoss", maxLoss);
        fields.put("fp32", score(fp32));
        fields.put("attempts", attempts.stream().map(this::attempt).toList());
        return ReportJson.pretty(fields);
    }

    private Map<String, Object> attempt(Attempt attempt) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("int8Convolutions", attempt.int8Convolutions);
        fields.put("loss", rounded(fp32.loss(attempt.score, labelled)));
        fields.put("int8", score(attempt.score));
        fields.put("keptFp16", attempt.keptFp16);
        return fields;
    }

    private Map<String, Object> score(DetectionScore score) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("at50", rounded(score.at50()));
        if (labelled) {
            fields.put("at50To95", rounded(score.at50To95()));
        }
        fields.put("recallOfFp32Boxes", rounded(score.recall()));
        fields.put("boxes", score.boxes());
        return fields;
    }

    /** Six digits after the point. */
    private static double rounded(double value) {
        return Math.rint(value * 1e6) / 1e6;
    }

    /** The decision of a stored report; empty when there is none or it is damaged. */
    public static Optional<Verdict> read(Path file) {
        Optional<JsonNode> report = ReportJson.read(file);
        if (report.isEmpty()) {
            return Optional.empty();
        }
        JsonNode accepted = report.get().path("accepted");
        JsonNode reason = report.get().path("reason");
        JsonNode network = report.get().path("network");
        boolean consistent = accepted.isBoolean()
                && reason.isTextual()
                && network.isTextual()
                && accepted.asBoolean() != network.asText().isEmpty();
        return consistent
                ? Optional.of(new Verdict(accepted.asBoolean(), reason.asText(), network.asText()))
                : Optional.empty();
    }
}
