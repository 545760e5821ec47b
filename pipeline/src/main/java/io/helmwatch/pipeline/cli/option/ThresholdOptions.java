package io.helmwatch.pipeline.cli.option;

import io.helmwatch.config.inference.ModelConfig;
import picocli.CommandLine.Option;

/** Confidence and overlap thresholds of detections. */
public final class ThresholdOptions {
    @Option(
            names = "--confidence",
            paramLabel = "C",
            defaultValue = "0.25",
            description = "Smallest confidence of a reported box, 0..1. Default: ${DEFAULT-VALUE}.")
    private double confidence;

    @Option(
            names = "--iou",
            paramLabel = "I",
            defaultValue = "0.45",
            description =
                    "Overlap (IoU) above which the less confident box is suppressed, 0..1. Default: ${DEFAULT-VALUE}.")
    private double iou;

    public double confidence() {
        return share("--confidence", confidence);
    }

    /** The model settings, with the confidence threshold lowered by {@code margin}. */
    public ModelConfig model(double margin) {
        return Settings.model(Math.max(0, confidence() - margin), share("--iou", iou));
    }

    /**
     * Checks a number from 0 to 1.
     *
     * @throws CommandFailure wrong usage, naming the option
     */
    public static double share(String option, double value) {
        if (!(value >= 0 && value <= 1)) {
            throw CommandFailure.usage(option + " " + value + ": must be 0..1");
        }
        return value;
    }
}
