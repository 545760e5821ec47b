package io.helmwatch.config.sink;

import org.jspecify.annotations.Nullable;

/**
 * Traces for OpenTelemetry.
 *
 * @param endpoint where spans are sent by OTLP over HTTP; null sends none
 * @param oneFrameIn one analysed frame in this many is traced; 0 traces incidents only
 */
public record TracingConfig(@Nullable String endpoint, int oneFrameIn) {

    /** Off. */
    public static final TracingConfig DEFAULT = new TracingConfig(null, 0);
}
