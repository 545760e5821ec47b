package io.helmwatch.postprocess;

/**
 * Average precision of one class.
 *
 * @param objects number of objects
 * @param at50 average precision at IoU 0.5, 0..1; NaN without objects
 * @param at50To95 mean of the average precision at IoU 0.5, 0.55, … 0.95, 0..1; NaN without objects
 */
public record AveragePrecision(int objects, double at50, double at50To95) {}
