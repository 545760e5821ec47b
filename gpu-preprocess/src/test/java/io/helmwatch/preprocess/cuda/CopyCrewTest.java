package io.helmwatch.preprocess.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(20)
class CopyCrewTest {

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 4})
    void shouldHaveRunEveryTaskWhenTheWaitEnds(int threads) {
        try (CopyCrew crew = new CopyCrew(threads)) {
            for (int batch = 0; batch < 200; batch++) {
                // Not synchronised: what the tasks wrote is visible after the wait.
                int[] done = new int[32];
                for (int i = 0; i < done.length; i++) {
                    int task = i;
                    crew.add(() -> done[task]++);
                }
                crew.await();
                assertThat(done).containsOnly(1);
            }
        }
    }

    @Test
    void shouldRunTasksAtTheSameTime() {
        CountDownLatch all = new CountDownLatch(3);
        AtomicInteger met = new AtomicInteger();
        try (CopyCrew crew = new CopyCrew(2)) {
            for (int i = 0; i < 3; i++) {
                crew.add(() -> {
                    all.countDown();
                    if (awaits(all)) {
                        met.incrementAndGet();
                    }
                });
            }
            crew.await();
        }
        assertThat(met).hasValue(3);
    }

    private static boolean awaits(CountDownLatch latch) {
        try {
            return latch.await(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            return false;
        }
    }

    @Test
    void shouldReportAFailureOnceTheOthersAreDone() {
        AtomicInteger done = new AtomicInteger();
        try (CopyCrew crew = new CopyCrew(2)) {
            crew.add(() -> {
                throw new IndexOutOfBoundsException("outside");
            });
            crew.add(done::incrementAndGet);
            assertThatThrownBy(crew::await)
                    .isInstanceOf(IndexOutOfBoundsException.class)
                    .hasMessage("outside");
            assertThat(done).hasValue(1);
            crew.add(done::incrementAndGet);
            crew.await();
        }
        assertThat(done).hasValue(2);
    }

    @Test
    void shouldEndItsThreadsAfterWhatWasGiven() {
        AtomicInteger done = new AtomicInteger();
        Thread[] worker = new Thread[1];
        CopyCrew crew = new CopyCrew(1);
        crew.add(() -> worker[0] = Thread.currentThread());
        crew.add(done::incrementAndGet);
        crew.close();
        crew.close();

        assertThat(done).hasValue(1);
        assertThat(worker[0].isAlive()).isFalse();
    }
}
