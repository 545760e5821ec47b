package io.helmwatch.pipeline.cli;

import io.helmwatch.config.ConfigLoader;
import io.helmwatch.config.incident.SpoolConfig;
import io.helmwatch.pipeline.cli.option.CommandFailure;
import io.helmwatch.pipeline.cli.process.Console;
import io.helmwatch.sinks.EventTime;
import io.helmwatch.sinks.spool.DeadLetter;
import io.helmwatch.sinks.spool.SpoolException;
import io.helmwatch.sinks.spool.SpoolMaintenance;
import io.helmwatch.sinks.spool.SpooledEvent;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Looks into the spool of incidents and repairs it. */
@Command(
        name = "spool",
        description = "Lists, exports, resends and repairs incidents that were not delivered.",
        subcommands = {
            SpoolCommand.ListCommand.class,
            SpoolCommand.ExportCommand.class,
            SpoolCommand.ResendCommand.class,
            SpoolCommand.RepairCommand.class
        })
final class SpoolCommand implements Callable<Integer> {

    @Override
    public Integer call() {
        throw CommandFailure.usage("spool: expected list, export, resend or repair");
    }

    /** The spool that a configuration names. */
    static final class SpoolOptions {
        @Option(
                names = {"-c", "--config"},
                required = true,
                paramLabel = "FILE",
                description = "Configuration (YAML).")
        private Path file = Path.of("");

        SpoolConfig spool() {
            return ConfigLoader.load(file, ConfigLoader.Purpose.OFFLINE)
                    .incidents()
                    .spool();
        }
    }

    private static <T> T run(Supplier<T> action) {
        try {
            return action.get();
        } catch (SpoolException failure) {
            throw CommandFailure.failed(String.valueOf(failure.getMessage()), failure);
        }
    }

    /** Waiting messages and dead letters, one per line. */
    @Command(
            name = "list",
            description = "Lists waiting messages, dead letters and damaged files; works while the service runs.")
    static final class ListCommand implements Callable<Integer> {
        @Mixin
        private SpoolOptions options = new SpoolOptions();

        @Override
        public Integer call() {
            SpoolConfig config = options.spool();
            SpoolMaintenance.Contents contents = run(() -> SpoolMaintenance.list(config));
            for (SpooledEvent event : contents.waiting()) {
                System.out.println("waiting " + event.id() + " " + event.phase() + " "
                        + EventTime.format(event.atMillis()) + " " + event.value().length + " bytes");
            }
            for (DeadLetter letter : contents.deadLetters()) {
                System.out.println("dead " + letter.event().id() + " "
                        + letter.event().phase() + " " + letter.setAsideAt() + " " + letter.reason());
            }
            contents.damagedFiles().forEach(file -> System.out.println("damaged " + file));
            Console.say(
                    "spool " + config.directory() + ": " + contents.waiting().size() + " waiting, "
                            + contents.deadLetters().size() + " dead letters, "
                            + contents.damagedFiles().size() + " damaged files");
            return 0;
        }
    }

    /** All messages as they would be sent. */
    @Command(
            name = "export",
            description = "Prints waiting messages and dead letters as JSON lines; works while the service runs.")
    static final class ExportCommand implements Callable<Integer> {
        @Mixin
        private SpoolOptions options = new SpoolOptions();

        @Override
        public Integer call() {
            SpoolConfig config = options.spool();
            int lines = run(() -> SpoolMaintenance.export(config, System.out));
            Console.say("spool " + config.directory() + ": " + lines + " messages exported");
            return 0;
        }
    }

    /** Dead letters back into the spool. */
    @Command(
            name = "resend",
            description =
                    "Returns dead letters to the spool, to be sent when the service starts; needs the service stopped.")
    static final class ResendCommand implements Callable<Integer> {
        @Mixin
        private SpoolOptions options = new SpoolOptions();

        @Parameters(
                arity = "0..*",
                paramLabel = "ID",
                description = "Ids of messages, as list prints them. Default: all.")
        private List<String> ids = List.of();

        @Override
        public Integer call() {
            SpoolConfig config = options.spool();
            Set<String> wanted = new HashSet<>(ids);
            int resent = run(() ->
                    SpoolMaintenance.resend(config, Clock.systemUTC(), id -> wanted.isEmpty() || wanted.contains(id)));
            Console.say("spool " + config.directory() + ": " + resent + " dead letters returned");
            if (resent < wanted.size()) {
                throw CommandFailure.failed(
                        "spool resend: " + (wanted.size() - resent) + " of " + wanted.size()
                                + " ids are not among the dead letters: compare with spool list",
                        null);
            }
            return 0;
        }
    }

    /** Messages of damaged files back into the spool. */
    @Command(
            name = "repair",
            description = "Checks the spool and salvages the messages of damaged files; needs the service stopped.")
    static final class RepairCommand implements Callable<Integer> {
        @Mixin
        private SpoolOptions options = new SpoolOptions();

        @Override
        public Integer call() {
            SpoolConfig config = options.spool();
            int salvaged = run(() -> SpoolMaintenance.repair(config, Clock.systemUTC()));
            Console.say("spool " + config.directory() + ": intact, " + salvaged + " messages salvaged");
            return 0;
        }
    }
}
