package io.helmwatch.pipeline;

import io.helmwatch.config.ConfigLoader;
import io.helmwatch.config.HelmwatchConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The service. */
@Command(
        name = "run",
        description =
                "Analyses the streams of a configuration until stopped, or until its files have come to their end.")
final class RunCommand implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(RunCommand.class);

    @Option(
            names = {"-c", "--config"},
            required = true,
            paramLabel = "FILE",
            description = "Configuration (YAML).")
    private Path config = Path.of("");

    @Option(
            names = "--model",
            paramLabel = "FILE",
            description = "ONNX export of YOLOv5, in place of the configured one.")
    private @Nullable Path model;

    @Override
    public Integer call() throws Exception {
        HelmwatchConfig settings = ConfigLoader.load(config);
        Path network = Installation.model(model == null ? settings.model().path() : model);
        LOG.debug("settings in force:\n{}", settings.describe());
        try (DetectionService service = DetectionService.start(settings, network, List.of());
                Termination.Registration signals = Termination.onSignal(() -> {
                    LOG.info("stopping");
                    service.stop();
                })) {
            service.reloadFrom(() -> ConfigLoader.load(config));
            HangUpSignal.handle(() -> {
                try {
                    service.reload();
                } catch (RuntimeException refused) {
                    LOG.error("not reloaded, the rules stay as they were: {}", refused.getMessage());
                }
            });
            String servers = service.embeddedBootstrapServers();
            if (!servers.isEmpty()) {
                LOG.info("the development broker is on {}", servers);
            }
            service.awaitEnd();
            List<String> failed = service.failedStreams();
            if (!failed.isEmpty()) {
                throw CommandFailure.failed(String.join("; ", failed), null);
            }
        }
        return 0;
    }
}
