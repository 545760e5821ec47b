package io.helmwatch.config.inference;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How an INT8 engine is calibrated and checked.
 *
 * @param pictures folder of images that the engine is calibrated on; null where INT8 is not used
 * @param calibrator how ranges are chosen
 * @param checkPictures folder of images, with or without YOLO labels, that the engine is compared with FP32 on; null uses every
 *     fifth image of {@code pictures}, which then does not calibrate
 * @param maxLoss largest loss of average precision against FP32 before the engine falls back to FP16, 0..1
 * @param keepFp16 layers that stay in FP16: names, {@code *} matches any text
 */
public record Int8Config(
        @Nullable Path pictures,
        CalibrationMethod calibrator,
        @Nullable Path checkPictures,
        double maxLoss,
        List<String> keepFp16) {

    /** No images, MinMax, a loss of at most 0.01. */
    public static final Int8Config DEFAULT = new Int8Config(null, CalibrationMethod.MINMAX, null, 0.01, List.of());

    /** Keeps its own copy of the names. */
    public Int8Config {
        keepFp16 = List.copyOf(keepFp16);
    }
}
