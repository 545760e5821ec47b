package io.helmwatch.config;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How an INT8 engine is made and judged.
 *
 * @param pictures folder of pictures that the ranges of activations are measured on; null where INT8 is not used
 * @param calibrator how ranges are chosen
 * @param checkPictures folder of pictures that INT8 is judged on, labelled (YOLO) or not; null takes every fifth of {@code pictures}, which are
 *     then not measured on
 * @param maxLoss largest loss of average precision against FP32 that is accepted, 0 to 1
 * @param keepFp16 layers that stay in FP16: names, {@code *} stands for anything
 */
public record Int8Config(
        @Nullable Path pictures,
        CalibrationMethod calibrator,
        @Nullable Path checkPictures,
        double maxLoss,
        List<String> keepFp16) {

    /** No pictures, MinMax, at most 0.01 lost. */
    public static final Int8Config DEFAULT = new Int8Config(null, CalibrationMethod.MINMAX, null, 0.01, List.of());

    /** Keeps its own copy of the names. */
    public Int8Config {
        keepFp16 = List.copyOf(keepFp16);
    }
}
