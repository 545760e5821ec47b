package io.helmwatch.pipeline.cli.option;

import io.helmwatch.config.inference.CalibrationMethod;
import io.helmwatch.config.inference.GpuPrecision;
import io.helmwatch.config.inference.Int8Config;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Calibration and acceptance of INT8 engines; no effect on other precisions. */
public final class Int8Options {
    @Option(
            names = "--calibration",
            paramLabel = "DIR",
            description = "Folder of images that INT8 is calibrated on; required for --precision int8.")
    private @Nullable Path calibration;

    @Option(
            names = "--calibrator",
            paramLabel = "METHOD",
            defaultValue = "minmax",
            description = "Calibration method: minmax or entropy. Default: ${DEFAULT-VALUE}.")
    private CalibrationMethod calibrator = CalibrationMethod.MINMAX;

    @Option(
            names = "--check",
            paramLabel = "DIR",
            description =
                    "Folder of images, labelled (YOLO) or not, on which the accuracy of INT8 is checked. Default: every fifth image"
                            + " of --calibration, which is then not used for calibration.")
    private @Nullable Path check;

    @Option(
            names = "--max-loss",
            paramLabel = "L",
            defaultValue = "0.01",
            description = "Largest accepted loss of average precision of INT8; beyond it the engine is FP16."
                    + " Default: ${DEFAULT-VALUE}.")
    private double maxLoss;

    @Option(
            names = "--keep-fp16",
            paramLabel = "NAME",
            description = "Convolutions that stay in FP16; * matches any characters. May be repeated.")
    private List<String> keepFp16 = List.of();

    /**
     * The INT8 section of the configuration.
     *
     * @throws CommandFailure for INT8 without calibration images, and for a loss out of range
     */
    public Int8Config config(@Nullable GpuPrecision precision) {
        if (precision == GpuPrecision.INT8 && calibration == null) {
            throw CommandFailure.usage("--precision int8: needs --calibration, a folder of images");
        }
        if (!(maxLoss >= 0 && maxLoss <= 1)) {
            throw CommandFailure.usage("--max-loss " + maxLoss + ": expected 0 to 1");
        }
        return new Int8Config(calibration, calibrator, check, maxLoss, keepFp16);
    }
}
