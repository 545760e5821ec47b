package io.helmwatch.pipeline.cli;

import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.sink.NotifyConfig;
import io.helmwatch.pipeline.cli.option.CommandFailure;
import io.helmwatch.pipeline.cli.option.ConfigOptions;
import io.helmwatch.pipeline.service.incident.Notifications;
import io.helmwatch.sinks.notify.Notifier;
import io.helmwatch.sinks.notify.NotifyException;
import io.helmwatch.sinks.notify.NotifyMessage;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Sends a test message to the targets of {@code notify}. */
@Command(name = "notify", description = "Sends a test message to the targets of notifications.")
final class NotifyCommand implements Callable<Integer> {
    @Mixin
    private ConfigOptions config = new ConfigOptions();

    @Parameters(arity = "0..*", paramLabel = "NAME", description = "Names of the targets; all by default.")
    private List<String> names = new ArrayList<>();

    @Override
    public Integer call() throws InterruptedException {
        HelmwatchConfig settings = config.load();
        List<NotifyConfig> targets = settings.notifications();
        List<String> known = targets.stream().map(NotifyConfig::name).toList();
        for (String name : names) {
            if (!known.contains(name)) {
                throw CommandFailure.usage(
                        "notify: there is no target '" + name + "'; expected " + String.join(", ", known));
            }
        }
        if (targets.isEmpty()) {
            throw CommandFailure.usage("notify: " + config.file() + " has no 'notify' targets");
        }
        boolean delivered = true;
        for (NotifyConfig target : targets) {
            if (names.isEmpty() || names.contains(target.name())) {
                delivered &= test(target, settings);
            }
        }
        return delivered ? 0 : 1;
    }

    private static boolean test(NotifyConfig target, HelmwatchConfig settings) throws InterruptedException {
        try (Notifier notifier = Notifications.notifier(target, settings)) {
            notifier.deliver(List.of(NotifyMessage.test(target.name(), System.currentTimeMillis())));
            System.out.println(target.name() + ": delivered");
            return true;
        } catch (NotifyException e) {
            System.out.println(target.name() + ": not delivered: " + e.getMessage());
            return false;
        }
    }
}
