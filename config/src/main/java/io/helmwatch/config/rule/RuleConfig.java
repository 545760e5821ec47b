package io.helmwatch.config.rule;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What starts an incident.
 *
 * @param name name in events
 * @param kind what the rule detects
 * @param zones names of the zones that the rule applies to; empty is the whole frame
 * @param confidence confidence threshold of a box that counts as an observation, 0..1
 * @param required observations among the last {@code of} that must agree
 * @param of number of last observations that vote
 * @param atLeast how long the violation lasts before an incident starts
 * @param updateEvery shortest time between two updates of an incident
 * @param endAfter how long compliance or absence lasts before an incident ends
 * @param schedule when the rule is in force; null is always
 * @param limit occupancy: the largest or smallest number of people that is allowed
 */
public record RuleConfig(
        String name,
        Kind kind,
        List<String> zones,
        double confidence,
        int required,
        int of,
        Duration atLeast,
        Duration updateEvery,
        Duration endAfter,
        @Nullable ScheduleConfig schedule,
        int limit) {

    /** What a rule detects. */
    public enum Kind {
        /** A person without a helmet. */
        NO_HELMET,
        /** More people in a zone than the limit. */
        MORE_PEOPLE,
        /** Fewer people in a zone than the limit. */
        FEWER_PEOPLE
    }

    /** A rule with the defaults: confidence 0.5, 3 of 5 observations, for 2 s, updates every 30 s, ended after 10 s. */
    public static RuleConfig of(String name, Kind kind, List<String> zones, int limit) {
        return new RuleConfig(
                name,
                kind,
                zones,
                0.5,
                3,
                5,
                Duration.ofSeconds(2),
                Duration.ofSeconds(30),
                Duration.ofSeconds(10),
                null,
                limit);
    }

    /** Keeps its own copy of the names. */
    public RuleConfig {
        zones = List.copyOf(zones);
    }
}
