package io.helmwatch.postprocess.rules;

import io.helmwatch.config.incident.TrackingConfig;
import io.helmwatch.config.rule.RuleConfig;
import io.helmwatch.config.stream.StreamConfig;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * Checks rules against the labels of a model: a rule whose labels the model does not have can never fire.
 *
 * <p>Threading: any thread.
 */
public final class RuleLabels {
    private RuleLabels() {}

    /**
     * Why rules can never fire, in one sentence with the labels of the configuration and of the model; empty when all can.
     *
     * <p>A {@code no-helmet} rule needs a bare-head label of the model, an {@code occupancy} rule any head label.
     */
    public static Optional<String> problem(
            Collection<StreamConfig> streams, TrackingConfig tracking, List<String> modelLabels) {
        boolean bareHeads = !Collections.disjoint(tracking.bareHeadLabels(), modelLabels);
        boolean heads = bareHeads || !Collections.disjoint(tracking.helmetLabels(), modelLabels);
        List<String> affected = new ArrayList<>();
        for (StreamConfig stream : streams) {
            for (RuleConfig rule : stream.rules().rules()) {
                boolean noHelmet = rule.kind() == RuleConfig.Kind.NO_HELMET;
                if (noHelmet ? !bareHeads : !heads) {
                    affected.add(stream.id() + "/" + rule.name());
                }
            }
        }
        if (affected.isEmpty()) {
            return Optional.empty();
        }
        String bareHeadKey = "incidents.bare-head-labels " + sorted(tracking.bareHeadLabels());
        String keys = heads
                ? bareHeadKey
                : "incidents.helmet-labels " + sorted(tracking.helmetLabels()) + " and " + bareHeadKey;
        return Optional.of("rules " + affected + " can never fire: none of " + keys
                + " is a label of the model, which has " + modelLabels + "; set them to labels of the model");
    }

    private static List<String> sorted(Collection<String> labels) {
        return List.copyOf(new TreeSet<>(labels));
    }
}
