package io.helmwatch.pipeline.backend.quantization;

/**
 * Accuracy of one form of a model on the images of a {@link DetectionComparison}.
 *
 * @param at50 mean average precision at IoU 0.5 against the labels, or against FP32's boxes without labels
 * @param at50To95 the same over IoU 0.5 to 0.95; not used without labels
 * @param recall share of FP32's boxes above the model's threshold that are found above it: same class, IoU of at least 0.5
 * @param boxes number of boxes above the model's threshold
 */
public record DetectionScore(double at50, double at50To95, double recall, int boxes) {

    /**
     * Loss of accuracy of another form against this one: the larger one of both average precisions with labels, that at IoU 0.5 without;
     * NaN when it cannot be computed.
     */
    public double loss(DetectionScore other, boolean labelled) {
        double lossAt50 = at50 - other.at50;
        return labelled ? Math.max(lossAt50, at50To95 - other.at50To95) : lossAt50;
    }
}
