package io.helmwatch.pipeline.cli;

import io.helmwatch.config.Backend;
import io.helmwatch.config.ConfigLoader;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.pipeline.cli.process.Console;
import io.helmwatch.pipeline.cli.process.Termination;
import io.helmwatch.pipeline.service.DetectionService;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** The page with the bundled clips as cameras, rules that they violate, and a history that is removed at the end. Runs until stopped. */
final class PageDemo {
    private static final String SECOND_CLIP = "ramp.mp4";

    private static final String CONFIGURATION = """
            backend: %s
            kafka: {embedded: true}
            http: {port: 0, site: demo}
            desk: {directory: '%2$s/desk'}
            incidents:
              spool: {directory: '%2$s/spool'}
              snapshots: {enabled: true, directory: '%2$s/snapshots'}
            streams:
              - id: yard
                url: '%3$s'
                realtime: true
                loop: true
                analyze-fps: 8
                zones: [{name: floor, polygon: [[0.12, 0.38], [0.9, 0.38], [1, 1], [0, 1]]}]
                rules:
                  - {name: no-helmet-on-floor, kind: no-helmet, zones: [floor]}
                  - {name: crowd, kind: occupancy, zones: [floor], more-than: 4, at-least: 3s}
            """;

    private static final String SECOND_STREAM = """
              - id: ramp
                url: '%s'
                realtime: true
                loop: true
                analyze-fps: 4
                rules: [{name: no-helmet, kind: no-helmet, at-least: 5s}]
            """;

    private PageDemo() {}

    /** Serves the page until somebody stops the program. */
    static void run(Backend backend, Path model, Path clip, Path folder) throws InterruptedException {
        try (DetectionService service = DetectionService.start(
                        configuration(backend, clip, folder), model, List.of(), Termination.ON_FATAL_ERROR);
                Termination.Registration signals = Termination.onSignal(service::stop)) {
            InetSocketAddress address = service.httpAddress();
            if (address != null) {
                Console.say("the page is on http://127.0.0.1:" + address.getPort() + "/ until you stop this (Ctrl+C)");
            }
            service.awaitEnd();
        }
    }

    static HelmwatchConfig configuration(Backend backend, Path clip, Path folder) {
        Path second = clip.resolveSibling(SECOND_CLIP);
        String text = CONFIGURATION.formatted(backend.name().toLowerCase(Locale.ROOT), quoted(folder), quoted(clip))
                + (Files.isRegularFile(second) ? SECOND_STREAM.formatted(quoted(second)) : "");
        return ConfigLoader.parse(text, "demo", folder, System::getenv);
    }

    /** A path between single quotes of YAML. */
    private static String quoted(Path path) {
        return path.toAbsolutePath().toString().replace("'", "''");
    }
}
