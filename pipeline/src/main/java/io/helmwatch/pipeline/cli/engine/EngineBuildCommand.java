package io.helmwatch.pipeline.cli.engine;

import io.helmwatch.cuda.CudaDevice;
import io.helmwatch.pipeline.backend.cuda.quantization.OpenedEngine;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code engine build}. */
@Command(name = "build", description = "Builds an engine, or finds it in the cache, and prints its file.")
final class EngineBuildCommand implements Callable<Integer> {
    @Mixin
    private EngineSelection selection = new EngineSelection();

    @Override
    public Integer call() {
        try (CudaDevice device = selection.openDevice();
                OpenedEngine opened = selection.open(device)) {
            System.out.println(opened.file());
            System.out.print(opened.reportText());
        }
        return 0;
    }
}
