package io.helmwatch.pipeline.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.helmwatch.inference.OnnxWriter;
import io.helmwatch.ingest.ffmpeg.MutatedMedia;
import io.helmwatch.resource.NativeMemory;
import io.helmwatch.vision.tensor.TensorType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Broken files through the whole of {@code detect}, all in one process. */
class DetectMutatedMediaTest {
    private static final int FILES = 345;
    private static final long SEED = 7;

    @TempDir
    Path folder;

    @Test
    @Timeout(300)
    void shouldReadWhatIsReadableAndSaySoOfTheRest() throws Exception {
        Path network = new OnnxWriter(TensorType.FP32, 1, 3, 64, 64)
                .output("output0", 252, 7)
                .write(folder.resolve("tiny.onnx"));
        Path media = Files.createDirectory(folder.resolve("media"));
        List<Path> mutants = MutatedMedia.write(media, FILES, SEED);

        CommandRun run = CommandRun.of("detect", "--backend", "cpu", "--model", network, media);

        assertThat(run.code()).isEqualTo(1);
        Set<String> shown =
                run.out().lines().map(DetectMutatedMediaTest::sourceOf).collect(Collectors.toSet());
        List<String> refused = run.err().lines().toList();
        assertThat(refused)
                .allMatch(line -> line.startsWith("helmwatch: "))
                .noneMatch(line -> line.contains("Exception"))
                .noneMatch(line -> line.contains("could not be analysed"));
        for (Path mutant : mutants) {
            boolean said = refused.stream().anyMatch(line -> line.contains(mutant.toString()));
            assertThat(shown.contains(mutant.toString()) || said)
                    .as("%s is shown or refused", mutant)
                    .isTrue();
        }
        assertThat(shown).hasSizeGreaterThan(FILES / 4);
        assertThat(refused).hasSizeGreaterThan(FILES / 50);
        assertThat(NativeMemory.outstanding()).isEmpty();
    }

    private static String sourceOf(String line) {
        try {
            return new ObjectMapper().readTree(line).get("source").asText();
        } catch (Exception e) {
            throw new AssertionError("not JSON: " + line, e);
        }
    }
}
