package io.helmwatch.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.config.inference.GpuConfig;
import io.helmwatch.pipeline.cli.analysis.DetectCommand;
import io.helmwatch.pipeline.cli.analysis.ReplayCommand;
import io.helmwatch.pipeline.cli.engine.EngineCommand;
import io.helmwatch.pipeline.cli.measurement.BenchCommand;
import io.helmwatch.pipeline.cli.measurement.CompareCommand;
import io.helmwatch.pipeline.cli.measurement.EvalCommand;
import io.helmwatch.resource.ConstantName;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** The help texts against the defaults that are in force. */
class HelpTest {

    static Stream<CommandSpec> commands() {
        return Stream.concat(
                Stream.of(
                                new BenchCommand(),
                                new CompareCommand(),
                                new DetectCommand(),
                                new EvalCommand(),
                                new ReplayCommand())
                        .map(CommandSpec::forAnnotatedObject),
                engine().subcommands().values().stream().map(CommandLine::getCommandSpec));
    }

    private static CommandSpec engine() {
        return CommandSpec.forAnnotatedObject(new EngineCommand());
    }

    @ParameterizedTest
    @MethodSource("commands")
    void shouldNameTheDefaultOfEveryOptionThroughPicocli(CommandSpec command) {
        List<OptionSpec> options = command.options();

        assertThat(options).isNotEmpty().allSatisfy(option -> {
            String description = String.join(" ", option.description());
            assertThat(description).as(option.longestName()).doesNotContain("by default");
            if (option.defaultValue() != null) {
                assertThat(description).as(option.longestName()).contains("Default: " + option.defaultValue() + ".");
            }
        });
    }

    @Test
    void shouldFindEveryCommandByTheNameOfItsClass() {
        assertThat(Main.COMMANDS)
                .isNotEmpty()
                .allSatisfy(type -> assertThat(type.getSimpleName())
                        .isEqualToIgnoringCase(type.getAnnotation(Command.class).name() + "Command"));
    }

    @Test
    void shouldNameTheGpuDefaultsOfTheConfiguration() {
        GpuConfig defaults = GpuConfig.DEFAULT;
        CommandSpec bench = CommandSpec.forAnnotatedObject(new BenchCommand());

        assertThat(description(bench, "--level")).endsWith("Default: " + defaults.builderLevel() + ".");
        assertThat(description(bench, "--precision"))
                .endsWith("Default: " + ConstantName.of(defaults.precision()) + ".");
        assertThat(description(bench, "--graph")).endsWith("Default: " + ConstantName.of(defaults.graph()) + ".");
        assertThat(engine().subcommands()
                        .get("build")
                        .getCommandSpec()
                        .findOption("--level")
                        .defaultValue())
                .isEqualTo(String.valueOf(defaults.builderLevel()));
    }

    private static String description(CommandSpec command, String option) {
        return String.join(" ", command.findOption(option).description());
    }
}
