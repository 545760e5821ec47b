package io.helmwatch.pipeline.cli;

import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.KafkaConfig;
import io.helmwatch.config.ModelConfig;
import io.helmwatch.pipeline.cli.kafka.TopicPrinter;
import io.helmwatch.pipeline.service.DetectionService;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The whole way on one machine: clip, network, broker, and a consumer that prints what it reads. */
@Command(
        name = "demo",
        description =
                "Plays the bundled clip through the helmet model into a Kafka broker in this process, and prints every"
                        + " event that a consumer reads from it as one JSON line.")
final class DemoCommand implements Callable<Integer> {
    private static final Duration LONGEST_READ = Duration.ofSeconds(20);

    @Mixin
    private BackendOptions common = new BackendOptions();

    @Option(names = "--loop", description = "Plays the clip again and again until stopped.")
    private boolean loop;

    @Override
    public Integer call() throws Exception {
        Path model = common.model();
        Path clip = Installation.demoClip();
        HelmwatchConfig quick =
                Settings.of(common.backend(), ModelConfig.DEFAULT, List.of(Settings.file("yard", clip, loop)));
        HelmwatchConfig config = Settings.withEmbeddedKafka(quick);
        KafkaConfig kafka = config.kafka();
        TopicPrinter printer;
        try (DetectionService service = DetectionService.start(config, model, List.of(), Main.FATAL_ERRORS);
                Termination.Registration signals = Termination.onSignal(service::stop)) {
            String servers = service.embeddedBootstrapServers();
            Main.say("events are on " + servers + " (topics " + kafka.detectionsTopic() + ", " + kafka.streamsTopic()
                    + "), for any Kafka client on this machine until the demo ends");
            printer = new TopicPrinter(
                    servers, List.of(kafka.detectionsTopic(), kafka.streamsTopic()), System.out, service::stop);
            service.awaitEnd();
            service.closePipelineAndSinks();
            String problem = printer.finish(LONGEST_READ);
            List<String> failed = service.failedStreams();
            if (!failed.isEmpty()) {
                throw CommandFailure.failed(String.join("; ", failed), null);
            }
            if (!problem.isEmpty()) {
                throw CommandFailure.failed(problem, null);
            }
            Main.say(printer.printed() + " events were read from the broker");
        }
        return 0;
    }
}
