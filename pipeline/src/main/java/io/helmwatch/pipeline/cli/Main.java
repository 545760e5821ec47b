package io.helmwatch.pipeline.cli;

import io.helmwatch.config.secret.Redaction;
import io.helmwatch.config.yaml.ConfigException;
import io.helmwatch.pipeline.cli.analysis.ClipCommand;
import io.helmwatch.pipeline.cli.analysis.DetectCommand;
import io.helmwatch.pipeline.cli.analysis.ReplayCommand;
import io.helmwatch.pipeline.cli.analysis.SnapshotCommand;
import io.helmwatch.pipeline.cli.cluster.CamerasCommand;
import io.helmwatch.pipeline.cli.cluster.NodesCommand;
import io.helmwatch.pipeline.cli.engine.EngineCommand;
import io.helmwatch.pipeline.cli.measurement.BenchCommand;
import io.helmwatch.pipeline.cli.measurement.CompareCommand;
import io.helmwatch.pipeline.cli.measurement.EvalCommand;
import io.helmwatch.pipeline.cli.measurement.QuantizeCommand;
import io.helmwatch.pipeline.cli.option.CommandFailure;
import io.helmwatch.pipeline.cli.process.Console;
import io.helmwatch.pipeline.cli.process.NativeCache;
import io.helmwatch.pipeline.cli.process.Termination;
import io.helmwatch.resource.FailureText;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The command line.
 *
 * <p>Exit codes: 0 done, 1 failed, 2 wrong usage or configuration. Standard output carries results only; everything else goes to standard
 * error, errors as one sentence, without secrets.
 */
@Command(
        name = "helmwatch",
        description = "Camera streams in, safety-helmet events on Kafka out.",
        synopsisSubcommandLabel = "COMMAND",
        versionProvider = Main.Version.class)
public final class Main implements Runnable {
    /** The commands, in the order in which the help lists them; each class has the command's name. */
    static final List<Class<?>> COMMANDS = List.of(
            DemoCommand.class,
            RunCommand.class,
            DetectCommand.class,
            ReplayCommand.class,
            SnapshotCommand.class,
            ClipCommand.class,
            ValidateCommand.class,
            DoctorCommand.class,
            EvalCommand.class,
            BenchCommand.class,
            CompareCommand.class,
            SpoolCommand.class,
            ReportCommand.class,
            CamerasCommand.class,
            NodesCommand.class,
            AnalyticsCommand.class,
            NotifyCommand.class,
            QuantizeCommand.class,
            EngineCommand.class,
            PasswordCommand.class);

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = CommandLine.ScopeType.INHERIT,
            description = "Shows this help.")
    @SuppressWarnings("UnusedVariable") // picocli looks at the option, not at the field
    private boolean help;

    @Option(names = "--version", versionHelp = true, description = "Shows the version.")
    @SuppressWarnings("UnusedVariable") // as above
    private boolean version;

    @Option(
            names = "--verbose",
            scope = CommandLine.ScopeType.INHERIT,
            description = "Logs more, and stack traces of errors.")
    private boolean verbose;

    private Main() {}

    /** What the archive's manifest says; classes that were never packaged have no version. */
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            String packaged = Main.class.getPackage().getImplementationVersion();
            return new String[] {"helmwatch " + (packaged == null ? "(not packaged)" : packaged)};
        }
    }

    /** Runs a command and ends the process with its exit code. */
    public static void main(String[] args) {
        Termination.install(Runtime.getRuntime()::halt);
        int code = execute(args);
        Termination.finished(code);
        System.exit(code);
    }

    /** Runs a command and returns its exit code. */
    static int execute(String... args) {
        Main main = new Main();
        CommandLine line = new CommandLine(main);
        commands(args).forEach(line::addSubcommand);
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setUsageHelpLongOptionsMaxWidth(30);
        line.setExecutionStrategy(parsed -> main.start(parsed));
        line.setExecutionExceptionHandler((failure, command, parsed) -> main.explain(failure));
        line.setParameterExceptionHandler(main.new UsageHandler());
        line.setOut(new java.io.PrintWriter(System.out, true, java.nio.charset.StandardCharsets.UTF_8));
        line.setErr(new java.io.PrintWriter(System.err, true, java.nio.charset.StandardCharsets.UTF_8));
        try {
            return line.execute(args);
        } catch (Error failure) {
            // picocli hands on exceptions only; a library that cannot be loaded deserves a sentence too.
            return main.explain(failure);
        }
    }

    /** The command that the first argument names, since reading the options of all takes a third of a second; all where it names none. */
    private static List<Class<?>> commands(String[] args) {
        for (Class<?> type : COMMANDS) {
            if (args.length > 0 && name(type).equals(args[0])) {
                return List.of(type);
            }
        }
        return COMMANDS;
    }

    private int start(ParseResult parsed) {
        Console.verbose(verbose);
        NativeCache.prepare();
        return new CommandLine.RunLast().execute(parsed);
    }

    private int explain(Throwable failure) {
        int code = failure instanceof CommandFailure known ? known.exitCode() : 1;
        if (failure instanceof ConfigException config) {
            config.problems().forEach(problem -> Console.say(problem.toString()));
            code = 2;
        } else {
            Console.say(
                    failure instanceof LinkageError
                            ? "a library cannot be loaded: " + FailureText.ofLibrary(FailureText.root(failure))
                            : FailureText.of(failure));
        }
        if (verbose) {
            PrintStream err = System.err;
            java.io.StringWriter trace = new java.io.StringWriter();
            failure.printStackTrace(new java.io.PrintWriter(trace));
            err.print(Redaction.redact(trace.toString()));
        }
        return code;
    }

    @Override
    public void run() {
        throw CommandFailure.usage(
                "no command was given: expected one of " + names() + "; 'helmwatch --help' shows what they do");
    }

    private static String names() {
        return COMMANDS.stream().map(Main::name).collect(Collectors.joining(", "));
    }

    private static String name(Class<?> command) {
        return command.getSimpleName().replaceFirst("Command$", "").toLowerCase(Locale.ROOT);
    }

    private final class UsageHandler implements IParameterExceptionHandler {
        @Override
        public int handleParseException(ParameterException wrong, String[] args) {
            Console.say(sentence(wrong) + "; '"
                    + wrong.getCommandLine().getCommandSpec().qualifiedName() + " --help' shows the usage");
            if (verbose) {
                Console.say(FailureText.of(FailureText.root(wrong)));
            }
            return 2;
        }

        private static String sentence(ParameterException wrong) {
            if (!(wrong instanceof UnmatchedArgumentException unmatched)
                    || unmatched.isUnknownOption()
                    || wrong.getCommandLine().getParent() != null) {
                return String.valueOf(wrong.getMessage());
            }
            return "there is no command " + unmatched.getUnmatched().get(0) + ": expected one of " + names();
        }
    }
}
