package io.helmwatch.pipeline.backend.quantization;

import io.helmwatch.config.inference.Int8Config;
import io.helmwatch.inference.ModelInfo;
import io.helmwatch.resource.Closer;
import java.nio.file.Path;

/**
 * The images for INT8: those that activation ranges are measured on, and those that the accuracy is checked on.
 *
 * @param calibration for the ranges
 * @param check for the accuracy
 * @param owned closes the folders
 */
public record CalibrationImages(ImageFolder calibration, ImageFolder check, Closer owned) implements AutoCloseable {
    /** Every n-th image is held out of the calibration where there is no folder of its own to check on. */
    private static final int HOLD_OUT = 5;

    /**
     * Lists the configured folders.
     *
     * @throws IllegalArgumentException when no folder is configured or one has too few images
     */
    public static CalibrationImages open(Int8Config int8, ModelInfo model) {
        Path folder = int8.pictures();
        if (folder == null) {
            throw new IllegalArgumentException("INT8 needs a folder of images to calibrate on");
        }
        try (Closer opened = new Closer()) {
            ImageFolder all = opened.register(ImageFolder.open(folder, model));
            Path separate = int8.checkPictures();
            if (separate != null) {
                ImageFolder check = opened.register(ImageFolder.open(separate, model));
                return new CalibrationImages(all, check, opened.transfer());
            }
            if (all.size() < HOLD_OUT) {
                throw new IllegalArgumentException(folder + ": expected at least " + HOLD_OUT
                        + " images to calibrate and check INT8 on, found " + all.size());
            }
            return new CalibrationImages(
                    all.part(i -> i % HOLD_OUT != HOLD_OUT - 1),
                    all.part(i -> i % HOLD_OUT == HOLD_OUT - 1),
                    opened.transfer());
        }
    }

    @Override
    public void close() {
        owned.close();
    }
}
