package io.helmwatch.config.sink;

import static io.helmwatch.config.schema.ValueTypes.text;
import static io.helmwatch.config.schema.ValueTypes.wholeNumber;

import io.helmwatch.config.schema.Key;
import io.helmwatch.config.schema.Section;
import io.helmwatch.config.schema.SectionSpec;
import java.util.regex.Pattern;

/** The section {@code tracing}. */
public final class TracingSection {
    private static final TracingConfig DEFAULT = TracingConfig.DEFAULT;
    private static final Pattern URL = Pattern.compile("https?://[A-Za-z0-9.\\[\\]:-]+(/[A-Za-z0-9._~/-]*)?");

    private static final Key<TracingConfig, String> ENDPOINT = Key.<TracingConfig, String>optional(
                    "endpoint",
                    text(
                            "URL",
                            url -> URL.matcher(url).matches(),
                            "must be a URL such as http://127.0.0.1:4318/v1/traces, without user and query"),
                    TracingConfig::endpoint,
                    "off",
                    "where spans are sent by OTLP over HTTP")
            .example("http://127.0.0.1:4318/v1/traces");
    private static final Key<TracingConfig, Integer> ONE_FRAME_IN = Key.of(
                    "one-frame-in",
                    wholeNumber(0, 10_000_000),
                    DEFAULT.oneFrameIn(),
                    TracingConfig::oneFrameIn,
                    "one analysed frame in this many is traced as well, over all streams")
            .meaning("incidents only");

    /** The keys of the section. */
    public static final SectionSpec<TracingConfig> SPEC = SectionSpec.of(
            "OpenTelemetry traces of incidents and frames; its libraries are loaded only with an endpoint",
            ENDPOINT,
            ONE_FRAME_IN);

    private TracingSection() {}

    /** Reads the section and reports its problems. */
    public static TracingConfig read(Section section) {
        return new TracingConfig(section.optional(ENDPOINT), section.value(ONE_FRAME_IN));
    }
}
