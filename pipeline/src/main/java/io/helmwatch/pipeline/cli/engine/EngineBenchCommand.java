package io.helmwatch.pipeline.cli.engine;

import io.helmwatch.cuda.CudaDevice;
import io.helmwatch.inference.tensorrt.TensorRtEngine;
import io.helmwatch.pipeline.backend.cuda.quantization.OpenedEngine;
import io.helmwatch.pipeline.bench.cuda.EngineBenchmark;
import io.helmwatch.pipeline.cli.option.CommandFailure;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code engine bench}. */
@Command(name = "bench", description = "Measures throughput, latency and copies of an engine by batch size.")
final class EngineBenchCommand implements Callable<Integer> {
    @Mixin
    private EngineSelection selection = new EngineSelection();

    @Option(
            names = "--lanes",
            paramLabel = "N",
            defaultValue = "3",
            description = "Number of batches in flight. Default: ${DEFAULT-VALUE}.")
    private int lanes;

    @Option(
            names = "--runs",
            paramLabel = "N",
            defaultValue = "200",
            description = "Runs per round, in five rounds. Default: ${DEFAULT-VALUE}.")
    private int runs;

    @Override
    public Integer call() {
        if (lanes < 1 || runs < 10) {
            throw CommandFailure.usage(
                    "--lanes " + lanes + " --runs " + runs + ": expected at least 1 lane and at least 10 runs");
        }
        try (CudaDevice device = selection.openDevice();
                OpenedEngine opened = selection.open(device)) {
            TensorRtEngine engine = opened.engine();
            System.out.println(
                    "batch  bare img/s  lanes img/s  ratio  mean ms  p50 ms  p99 ms  upload ms  download ms");
            for (int batch = 1; batch <= engine.largestBatch(); batch *= 2) {
                double bare = EngineBenchmark.bareRate(device, engine, batch, runs);
                EngineBenchmark.Line line = EngineBenchmark.measure(device, engine, batch, lanes, runs);
                System.out.printf(
                        Locale.ROOT,
                        "%5d %11.0f %12.0f %6.2f %8.3f %7.3f %7.3f %10.3f %12.3f%n",
                        batch,
                        bare,
                        line.imagesPerSecond(),
                        line.imagesPerSecond() / bare,
                        line.meanMillis(),
                        line.p50Millis(),
                        line.p99Millis(),
                        line.uploadMillis(),
                        line.downloadMillis());
            }
        }
        return 0;
    }
}
