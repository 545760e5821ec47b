package io.helmwatch.pipeline.metrics;

import io.helmwatch.cluster.AcknowledgementStatistics;
import io.helmwatch.cluster.ClusterStatistics;
import io.helmwatch.cluster.MoveStatistics;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Meters of this node's part in a cluster. Threading: any thread. */
public final class ClusterMetrics {
    private static final double NANOS = 1e9;

    private ClusterMetrics() {}

    /**
     * Binds them.
     *
     * @param cameras number of cameras that the node has
     * @param imbalance cameras that the fullest node of the cluster has beyond its share
     */
    public static void bind(
            MeterRegistry registry,
            ClusterStatistics statistics,
            Supplier<Number> cameras,
            Supplier<Number> imbalance) {
        bindMembership(registry, statistics);
        bindMoves(registry, statistics.moves());
        bindAcknowledgements(registry, statistics.acknowledgements());
        Gauge.builder("helmwatch.cluster.cameras", cameras)
                .description("Cameras that this node has")
                .baseUnit("cameras")
                .register(registry);
        Gauge.builder("helmwatch.cluster.imbalance", imbalance)
                .description(
                        "Cameras that the fullest node of the cluster has beyond its share; the same on every node")
                .baseUnit("cameras")
                .register(registry);
    }

    private static void bindMoves(MeterRegistry registry, MoveStatistics moves) {
        for (MoveStatistics.Cause cause : MoveStatistics.Cause.values()) {
            FunctionCounter.builder("helmwatch.cluster.moves", moves, all -> all.moves(cause))
                    .description("Cameras that moved to this node without their partition, by cause")
                    .baseUnit("cameras")
                    .tag("cause", label(cause))
                    .register(registry);
        }
        for (MoveStatistics.Refusal refusal : MoveStatistics.Refusal.values()) {
            FunctionCounter.builder("helmwatch.cluster.moves.refused", moves, all -> all.refusals(refusal))
                    .description("Times that the automatic rebalance of this node moved nothing, or stopped, although"
                            + " the nodes have uneven numbers of cameras, by reason")
                    .tag("reason", label(refusal))
                    .register(registry);
        }
    }

    private static String label(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static void bindAcknowledgements(MeterRegistry registry, AcknowledgementStatistics acknowledgements) {
        FunctionCounter.builder(
                        "helmwatch.cluster.acknowledgements.received",
                        acknowledgements,
                        AcknowledgementStatistics::received)
                .description("Acknowledgements and withdrawals that other nodes published since this one started")
                .register(registry);
        FunctionCounter.builder(
                        "helmwatch.cluster.acknowledgements.conflicting",
                        acknowledgements,
                        AcknowledgementStatistics::conflicting)
                .description("Received acknowledgements that replaced one of somebody else, who had not taken it back")
                .register(registry);
        FunctionCounter.builder(
                        "helmwatch.cluster.acknowledgements.published",
                        acknowledgements,
                        AcknowledgementStatistics::published)
                .description("Acknowledgements and withdrawals that were given on this node and published")
                .register(registry);
        FunctionCounter.builder(
                        "helmwatch.cluster.acknowledgements.late", acknowledgements, AcknowledgementStatistics::late)
                .description("Published acknowledgements and withdrawals that had waited for more than ten seconds")
                .register(registry);
        Gauge.builder(
                        "helmwatch.cluster.acknowledgements.oldest.age",
                        acknowledgements,
                        AcknowledgementStatistics::secondsWaiting)
                .description("Age of the oldest acknowledgement that was given on this node and is not published, 0"
                        + " without any")
                .baseUnit("seconds")
                .register(registry);
    }

    private static void bindMembership(MeterRegistry registry, ClusterStatistics statistics) {
        Gauge.builder("helmwatch.cluster.members", statistics, ClusterStatistics::members)
                .description(
                        "Members of the cluster's group that this node has: its weight once it has joined, 0 before")
                .baseUnit("members")
                .register(registry);
        Gauge.builder("helmwatch.cluster.partitions", statistics, ClusterStatistics::partitions)
                .description("Partitions of the topic of cameras that this node holds")
                .baseUnit("partitions")
                .register(registry);
        Gauge.builder("helmwatch.cluster.epoch", statistics, ClusterStatistics::generation)
                .description("Newest generation of the group, from which epochs are made")
                .register(registry);
        Gauge.builder("helmwatch.cluster.heard.age", statistics, ClusterStatistics::secondsSinceHeard)
                .description("Time since the broker accepted the latest request of the member that it has not heard for"
                        + " longest; NaN while this node holds no partition")
                .baseUnit("seconds")
                .register(registry);
        FunctionCounter.builder("helmwatch.cluster.rebalances", statistics, ClusterStatistics::rebalances)
                .description("Rebalances of the group that this node took part in")
                .register(registry);
        FunctionCounter.builder("helmwatch.cluster.memberships.lost", statistics, ClusterStatistics::timesLost)
                .description(
                        "Times that a member of this node was removed from the group because the broker had not heard"
                                + " it")
                .register(registry);
        timer(
                registry,
                "helmwatch.cluster.release",
                "Time in which cameras stopped and their incidents were delivered, before another node took them over",
                statistics.released());
        timer(
                registry,
                "helmwatch.cluster.takeover",
                "Time from the assignment of a partition until its cameras were started",
                statistics.takenOver());
    }

    private static void timer(
            MeterRegistry registry, String name, String description, ClusterStatistics.Durations durations) {
        FunctionTimer.builder(
                        name,
                        durations,
                        ClusterStatistics.Durations::count,
                        each -> each.totalSeconds() * NANOS,
                        TimeUnit.NANOSECONDS)
                .description(description)
                .register(registry);
    }
}
