package io.helmwatch.pipeline.cli.option;

import io.helmwatch.config.Backend;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.http.HttpConfig;
import io.helmwatch.config.inference.CpuPrecision;
import io.helmwatch.config.inference.InferenceConfig;
import io.helmwatch.config.inference.ModelConfig;
import io.helmwatch.config.sink.JsonLinesConfig;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.config.stream.StreamConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Configurations that commands make by themselves, and single values changed in one. */
public final class Settings {
    /** A worker per core; measuring which plan is best would take longer than a short command. */
    private static final InferenceConfig QUICK_START =
            new InferenceConfig(CpuPrecision.FP32, Runtime.getRuntime().availableProcessors(), 0, Duration.ZERO);

    private static final HttpConfig NO_HTTP = new HttpConfig(false, HttpConfig.DEFAULT.host(), 0);

    private Settings() {}

    /** For a command that works on files without a configuration of its own: no sinks, no HTTP. */
    public static HelmwatchConfig of(Backend backend, ModelConfig model, List<StreamConfig> streams) {
        return HelmwatchConfig.builder()
                .backend(backend)
                .model(model)
                .inference(QUICK_START)
                .streams(streams)
                .http(NO_HTTP)
                .build();
    }

    /** A configuration for commands that analyse a few frames: no sinks, no HTTP, no measurement of workers. */
    public static HelmwatchConfig offline(HelmwatchConfig config) {
        return config.toBuilder()
                .inference(QUICK_START.withPrecision(config.inference().precision()))
                .streams(List.of())
                .kafka(KafkaConfig.DEFAULT)
                .jsonLines(JsonLinesConfig.DEFAULT)
                .http(NO_HTTP)
                .notifications(List.of())
                .build();
    }

    /** One stream of a configuration with a file in place of its camera: no sinks, no HTTP, and the same result on every run. */
    public static HelmwatchConfig replay(HelmwatchConfig config, StreamConfig stream, String clip) {
        return offline(config).withStreams(List.of(stream.playing(clip, false, false)));
    }

    /** The default settings of a model with other thresholds. */
    public static ModelConfig model(double confidence, double iou) {
        ModelConfig usual = ModelConfig.DEFAULT;
        return new ModelConfig(
                usual.path(),
                usual.input(),
                usual.labels(),
                confidence,
                iou,
                usual.maxDetections(),
                usual.classAgnosticNms(),
                usual.letterboxAnchor(),
                usual.letterboxPadValue());
    }

    /** A file that plays as fast as it is analysed. */
    public static StreamConfig file(String id, Path file, boolean loop) {
        return StreamConfig.of(id, file.toString()).playing(file.toString(), false, loop);
    }

    /** A file that plays for ever at its own rate, as a camera does. */
    public static StreamConfig realtime(String id, Path file) {
        return StreamConfig.of(id, file.toString()).playing(file.toString(), true, true);
    }
}
