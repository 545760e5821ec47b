package io.helmwatch.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CubinCacheTest {

    private static final byte[] CUBIN = {1, 2, 3, 4, 5};

    @TempDir
    Path folder;

    @Test
    void shouldGiveBackWhatItKept() {
        CubinCache cache = new CubinCache(folder.resolve("made/on/demand"));

        cache.store("a.cubin", CUBIN);

        assertThat(cache.load("a.cubin")).hasValue(CUBIN);
        assertThat(cache.load("b.cubin")).isEmpty();
    }

    @Test
    void shouldTreatDamageAsAbsence() throws IOException {
        CubinCache cache = new CubinCache(folder);
        cache.store("a.cubin", CUBIN);
        byte[] file = Files.readAllBytes(folder.resolve("a.cubin"));

        file[file.length - 1] ^= 1;
        Files.write(folder.resolve("a.cubin"), file);
        assertThat(cache.load("a.cubin")).isEmpty();

        Files.write(folder.resolve("a.cubin"), new byte[3]);
        assertThat(cache.load("a.cubin")).isEmpty();
    }

    @Test
    void shouldLeaveNoPartsBehindAndReplaceWhatIsThere() throws IOException {
        CubinCache cache = new CubinCache(folder);

        cache.store("a.cubin", CUBIN);
        cache.store("a.cubin", new byte[] {9});

        assertThat(cache.load("a.cubin")).hasValue(new byte[] {9});
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files.map(file -> file.getFileName().toString())).containsExactly("a.cubin");
        }
    }

    @Test
    void shouldContinueWithoutAFolderThatCanBeWritten() throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        CubinCache cache = new CubinCache(file);

        cache.store("a.cubin", CUBIN);

        assertThat(cache.load("a.cubin")).isEmpty();
    }

    @Test
    void shouldNameFilesByEverythingThatChangesTheCode() {
        String key = CubinCache.key("k.cu", "source", List.of("-DA=1"), "12.6");

        assertThat(CubinCache.key("k.cu", "source", List.of("-DA=1"), "12.6")).isEqualTo(key);
        assertThat(List.of(
                        CubinCache.key("l.cu", "source", List.of("-DA=1"), "12.6"),
                        CubinCache.key("k.cu", "sourcE", List.of("-DA=1"), "12.6"),
                        CubinCache.key("k.cu", "source", List.of("-DA=2"), "12.6"),
                        CubinCache.key("k.cu", "source", List.of("-DA=1", "-DB"), "12.6"),
                        CubinCache.key("k.cu", "source", List.of("-DA=1"), "12.7")))
                .doesNotContain(key)
                .doesNotHaveDuplicates();
    }
}
