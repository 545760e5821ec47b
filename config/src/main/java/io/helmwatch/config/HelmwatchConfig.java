package io.helmwatch.config;

import java.util.List;

/**
 * Everything that {@code helmwatch run} can be told; one record per section of the YAML file, keys in kebab-case.
 *
 * @param backend where frames are decoded and analysed
 * @param model the network and its thresholds
 * @param inference how the network is run
 * @param pipeline the ring and its limits
 * @param streams the cameras and files, at least one
 * @param kafka the broker; its {@code enabled} tells whether it is used
 * @param jsonLines the second sink
 * @param http metrics and health
 * @param incidents how incidents are made and kept
 * @param gpu how a GPU is used
 */
public record HelmwatchConfig(
        Backend backend,
        ModelConfig model,
        InferenceConfig inference,
        PipelineConfig pipeline,
        List<StreamConfig> streams,
        KafkaConfig kafka,
        JsonLinesConfig jsonLines,
        HttpConfig http,
        IncidentsConfig incidents,
        GpuConfig gpu) {

    /** Keeps its own copy of the streams. */
    public HelmwatchConfig {
        streams = List.copyOf(streams);
    }

    /** Incidents and GPU by default. */
    public HelmwatchConfig(
            Backend backend,
            ModelConfig model,
            InferenceConfig inference,
            PipelineConfig pipeline,
            List<StreamConfig> streams,
            KafkaConfig kafka,
            JsonLinesConfig jsonLines,
            HttpConfig http) {
        this(
                backend,
                model,
                inference,
                pipeline,
                streams,
                kafka,
                jsonLines,
                http,
                IncidentsConfig.DEFAULT,
                GpuConfig.DEFAULT);
    }

    /** The same with other streams. */
    public HelmwatchConfig withStreams(List<StreamConfig> others) {
        return new HelmwatchConfig(backend, model, inference, pipeline, others, kafka, jsonLines, http, incidents, gpu);
    }

    /** The same with another broker. */
    public HelmwatchConfig withKafka(KafkaConfig other) {
        return new HelmwatchConfig(
                backend, model, inference, pipeline, streams, other, jsonLines, http, incidents, gpu);
    }

    /** The same with another address for HTTP. */
    public HelmwatchConfig withHttp(HttpConfig other) {
        return new HelmwatchConfig(
                backend, model, inference, pipeline, streams, kafka, jsonLines, other, incidents, gpu);
    }

    /** The same with incidents made and kept in another way. */
    public HelmwatchConfig withIncidents(IncidentsConfig other) {
        return new HelmwatchConfig(backend, model, inference, pipeline, streams, kafka, jsonLines, http, other, gpu);
    }

    /** The same with a GPU used in another way. */
    public HelmwatchConfig withGpu(GpuConfig other) {
        return new HelmwatchConfig(
                backend, model, inference, pipeline, streams, kafka, jsonLines, http, incidents, other);
    }
}
