package io.helmwatch.pipeline.cli.cluster;

import io.helmwatch.cluster.kafka.CameraDirectory;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.cluster.ClusterConfig;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.pipeline.cli.option.CommandFailure;
import io.helmwatch.pipeline.cli.option.ConfigFileOption;
import java.nio.file.Path;
import java.util.function.Function;
import picocli.CommandLine.Mixin;

/** The cluster that a configuration names. */
final class ClusterOptions {
    @Mixin
    private ConfigFileOption file = new ConfigFileOption();

    Path file() {
        return file.file();
    }

    /** Does something with the cameras of the cluster. */
    <T> T with(Function<CameraDirectory, T> action) {
        HelmwatchConfig config = file.loadOffline();
        ClusterConfig cluster = config.cluster();
        if (cluster == null) {
            throw CommandFailure.usage(file.file() + " has no section 'cluster': expected cluster.name");
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
