package io.helmwatch.pipeline.backend.cuda.quantization;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Whether an INT8 engine is good enough, and what that was judged by; kept as JSON beside the engine.
 *
 * @param model name and version
 * @param calibrator how ranges were chosen
 * @param calibrationPictures on how many pictures ranges were measured
 * @param checkPictures on how many INT8 was judged
 * @param labelled whether these have labels; without, FP32's own boxes are what INT8 has to find
 * @param maxLoss largest loss that is accepted
 * @param fp32 what FP32 reaches
 * @param attempts what was tried, in order; the last one is accepted or none is
 * @param network file name of the accepted network; empty when none is
 */
public record Int8Report(
        String model,
        String calibrator,
        int calibrationPictures,
        int checkPictures,
        boolean labelled,
        double maxLoss,
        Score fp32,
        List<Attempt> attempts,
        String network) {

    /**
     * How well a network does.
     *
     * @param at50 mean average precision at IoU 0.5 against the labels, or against FP32's boxes without labels
     * @param at50To95 the same over IoU 0.5 to 0.95; not looked at without labels
     * @param recall share of FP32's boxes above the model's threshold that are found above it, same class, IoU of at least 0.5
     * @param boxes boxes above the model's threshold
     */
    public record Score(double at50, double at50To95, double recall, int boxes) {}

    /**
     * A network that was tried.
     *
     * @param keptFp16 layers that stayed in FP16 beside the first and last ones
     * @param int8Convolutions how many ran in INT8
     * @param score what it reached
     */
    record Attempt(List<String> keptFp16, int int8Convolutions, Score score) {

        Attempt {
            keptFp16 = List.copyOf(keptFp16);
        }
    }

    public Int8Report {
        attempts = List.copyOf(attempts);
    }

    /** What was found before. */
    record Verdict(boolean accepted, String reason, String network) {}

    /** What INT8 loses: the larger loss of both average precisions with labels, of that at IoU 0.5 without; NaN when nothing can be said. */
    static double loss(Score fp32, Score int8, boolean labelled) {
        double at50 = fp32.at50 - int8.at50;
        return labelled ? Math.max(at50, fp32.at50To95 - int8.at50To95) : at50;
    }

    boolean accepted() {
        return !network.isEmpty();
    }

    /** The verdict in one sentence. */
    String reason() {
        return (accepted() ? "INT8 is used: " : "INT8 is not used, FP16 is: ") + found();
    }

    /** What is said of an attempt that another one follows. */
    String setback() {
        return "INT8 loses too much, so more layers are kept in FP16: " + found();
    }

    private String found() {
        Attempt last = attempts.get(attempts.size() - 1);
        String against = labelled
                ? String.format(
                        Locale.ROOT,
                        "mAP@0.5 %.4f and mAP@0.5:0.95 %.4f against FP32's %.4f and %.4f",
                        last.score.at50,
                        last.score.at50To95,
                        fp32.at50,
                        fp32.at50To95)
                : String.format(Locale.ROOT, "AP@0.5 %.4f against FP32's own boxes", last.score.at50);
        return String.format(
                Locale.ROOT,
                "%s on %d %s pictures, a loss of %.4f where %.4f is accepted, with %d convolutions in INT8",
                against,
                checkPictures,
                labelled ? "labelled" : "unlabelled",
                loss(fp32, last.score, labelled),
                maxLoss,
                last.int8Convolutions);
    }

    /** Keeps it, as a whole or not at all. */
    void write(Path file) throws IOException {
        Path part =
                Files.createTempFile(file.toAbsolutePath().getParent(), String.valueOf(file.getFileName()), ".part");
        try {
            Files.writeString(part, json());
            try {
                Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } catch (AtomicMoveNotSupportedException e) {
                Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
            }
        } finally {
            Files.deleteIfExists(part);
        }
    }

    String json() throws IOException {
        StringWriter text = new StringWriter();
        try (JsonGenerator out = new JsonFactory().createGenerator(text).useDefaultPrettyPrinter()) {
            out.writeStartObject();
            out.writeBooleanField("accepted", accepted());
            out.writeStringField("reason", reason());
            out.writeStringField("network", network);
            out.writeStringField("model", model);
            out.writeStringField("calibrator", calibrator);
            out.writeNumberField("calibrationPictures", calibrationPictures);
            out.writeNumberField("checkPictures", checkPictures);
            out.writeBooleanField("labelled", labelled);
            out.writeNumberField("maxLoss", maxLoss);
            score(out, "fp32", fp32);
            out.writeArrayFieldStart("attempts");
            for (Attempt attempt : attempts) {
                out.writeStartObject();
                out.writeNumberField("int8Convolutions", attempt.int8Convolutions);
                number(out, "loss", loss(fp32, attempt.score, labelled));
                score(out, "int8", attempt.score);
                out.writeArrayFieldStart("keptFp16");
                for (String layer : attempt.keptFp16) {
                    out.writeString(layer);
                }
                out.writeEndArray();
                out.writeEndObject();
            }
            out.writeEndArray();
            out.writeEndObject();
        }
        return text.append('\n').toString();
    }

    private void score(JsonGenerator out, String name, Score score) throws IOException {
        out.writeObjectFieldStart(name);
        number(out, "at50", score.at50);
        if (labelled) {
            number(out, "at50To95", score.at50To95);
        }
        number(out, "recallOfFp32Boxes", score.recall);
        out.writeNumberField("boxes", score.boxes);
        out.writeEndObject();
    }

    /** Six digits after the point. */
    private static void number(JsonGenerator out, String name, double value) throws IOException {
        JsonNumber.write(out, name, Math.rint(value * 1e6) / 1e6);
    }

    /** What a kept report says; empty when there is none or it is damaged. */
    static Optional<Verdict> read(Path file) {
        Boolean accepted = null;
        String reason = null;
        String network = null;
        try (JsonParser in = new JsonFactory().createParser(file.toFile())) {
            int depth = 0;
            for (JsonToken token = in.nextToken(); token != null; token = in.nextToken()) {
                depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
                if (depth == 1 && token == JsonToken.FIELD_NAME) {
                    String field = in.currentName();
                    JsonToken value = in.nextToken();
                    depth += value.isStructStart() ? 1 : 0;
                    switch (field) {
                        case "accepted" -> accepted = value == JsonToken.VALUE_TRUE;
                        case "reason" -> reason = in.getText();
                        case "network" -> network = in.getText();
                        default -> {
                            // For people.
                        }
                    }
                }
            }
        } catch (IOException absent) {
            return Optional.empty();
        }
        return verdict(accepted, reason, network);
    }

    private static Optional<Verdict> verdict(
            @Nullable Boolean accepted, @Nullable String reason, @Nullable String network) {
        return accepted == null || reason == null || network == null || accepted == network.isEmpty()
                ? Optional.empty()
                : Optional.of(new Verdict(accepted, reason, network));
    }
}
