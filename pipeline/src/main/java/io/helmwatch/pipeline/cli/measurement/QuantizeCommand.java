package io.helmwatch.pipeline.cli.measurement;

import io.helmwatch.config.inference.ModelConfig;
import io.helmwatch.inference.onnx.QuantizationRanges;
import io.helmwatch.pipeline.backend.cpu.quantization.CpuInt8Gate;
import io.helmwatch.pipeline.backend.cpu.quantization.CpuInt8Verdict;
import io.helmwatch.pipeline.cli.option.CommandFailure;
import io.helmwatch.pipeline.cli.option.Installation;
import io.helmwatch.pipeline.cli.process.Console;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Makes and judges the INT8 form of a model for a CPU. */
@Command(
        name = "quantize",
        description =
                "Prepares a model for INT8 on a CPU: measures the ranges of its tensors on images, compares the detections"
                        + " with FP32, and writes ranges (NAME.int8.ranges) and verdict (NAME.int8.json) beside the model."
                        + " Exit code 1 when INT8 loses too much; FP32 is used then.")
public final class QuantizeCommand implements Callable<Integer> {
    @Option(
            names = "--model",
            paramLabel = "FILE",
            description = "ONNX export of YOLOv5; the shipped helmet model by default.")
    private @Nullable Path model;

    @Option(
            names = "--images",
            required = true,
            paramLabel = "DIR",
            description = "Images to measure on, some hundred as the cameras show them.")
    private Path images = Path.of("");

    @Option(
            names = "--check",
            paramLabel = "DIR",
            description =
                    "Images, labelled (YOLO) or not, to judge on; by default every fifth of --images, which is then"
                            + " not measured on.")
    private @Nullable Path check;

    @Option(
            names = "--max-loss",
            paramLabel = "L",
            defaultValue = "0.005",
            description = "Largest accepted loss of average precision; 0.005 by default.")
    private double maxLoss;

    @Override
    public Integer call() {
        Console.quiet();
        if (!(maxLoss >= 0 && maxLoss <= 1)) {
            throw CommandFailure.usage("--max-loss " + maxLoss + ": expected 0 to 1");
        }
        Path file = Installation.model(model);
        CpuInt8Gate gate = new CpuInt8Gate(file, ModelConfig.DEFAULT, maxLoss, Console::say);
        try {
            CpuInt8Verdict verdict = gate.quantize(images, check);
            System.out.println(verdict.reason());
            return verdict.accepted() ? 0 : 1;
        } catch (IllegalArgumentException refused) {
            throw CommandFailure.usage(String.valueOf(refused.getMessage()));
        } catch (IOException unwritable) {
            throw CommandFailure.failed(
                    "the INT8 ranges cannot be written to " + QuantizationRanges.fileOf(file) + ": "
                            + unwritable.getMessage(),
                    unwritable);
        }
    }
}
