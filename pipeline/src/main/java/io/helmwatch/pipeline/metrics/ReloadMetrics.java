package io.helmwatch.pipeline.metrics;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;

/** The last reload of the configuration. Threading: any thread. */
public final class ReloadMetrics implements MeterBinder {
    private volatile double lastSeconds = Double.NaN;
    private volatile boolean successful = true;

    /** Before the first reload. */
    public ReloadMetrics() {}

    /** Records a reload. */
    public void record(boolean success, long nowMillis) {
        lastSeconds = nowMillis / 1000.0;
        successful = success;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        Gauge.builder("helmwatch.reload.time", this, reload -> reload.lastSeconds)
                .description("Time of the last reload since 1970, NaN before the first")
                .baseUnit("seconds")
                .register(registry);
        Gauge.builder("helmwatch.reload.success", this, reload -> reload.successful ? 1 : 0)
                .description("1 unless the last reload was refused")
                .register(registry);
    }
}
