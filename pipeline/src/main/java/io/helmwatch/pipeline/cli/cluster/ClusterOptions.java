package io.helmwatch.pipeline.cli.cluster;

import io.helmwatch.cluster.kafka.CameraDirectory;
import io.helmwatch.config.ConfigLoader;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.cluster.ClusterConfig;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.pipeline.cli.option.CommandFailure;
import java.nio.file.Path;
import java.util.function.Function;
import picocli.CommandLine.Option;

/** The cluster that a configuration names. */
final class ClusterOptions {
    @Option(
            names = {"-c", "--config"},
            required = true,
            paramLabel = "FILE",
            description = "Configuration (YAML) with kafka and cluster.")
    private Path file = Path.of("");

    Path file() {
        return file;
    }

    /** Does something with the cameras of the cluster. */
    <T> T with(Function<CameraDirectory, T> action) {
        HelmwatchConfig config = ConfigLoader.load(file, ConfigLoader.Purpose.OFFLINE);
        ClusterConfig cluster = config.cluster();
        if (cluster == null) {
            throw CommandFailure.usage(file + " has no section 'cluster': expected cluster.name");
        }
        try (CameraDirectory directory = new CameraDirectory(broker(config.kafka()), cluster)) {
            return action.apply(directory);
        } catch (IllegalStateException e) {
            throw CommandFailure.failed(String.valueOf(e.getMessage()), e);
        }
    }

    private static KafkaConfig broker(KafkaConfig kafka) {
        return kafka.embedded() ? kafka.withBootstrapServers("127.0.0.1:" + kafka.embeddedPort()) : kafka;
    }
}
