package io.helmwatch.config;

import static io.helmwatch.config.schema.ValueTypes.choice;

import io.helmwatch.config.cluster.ClusterConfig;
import io.helmwatch.config.cluster.ClusterSection;
import io.helmwatch.config.http.DeskConfig;
import io.helmwatch.config.http.DeskSection;
import io.helmwatch.config.http.HttpConfig;
import io.helmwatch.config.http.HttpSection;
import io.helmwatch.config.incident.IncidentsConfig;
import io.helmwatch.config.incident.IncidentsSection;
import io.helmwatch.config.inference.GpuConfig;
import io.helmwatch.config.inference.GpuSection;
import io.helmwatch.config.inference.InferenceConfig;
import io.helmwatch.config.inference.InferenceSection;
import io.helmwatch.config.inference.ModelConfig;
import io.helmwatch.config.inference.ModelSection;
import io.helmwatch.config.schema.ConfigFile;
import io.helmwatch.config.schema.Key;
import io.helmwatch.config.schema.NestedSection;
import io.helmwatch.config.schema.Section;
import io.helmwatch.config.schema.SectionList;
import io.helmwatch.config.schema.SectionSpec;
import io.helmwatch.config.sink.AnalyticsConfig;
import io.helmwatch.config.sink.AnalyticsSection;
import io.helmwatch.config.sink.JsonLinesConfig;
import io.helmwatch.config.sink.JsonLinesSection;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.config.sink.KafkaSection;
import io.helmwatch.config.sink.NotifyConfig;
import io.helmwatch.config.sink.NotifySection;
import io.helmwatch.config.sink.TracingConfig;
import io.helmwatch.config.sink.TracingSection;
import io.helmwatch.config.stream.CameraHealthConfig;
import io.helmwatch.config.stream.CameraHealthSection;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.config.stream.StreamSection;
import io.helmwatch.config.yaml.Problem;
import java.util.List;
import org.yaml.snakeyaml.nodes.MappingNode;

/** The file as a whole. */
final class TopSection {
    private static final Key<HelmwatchConfig, Backend> BACKEND = Key.of(
            "backend",
            choice(Backend.class),
            Backend.AUTO,
            HelmwatchConfig::backend,
            "where frames are decoded and analysed; `auto` uses a GPU where one is usable, `cuda` refuses to start without one");
    private static final NestedSection<HelmwatchConfig, ModelConfig> MODEL =
            NestedSection.of("model", ModelSection.SPEC, HelmwatchConfig::model);
    private static final NestedSection<HelmwatchConfig, InferenceConfig> INFERENCE =
            NestedSection.of("inference", InferenceSection.SPEC, HelmwatchConfig::inference);
    private static final NestedSection<HelmwatchConfig, GpuConfig> GPU =
            NestedSection.of("gpu", GpuSection.SPEC, HelmwatchConfig::gpu);
    private static final NestedSection<HelmwatchConfig, PipelineConfig> PIPELINE =
            NestedSection.of("pipeline", PipelineSection.SPEC, HelmwatchConfig::pipeline);
    private static final NestedSection<HelmwatchConfig, KafkaConfig> KAFKA =
            NestedSection.of("kafka", KafkaSection.SPEC, HelmwatchConfig::kafka);
    private static final NestedSection<HelmwatchConfig, ClusterConfig> CLUSTER =
            NestedSection.<HelmwatchConfig, ClusterConfig>optional(
                            "cluster", ClusterSection.SPEC, HelmwatchConfig::cluster, "none")
                    .exampleCommentedOut();
    private static final NestedSection<HelmwatchConfig, JsonLinesConfig> JSON_LINES =
            NestedSection.of("json-lines", JsonLinesSection.SPEC, HelmwatchConfig::jsonLines);
    private static final NestedSection<HelmwatchConfig, HttpConfig> HTTP =
            NestedSection.of("http", HttpSection.SPEC, HelmwatchConfig::http);
    private static final NestedSection<HelmwatchConfig, IncidentsConfig> INCIDENTS =
            NestedSection.of("incidents", IncidentsSection.SPEC, HelmwatchConfig::incidents);
    private static final NestedSection<HelmwatchConfig, DeskConfig> DESK =
            NestedSection.of("desk", DeskSection.SPEC, HelmwatchConfig::desk);
    private static final NestedSection<HelmwatchConfig, CameraHealthConfig> CAMERA_HEALTH =
            NestedSection.of("camera-health", CameraHealthSection.SPEC, HelmwatchConfig::cameraHealth);

    private static final NestedSection<HelmwatchConfig, TracingConfig> TRACING =
            NestedSection.of("tracing", TracingSection.SPEC, HelmwatchConfig::tracing);
    private static final NestedSection<HelmwatchConfig, AnalyticsConfig> ANALYTICS =
            NestedSection.of("analytics", AnalyticsSection.SPEC, HelmwatchConfig::analytics);

    private static final SectionList<HelmwatchConfig, StreamConfig> STREAMS =
            StreamSection.list(HelmwatchConfig::streams);
    private static final SectionList<HelmwatchConfig, NotifyConfig> NOTIFY =
            NotifySection.list(HelmwatchConfig::notifications);

    static final SectionSpec<HelmwatchConfig> SPEC = SectionSpec.of(
            "the configuration",
            BACKEND,
            MODEL,
            INFERENCE,
            GPU,
            PIPELINE,
            STREAMS,
            KAFKA,
            CLUSTER,
            JSON_LINES,
            HTTP,
            INCIDENTS,
            DESK,
            NOTIFY,
            CAMERA_HEALTH,
            ANALYTICS,
            TRACING);

    private TopSection() {}

    /** Whether a problem concerns what the service has on disk: spool, snapshots, clips and history, or the names of the sections. */
    static boolean isOfFiles(Problem problem) {
        String section = problem.where().split("[.=\\[ ]", 2)[0];
        boolean isStorage = problem.where().startsWith(INCIDENTS.name() + ".s3");
        return (INCIDENTS.name().equals(section) && !isStorage)
                || DESK.name().equals(section)
                || SPEC.entries().stream().noneMatch(entry -> entry.name().equals(section));
    }

    static HelmwatchConfig read(ConfigFile file, MappingNode root, ConfigLoader.Purpose purpose) {
        Section top = Section.of(file, "", root, SPEC, false);
        GpuConfig gpu = GpuSection.read(top.section(GPU));
        HttpConfig http = HttpSection.read(top.section(HTTP));
        ClusterConfig cluster = ClusterSection.read(top.section(CLUSTER));
        List<StreamConfig> streams =
                StreamSection.readAll(top, STREAMS, gpu.devices(), http.enabled() || cluster != null);
        boolean hasIncidents =
                streams.stream().anyMatch(stream -> !stream.rules().rules().isEmpty());
        KafkaConfig kafka = KafkaSection.read(top.section(KAFKA), hasIncidents);
        HelmwatchConfig config = HelmwatchConfig.builder()
                .backend(top.value(BACKEND))
                .model(ModelSection.read(top.section(MODEL)))
                .inference(InferenceSection.read(top.section(INFERENCE)))
                .pipeline(PipelineSection.read(top.section(PIPELINE)))
                .streams(streams)
                .kafka(kafka)
                .jsonLines(JsonLinesSection.read(top.section(JSON_LINES)))
                .http(http)
                .incidents(IncidentsSection.read(top.section(INCIDENTS)))
                .gpu(gpu)
                .desk(DeskSection.read(top.section(DESK)))
                .notifications(NotifySection.readAll(
                        top, NOTIFY, streams, new NotifySection.Surroundings(http.enabled(), cluster != null)))
                .cameraHealth(CameraHealthSection.read(top.section(CAMERA_HEALTH)))
                .cluster(cluster)
                .analytics(AnalyticsSection.read(top.section(ANALYTICS), kafka))
                .tracing(TracingSection.read(top.section(TRACING)))
                .build();
        if (purpose == ConfigLoader.Purpose.SERVICE
                && !config.kafka().enabled()
                && config.jsonLines().target() == null
                && !file.hasProblems()) {
            file.problem(
                    null,
                    "",
                    "no sink for the detections: set kafka.bootstrap-servers, kafka.embedded or json-lines.target");
        }
        if (cluster != null && !config.kafka().enabled() && !file.hasProblems()) {
            top.problem(CLUSTER, "needs a broker: set kafka.bootstrap-servers");
        }
        return config;
    }
}
