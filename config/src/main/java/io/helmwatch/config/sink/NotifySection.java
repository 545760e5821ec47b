package io.helmwatch.config.sink;

import static io.helmwatch.config.schema.ValueTypes.choice;
import static io.helmwatch.config.schema.ValueTypes.duration;
import static io.helmwatch.config.schema.ValueTypes.flag;
import static io.helmwatch.config.schema.ValueTypes.listOf;
import static io.helmwatch.config.schema.ValueTypes.map;
import static io.helmwatch.config.schema.ValueTypes.text;

import io.helmwatch.config.rule.ScheduleConfig;
import io.helmwatch.config.rule.ScheduleSection;
import io.helmwatch.config.schema.Key;
import io.helmwatch.config.schema.Names;
import io.helmwatch.config.schema.NestedSection;
import io.helmwatch.config.schema.Section;
import io.helmwatch.config.schema.SectionList;
import io.helmwatch.config.schema.SectionSpec;
import io.helmwatch.config.schema.Spelling;
import io.helmwatch.config.sink.NotifyConfig.Mail;
import io.helmwatch.config.sink.NotifyConfig.Mqtt;
import io.helmwatch.config.sink.NotifyConfig.Phase;
import io.helmwatch.config.sink.NotifyConfig.Target;
import io.helmwatch.config.sink.NotifyConfig.Webhook;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.config.yaml.Yaml;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The items of {@code notify}. */
public final class NotifySection {
    private static final Duration LONGEST = Duration.ofDays(7);

    private static final Key<NotifyConfig, String> NAME = Key.required(
                    "name", Names.type(), NotifyConfig::name, "a name such as guards", "name in logs and metrics")
            .exampleInForce("guards");
    private static final NestedSection<NotifyConfig, Webhook> WEBHOOK = NestedSection.optional(
            "webhook", NotifyTargetSections.WEBHOOK, notify -> target(notify, Webhook.class), "none");
    private static final NestedSection<NotifyConfig, Mqtt> MQTT = NestedSection.<NotifyConfig, Mqtt>optional(
                    "mqtt", NotifyTargetSections.MQTT, notify -> target(notify, Mqtt.class), "none")
            .exampleCommentedOut();
    private static final NestedSection<NotifyConfig, Mail> MAIL = NestedSection.<NotifyConfig, Mail>optional(
                    "mail", NotifyTargetSections.MAIL, notify -> target(notify, Mail.class), "none")
            .exampleCommentedOut();
    private static final Key<NotifyConfig, Set<Phase>> PHASES = Key.of(
            "phases",
            map(
                    listOf(choice(Phase.class)),
                    Set::copyOf,
                    phases -> phases.stream().sorted().toList()),
            Set.of(Phase.START, Phase.END),
            NotifyConfig::phases,
            "which messages of an incident are sent");
    private static final Key<NotifyConfig, List<String>> STREAMS =
            names("streams", NotifyConfig::streams, "[gate-3]", "ids of the streams that it is notified of");
    private static final Key<NotifyConfig, List<String>> RULES =
            names("rules", NotifyConfig::rules, "[no-helmet-in-pit]", "names of the rules that it is notified of");
    private static final Key<NotifyConfig, List<String>> ZONES =
            names("zones", NotifyConfig::zones, "[pit]", "names of the zones that it is notified of");
    private static final NestedSection<NotifyConfig, ScheduleConfig> SCHEDULE =
            NestedSection.optional("schedule", ScheduleSection.SPEC, NotifyConfig::schedule, "always");
    private static final Key<NotifyConfig, Duration> COOL_DOWN = Key.of(
            "cool-down",
            duration(Duration.ZERO, LONGEST),
            Duration.ZERO,
            NotifyConfig::coolDown,
            "shortest time between two incidents of a stream and rule that are sent; those between are not");
    private static final Key<NotifyConfig, Duration> DIGEST = Key.of(
                    "digest",
                    duration(Duration.ZERO, LONGEST),
                    Duration.ZERO,
                    NotifyConfig::digest,
                    "time over which messages are collected into one")
            .meaning("each at once");
    private static final Key<NotifyConfig, Duration> OFFLINE_AFTER = Key.<NotifyConfig, Duration>optional(
                    "offline-after",
                    duration(Duration.ofSeconds(1), LONGEST),
                    NotifyConfig::offlineAfter,
                    "never",
                    "how long a stream is offline before that is sent, and later its return")
            .example("2m");
    private static final Key<NotifyConfig, Boolean> NODES = Key.of(
            "nodes",
            flag(),
            false,
            NotifyConfig::nodes,
            "whether it is sent that a node is lost, and later its return; needs `cluster`");

    private static final Key<NotifyConfig, Duration> UNACKNOWLEDGED_AFTER = Key.<NotifyConfig, Duration>optional(
                    "unacknowledged-after",
                    duration(Duration.ofSeconds(1), LONGEST),
                    NotifyConfig::unacknowledgedAfter,
                    "each incident is sent at once",
                    "escalation: an incident is sent once nobody has acknowledged it on the page for this time; needs"
                            + " `http`")
            .example("15m");

    static final SectionSpec<NotifyConfig> SPEC = SectionSpec.of(
            "who is notified of incidents, beside Kafka ([notifications](notifications.md))",
            NAME,
            WEBHOOK,
            MQTT,
            MAIL,
            PHASES,
            STREAMS,
            RULES,
            ZONES,
            SCHEDULE,
            COOL_DOWN,
            DIGEST,
            OFFLINE_AFTER,
            NODES,
            UNACKNOWLEDGED_AFTER);

    /**
     * What a target may need of the rest of the file.
     *
     * @param page whether incidents can be acknowledged
     * @param cluster whether this process is a node of a cluster
     */
    public record Surroundings(boolean page, boolean cluster) {}

    private NotifySection() {}

    private static Key<NotifyConfig, List<String>> names(
            String name, Function<NotifyConfig, List<String>> getter, String example, String description) {
        return Key.<NotifyConfig, List<String>>optional(
                        name,
                        listOf(text()),
                        notify -> getter.apply(notify).isEmpty() ? null : getter.apply(notify),
                        "all",
                        description)
                .example(example);
    }

    private static <T extends Target> @Nullable T target(NotifyConfig notify, Class<T> kind) {
        return kind.isInstance(notify.target()) ? kind.cast(notify.target()) : null;
    }

    /**
     * The targets as a list in another section.
     *
     * @param getter the targets in the record of that section
     */
    public static <R> SectionList<R, NotifyConfig> list(Function<R, List<NotifyConfig>> getter) {
        return SectionList.of("notify", SPEC, getter, "nobody");
    }

    /**
     * All targets.
     *
     * @param list as {@link #list} made it
     * @param streams whose ids, rules and zones a target may name
     * @param has what else the file has
     */
    public static List<NotifyConfig> readAll(
            Section top, SectionList<?, NotifyConfig> list, List<StreamConfig> streams, Surroundings has) {
        List<Section> sections = top.sections(list);
        List<NotifyConfig> all = new ArrayList<>();
        Map<String, Integer> lines = new HashMap<>();
        for (Section section : sections == null ? List.<Section>of() : sections) {
            NotifyConfig notify = read(section, lines, streams, has);
            if (notify != null) {
                all.add(notify);
            }
        }
        return all;
    }

    private static @Nullable NotifyConfig read(
            Section section, Map<String, Integer> lines, List<StreamConfig> streams, Surroundings has) {
        String name = section.required(NAME);
        if (name != null) {
            Names.requireUnique(section, NAME, name, lines, "of this name");
        }
        Target target = readTarget(section);
        Set<Phase> phases = section.value(PHASES);
        List<String> ids =
                known(section, STREAMS, streams.stream().map(StreamConfig::id).toList());
        List<String> rules = known(
                section,
                RULES,
                streams.stream()
                        .flatMap(stream -> stream.rules().rules().stream())
                        .map(rule -> rule.name())
                        .toList());
        List<String> zones = known(
                section,
                ZONES,
                streams.stream()
                        .flatMap(stream -> stream.rules().zones().stream())
                        .map(zone -> zone.name())
                        .toList());
        ScheduleConfig schedule = section.has(SCHEDULE) ? ScheduleSection.read(section.section(SCHEDULE)) : null;
        Duration coolDown = section.value(COOL_DOWN);
        Duration digest = section.value(DIGEST);
        Duration offlineAfter = section.optional(OFFLINE_AFTER);
        boolean nodes = section.value(NODES);
        if (nodes && !has.cluster()) {
            section.problem(NODES, "needs the section cluster: without one there are no other nodes");
        }
        Duration unacknowledgedAfter = section.optional(UNACKNOWLEDGED_AFTER);
        if (unacknowledgedAfter != null && target instanceof Mqtt) {
            section.problem(UNACKNOWLEDGED_AFTER, "is for webhook and mail: MQTT publishes each state");
        }
        if (unacknowledgedAfter != null && (!digest.isZero() || offlineAfter != null || nodes)) {
            section.problem(
                    UNACKNOWLEDGED_AFTER, "cannot be combined with digest, offline-after or nodes: add another target");
        }
        if (unacknowledgedAfter != null && !has.page()) {
            section.problem(UNACKNOWLEDGED_AFTER, "needs http.enabled: incidents are acknowledged on the page");
        }
        if (target instanceof Mqtt && !digest.isZero()) {
            section.problem(DIGEST, "is for webhook and mail: MQTT publishes each state");
        }
        return name == null || target == null
                ? null
                : new NotifyConfig(
                        name,
                        target,
                        phases,
                        ids,
                        rules,
                        zones,
                        schedule,
                        coolDown,
                        digest,
                        offlineAfter,
                        nodes,
                        unacknowledgedAfter);
    }

    private static @Nullable Target readTarget(Section section) {
        long given = Stream.of(WEBHOOK, MQTT, MAIL).filter(section::has).count();
        if (given != 1) {
            section.problem(NAME, "needs exactly one of 'webhook', 'mqtt' and 'mail', found " + given);
            return null;
        }
        if (section.has(WEBHOOK)) {
            return NotifyTargetSections.webhook(section.section(WEBHOOK));
        }
        return section.has(MQTT)
                ? NotifyTargetSections.mqtt(section.section(MQTT))
                : NotifyTargetSections.mail(section.section(MAIL));
    }

    /** A name that nothing has would silently notify nobody. */
    private static List<String> known(Section section, Key<NotifyConfig, List<String>> key, Collection<String> names) {
        List<String> given = section.optional(key);
        if (given == null) {
            return List.of();
        }
        for (String name : given) {
            if (!names.contains(name)) {
                String nearest = Spelling.nearest(name, new TreeSet<>(names));
                section.problem(
                        key,
                        "'" + Yaml.shorten(name) + "' is not among the " + key.name() + " of this file"
                                + (nearest == null ? "" : "; did you mean '" + nearest + "'?"));
            }
        }
        return given;
    }
}
