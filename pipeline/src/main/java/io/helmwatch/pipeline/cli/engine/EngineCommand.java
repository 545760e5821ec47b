package io.helmwatch.pipeline.cli.engine;

import io.helmwatch.pipeline.cli.option.CommandFailure;
import picocli.CommandLine.Command;

/** Builds, measures, compares and describes TensorRT engines. */
@Command(
        name = "engine",
        description = "Builds, measures, checks and describes TensorRT engines (needs a GPU).",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            EngineBuildCommand.class,
            EngineBenchCommand.class,
            EngineAlignCommand.class,
            EngineInfoCommand.class
        })
public final class EngineCommand implements Runnable {

    @Override
    public void run() {
        throw CommandFailure.usage("no command was given: expected engine build, bench, align or info");
    }
}
