package io.helmwatch.config;

import io.helmwatch.config.http.DeskConfig;
import io.helmwatch.config.http.HttpConfig;
import io.helmwatch.config.incident.IncidentsConfig;
import io.helmwatch.config.inference.GpuConfig;
import io.helmwatch.config.inference.InferenceConfig;
import io.helmwatch.config.inference.ModelConfig;
import io.helmwatch.config.sink.JsonLinesConfig;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.config.sink.NotifyConfig;
import io.helmwatch.config.stream.CameraHealthConfig;
import io.helmwatch.config.stream.StreamConfig;
import java.util.List;

/**
 * The whole configuration: one record per section of the YAML file.
 *
 * @param backend where frames are decoded and analysed
 * @param model the model and its thresholds
 * @param inference how the model is run
 * @param pipeline the ring and its limits
 * @param streams the cameras and files, at least one
 * @param kafka the broker and the topics
 * @param jsonLines the JSON-lines sink
 * @param http the HTTP server: metrics, health, stream states
 * @param incidents how incidents are detected and stored
 * @param gpu how a GPU is used
 * @param desk what the page and its API keep on disk
 * @param notifications who is told about incidents beside Kafka
 * @param cameraHealth how the pictures of cameras are checked
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
        GpuConfig gpu,
        DeskConfig desk,
        List<NotifyConfig> notifications,
        CameraHealthConfig cameraHealth) {

    /** Keeps its own copies of the lists. */
    public HelmwatchConfig {
        streams = List.copyOf(streams);
        notifications = List.copyOf(notifications);
    }

    /** A configuration with the defaults for incidents, GPU, desk and camera health, which notifies nobody. */
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
                GpuConfig.DEFAULT,
                DeskConfig.DEFAULT,
                List.of(),
                CameraHealthConfig.DEFAULT);
    }

    /** The same with other streams. */
    public HelmwatchConfig withStreams(List<StreamConfig> others) {
        return new HelmwatchConfig(
                backend,
                model,
                inference,
                pipeline,
                others,
                kafka,
                jsonLines,
                http,
                incidents,
                gpu,
                desk,
                notifications,
                cameraHealth);
    }

    /** The same with other settings of the model. */
    public HelmwatchConfig withModel(ModelConfig other) {
        return new HelmwatchConfig(
                backend,
                other,
                inference,
                pipeline,
                streams,
                kafka,
                jsonLines,
                http,
                incidents,
                gpu,
                desk,
                notifications,
                cameraHealth);
    }

    /** The same with another way to run the model. */
    public HelmwatchConfig withInference(InferenceConfig other) {
        return new HelmwatchConfig(
                backend,
                model,
                other,
                pipeline,
                streams,
                kafka,
                jsonLines,
                http,
                incidents,
                gpu,
                desk,
                notifications,
                cameraHealth);
    }

    /** The same with another broker. */
    public HelmwatchConfig withKafka(KafkaConfig other) {
        return new HelmwatchConfig(
                backend,
                model,
                inference,
                pipeline,
                streams,
                other,
                jsonLines,
                http,
                incidents,
                gpu,
                desk,
                notifications,
                cameraHealth);
    }

    /** The same with another address for HTTP. */
    public HelmwatchConfig withHttp(HttpConfig other) {
        return new HelmwatchConfig(
                backend,
                model,
                inference,
                pipeline,
                streams,
                kafka,
                jsonLines,
                other,
                incidents,
                gpu,
                desk,
                notifications,
                cameraHealth);
    }

    /** The same with other settings of incidents. */
    public HelmwatchConfig withIncidents(IncidentsConfig other) {
        return new HelmwatchConfig(
                backend,
                model,
                inference,
                pipeline,
                streams,
                kafka,
                jsonLines,
                http,
                other,
                gpu,
                desk,
                notifications,
                cameraHealth);
    }

    /** The same with other settings of the GPU. */
    public HelmwatchConfig withGpu(GpuConfig other) {
        return new HelmwatchConfig(
                backend,
                model,
                inference,
                pipeline,
                streams,
                kafka,
                jsonLines,
                http,
                incidents,
                other,
                desk,
                notifications,
                cameraHealth);
    }

    /** The same with other settings of what is kept on disk. */
    public HelmwatchConfig withDesk(DeskConfig other) {
        return new HelmwatchConfig(
                backend,
                model,
                inference,
                pipeline,
                streams,
                kafka,
                jsonLines,
                http,
                incidents,
                gpu,
                other,
                notifications,
                cameraHealth);
    }
}
