package io.helmwatch.pipeline.cli;

import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.incident.IncidentsConfig;
import io.helmwatch.config.inference.ModelConfig;
import io.helmwatch.config.rule.RuleConfig;
import io.helmwatch.config.rule.StreamRulesConfig;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.pipeline.cli.kafka.TopicPrinter;
import io.helmwatch.pipeline.cli.option.BackendOptions;
import io.helmwatch.pipeline.cli.option.CommandFailure;
import io.helmwatch.pipeline.cli.option.Installation;
import io.helmwatch.pipeline.cli.option.Settings;
import io.helmwatch.pipeline.cli.process.Console;
import io.helmwatch.pipeline.cli.process.Termination;
import io.helmwatch.pipeline.service.DetectionService;
import io.helmwatch.resource.Quantity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The whole pipeline on one machine: clip, model, rule, broker, and a consumer that prints what it reads. */
@Command(
        name = "demo",
        description =
                "Plays the bundled clip through the helmet model into a Kafka broker in this process, and prints every"
                        + " message that a consumer reads from it as one JSON line: detections, stream states, and the"
                        + " incidents of a rule that detects people without a helmet.")
final class DemoCommand implements Callable<Integer> {
    private static final Duration MAX_READ = Duration.ofSeconds(20);
    private static final String STREAM = "yard";
    private static final RuleConfig RULE = RuleConfig.of("no-helmet", RuleConfig.Kind.NO_HELMET, List.of(), 0);

    @Mixin
    private BackendOptions common = new BackendOptions();

    @Option(names = "--loop", description = "Plays the clip again and again until stopped.")
    private boolean loop;

    @Option(
            names = "--page",
            description =
                    "Serves the page on this machine and prints its address instead of messages; plays the bundled"
                            + " clips at their own rate until stopped.")
    private boolean page;

    @Override
    public Integer call() throws Exception {
        Path model = common.model();
        Path clip = Installation.demoClip();
        Path spool = Files.createTempDirectory("helmwatch-demo");
        try {
            if (page) {
                PageDemo.run(common.backend(), model, clip, spool);
            } else {
                play(model, config(clip, spool));
            }
        } finally {
            delete(spool);
        }
        return 0;
    }

    private HelmwatchConfig config(Path clip, Path spool) {
        StreamRulesConfig rules = new StreamRulesConfig(List.of(), List.of(), 0, List.of(RULE));
        StreamConfig stream = Settings.file(STREAM, clip, loop).withRules(rules);
        IncidentsConfig usual = IncidentsConfig.DEFAULT;
        IncidentsConfig incidents = new IncidentsConfig(
                usual.tracking(),
                usual.observation(),
                usual.lostAfter(),
                usual.spool().withDirectory(spool),
                usual.snapshots());
        return Settings.of(common.backend(), ModelConfig.DEFAULT, List.of(stream))
                .withKafka(KafkaConfig.DEFAULT.withEmbeddedBroker())
                .withIncidents(incidents);
    }

    private void play(Path model, HelmwatchConfig config) throws InterruptedException {
        KafkaConfig kafka = config.kafka();
        List<String> topics = List.of(
                kafka.topics().detections(),
                kafka.topics().streams(),
                kafka.topics().events());
        try (DetectionService service = DetectionService.start(config, model, List.of(), Termination.ON_FATAL_ERROR);
                Termination.Registration signals = Termination.onSignal(service::stop)) {
            String servers = service.embeddedBootstrapServers();
            Console.say("events are on " + servers + " (topics " + String.join(", ", topics)
                    + "), for any Kafka client on this machine until the demo ends");
            TopicPrinter printer = new TopicPrinter(servers, topics, System.out, service::stop);
            service.awaitEnd();
            service.closePipelineAndSinks();
            String problem = printer.finish(MAX_READ);
            List<String> failed = service.failedStreams();
            if (!failed.isEmpty()) {
                throw CommandFailure.failed(String.join("; ", failed), null);
            }
            if (!problem.isEmpty()) {
                throw CommandFailure.failed(problem, null);
            }
            Console.say(Quantity.of(printer.printed(), "event") + " read from the broker");
            Console.say(Quantity.of(service.startedIncidents(), "incident")
                    + ": each is a person who was seen without a helmet for "
                    + RULE.atLeast().toSeconds() + " s or longer; topic "
                    + kafka.topics().events()
                    + " has a message with phase start and one with phase end for it, with the same incident id");
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        }
    }
}
