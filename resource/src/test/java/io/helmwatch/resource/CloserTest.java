package io.helmwatch.resource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CloserTest {
    private final List<String> closed = new ArrayList<>();

    @Test
    void shouldCloseInReverseOrderAndOnlyOnce() {
        Closer closer = new Closer();
        closer.register(() -> closed.add("first"));
        closer.register(() -> closed.add("second"));

        closer.close();
        closer.close();

        assertThat(closed).containsExactly("second", "first");
    }

    @Test
    void shouldCloseTheOthersWhenOneFailsAndReportEveryFailure() {
        Closer closer = new Closer();
        closer.register(() -> closed.add("first"));
        closer.register(() -> {
            throw new IllegalArgumentException("earlier");
        });
        closer.register(() -> {
            throw new IOException("later");
        });

        assertThatThrownBy(closer::close)
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("closing failed: later")
                .satisfies(failure ->
                        assertThat(failure.getCause().getSuppressed()).hasSize(1));
        assertThat(closed).containsExactly("first");
    }

    @Test
    void shouldCloseNothingThatWasTransferred() {
        Closer owner;
        try (Closer opened = new Closer()) {
            opened.register(() -> closed.add("first"));
            opened.register(() -> closed.add("second"));
            owner = opened.transfer();
        }
        assertThat(closed).isEmpty();

        owner.close();

        assertThat(closed).containsExactly("second", "first");
    }

    @Test
    void shouldKeepTheCauseWhenClosingFailsToo() {
        Closer closer = new Closer();
        closer.register(() -> {
            throw new IllegalStateException("closing");
        });
        RuntimeException cause = new RuntimeException("opening");

        closer.closeAfter(cause);

        assertThat(cause.getSuppressed()).hasSize(1);
    }
}
