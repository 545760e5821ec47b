package io.helmwatch.pipeline.service;

import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.incident.IncidentsConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.config.yaml.ConfigException;
import io.helmwatch.config.yaml.Problem;
import io.helmwatch.pipeline.desk.StreamControl;
import io.helmwatch.pipeline.ring.StreamFeed;
import io.helmwatch.pipeline.service.incident.IncidentService;
import io.helmwatch.postprocess.rules.RuleLabels;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The running streams for the desk: what rules need is opened, and what cannot fire is refused, before a stream is touched. Threading: any thread. */
final class StreamOperations implements StreamControl {
    private final HelmwatchConfig config;
    private final RunningStreams streams;
    private final IncidentService incidents;
    private final ConfigReload reload;
    private final List<String> modelLabels;

    StreamOperations(
            HelmwatchConfig config,
            RunningStreams streams,
            IncidentService incidents,
            ConfigReload reload,
            List<String> modelLabels) {
        this.config = config;
        this.streams = streams;
        this.incidents = incidents;
        this.reload = reload;
        this.modelLabels = List.copyOf(modelLabels);
    }

    @Override
    public List<StreamConfig> streams() {
        Set<String> inFile = reload.streamsInFile();
        List<StreamConfig> all = streams.configs();
        return Stream.concat(
                        all.stream().filter(stream -> inFile.contains(stream.id())),
                        all.stream().filter(stream -> !inFile.contains(stream.id())))
                .toList();
    }

    @Override
    public @Nullable StreamConfig config(String stream) {
        return streams.config(stream);
    }

    @Override
    public @Nullable StreamFeed feed(String stream) {
        return streams.feed(stream);
    }

    @Override
    public boolean isInFile(String stream) {
        return reload.streamsInFile().contains(stream);
    }

    @Override
    public int openIncidents(String stream) {
        return incidents.open(stream);
    }

    @Override
    public List<Integer> devices() {
        return streams.devices();
    }

    @Override
    public void check(StreamConfig stream) {
        Optional<String> problem =
                RuleLabels.problem(List.of(stream), config.incidents().tracking(), modelLabels);
        if (problem.isPresent()) {
            throw refused(problem.get());
        }
        String unsafe = stream.rules().rules().isEmpty() ? "" : config.kafka().incidentsProblem();
        if (!unsafe.isEmpty()) {
            throw refused(unsafe);
        }
    }

    private static ConfigException refused(String rulesProblem) {
        return new ConfigException(List.of(new Problem("settings", 0, 0, "rules", rulesProblem)));
    }

    @Override
    public void add(StreamConfig stream) {
        prepare(stream);
        streams.add(stream);
    }

    @Override
    public void change(StreamConfig stream) {
        prepare(stream);
        streams.change(stream);
    }

    private void prepare(StreamConfig stream) {
        IncidentsConfig inForce = incidents.inForce();
        incidents.prepare(List.of(stream), inForce == null ? config.incidents() : inForce);
    }

    @Override
    public void restart(String stream) {
        streams.restart(stream);
    }

    @Override
    public void remove(String stream) {
        streams.remove(stream);
    }
}
