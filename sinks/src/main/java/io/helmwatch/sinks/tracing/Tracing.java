package io.helmwatch.sinks.tracing;

import io.helmwatch.config.sink.TracingConfig;
import io.helmwatch.sinks.DetectionSink;
import io.helmwatch.sinks.IncidentSink;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Sends spans to a collector by OTLP over HTTP: one for each incident, from its start to its end, and one for one analysed frame in N, from its capture to the
 * sinks. Spans wait in a bounded queue; while the collector is away the newest are dropped, and nothing else is held up.
 *
 * <p>Threading: any thread; spans are sent by a thread of the SDK. {@link #close} takes at most five seconds.
 */
public final class Tracing implements AutoCloseable {
    private static final AttributeKey<String> SERVICE_NAME = AttributeKey.stringKey("service.name");
    private static final int QUEUE = 2_048;
    private static final long TIMEOUT_SECONDS = 5;

    private final TracingConfig config;
    private final SdkTracerProvider provider;
    private final Tracer tracer;

    /**
     * Traces to the endpoint; nothing is contacted before the first span.
     *
     * @param endpoint the collector's address
     */
    public Tracing(String endpoint, TracingConfig config) {
        this.config = config;
        OtlpHttpSpanExporter exporter = OtlpHttpSpanExporter.builder()
                .setEndpoint(endpoint)
                .setTimeout(TIMEOUT_SECONDS, TimeUnit.SECONDS)
                .build();
        provider = SdkTracerProvider.builder()
                .setResource(Resource.getDefault().merge(Resource.create(Attributes.of(SERVICE_NAME, "helmwatch"))))
                .addSpanProcessor(BatchSpanProcessor.builder(exporter)
                        .setMaxQueueSize(QUEUE)
                        .build())
                .build();
        tracer = provider.get("io.helmwatch");
    }

    /** Receives incidents. */
    public IncidentSink incidents() {
        return new IncidentSpans(tracer);
    }

    /** Receives frames; empty where none are traced. */
    public Optional<DetectionSink> frames() {
        return config.oneFrameIn() == 0 ? Optional.empty() : Optional.of(new FrameSpans(tracer, config.oneFrameIn()));
    }

    @Override
    public void close() {
        provider.shutdown().join(TIMEOUT_SECONDS, TimeUnit.SECONDS);
    }
}
