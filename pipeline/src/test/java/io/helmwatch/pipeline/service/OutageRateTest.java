package io.helmwatch.pipeline.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.OperatingSystemMXBean;
import io.helmwatch.config.ConfigLoader;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.pipeline.ring.StreamFeed;
import io.helmwatch.pipeline.ring.failure.FatalErrorHandler;
import io.helmwatch.vision.DropCause;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Whatever the broker does, as many frames are analysed as without it. Wants a machine that does nothing else, so it is not in the default
 * run: {@code ./mvnw -pl pipeline -am test -Dtest=OutageRateTest -DexcludedGroups=gpu -Dgroups=slow
 * -Dsurefire.failIfNoSpecifiedTests=false}.
 */
@Tag("slow")
@Timeout(900)
class OutageRateTest {
    private static final Path HOME = Path.of(System.getProperty("helmwatch.home"));
    private static final Path CLIP = HOME.resolve("models/demo-clip/yard.mp4");
    private static final Path MODEL = HOME.resolve("models/helmet-yolov5n.onnx");
    private static final int PAIRS = Integer.getInteger("helmwatch.proof.pairs", 7);
    private static final int WINDOW_SECONDS = Integer.getInteger("helmwatch.proof.window", 5);
    private static final int PACED_SECONDS = Integer.getInteger("helmwatch.proof.paced", 30);
    /** How long a change of the broker's gets before anything is counted. */
    private static final int SETTLE_SECONDS = 4;

    private static final OperatingSystemMXBean SYSTEM =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    @TempDir
    Path folder;

    private BrokerProcess broker;

    /** What the broker does to us. */
    private enum Fault {
        STOPPED {
            @Override
            void begin(BrokerProcess broker) throws InterruptedException {
                broker.stop();
            }

            @Override
            void end(BrokerProcess broker) throws IOException {
                broker.start();
            }
        },
        PAUSED {
            @Override
            void begin(BrokerProcess broker) throws IOException, InterruptedException {
                broker.signal("STOP");
            }

            @Override
            void end(BrokerProcess broker) throws IOException, InterruptedException {
                broker.signal("CONT");
            }
        },
        REFUSING {
            @Override
            void begin(BrokerProcess broker) throws IOException {
                broker.refuse();
            }

            @Override
            void end(BrokerProcess broker) throws IOException {
                broker.accept();
            }
        };

        abstract void begin(BrokerProcess broker) throws IOException, InterruptedException;

        abstract void end(BrokerProcess broker) throws IOException, InterruptedException;
    }

    /** Frames within a while, and what they took. */
    private record Window(long frames, long dropped, long nanos, long processorNanos) {
        static Window over(DetectionService service, int seconds) throws InterruptedException {
            long frames = analysedBy(service);
            long dropped = droppedBy(service);
            long processor = SYSTEM.getProcessCpuTime();
            long begun = System.nanoTime();
            TimeUnit.SECONDS.sleep(seconds);
            return new Window(
                    analysedBy(service) - frames,
                    droppedBy(service) - dropped,
                    System.nanoTime() - begun,
                    SYSTEM.getProcessCpuTime() - processor);
        }

        double perSecond() {
            return frames * 1e9 / nanos;
        }

        double perProcessorSecond() {
            return frames * 1e9 / processorNanos;
        }
    }

    @BeforeEach
    void startBroker() throws IOException {
        broker = new BrokerProcess(folder);
    }

    @AfterEach
    void endBroker() {
        broker.close();
    }

    private DetectionService service(String streams) {
        HelmwatchConfig config = ConfigLoader.parse(
                broker.yaml()
                        + "backend: cpu\nhttp: {enabled: false}\nincidents: {spool: {directory: spool}}\nstreams:\n"
                        + streams,
                "site.yaml",
                folder,
                name -> null);
        return DetectionService.start(config, MODEL, List.of(), FatalErrorHandler.LOG);
    }

    private static String stream(String id, String more) {
        return "  - {id: " + id + ", url: \"" + CLIP + "\", loop: true" + more
                + ", rules: [{name: bare, kind: no-helmet, update-every: 1s}]}\n";
    }

    private static long analysedBy(DetectionService service) {
        return service.pipelines().feeds().stream()
                .mapToLong(StreamFeed::analysed)
                .sum();
    }

    /** Those aside that analyze-fps leaves out. */
    private static long droppedBy(DetectionService service) {
        return service.pipelines().feeds().stream()
                .mapToLong(feed -> feed.dropped() - feed.dropped(DropCause.SAMPLED))
                .sum();
    }

    private DetectionService pacedService() {
        String paced = ", realtime: true, analyze-fps: 5";
        return service(stream("gate", paced) + stream("yard", paced));
    }

    private void paced(DetectionService service, Fault fault, int seconds) throws Exception {
        Window before = Window.over(service, seconds);
        fault.begin(broker);
        Window during = Window.over(service, seconds);
        fault.end(broker);
        System.out.printf(
                "%s, two live streams at 5/s: %d frames in %d s before, %d in %d s meanwhile, %d not analysed%n",
                fault, before.frames(), seconds, during.frames(), seconds, during.dropped());
        // One frame per stream may fall on either side of an edge.
        double slack = Math.max(2, 0.02 * before.frames());
        assertThat((double) during.frames()).isBetween(before.frames() - slack, before.frames() + slack);
        assertThat((double) during.frames()).isBetween(10 * seconds - slack, 10 * seconds + slack);
        assertThat(during.dropped()).isZero();
    }

    @ParameterizedTest
    @EnumSource(Fault.class)
    void shouldAnalyseEveryFrameOfLiveStreamsDuringAFault(Fault fault) throws Exception {
        try (DetectionService service = pacedService()) {
            TimeUnit.SECONDS.sleep(SETTLE_SECONDS);
            paced(service, fault, PACED_SECONDS);
        }
    }

    /**
     * As fast as it goes; windows with and without the fault take turns. The processor is what limits it, so that frames per second of
     * processor time tell the same as frames per second, and are disturbed less by other work on the machine.
     */
    @ParameterizedTest
    @EnumSource(Fault.class)
    void shouldAnalyseAsFastDuringAFaultAsBefore(Fault fault) throws Exception {
        double[] rates = new double[PAIRS];
        double[] processorRates = new double[PAIRS];
        try (DetectionService service = service(stream("yard", ""))) {
            TimeUnit.SECONDS.sleep(2 * SETTLE_SECONDS);
            for (int pair = 0; pair < PAIRS; pair++) {
                Window before = Window.over(service, WINDOW_SECONDS);
                fault.begin(broker);
                TimeUnit.SECONDS.sleep(SETTLE_SECONDS);
                Window during = Window.over(service, WINDOW_SECONDS);
                fault.end(broker);
                TimeUnit.SECONDS.sleep(SETTLE_SECONDS);
                rates[pair] = during.perSecond() / before.perSecond();
                processorRates[pair] = during.perProcessorSecond() / before.perProcessorSecond();
                System.out.printf(
                        "%s: %.1f/s before, %.1f/s meanwhile; per second of processor time %.2f and %.2f%n",
                        fault,
                        before.perSecond(),
                        during.perSecond(),
                        before.perProcessorSecond(),
                        during.perProcessorSecond());
            }
        }
        System.out.printf(
                "%s, as fast as it goes: %.3f of the frames per second, %.3f per second of processor time (medians of %d pairs)%n",
                fault, median(rates), median(processorRates), PAIRS);
        assertThat(median(processorRates)).isGreaterThan(0.98);
        assertThat(median(rates)).isGreaterThan(0.9);
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
