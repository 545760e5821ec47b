package io.helmwatch.resource;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ThreadStopTest {
    private final CountDownLatch end = new CountDownLatch(1);

    private Thread waiting() {
        Thread thread = new Thread(() -> {
            try {
                end.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        thread.start();
        return thread;
    }

    @Test
    void shouldWaitForTheEndOfAThreadButNotLongerThanAsked() {
        Thread thread = waiting();
        ThreadStop.join(thread, 1);
        assertThat(thread.isAlive()).isTrue();
        end.countDown();
        ThreadStop.join(thread, 0);
        assertThat(thread.isAlive()).isFalse();
    }

    @Test
    void shouldInterruptAThreadAndWaitForItsEnd() {
        Thread thread = waiting();
        ThreadStop.interruptAndJoin(thread, 0);
        assertThat(thread.isAlive()).isFalse();
    }

    @Test
    void shouldStopWaitingAndStayInterruptedWhenTheCallerIsInterrupted() {
        Thread thread = waiting();
        Thread.currentThread().interrupt();
        ThreadStop.join(thread, 0);
        assertThat(Thread.interrupted()).isTrue();
        assertThat(thread.isAlive()).isTrue();
        end.countDown();
    }

    @Test
    void shouldWaitForAllAlsoWhenTheCallerIsInterruptedAndStayInterrupted() {
        List<Thread> threads = List.of(waiting(), waiting());
        Thread.currentThread().interrupt();
        new Thread(end::countDown).start();
        ThreadStop.joinAll(threads);
        assertThat(Thread.interrupted()).isTrue();
        assertThat(threads).noneMatch(Thread::isAlive);
    }
}
