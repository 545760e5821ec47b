package io.helmwatch.config.incident;

import static io.helmwatch.config.schema.ValueTypes.duration;
import static io.helmwatch.config.schema.ValueTypes.listOf;
import static io.helmwatch.config.schema.ValueTypes.map;
import static io.helmwatch.config.schema.ValueTypes.number;
import static io.helmwatch.config.schema.ValueTypes.text;

import io.helmwatch.config.schema.Key;
import io.helmwatch.config.schema.NestedSection;
import io.helmwatch.config.schema.Section;
import io.helmwatch.config.schema.SectionSpec;
import io.helmwatch.config.schema.ValueType;
import java.time.Duration;
import java.util.Set;

/** The section {@code incidents}. */
public final class IncidentsSection {
    private static final IncidentsConfig DEFAULT = IncidentsConfig.DEFAULT;
    private static final TrackingConfig TRACKING = TrackingConfig.DEFAULT;
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Key<IncidentsConfig, Set<String>> HELMET_LABELS = Key.of(
            "helmet-labels",
            labels(),
            TRACKING.helmetLabels(),
            incidents -> incidents.tracking().helmetLabels(),
            "labels of the model that mean a head with a helmet");
    private static final Key<IncidentsConfig, Set<String>> BARE_HEAD_LABELS = Key.of(
            "bare-head-labels",
            labels(),
            TRACKING.bareHeadLabels(),
            incidents -> incidents.tracking().bareHeadLabels(),
            "labels of the model that mean a bare head");
    private static final Key<IncidentsConfig, Double> START_CONFIDENCE = Key.of(
            "start-confidence",
            number(0, 1),
            TRACKING.startConfidence(),
            incidents -> incidents.tracking().startConfidence(),
            "smallest confidence that starts a track; less confident boxes only extend one");
    private static final Key<IncidentsConfig, Duration> CONFIRM = Key.of(
            "confirm",
            duration(Duration.ZERO, MINUTE),
            TRACKING.confirm(),
            incidents -> incidents.tracking().confirm(),
            "observed time after which a tentative track is confirmed");
    private static final Key<IncidentsConfig, Duration> MAX_GAP = Key.of(
            "max-gap",
            duration(Duration.ZERO, MINUTE),
            TRACKING.maxGap(),
            incidents -> incidents.tracking().maxGap(),
            "longest time without an observation before a lost track is removed");
    private static final Key<IncidentsConfig, Duration> STATIC_AFTER = Key.of(
            "static-after",
            duration(Duration.ZERO, Duration.ofDays(1)),
            TRACKING.staticAfter(),
            incidents -> incidents.tracking().staticAfter(),
            "time after which a head that never moves counts as an object, not a person, and starts no incident; 0s for never");
    private static final Key<IncidentsConfig, Duration> OBSERVATION = Key.of(
            "observation",
            duration(Duration.ofMillis(1), MINUTE),
            DEFAULT.observation(),
            IncidentsConfig::observation,
            "length of one observation; frames within it count once, whatever the analysed rate");
    private static final Key<IncidentsConfig, Duration> LOST_AFTER = Key.of(
            "lost-after",
            duration(Duration.ofSeconds(1), Duration.ofDays(7)),
            DEFAULT.lostAfter(),
            IncidentsConfig::lostAfter,
            "time without a frame of the stream after which its open incidents end");
    private static final NestedSection<IncidentsConfig, SpoolConfig> SPOOL =
            NestedSection.of("spool", SpoolSection.SPEC, IncidentsConfig::spool);
    private static final NestedSection<IncidentsConfig, SnapshotConfig> SNAPSHOTS =
            NestedSection.of("snapshots", SnapshotsSection.SPEC, IncidentsConfig::snapshots);
    private static final NestedSection<IncidentsConfig, ClipConfig> CLIPS =
            NestedSection.of("clips", ClipsSection.SPEC, IncidentsConfig::clips);
    private static final NestedSection<IncidentsConfig, S3Config> S3 = NestedSection.optional(
                    "s3", S3Section.SPEC, IncidentsConfig::s3, "they stay on this machine")
            .exampleCommentedOut();

    /** The keys of the section. */
    public static final SectionSpec<IncidentsConfig> SPEC = SectionSpec.of(
            "how incidents are detected and stored, for all streams; the rules are in `streams`",
            HELMET_LABELS,
            BARE_HEAD_LABELS,
            START_CONFIDENCE,
            CONFIRM,
            MAX_GAP,
            STATIC_AFTER,
            OBSERVATION,
            LOST_AFTER,
            SPOOL,
            SNAPSHOTS,
            CLIPS,
            S3);

    private IncidentsSection() {}

    /** Reads the section and reports its problems. */
    public static IncidentsConfig read(Section section) {
        Set<String> helmet = labels(section, HELMET_LABELS);
        Set<String> bareHead = labels(section, BARE_HEAD_LABELS);
        if (helmet.stream().anyMatch(bareHead::contains)) {
            section.problem(BARE_HEAD_LABELS, "must not share a label with helmet-labels");
        }
        TrackingConfig tracking = new TrackingConfig(
                helmet,
                bareHead,
                section.value(START_CONFIDENCE),
                section.value(CONFIRM),
                section.value(MAX_GAP),
                section.value(STATIC_AFTER));
        return new IncidentsConfig(
                tracking,
                section.value(OBSERVATION),
                section.value(LOST_AFTER),
                SpoolSection.read(section.section(SPOOL)),
                SnapshotsSection.read(section.section(SNAPSHOTS)),
                ClipsSection.read(section.section(CLIPS)),
                S3Section.read(section.section(S3)));
    }

    private static Set<String> labels(Section section, Key<IncidentsConfig, Set<String>> key) {
        Set<String> labels = section.value(key);
        if (labels.isEmpty()) {
            section.problem(key, "must name at least one label");
        }
        return labels;
    }

    private static ValueType<Set<String>> labels() {
        return map(
                listOf(text()), Set::copyOf, labels -> labels.stream().sorted().toList());
    }
}
