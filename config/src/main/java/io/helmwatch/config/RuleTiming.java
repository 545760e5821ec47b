package io.helmwatch.config;

import io.helmwatch.config.rule.RuleConfig;
import io.helmwatch.config.stream.StreamConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Whether the times of rules can be met with the frames that {@code analyze-fps} lets through. A rule needs {@code required}
 * observations, and an observation at least one frame; a track ends {@code max-gap} after its last one.
 *
 * <p>The rate of a stream that decodes key frames only, and says no {@code analyze-fps}, is the camera's and not known here.
 */
public final class RuleTiming {
    private RuleTiming() {}

    /** Streams whose rules can never fire: every track is removed before its next frame. One sentence each. */
    public static List<String> impossible(HelmwatchConfig config) {
        Duration maxGap = config.incidents().tracking().maxGap();
        List<String> problems = new ArrayList<>();
        for (StreamConfig stream : config.streams()) {
            if (hasRules(stream) && interval(stream) >= maxGap.toNanos()) {
                problems.add(subject(stream) + ": a frame every " + seconds(interval(stream))
                        + " s is too few for its rules, since tracks end " + seconds(maxGap.toNanos())
                        + " s after their last frame: raise analyze-fps or incidents.max-gap");
            }
        }
        return problems;
    }

    /** Rules whose incidents start or end later than their times say. One sentence each. */
    public static List<String> delayed(HelmwatchConfig config) {
        List<String> problems = new ArrayList<>();
        for (StreamConfig stream : config.streams()) {
            double observation =
                    Math.max(interval(stream), config.incidents().observation().toNanos());
            for (RuleConfig rule : stream.rules().rules()) {
                double needed = rule.required() * observation;
                if (interval(stream) > 0 && needed > rule.atLeast().toNanos()) {
                    problems.add(late(stream, rule, needed, "start", "at-least", rule.atLeast()));
                }
                if (interval(stream) > 0 && needed > rule.endAfter().toNanos()) {
                    problems.add(late(stream, rule, needed, "end", "end-after", rule.endAfter()));
                }
            }
        }
        return problems;
    }

    private static String late(
            StreamConfig stream, RuleConfig rule, double needed, String what, String key, Duration time) {
        return subject(stream) + ", rule " + rule.name() + ": " + rule.required() + " observations take "
                + seconds(needed) + " s, so that incidents " + what + " later than " + key + " ("
                + seconds(time.toNanos()) + " s): raise analyze-fps or " + key + ", or lower required and of";
    }

    private static boolean hasRules(StreamConfig stream) {
        return !stream.rules().rules().isEmpty();
    }

    /** Nanoseconds between two analysed frames; 0 where all are analysed. */
    private static double interval(StreamConfig stream) {
        return stream.analyzeFps() > 0 ? 1e9 / stream.analyzeFps() : 0;
    }

    private static String subject(StreamConfig stream) {
        return "stream " + stream.id() + ": analyze-fps "
                + String.format(Locale.ROOT, "%s", stream.analyzeFps()).replaceFirst("\\.0$", "");
    }

    private static String seconds(double nanos) {
        return String.format(Locale.ROOT, "%.1f", nanos / 1e9);
    }
}
