package io.helmwatch.config.yaml;

import static io.helmwatch.config.schema.ValueTypes.flag;
import static io.helmwatch.config.schema.ValueTypes.text;
import static io.helmwatch.config.schema.ValueTypes.wholeNumber;

import io.helmwatch.config.HttpConfig;
import io.helmwatch.config.schema.Key;
import io.helmwatch.config.schema.Section;
import io.helmwatch.config.schema.SectionSpec;

/** The section {@code http}. */
final class HttpSection {
    private static final HttpConfig DEFAULT = HttpConfig.DEFAULT;
    private static final Key<HttpConfig, Boolean> ENABLED =
            Key.of("enabled", flag(), DEFAULT.enabled(), HttpConfig::enabled, "whether the HTTP server runs");
    private static final Key<HttpConfig, String> HOST = Key.of(
            "host",
            text("host name or address", host -> !host.isBlank(), "must be a host name or address"),
            DEFAULT.host(),
            HttpConfig::host,
            "address to listen on; `0.0.0.0` opens it to the network");
    private static final Key<HttpConfig, Integer> PORT = Key.of(
            "port",
            wholeNumber(0, 65_535),
            DEFAULT.port(),
            HttpConfig::port,
            "port; `0` takes a free one and prints it");

    static final SectionSpec<HttpConfig> SPEC = SectionSpec.of(
            "metrics (`/metrics`), health (`/live`, `/ready`, `/startup`) and stream states (`/streams`)",
            ENABLED,
            HOST,
            PORT);

    private HttpSection() {}

    static HttpConfig read(Section section) {
        return new HttpConfig(section.value(ENABLED), section.value(HOST), section.value(PORT));
    }
}
