package io.helmwatch.config;

import java.time.Duration;

/**
 * How incidents are made and kept, for all streams; their rules stand with the streams.
 *
 * @param tracking how heads are followed
 * @param observation frames within this time of a stream are one observation, so that rules mean the same at every analysed rate
 * @param lostAfter a stream that shows no frame for this long ends its open incidents
 * @param spool where incidents wait for the broker
 * @param snapshots pictures that prove them
 */
public record IncidentsConfig(
        TrackingConfig tracking,
        Duration observation,
        Duration lostAfter,
        SpoolConfig spool,
        SnapshotConfig snapshots) {

    /** Everything by default; an observation is 200 ms, a stream is lost after 30 s. */
    public static final IncidentsConfig DEFAULT = new IncidentsConfig(
            TrackingConfig.DEFAULT,
            Duration.ofMillis(200),
            Duration.ofSeconds(30),
            SpoolConfig.DEFAULT,
            SnapshotConfig.DEFAULT);
}
