package io.helmwatch.pipeline.health;

import io.helmwatch.vision.StreamReason;
import io.helmwatch.vision.health.CameraHealth;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The meters of the cameras' images. Tags are bounded: configured streams, conditions.
 *
 * <p>Threading: cameras are added and removed by one thread at a time, recording by any; it allocates nothing.
 */
public final class HealthMetrics {
    private final MeterRegistry registry;
    /** Registered with the first camera: filters of the registry are set before any meter. */
    private volatile @Nullable Timer checks;

    private final Map<String, List<Meter>> meters = new ConcurrentHashMap<>();

    /** No cameras so far. */
    public HealthMetrics(MeterRegistry registry) {
        this.registry = registry;
    }

    void add(String stream, CameraHealth health) {
        if (checks == null) {
            checks = Timer.builder("helmwatch.camera.check")
                    .description("Time to check an image of a camera")
                    .register(registry);
        }
        List<Meter> all = new ArrayList<>();
        for (StreamReason condition : CameraHealth.CONDITIONS) {
            all.add(Gauge.builder("helmwatch.camera.condition", health, h -> h.condition() == condition ? 1 : 0)
                    .description("1 for what is wrong with the camera's image, 0 for the others")
                    .tags("stream", stream, "condition", condition.code())
                    .register(registry));
        }
        all.add(Gauge.builder("helmwatch.camera.brightness", health, CameraHealth::brightness)
                .description("Mean brightness of the camera's image, 0 to 1")
                .baseUnit("ratio")
                .tag("stream", stream)
                .register(registry));
        meters.put(stream, all);
    }

    void remove(String stream) {
        List<Meter> all = meters.remove(stream);
        if (all != null) {
            all.forEach(registry::remove);
        }
    }

    void record(long nanos) {
        Timer timer = checks;
        if (timer != null) {
            timer.record(nanos, TimeUnit.NANOSECONDS);
        }
    }
}
