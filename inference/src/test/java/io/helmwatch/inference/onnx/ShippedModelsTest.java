package io.helmwatch.inference.onnx;

import static org.assertj.core.api.Assertions.assertThat;

import io.helmwatch.inference.ModelFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What each model file of the repository comes with. */
class ShippedModelsTest {

    private static final Path MODELS = Path.of("../models");

    @Test
    void shouldNameEveryModelInTheReadme() throws IOException {
        String readme = Files.readString(MODELS.resolve("README.md"));

        assertThat(models().map(ShippedModelsTest::baseName))
                .isNotEmpty()
                .allSatisfy(name -> assertThat(readme).contains("| `" + name + ".onnx` |"));
    }

    @ParameterizedTest
    @MethodSource("models")
    void shouldSayWhoItIs(Path file) {
        ModelFile model = ModelFile.read(file);

        assertThat(model.metadata())
                .containsEntry("model_name", baseName(file))
                .containsEntry("names", "{0: 'helmet', 1: 'head'}")
                .containsEntry("license", "Apache-2.0")
                .containsKeys("model_version", "data_digest", "metrics");
        assertThat(model.inputs())
                .singleElement()
                .satisfies(input -> assertThat(input.dimensions()).containsExactly(-1L, 3L, -1L, -1L));
    }

    @ParameterizedTest
    @MethodSource("models")
    void shouldHaveItsCardAndTheInt8FormThatTheCardNames(Path file) throws IOException {
        ModelFile model = ModelFile.read(file);
        String version = model.metadata().get("model_version");
        String card = Files.readString(MODELS.resolve(baseName(file) + ".md"));

        assertThat(card).startsWith("# " + baseName(file) + " " + version + "\n");
        if (card.contains("No ranges are shipped")) {
            assertThat(QuantizationRanges.of(model)).isEmpty();
            return;
        }
        assertThat(QuantizationRanges.of(model)).isPresent();
        assertThat(Files.readString(QuantizationRanges.verdictOf(file)))
                .contains(
                        "\"accepted\" : true",
                        "\"model\" : \"" + baseName(file) + " " + version + "\"",
                        model.sha256());
    }

    private static Stream<Path> models() throws IOException {
        try (Stream<Path> files = Files.list(MODELS)) {
            return files.filter(file -> file.toString().endsWith(".onnx")).sorted().toList().stream();
        }
    }

    private static String baseName(Path file) {
        return String.valueOf(file.getFileName()).replace(".onnx", "");
    }
}
