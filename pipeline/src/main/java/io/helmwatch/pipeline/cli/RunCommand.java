package io.helmwatch.pipeline.cli;

import io.helmwatch.config.ConfigText;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.pipeline.cli.option.CommandFailure;
import io.helmwatch.pipeline.cli.option.ConfigOptions;
import io.helmwatch.pipeline.cli.option.ModelLabels;
import io.helmwatch.pipeline.cli.process.HangUpSignal;
import io.helmwatch.pipeline.cli.process.Termination;
import io.helmwatch.pipeline.service.DetectionService;
import io.helmwatch.pipeline.systemd.SystemdNotifier;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** The service. */
@Command(
        name = "run",
        description = "Analyses the streams of a configuration until stopped, or until its files have ended.")
final class RunCommand implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(RunCommand.class);

    @Mixin
    private ConfigOptions config = new ConfigOptions();

    @Override
    public Integer call() throws Exception {
        HelmwatchConfig settings = config.load();
        Path model = config.model(settings);
        ModelLabels.check(config.file(), ModelLabels.problem(settings, model));
        LOG.debug("settings in force:\n{}", ConfigText.valuesInForce(settings));
        DetectionService started;
        try {
            started = DetectionService.start(settings, model, List.of(), Termination.ON_FATAL_ERROR);
        } catch (RuntimeException | Error refused) {
            // Libraries cannot be loaded any more once the process ends.
            if (Termination.isRequested()) {
                LOG.info("Stopped before the start was complete");
                LOG.debug("Start not completed", refused);
                return 0;
            }
            throw refused;
        }
        try (DetectionService service = started;
                Termination.Registration signals = Termination.onSignal(() -> {
                    LOG.info("Stopping");
                    service.stop();
                })) {
            service.reloadFrom(config::load);
            HangUpSignal.handle(() -> {
                try {
                    service.reload();
                } catch (RuntimeException refused) {
                    LOG.error("Reload refused: {}; the previous rules stay in force", refused.getMessage());
                }
            });
            String servers = service.embeddedBootstrapServers();
            if (!servers.isEmpty()) {
                LOG.info("Development broker on {}", servers);
            }
            try (SystemdNotifier systemd = SystemdNotifier.start(service::liveProblem)) {
                service.awaitEnd();
            }
            List<String> failed = service.failedStreams();
            if (!failed.isEmpty()) {
                throw CommandFailure.failed(String.join("; ", failed), null);
            }
        }
        return 0;
    }
}
