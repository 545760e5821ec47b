package io.helmwatch.pipeline.cli;

import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.pipeline.cli.option.CommandFailure;
import io.helmwatch.pipeline.cli.option.ConfigFileOption;
import io.helmwatch.pipeline.cli.process.Termination;
import io.helmwatch.sinks.kafka.SiteAnalytics;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Sums the counts of all nodes of a site. */
@Command(
        name = "analytics",
        description =
                "Sums the counts of all nodes by stream, zone and quarter of an hour, from Kafka to Kafka, until stopped;"
                        + " several processes share the work.")
final class AnalyticsCommand implements Callable<Integer> {
    @Mixin
    private ConfigFileOption file = new ConfigFileOption();

    @Override
    public Integer call() throws InterruptedException {
        HelmwatchConfig config = file.loadOffline();
        if (!config.kafka().enabled() || config.kafka().embedded()) {
            throw CommandFailure.usage("analytics: needs kafka.bootstrap-servers in " + file.file());
        }
        CountDownLatch stopped = new CountDownLatch(1);
        try (SiteAnalytics analytics = new SiteAnalytics(config.kafka(), config.analytics());
                Termination.Registration signals = Termination.onSignal(stopped::countDown)) {
            stopped.await();
        }
        return 0;
    }
}
