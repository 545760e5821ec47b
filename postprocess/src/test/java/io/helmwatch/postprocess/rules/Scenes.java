package io.helmwatch.postprocess.rules;

import io.helmwatch.config.incident.IncidentsConfig;
import io.helmwatch.config.rule.RuleConfig;
import io.helmwatch.config.rule.StreamRulesConfig;
import io.helmwatch.config.rule.ZoneConfig;
import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.Detection;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.Incident;
import io.helmwatch.vision.ModelIdentity;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** Scenes of heads that are played to rules: 1280 by 720 pixels, heads of 40 by 48, a zone on the right. */
final class Scenes {
    private static final ModelIdentity MODEL = new ModelIdentity("helmet-yolov5n", "1.0.0", "fp32", "cpu");
    static final long START_MILLIS = Instant.parse("2026-11-20T12:00:00Z").toEpochMilli();
    /** The right half of the frame. */
    static final ZoneConfig PIT = new ZoneConfig(
            "pit",
            List.of(
                    new ZoneConfig.Point(0.5, 0),
                    new ZoneConfig.Point(1, 0),
                    new ZoneConfig.Point(1, 1),
                    new ZoneConfig.Point(0.5, 1)));

    static final RuleConfig NO_HELMET = RuleConfig.of("bare", RuleConfig.Kind.NO_HELMET, List.of("pit"), 0);

    /** {@link #NO_HELMET} with other times. */
    static RuleConfig noHelmet(Duration atLeast, Duration endAfter) {
        return new RuleConfig(
                "bare",
                RuleConfig.Kind.NO_HELMET,
                List.of("pit"),
                0.5,
                3,
                5,
                atLeast,
                NO_HELMET.updateEvery(),
                endAfter,
                null,
                0);
    }

    /** What a frame shows at a time. */
    interface Scene {
        List<Detection> at(double seconds);
    }

    static List<Incident> play(StreamRules rules, Scene scene, double fps, double from, double to) {
        List<Incident> incidents = new ArrayList<>();
        int first = (int) Math.round(from * fps);
        int end = (int) Math.round(to * fps);
        for (int frame = first; frame < end; frame++) {
            rules.onFrame(frame(frame, frame / fps, scene.at(frame / fps)), incidents::add);
        }
        return incidents;
    }

    static FrameDetections frame(long sequence, double seconds, List<Detection> detections) {
        return new FrameDetections(
                "gate-3",
                1_795_176_000L,
                sequence,
                Math.round(seconds * 1e9),
                START_MILLIS + Math.round(seconds * 1e3),
                new ImageSize(1280, 720),
                MODEL,
                detections);
    }

    static List<Incident> play(StreamRulesConfig config, Scene scene, double fps, double seconds) {
        return play(new StreamRules(config, IncidentsConfig.DEFAULT), scene, fps, 0, seconds);
    }

    static StreamRulesConfig rules(RuleConfig... rules) {
        return new StreamRulesConfig(List.of(PIT), List.of(), 0, List.of(rules));
    }

    static Detection bareHead(double x) {
        return head("head", 0.8f, x, 300);
    }

    static Detection helmet(double x) {
        return head("helmet", 0.8f, x, 300);
    }

    static Detection head(String label, float confidence, double x, double y) {
        return new Detection(
                label, confidence, new BoundingBox((float) x - 20, (float) y - 24, (float) x + 20, (float) y + 24));
    }

    static List<String> phases(List<Incident> incidents) {
        return incidents.stream().map(i -> i.phase() + " " + i.id()).toList();
    }

    static double secondsOf(long atMillis) {
        return (atMillis - START_MILLIS) / 1e3;
    }

    private Scenes() {}
}
