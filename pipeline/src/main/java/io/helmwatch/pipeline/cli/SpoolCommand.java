package io.helmwatch.pipeline.cli;

import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.incident.IncidentsConfig;
import io.helmwatch.config.incident.SpoolConfig;
import io.helmwatch.config.secret.Redaction;
import io.helmwatch.pipeline.cli.option.CommandFailure;
import io.helmwatch.pipeline.cli.option.ConfigFileOption;
import io.helmwatch.pipeline.cli.process.Console;
import io.helmwatch.resource.Quantity;
import io.helmwatch.sinks.EventTime;
import io.helmwatch.sinks.notify.Notification;
import io.helmwatch.sinks.s3.UploadMaintenance;
import io.helmwatch.sinks.spool.DeadLetter;
import io.helmwatch.sinks.spool.SpoolMaintenance;
import io.helmwatch.sinks.spool.SpooledEvent;
import io.helmwatch.sinks.sqlite.SqliteException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Looks into the spool of incidents for Kafka, that of a notification, or the queue of copies for the object storage, and repairs it. */
@Command(
        name = "spool",
        description =
                "Lists, exports, resends and repairs incidents, and copies of their files, that were not delivered.",
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

    /** What a subcommand does with the spool that a configuration names. */
    abstract static class Action implements Callable<Integer> {
        @Mixin
        private ConfigFileOption file = new ConfigFileOption();

        @ArgGroup
        private Other other = new Other();

        /** What is meant instead of the spool for Kafka. */
        static final class Other {
            @Option(
                    names = "--notify",
                    paramLabel = "NAME",
                    description = "The spool of this notification instead of the one for Kafka.")
            private @Nullable String target;

            @Option(
                    names = "--copies",
                    description =
                            "The queue of snapshots and clips for the object storage instead of the spool for Kafka.")
            private boolean copies;
        }

        @Override
        public final Integer call() {
            HelmwatchConfig site = file.loadFiles();
            try {
                if (other.copies) {
                    Console.say("copies " + site.incidents().spool().directory() + ": " + runCopies(site.incidents()));
                } else {
                    SpoolConfig config = spool(site);
                    Console.say("spool " + config.directory() + ": " + run(config));
                    remark(site);
                }
            } catch (SqliteException | UncheckedIOException failure) {
                throw CommandFailure.failed(String.valueOf(failure.getMessage()), failure);
            }
            requireComplete();
            return 0;
        }

        private SpoolConfig spool(HelmwatchConfig site) {
            SpoolConfig kafka = site.incidents().spool();
            String target = other.target;
            if (target == null) {
                return kafka;
            }
            Set<String> names = notifications(site);
            if (!names.contains(target)) {
                throw CommandFailure.usage("spool: there is no notification " + target + " in " + file.file()
                        + (names.isEmpty() ? ", which has none" : ": expected one of " + String.join(", ", names)));
            }
            return Notification.spool(kafka, target);
        }

        /** Those of the file, and those that have a spool: of a part of the file that lacks a password, or is gone. */
        private static Set<String> notifications(HelmwatchConfig site) {
            Set<String> names =
                    new TreeSet<>(Notification.spools(site.incidents().spool()));
            site.notifications().forEach(notification -> names.add(notification.name()));
            return names;
        }

        /** What else an operator should know. */
        private void remark(HelmwatchConfig site) {
            if (other.target != null) {
                return;
            }
            SpoolConfig kafka = site.incidents().spool();
            for (String name : notifications(site)) {
                SpoolMaintenance.Contents contents = SpoolMaintenance.list(Notification.spool(kafka, name));
                if (!contents.isEmpty()) {
                    Console.say(
                            "notification " + name + ": " + contents.counts() + "; see spool list --notify " + name);
                }
            }
            UploadMaintenance.Contents copies = UploadMaintenance.list(kafka);
            if (!copies.isEmpty()) {
                Console.say("object storage: " + copies.counts() + "; see spool list --copies");
            }
        }

        /** Does it; returns what was done, as a phrase. */
        abstract String run(SpoolConfig config);

        /** Does it with the copies for the object storage; returns what was done, as a phrase. */
        String runCopies(IncidentsConfig config) {
            throw CommandFailure.usage("spool: expected list or resend with --copies; the files themselves are in "
                    + config.snapshots().directory() + " and " + config.clips().directory());
        }

        /** Fails where less was done than was asked for. */
        void requireComplete() {}
    }

    /** Waiting messages and dead letters, one per line. */
    @Command(
            name = "list",
            description = "Lists waiting messages, dead letters and damaged files; works while the service runs.")
    static final class ListCommand extends Action {
        @Override
        String run(SpoolConfig config) {
            SpoolMaintenance.Contents contents = SpoolMaintenance.list(config);
            for (SpooledEvent event : contents.waiting()) {
                System.out.println("waiting " + event.id() + " " + event.phase() + " "
                        + EventTime.format(event.atMillis()) + " " + event.value().length + " bytes");
            }
            for (DeadLetter letter : contents.deadLetters()) {
                System.out.println("dead " + letter.event().id() + " "
                        + letter.event().phase() + " " + letter.setAsideAt() + " " + letter.reason());
            }
            contents.damagedFiles().forEach(damaged -> System.out.println("damaged " + damaged));
            return contents.counts();
        }

        @Override
        String runCopies(IncidentsConfig config) {
            UploadMaintenance.Contents contents = UploadMaintenance.list(config.spool());
            contents.waiting()
                    .forEach(copy -> System.out.println("waiting " + copy.name() + " " + copy.bytes() + " bytes"));
            for (UploadMaintenance.Refused refused : contents.rejected()) {
                System.out.println("rejected " + refused.copy().name() + " " + EventTime.format(refused.atMillis())
                        + " " + refused.copy().bytes() + " bytes " + Redaction.redact(refused.reason()));
            }
            return contents.counts();
        }
    }

    /** All messages as they would be sent. */
    @Command(
            name = "export",
            description = "Prints waiting messages and dead letters as JSON lines; works while the service runs.")
    static final class ExportCommand extends Action {
        @Override
        String run(SpoolConfig config) {
            return Quantity.of(SpoolMaintenance.export(config, System.out), "message") + " exported";
        }
    }

    /** Dead letters back into the spool. */
    @Command(
            name = "resend",
            description =
                    "Returns dead letters, or copies that were rejected, to be sent when the service starts; needs the service stopped.")
    static final class ResendCommand extends Action {
        @Parameters(
                arity = "0..*",
                paramLabel = "ID",
                description = "Ids of messages or names of copies, as list prints them. Default: all.")
        private List<String> ids = List.of();

        private int missing;

        @Override
        String run(SpoolConfig config) {
            Set<String> wanted = new HashSet<>(ids);
            int resent =
                    SpoolMaintenance.resend(config, Clock.systemUTC(), id -> wanted.isEmpty() || wanted.contains(id));
            missing = Math.max(0, wanted.size() - resent);
            return Quantity.of(resent, "dead letter") + " returned";
        }

        @Override
        String runCopies(IncidentsConfig config) {
            Set<String> wanted = new HashSet<>(ids);
            UploadMaintenance.Resent resent = UploadMaintenance.resend(
                    config, Clock.systemUTC(), name -> wanted.isEmpty() || wanted.contains(name));
            missing = Math.max(0, wanted.size() - resent.returned() - resent.gone());
            return Quantity.of(resent.returned(), "copy", "copies") + " returned"
                    + (resent.gone() == 0 ? "" : ", " + resent.gone() + " forgotten, whose files were deleted");
        }

        @Override
        void requireComplete() {
            if (missing > 0) {
                throw CommandFailure.failed(
                        "spool resend: " + missing + " of " + Quantity.of(new HashSet<>(ids).size(), "id")
                                + " not among the dead letters or rejected copies: compare with spool list",
                        null);
            }
        }
    }

    /** Messages of damaged files back into the spool. */
    @Command(
            name = "repair",
            description = "Checks the spool and salvages the messages of damaged files; needs the service stopped.")
    static final class RepairCommand extends Action {
        @Override
        String run(SpoolConfig config) {
            return "intact, " + Quantity.of(SpoolMaintenance.repair(config, Clock.systemUTC()), "message")
                    + " salvaged";
        }
    }
}
