package io.helmwatch.sinks.kafka;

import io.helmwatch.config.sink.AnalyticsConfig;
import io.helmwatch.config.sink.KafkaConfig;
import io.helmwatch.sinks.compliance.ComplianceJson;
import io.helmwatch.sinks.compliance.ComplianceQuarter;
import io.helmwatch.sinks.compliance.QuarterJson;
import io.helmwatch.sinks.compliance.QuarterState;
import io.helmwatch.vision.ComplianceMinute;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.Repartitioned;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts of minutes to sums of quarters of an hour. Counts of a stream come to one task, which keeps each quarter with the minutes that it was made from as one
 * value in memory and in the changelog: processing a message again changes nothing, so that at least once is enough.
 *
 * <p>Threading: a processor belongs to one thread.
 */
final class SiteTopology {
    static final String STORE = "quarters";

    private static final Logger LOG = LoggerFactory.getLogger(SiteTopology.class);
    private static final Duration MAINTENANCE = Duration.ofMinutes(10);
    private static final Header TYPE = CloudEventHeaders.type("io.helmwatch.compliance.quarter");
    private static final Header REMOVED = CloudEventHeaders.type("io.helmwatch.compliance.quarter.removed");
    private static final Header SCHEMA = CloudEventHeaders.dataSchema("compliance-quarters-1");

    private SiteTopology() {}

    static Topology of(KafkaConfig kafka, AnalyticsConfig analytics) {
        StreamsBuilder builder = new StreamsBuilder();
        builder.addStateStore(
                Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore(STORE), Serdes.String(), Serdes.ByteArray()));
        builder.stream(kafka.topics().compliance(), Consumed.with(Serdes.String(), Serdes.ByteArray()))
                .filter((key, value) -> key != null && value != null)
                .selectKey((key, value) -> key.substring(0, Math.max(0, key.indexOf('/'))))
                .repartition(
                        Repartitioned.with(Serdes.String(), Serdes.ByteArray()).withName("by-stream"))
                .process(() -> new Sums(analytics), STORE)
                .to(analytics.topic(), Produced.with(Serdes.String(), Serdes.ByteArray()));
        return builder.build();
    }

    /** Sums the counts of some streams. */
    private static final class Sums implements Processor<String, byte[], String, byte[]> {
        private final AnalyticsConfig analytics;
        private @Nullable ProcessorContext<String, byte[]> context;
        private @Nullable KeyValueStore<String, byte[]> quarters;
        private long refused;

        Sums(AnalyticsConfig analytics) {
            this.analytics = analytics;
        }

        @Override
        public void init(ProcessorContext<String, byte[]> opened) {
            context = opened;
            quarters = opened.getStateStore(STORE);
            opened.schedule(MAINTENANCE, PunctuationType.WALL_CLOCK_TIME, this::maintain);
        }

        @Override
        public void process(Record<String, byte[]> message) {
            ComplianceMinute minute;
            try {
                minute = ComplianceJson.read(message.value());
            } catch (IOException e) {
                refuse(String.valueOf(e.getMessage()));
                return;
            }
            ProcessorContext<String, byte[]> open = Objects.requireNonNull(context);
            if (isOlder(
                    ComplianceQuarter.startOf(minute.minuteMillis()), open.currentSystemTimeMs(), analytics.late())) {
                refuse("message " + minute.id() + " is later than analytics.late");
                return;
            }
            String key = QuarterState.keyOf(minute);
            byte[] known = store().get(key);
            QuarterState state = known == null
                    ? new QuarterState(minute.stream(), minute.zone(), ComplianceQuarter.startOf(minute.minuteMillis()))
                    : QuarterState.read(key, known);
            if (state.put(minute)) {
                store().put(key, state.write());
                forward(open, key, state);
            }
        }

        private static void forward(ProcessorContext<String, byte[]> open, String key, QuarterState state) {
            String id = key + "/" + state.updates();
            ComplianceQuarter sums = state.sums();
            List<Header> headers = List.of(
                    CloudEventHeaders.SPEC_VERSION,
                    TYPE,
                    CloudEventHeaders.id(id),
                    CloudEventHeaders.source(sums.stream()),
                    CloudEventHeaders.subject(key),
                    CloudEventHeaders.time(sums.startMillis()),
                    SCHEMA,
                    CloudEventHeaders.CONTENT_TYPE);
            open.forward(new Record<>(
                    key, QuarterJson.write(id, sums), open.currentSystemTimeMs(), new RecordHeaders(headers)));
        }

        /** Closes quarters that take no corrections any more, and removes those that are not kept. */
        private void maintain(long nowMillis) {
            ProcessorContext<String, byte[]> open = Objects.requireNonNull(context);
            try (KeyValueIterator<String, byte[]> all = store().all()) {
                while (all.hasNext()) {
                    KeyValue<String, byte[]> entry = all.next();
                    long startMillis = QuarterState.startMillisOf(entry.key);
                    if (isOlder(startMillis, nowMillis, analytics.keep())) {
                        store().delete(entry.key);
                        open.forward(new Record<>(entry.key, null, nowMillis, removed(entry.key, nowMillis)));
                    } else if (isOlder(startMillis, nowMillis, analytics.late())) {
                        QuarterState state = QuarterState.read(entry.key, entry.value);
                        if (state.isOpen()) {
                            state.close();
                            store().put(entry.key, state.write());
                        }
                    }
                }
            }
        }

        private static RecordHeaders removed(String key, long nowMillis) {
            return new RecordHeaders(List.of(
                    CloudEventHeaders.SPEC_VERSION,
                    REMOVED,
                    CloudEventHeaders.id(key + "/removed"),
                    CloudEventHeaders.source(key.substring(0, key.indexOf('/'))),
                    CloudEventHeaders.time(nowMillis)));
        }

        private static boolean isOlder(long startMillis, long nowMillis, Duration age) {
            return nowMillis - startMillis - ComplianceQuarter.MILLIS > age.toMillis();
        }

        private KeyValueStore<String, byte[]> store() {
            return Objects.requireNonNull(quarters);
        }

        /** One line for the first of them, and for each further thousand. */
        private void refuse(String why) {
            if (refused++ % 1_000 == 0) {
                LOG.warn("Counts not summed: {}; {} so far", why, refused);
            }
        }
    }
}
