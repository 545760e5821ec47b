package io.helmwatch.config.incident;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How incidents are detected and stored, for all streams; the rules belong to the streams.
 *
 * @param tracking how heads are tracked
 * @param observation length of one observation; frames within it count once, so that rules mean the same at every analysed rate
 * @param lostAfter time without a frame of the stream after which its open incidents end
 * @param spool where incidents are queued until the broker has them
 * @param snapshots images that prove incidents
 * @param clips videos that prove incidents
 * @param s3 object storage that snapshots and clips are copied to; null for none
 */
public record IncidentsConfig(
        TrackingConfig tracking,
        Duration observation,
        Duration lostAfter,
        SpoolConfig spool,
        SnapshotConfig snapshots,
        ClipConfig clips,
        @Nullable S3Config s3) {

    /** The defaults: an observation of 200 ms, 30 s without a frame. */
    public static final IncidentsConfig DEFAULT = new IncidentsConfig(
            TrackingConfig.DEFAULT,
            Duration.ofMillis(200),
            Duration.ofSeconds(30),
            SpoolConfig.DEFAULT,
            SnapshotConfig.DEFAULT,
            ClipConfig.DEFAULT,
            null);

    /** Incidents whose snapshots and clips stay on this machine. */
    public IncidentsConfig(
            TrackingConfig tracking,
            Duration observation,
            Duration lostAfter,
            SpoolConfig spool,
            SnapshotConfig snapshots,
            ClipConfig clips) {
        this(tracking, observation, lostAfter, spool, snapshots, clips, null);
    }

    /** Incidents without clips. */
    public IncidentsConfig(
            TrackingConfig tracking,
            Duration observation,
            Duration lostAfter,
            SpoolConfig spool,
            SnapshotConfig snapshots) {
        this(tracking, observation, lostAfter, spool, snapshots, ClipConfig.DEFAULT);
    }
}
