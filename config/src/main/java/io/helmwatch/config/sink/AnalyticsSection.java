package io.helmwatch.config.sink;

import static io.helmwatch.config.schema.ValueTypes.duration;
import static io.helmwatch.config.schema.ValueTypes.flag;

import io.helmwatch.config.schema.Key;
import io.helmwatch.config.schema.Names;
import io.helmwatch.config.schema.Section;
import io.helmwatch.config.schema.SectionSpec;
import java.time.Duration;

/** The section {@code analytics}. */
public final class AnalyticsSection {
    private static final AnalyticsConfig DEFAULT = AnalyticsConfig.DEFAULT;
    private static final Key<AnalyticsConfig, String> TOPIC = Key.of(
            "topic",
            KafkaSection.topic(),
            DEFAULT.topic(),
            AnalyticsConfig::topic,
            "topic of the sums by stream, zone and quarter of an hour, compacted");
    private static final Key<AnalyticsConfig, String> APPLICATION_ID = Key.of(
            "application-id",
            Names.type(),
            DEFAULT.applicationId(),
            AnalyticsConfig::applicationId,
            "name under which several processes share the work; also the beginning of the names of its internal topics");
    private static final Key<AnalyticsConfig, Duration> LATE = Key.of(
            "late",
            duration(Duration.ofHours(1), Duration.ofDays(30)),
            DEFAULT.late(),
            AnalyticsConfig::late,
            "how long after a quarter of an hour its counts are still accepted");
    private static final Key<AnalyticsConfig, Duration> KEEP = Key.of(
            "keep",
            duration(Duration.ofDays(1), Duration.ofDays(400)),
            DEFAULT.keep(),
            AnalyticsConfig::keep,
            "how long sums are kept, in memory and in the topic; at least `late`");
    private static final Key<AnalyticsConfig, Boolean> DESK = Key.of(
            "desk",
            flag(),
            DEFAULT.desk(),
            AnalyticsConfig::desk,
            "whether the desk shows the sums of the topic in place of its own counts; needs `kafka.bootstrap-servers`");

    /** The keys of the section. */
    public static final SectionSpec<AnalyticsConfig> SPEC = SectionSpec.of(
            "site-wide figures, summed by `./helmwatch analytics`", TOPIC, APPLICATION_ID, LATE, KEEP, DESK);

    private AnalyticsSection() {}

    /** Reads the section and reports its problems. */
    public static AnalyticsConfig read(Section section, KafkaConfig kafka) {
        AnalyticsConfig analytics = new AnalyticsConfig(
                section.value(TOPIC),
                section.value(APPLICATION_ID),
                section.value(LATE),
                section.value(KEEP),
                section.value(DESK));
        if (kafka.topics().names().contains(analytics.topic())) {
            section.problem(TOPIC, "is the name of another topic");
        }
        if (analytics.keep().compareTo(analytics.late()) < 0) {
            section.problem(KEEP, "must be at least late");
        }
        if (analytics.desk() && (!kafka.enabled() || kafka.embedded())) {
            section.problem(DESK, "needs kafka.bootstrap-servers");
        }
        return analytics;
    }
}
