package io.helmwatch.ingest.ffmpeg.decode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class VideoEngineSessionsTest {

    @Test
    void shouldGiveOutAsManyAsThereAre() {
        VideoEngineSessions sessions = new VideoEngineSessions(2);
        assertThat(sessions.take()).isTrue();
        assertThat(sessions.take()).isTrue();
        assertThat(sessions.take()).isFalse();
        sessions.giveBack();
        assertThat(sessions.take()).isTrue();
    }

    @Test
    void shouldOpenOneAfterAnother() throws InterruptedException {
        VideoEngineSessions sessions = new VideoEngineSessions(8);
        AtomicInteger opening = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            threads.add(new Thread(() -> {
                for (int k = 0; k < 200; k++) {
                    sessions.open(() -> {
                        most.accumulateAndGet(opening.incrementAndGet(), Math::max);
                        LockSupport.parkNanos(1000);
                        return opening.decrementAndGet();
                    });
                }
            }));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(most).hasValue(1);
    }

    @Test
    void shouldLetTheNextOneOpenAfterAFailure() {
        VideoEngineSessions sessions = new VideoEngineSessions(1);
        assertThatThrownBy(() -> sessions.open(() -> {
                    throw new IllegalStateException("broken");
                }))
                .hasMessage("broken");
        assertThat(sessions.open(() -> 7)).isEqualTo(7);
    }
}
