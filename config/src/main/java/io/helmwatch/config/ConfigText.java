package io.helmwatch.config;

import java.math.BigDecimal;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Writes a configuration as YAML with every value that is in force; secrets are three stars. */
final class ConfigText {
    private final StringBuilder text = new StringBuilder();

    private ConfigText() {}

    static String of(HelmwatchConfig config) {
        ConfigText out = new ConfigText();
        out.line(0, "backend", name(config.backend()));
        ModelConfig model = config.model();
        out.section("model");
        out.line(1, "path", model.path() == null ? "(shipped helmet model)" : model.path());
        out.line(1, "labels", model.labels().isEmpty() ? "(the model's)" : model.labels());
        out.line(1, "confidence", number(model.confidence()));
        out.line(1, "iou", number(model.iou()));
        out.line(1, "max-detections", model.maxDetections());
        out.line(1, "class-agnostic-nms", model.classAgnosticNms());
        out.line(
                1,
                "letterbox-anchor",
                model.letterboxAnchor() == null ? "(the model's)" : name(model.letterboxAnchor()));
        out.line(
                1,
                "letterbox-pad-value",
                model.letterboxPadValue() == null ? "(the model's)" : model.letterboxPadValue());
        out.section("inference");
        out.line(1, "workers", zeroIs(config.inference().workers(), "(chosen)"));
        out.line(1, "max-batch", zeroIs(config.inference().maxBatch(), "(the backend's)"));
        out.line(1, "max-delay", Durations.format(config.inference().maxDelay()));
        out.section("gpu");
        out.line(
                1,
                "devices",
                config.gpu().devices().isEmpty() ? "all" : config.gpu().devices());
        out.line(1, "precision", name(config.gpu().precision()));
        out.line(1, "graph", name(config.gpu().graph()));
        out.int8(config.gpu().int8());
        out.line(1, "builder-level", config.gpu().builderLevel());
        out.line(1, "lanes", config.gpu().lanes());
        out.line(1, "hardware-decoding", config.gpu().hardwareDecoding());
        out.line(
                1,
                "cache",
                config.gpu().cache() == null
                        ? "(~/.cache/helmwatch)"
                        : config.gpu().cacheFolder());
        out.section("pipeline");
        out.line(1, "ring-size", zeroIs(config.pipeline().ringSize(), "(chosen)"));
        out.line(1, "max-frame-age", Durations.format(config.pipeline().maxFrameAge()));
        out.line(1, "shutdown-timeout", Durations.format(config.pipeline().shutdownTimeout()));
        out.section("streams");
        config.streams().forEach(out::stream);
        out.kafka(config.kafka());
        out.section("json-lines");
        String target = config.jsonLines().target();
        out.line(1, "target", target == null ? "(off)" : target);
        out.section("http");
        out.line(1, "enabled", config.http().enabled());
        out.line(1, "host", config.http().host());
        out.line(1, "port", zeroIs(config.http().port(), "(free)"));
        out.incidents(config.incidents());
        return Redaction.redact(out.text.toString());
    }

    private void int8(Int8Config int8) {
        text.append("  int8:\n");
        line(2, "pictures", int8.pictures() == null ? "(none)" : int8.pictures());
        line(2, "calibrator", name(int8.calibrator()));
        line(2, "check-pictures", int8.checkPictures() == null ? "(every fifth of pictures)" : int8.checkPictures());
        line(2, "max-loss", number(int8.maxLoss()));
        line(2, "keep-fp16", int8.keepFp16());
    }

    private void stream(StreamConfig stream) {
        text.append("  - id: ").append(stream.id()).append('\n');
        line(2, "url", stream.url());
        line(2, "transport", name(stream.transport()));
        line(2, "analyze-fps", stream.analyzeFps() == 0 ? "0 (every frame)" : number(stream.analyzeFps()));
        line(2, "realtime", stream.realtime());
        line(2, "loop", stream.loop());
        line(2, "open-timeout", Durations.format(stream.openTimeout()));
        line(2, "read-timeout", Durations.format(stream.readTimeout()));
        line(2, "credentials", stream.credentials() == null ? "(none)" : Redaction.MASK);
        line(2, "tls-ca-file", stream.tlsCaFile() == null ? "(not verified)" : stream.tlsCaFile());
        line(2, "allowed-hosts", stream.allowedHosts());
        line(2, "poll", stream.poll() == null ? "" : Durations.format(stream.poll()));
        line(2, "pixel-aspect", stream.pixelAspect() == null ? "" : stream.pixelAspect());
        line(2, "device", stream.device() == null ? "(chosen)" : stream.device());
        rules(stream.rules());
    }

    private void rules(StreamRulesConfig rules) {
        line(2, "min-box", rules.minBox());
        list("zones", rules.zones().isEmpty());
        for (ZoneConfig zone : rules.zones()) {
            text.append("      - {name: ").append(zone.name()).append(", polygon: ");
            text.append(polygon(zone.polygon())).append("}\n");
        }
        list("masks", rules.masks().isEmpty());
        for (List<ZoneConfig.Point> mask : rules.masks()) {
            text.append("      - {polygon: ").append(polygon(mask)).append("}\n");
        }
        list("rules", rules.rules().isEmpty());
        rules.rules().forEach(this::rule);
    }

    private void list(String key, boolean isEmpty) {
        text.append("    ").append(key).append(isEmpty ? ": []\n" : ":\n");
    }

    private static String polygon(List<ZoneConfig.Point> points) {
        return points.stream()
                .map(point -> "[" + number(point.x()) + ", " + number(point.y()) + "]")
                .collect(Collectors.joining(", ", "[", "]"));
    }

    private void rule(RuleConfig rule) {
        text.append("      - name: ").append(rule.name()).append('\n');
        line(4, "kind", rule.kind() == RuleConfig.Kind.NO_HELMET ? "no-helmet" : "occupancy");
        if (rule.kind() != RuleConfig.Kind.NO_HELMET) {
            line(4, rule.kind() == RuleConfig.Kind.MORE_PEOPLE ? "more-than" : "fewer-than", rule.limit());
        }
        line(4, "zones", rule.zones());
        line(4, "confidence", number(rule.confidence()));
        line(4, "required", rule.required());
        line(4, "of", rule.of());
        line(4, "at-least", Durations.format(rule.atLeast()));
        line(4, "update-every", Durations.format(rule.updateEvery()));
        line(4, "end-after", Durations.format(rule.endAfter()));
        ScheduleConfig schedule = rule.schedule();
        if (schedule != null) {
            text.append("        schedule:\n");
            line(5, "time-zone", schedule.zone());
            line(5, "days", days(schedule));
            line(5, "from", schedule.from());
            line(5, "to", schedule.to());
        }
    }

    private static List<String> days(ScheduleConfig schedule) {
        return new TreeSet<>(schedule.days())
                .stream().map(day -> name(day).substring(0, 3)).toList();
    }

    private void incidents(IncidentsConfig incidents) {
        section("incidents");
        line(1, "helmet-labels", new TreeSet<>(incidents.tracking().helmetLabels()));
        line(1, "bare-head-labels", new TreeSet<>(incidents.tracking().bareHeadLabels()));
        line(1, "start-confidence", number(incidents.tracking().startConfidence()));
        line(1, "confirm", Durations.format(incidents.tracking().confirm()));
        line(1, "max-gap", Durations.format(incidents.tracking().maxGap()));
        line(1, "observation", Durations.format(incidents.observation()));
        line(1, "lost-after", Durations.format(incidents.lostAfter()));
        text.append("  spool:\n");
        line(2, "directory", incidents.spool().directory());
        line(2, "max-bytes", Bytes.format(incidents.spool().maxBytes()));
        line(2, "fsync", incidents.spool().fsync());
        SnapshotConfig snapshots = incidents.snapshots();
        text.append("  snapshots:\n");
        line(2, "enabled", snapshots.enabled());
        line(2, "directory", snapshots.directory());
        line(2, "drawn", snapshots.drawn());
        line(2, "blur-others", snapshots.blurOthers());
        line(2, "quality", snapshots.quality());
        line(2, "keep", Durations.format(snapshots.keep()));
        line(2, "max-bytes", Bytes.format(snapshots.maxBytes()));
        line(2, "url-prefix", snapshots.urlPrefix() == null ? "(none)" : snapshots.urlPrefix());
    }

    private void kafka(KafkaConfig kafka) {
        section("kafka");
        line(1, "enabled", kafka.enabled());
        line(1, "bootstrap-servers", kafka.embedded() ? "(the embedded broker's)" : kafka.bootstrapServers());
        line(1, "embedded", kafka.embedded());
        line(1, "embedded-data-dir", kafka.embeddedDataDir() == null ? "(temporary)" : kafka.embeddedDataDir());
        line(1, "embedded-port", zeroIs(kafka.embeddedPort(), "(free)"));
        line(1, "detections-topic", kafka.detectionsTopic());
        line(1, "events-topic", kafka.eventsTopic());
        line(1, "streams-topic", kafka.streamsTopic());
        line(1, "create-topics", kafka.createTopics());
        line(1, "queue-capacity", kafka.queueCapacity());
        if (!kafka.properties().isEmpty()) {
            text.append("  properties:\n");
            for (Map.Entry<String, Secret> property : new TreeMap<>(kafka.properties()).entrySet()) {
                line(2, property.getKey(), Redaction.MASK);
            }
        }
    }

    private void section(String key) {
        text.append(key).append(":\n");
    }

    private void line(int depth, String key, Object value) {
        text.append("  ".repeat(depth)).append(key).append(": ").append(value).append('\n');
    }

    private static Object zeroIs(int value, String meaning) {
        return value == 0 ? "0 " + meaning : value;
    }

    /** Lower case with dashes, as it stands in the file. */
    static String name(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    static String number(double value) {
        return BigDecimal.valueOf(value).stripTrailingZeros().toPlainString();
    }

    /** At most 80 characters on one line. */
    static String shorten(@Nullable String value) {
        String line = String.valueOf(value).replaceAll("\\p{Cntrl}", " ");
        return line.length() <= 80 ? line : line.substring(0, 77) + "...";
    }
}
