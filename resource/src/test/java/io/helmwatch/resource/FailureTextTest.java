package io.helmwatch.resource;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

class FailureTextTest {

    @Test
    void shouldKeepAMessageOnOneLine() {
        assertThat(FailureText.of(new IOException(" No space left\n\ton device ")))
                .isEqualTo("No space left on device");
    }

    @Test
    void shouldNameNoClassWhereAnExceptionHasNoMessage() {
        assertThat(FailureText.of(new ClosedChannelException())).isEqualTo("closed channel");
        assertThat(FailureText.of(new IOException(" "))).isEqualTo("io");
        assertThat(FailureText.of(new StackOverflowError())).isEqualTo("stack overflow");
    }

    @Test
    void shouldSayWhatIsWrongWithAFile() {
        assertThat(FailureText.of(new NoSuchFileException("/site/a.yaml")))
                .isEqualTo("/site/a.yaml: no such file or directory");
        assertThat(FailureText.of(new AccessDeniedException("/site/a.yaml")))
                .isEqualTo("/site/a.yaml: permission denied");
        assertThat(FailureText.of(new FileAlreadyExistsException("/site"))).isEqualTo("/site: exists already");
    }

    @Test
    void shouldNameTheLibraryThatTheSystemHasNot() {
        assertThat(FailureText.ofLibrary(
                        new UnsatisfiedLinkError("/natives/libjniavutil.so: libva-drm.so.2: cannot open shared object"
                                + " file: No such file or directory")))
                .endsWith("; install the package of the system that has libva-drm.so.2 (Debian: libva-drm2 for"
                        + " libva-drm.so.2, else see apt-file)");
        assertThat(FailureText.ofLibrary(new UnsatisfiedLinkError("no tensorrt in java.library.path")))
                .isEqualTo("no tensorrt in java.library.path");
    }

    @Test
    void shouldFindTheFirstCause() {
        IOException first = new IOException("first");
        assertThat(FailureText.root(new ExecutionException(new IOException(first))))
                .isSameAs(first);
        assertThat(FailureText.root(first)).isSameAs(first);
    }
}
