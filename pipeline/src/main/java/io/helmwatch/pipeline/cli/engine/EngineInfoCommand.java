package io.helmwatch.pipeline.cli.engine;

import io.helmwatch.cuda.CudaDevice;
import io.helmwatch.inference.tensorrt.TensorRtEngine;
import io.helmwatch.inference.tensorrt.TensorRtLibrary;
import io.helmwatch.pipeline.backend.cuda.quantization.OpenedEngine;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code engine info}. */
@Command(name = "info", description = "Prints an engine's shapes, precision and layers.")
final class EngineInfoCommand implements Callable<Integer> {
    @Mixin
    private EngineSelection selection = new EngineSelection();

    @Override
    public Integer call() {
        try (CudaDevice device = selection.openDevice();
                OpenedEngine opened = selection.open(device)) {
            TensorRtEngine engine = opened.engine();
            System.out.println("gpu: " + device.info());
            System.out.println("tensorrt: " + TensorRtLibrary.version());
            System.out.println("model: " + engine.model().identity());
            System.out.println("input: " + engine.model().input() + ", batches up to " + engine.largestBatch());
            System.out.println("output: " + engine.model().output());
            System.out.println("labels: " + engine.model().labels());
            System.out.println("options: " + engine.options());
            System.out.println("scratch memory of a lane: " + (engine.laneScratchBytes() >> 20) + " MiB");
            System.out.println("layers: " + engine.layers());
            System.out.println(engine.describeLayers());
            System.out.print(opened.reportText());
        }
        return 0;
    }
}
