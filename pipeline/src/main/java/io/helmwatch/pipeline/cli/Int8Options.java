package io.helmwatch.pipeline.cli;

import io.helmwatch.config.CalibrationMethod;
import io.helmwatch.config.Int8Config;
import io.helmwatch.config.Precision;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How INT8 engines are made and judged; without effect on other precisions. */
final class Int8Options {
    @Option(
            names = "--calibration",
            paramLabel = "DIR",
            description = "Pictures that INT8 ranges are measured on; needed for --precision int8.")
    private @Nullable Path calibration;

    @Option(
            names = "--calibrator",
            paramLabel = "METHOD",
            defaultValue = "minmax",
            description = "How INT8 ranges are chosen: minmax (default) or entropy.")
    private CalibrationMethod calibrator = CalibrationMethod.MINMAX;

    @Option(
            names = "--check",
            paramLabel = "DIR",
            description = "Pictures, labelled (YOLO) or not, that INT8 is judged on; by default every fifth of"
                    + " --calibration, which is then not measured on.")
    private @Nullable Path check;

    @Option(
            names = "--max-loss",
            paramLabel = "L",
            defaultValue = "0.01",
            description = "Largest loss of average precision that INT8 is accepted with, else the engine is FP16; 0.01"
                    + " by default.")
    private double maxLoss;

    @Option(
            names = "--keep-fp16",
            paramLabel = "NAME",
            description = "Convolutions that stay in FP16; * stands for anything. May be repeated.")
    private List<String> keepFp16 = List.of();

    /**
     * What was asked for.
     *
     * @throws CommandFailure for INT8 without pictures, and for a loss that is none
     */
    Int8Config config(@Nullable Precision precision) {
        if (precision == Precision.INT8 && calibration == null) {
            throw CommandFailure.usage("--precision int8: needs --calibration, a folder of pictures");
        }
        if (!(maxLoss >= 0 && maxLoss <= 1)) {
            throw CommandFailure.usage("--max-loss " + maxLoss + ": expected 0 to 1");
        }
        return new Int8Config(calibration, calibrator, check, maxLoss, keepFp16);
    }
}
