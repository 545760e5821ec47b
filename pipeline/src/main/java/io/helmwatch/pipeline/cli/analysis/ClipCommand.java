package io.helmwatch.pipeline.cli.analysis;

import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.pipeline.cli.option.CommandFailure;
import io.helmwatch.pipeline.cli.option.ConfigOptions;
import io.helmwatch.sinks.evidence.StoredClip;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The stored clip of an incident: where it is, or a copy with its boxes drawn. */
@Command(
        name = "clip",
        description =
                "Prints where the stored clip of an incident is, on this machine or else in the object storage; with --draw writes a copy with the detected heads, their tracks and the zone"
                        + " drawn. Also while the service runs.")
public final class ClipCommand implements Callable<Integer> {
    @Mixin
    private ConfigOptions config = new ConfigOptions();

    @Option(
            names = "--draw",
            paramLabel = "FILE.mp4",
            description = "The copy (H.264, encoded by OpenH264). Replaced when it exists. Default: none.")
    private @Nullable Path draw;

    @Parameters(paramLabel = "ID", description = "The incident, STREAM/RUN/RULE/NUMBER.")
    private String incident = "";

    @Override
    public Integer call() throws IOException {
        HelmwatchConfig settings = config.loadOffline();
        Path directory = settings.incidents().clips().directory();
        Optional<StoredClip> clip =
                StoredClip.find(directory, incident).filter(found -> Files.isRegularFile(found.video()));
        if (clip.isPresent()) {
            return answer(settings, clip.get(), clip.get().video().toString());
        }
        try (CopiedClip copy = CopiedClip.find(settings, incident)) {
            return draw == null ? say(copy.url()) : answer(settings, copy.download(), copy.url());
        }
    }

    private static int say(String where) {
        System.out.println(where);
        return 0;
    }

    private int answer(HelmwatchConfig settings, StoredClip clip, String where) throws IOException {
        if (draw == null) {
            return say(where);
        }
        Path folder = draw.toAbsolutePath().getParent();
        if (!draw.toString().toLowerCase(Locale.ROOT).endsWith(".mp4") || folder == null || !Files.isWritable(folder)) {
            throw CommandFailure.usage("--draw " + draw
                    + ": expected a file that ends in .mp4, in a folder that exists and can be written");
        }
        try (DrawnClip drawn = new DrawnClip(clip, settings.incidents().tracking(), draw)) {
            drawn.write();
        }
        return say(draw.toString());
    }
}
