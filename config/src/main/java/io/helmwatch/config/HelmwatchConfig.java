package io.helmwatch.config;

import io.helmwatch.config.cluster.ClusterConfig;
import io.helmwatch.config.http.DeskConfig;
import io.helmwatch.config.http.HttpConfig;
import io.helmwatch.config.incident.IncidentsConfig;
import io.helmwatch.config.inference.GpuConfig;
import io.helmwatch.config.inference.InferenceConfig;
import io.helmwatch.config.inference.ModelConfig;
import io.helmwatch.config.sink.AnalyticsConfig;
import io.helmwatch.config.sink.JsonLinesConfig;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.config.sink.NotifyConfig;
import io.helmwatch.config.sink.TracingConfig;
import io.helmwatch.config.stream.CameraHealthConfig;
import io.helmwatch.config.stream.StreamConfig;
import java.util.List;
import org.jspecify.annotations.Nullable;

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
 * @param notifications who is notified of incidents, beside Kafka
 * @param cameraHealth how the pictures of cameras are checked
 * @param cluster the cluster that shares the cameras; null for a process that has its own
 * @param analytics site-wide figures
 * @param tracing traces for OpenTelemetry
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
        CameraHealthConfig cameraHealth,
        @Nullable ClusterConfig cluster,
        AnalyticsConfig analytics,
        TracingConfig tracing) {

    /** Keeps its own copies of the lists. */
    public HelmwatchConfig {
        streams = List.copyOf(streams);
        notifications = List.copyOf(notifications);
    }

    /** A builder with the defaults, and no stream. */
    public static Builder builder() {
        return new Builder();
    }

    /** A builder with these values. */
    public Builder toBuilder() {
        return new Builder()
                .backend(backend)
                .model(model)
                .inference(inference)
                .pipeline(pipeline)
                .streams(streams)
                .kafka(kafka)
                .jsonLines(jsonLines)
                .http(http)
                .incidents(incidents)
                .gpu(gpu)
                .desk(desk)
                .notifications(notifications)
                .cameraHealth(cameraHealth)
                .cluster(cluster)
                .analytics(analytics)
                .tracing(tracing);
    }

    /** The same with other settings of the model. */
    public HelmwatchConfig withModel(ModelConfig other) {
        return toBuilder().model(other).build();
    }

    /** The same with another way to run the model. */
    public HelmwatchConfig withInference(InferenceConfig other) {
        return toBuilder().inference(other).build();
    }

    /** The same with other streams. */
    public HelmwatchConfig withStreams(List<StreamConfig> other) {
        return toBuilder().streams(other).build();
    }

    /** The same with another broker. */
    public HelmwatchConfig withKafka(KafkaConfig other) {
        return toBuilder().kafka(other).build();
    }

    /** The same with another address for HTTP. */
    public HelmwatchConfig withHttp(HttpConfig other) {
        return toBuilder().http(other).build();
    }

    /** The same with other settings of incidents. */
    public HelmwatchConfig withIncidents(IncidentsConfig other) {
        return toBuilder().incidents(other).build();
    }

    /** The same with other settings of the GPU. */
    public HelmwatchConfig withGpu(GpuConfig other) {
        return toBuilder().gpu(other).build();
    }

    /** The same with other settings of what is kept on disk. */
    public HelmwatchConfig withDesk(DeskConfig other) {
        return toBuilder().desk(other).build();
    }

    /** Collects values one by one; each starts as its default. Threading: one thread. */
    public static final class Builder {
        private Backend backend = Backend.AUTO;
        private ModelConfig model = ModelConfig.DEFAULT;
        private InferenceConfig inference = InferenceConfig.DEFAULT;
        private PipelineConfig pipeline = PipelineConfig.DEFAULT;
        private List<StreamConfig> streams = List.of();
        private KafkaConfig kafka = KafkaConfig.DEFAULT;
        private JsonLinesConfig jsonLines = JsonLinesConfig.DEFAULT;
        private HttpConfig http = HttpConfig.DEFAULT;
        private IncidentsConfig incidents = IncidentsConfig.DEFAULT;
        private GpuConfig gpu = GpuConfig.DEFAULT;
        private DeskConfig desk = DeskConfig.DEFAULT;
        private List<NotifyConfig> notifications = List.of();
        private CameraHealthConfig cameraHealth = CameraHealthConfig.DEFAULT;
        private @Nullable ClusterConfig cluster;
        private AnalyticsConfig analytics = AnalyticsConfig.DEFAULT;
        private TracingConfig tracing = TracingConfig.DEFAULT;

        private Builder() {}

        /** Sets the traces. */
        public Builder tracing(TracingConfig value) {
            tracing = value;
            return this;
        }

        /** Sets the site-wide figures. */
        public Builder analytics(AnalyticsConfig value) {
            analytics = value;
            return this;
        }

        /** Sets where frames are decoded and analysed. */
        public Builder backend(Backend value) {
            backend = value;
            return this;
        }

        /** Sets the model and its thresholds. */
        public Builder model(ModelConfig value) {
            model = value;
            return this;
        }

        /** Sets how the model is run. */
        public Builder inference(InferenceConfig value) {
            inference = value;
            return this;
        }

        /** Sets the ring and its limits. */
        public Builder pipeline(PipelineConfig value) {
            pipeline = value;
            return this;
        }

        /** Sets the cameras and files, at least one. */
        public Builder streams(List<StreamConfig> value) {
            streams = value;
            return this;
        }

        /** Sets the broker and the topics. */
        public Builder kafka(KafkaConfig value) {
            kafka = value;
            return this;
        }

        /** Sets the JSON-lines sink. */
        public Builder jsonLines(JsonLinesConfig value) {
            jsonLines = value;
            return this;
        }

        /** Sets the HTTP server: metrics, health, stream states. */
        public Builder http(HttpConfig value) {
            http = value;
            return this;
        }

        /** Sets how incidents are detected and stored. */
        public Builder incidents(IncidentsConfig value) {
            incidents = value;
            return this;
        }

        /** Sets how a GPU is used. */
        public Builder gpu(GpuConfig value) {
            gpu = value;
            return this;
        }

        /** Sets what the page and its API keep on disk. */
        public Builder desk(DeskConfig value) {
            desk = value;
            return this;
        }

        /** Sets who is notified of incidents, beside Kafka. */
        public Builder notifications(List<NotifyConfig> value) {
            notifications = value;
            return this;
        }

        /** Sets how the pictures of cameras are checked. */
        public Builder cameraHealth(CameraHealthConfig value) {
            cameraHealth = value;
            return this;
        }

        /** Sets the cluster that shares the cameras; null for none. */
        public Builder cluster(@Nullable ClusterConfig value) {
            cluster = value;
            return this;
        }

        /** The configuration. */
        public HelmwatchConfig build() {
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
                    desk,
                    notifications,
                    cameraHealth,
                    cluster,
                    analytics,
                    tracing);
        }
    }
}
