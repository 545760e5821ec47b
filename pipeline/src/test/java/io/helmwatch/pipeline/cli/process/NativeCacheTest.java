package io.helmwatch.pipeline.cli.process;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NativeCacheTest {
    @ParameterizedTest
    @CsvSource({
        "Linux, amd64, linux-x64",
        "Linux, aarch64, linux-aarch64",
        "Mac OS X, aarch64, osx-aarch64",
        "Windows 11, amd64, win-x64"
    })
    void shouldUnpackTheLibrariesOfThePlatform(String system, String processor, String folder) {
        assertThat(NativeCache.owners(system, processor))
                .hasSize(2)
                .anySatisfy(owner -> assertThat(owner.resources()).contains(folder))
                .allSatisfy(owner -> assertThat(owner.libraries())
                        .isNotEmpty()
                        .allSatisfy(library -> assertThat(NativeCache.class.getResource(owner.resources() + library))
                                .as(owner.resources() + library)
                                .isNotNull()));
    }

    @Test
    void shouldLeaveLibrariesToTheirOwnersOnOtherPlatforms() {
        assertThat(NativeCache.owners("Mac OS X", "x86_64")).isEmpty();
        assertThat(NativeCache.owners("SunOS", "sparcv9")).isEmpty();
    }
}
