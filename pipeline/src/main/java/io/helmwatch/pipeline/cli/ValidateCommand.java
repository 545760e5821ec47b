package io.helmwatch.pipeline.cli;

import io.helmwatch.config.ConfigText;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.RuleTiming;
import io.helmwatch.config.ShortPasswords;
import io.helmwatch.config.secret.Redaction;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.config.yaml.ConfigException;
import io.helmwatch.config.yaml.Problem;
import io.helmwatch.inference.ModelException;
import io.helmwatch.ingest.IngestException;
import io.helmwatch.ingest.StreamAddress;
import io.helmwatch.pipeline.cli.option.CommandFailure;
import io.helmwatch.pipeline.cli.option.ConfigOptions;
import io.helmwatch.pipeline.cli.option.ModelLabels;
import io.helmwatch.pipeline.cli.process.Console;
import io.helmwatch.resource.Quantity;
import io.helmwatch.sinks.kafka.KafkaDetectionSink;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** All problems of a configuration at once, else every value in force. */
@Command(
        name = "validate",
        description =
                "Checks a configuration: lists all problems, or prints every value in force, secrets masked; opens"
                        + " nothing.")
final class ValidateCommand implements Callable<Integer> {
    @Mixin
    private ConfigOptions config = new ConfigOptions();

    @Override
    public Integer call() {
        List<String> problems = new ArrayList<>();
        HelmwatchConfig settings = null;
        try {
            settings = config.load();
        } catch (ConfigException wrong) {
            wrong.problems().stream().map(Problem::toString).forEach(problems::add);
        }
        if (settings != null) {
            problems.addAll(problemsWithFiles(settings));
        }
        problems.forEach(problem -> System.err.println(Redaction.redact(problem)));
        if (settings == null || !problems.isEmpty()) {
            return 2;
        }
        Stream.concat(RuleTiming.delayed(settings).stream(), ShortPasswords.of(settings).stream())
                .forEach(warning -> Console.say("warning: " + config.file() + ": " + warning));
        System.out.print(ConfigText.valuesInForce(settings));
        Console.say(
                config.file() + " is valid: " + Quantity.of(settings.streams().size(), "stream"));
        return 0;
    }

    private List<String> problemsWithFiles(HelmwatchConfig settings) {
        List<String> problems = new ArrayList<>();
        try {
            ModelLabels.problem(settings, config.model(settings))
                    .ifPresent(problem -> problems.add(config.file() + ": " + problem));
        } catch (CommandFailure | ModelException refused) {
            problems.add(config.file() + ": model.path: " + refused.getMessage());
        }
        RuleTiming.impossible(settings).forEach(problem -> problems.add(config.file() + ": " + problem));
        if (settings.kafka().enabled()) {
            try {
                KafkaDetectionSink.check(settings.kafka());
            } catch (IllegalArgumentException refused) {
                problems.add(config.file() + ": " + refused.getMessage());
            }
        }
        for (StreamConfig stream : settings.streams()) {
            try {
                StreamAddress.parse(stream.url());
            } catch (IngestException refused) {
                problems.add(config.file() + ": stream " + stream.id() + ": " + refused.getMessage());
            }
        }
        return problems;
    }
}
