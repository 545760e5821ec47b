package io.helmwatch.pipeline.ring;

import static org.assertj.core.api.Assertions.assertThat;

import com.lmax.disruptor.AlertException;
import com.lmax.disruptor.RingBuffer;
import com.lmax.disruptor.Sequence;
import com.lmax.disruptor.SequenceBarrier;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class ParkingWaitStrategyTest {
    private final ParkingWaitStrategy strategy = new ParkingWaitStrategy();
    private final RingBuffer<Object> ring = RingBuffer.createMultiProducer(Object::new, 16, strategy);

    @Test
    void shouldWakeTheFirstHandlerWhenASlotIsPublished() throws Exception {
        SequenceBarrier barrier = ring.newBarrier();
        CompletableFuture<Long> reached = CompletableFuture.supplyAsync(() -> waitFor(barrier, 0));
        TimeUnit.MILLISECONDS.sleep(100);
        assertThat(reached).isNotDone();
        ring.publish(ring.next());
        assertThat(reached.get(1, TimeUnit.SECONDS)).isZero();
    }

    @Test
    void shouldWakeALaterHandlerAtOnceWhenTheOneBeforeItSignals() throws Exception {
        Sequence before = new Sequence();
        SequenceBarrier barrier = ring.newBarrier(before);
        ring.publish(ring.next());
        // Over many rounds a hand-over that relied on the look of its own would take 2.5 ms on average.
        int rounds = 200;
        AtomicLong nanos = new AtomicLong();
        CompletableFuture<Void> waiter = CompletableFuture.runAsync(() -> {
            for (int i = 0; i < rounds; i++) {
                waitFor(barrier, i);
                nanos.addAndGet(System.nanoTime());
            }
        });
        long signalled = 0;
        for (int i = 0; i < rounds; i++) {
            if (i > 0) {
                ring.publish(ring.next());
                if (i % 12 == 0) {
                    TimeUnit.MILLISECONDS.sleep(1);
                }
            }
            TimeUnit.MILLISECONDS.sleep(1);
            signalled += System.nanoTime();
            before.set(i);
            strategy.signalAllWhenBlocking();
        }
        waiter.get(5, TimeUnit.SECONDS);
        assertThat((nanos.get() - signalled) / rounds).isLessThan(1_500_000);
    }

    @Test
    void shouldNoticeByItselfWhenTheOneBeforeMovesWithoutASignal() throws Exception {
        Sequence before = new Sequence();
        SequenceBarrier barrier = ring.newBarrier(before);
        ring.publish(ring.next());
        CompletableFuture<Long> reached = CompletableFuture.supplyAsync(() -> waitFor(barrier, 0));
        TimeUnit.MILLISECONDS.sleep(20);
        before.set(0);
        assertThat(reached.get(1, TimeUnit.SECONDS)).isZero();
    }

    @Test
    void shouldEndEveryWaitOnAnAlert() throws Exception {
        Sequence before = new Sequence();
        SequenceBarrier first = ring.newBarrier();
        SequenceBarrier later = ring.newBarrier(before);
        CompletableFuture<Long> one = CompletableFuture.supplyAsync(() -> waitFor(first, 0));
        CompletableFuture<Long> other = CompletableFuture.supplyAsync(() -> waitFor(later, 0));
        TimeUnit.MILLISECONDS.sleep(50);
        first.alert();
        later.alert();
        assertThat(one.get(1, TimeUnit.SECONDS)).isEqualTo(-2);
        assertThat(other.get(1, TimeUnit.SECONDS)).isEqualTo(-2);
    }

    @Test
    void shouldTakeHardlyAnyCpuWhileAHandlerWaitsForASlowOne() throws Exception {
        Sequence before = new Sequence();
        SequenceBarrier barrier = ring.newBarrier(before);
        ring.publish(ring.next());
        Thread waiter = new Thread(() -> waitFor(barrier, 0));
        waiter.start();
        TimeUnit.MILLISECONDS.sleep(500);
        long cpuNanos = ManagementFactory.getThreadMXBean().getThreadCpuTime(waiter.getId());
        before.set(0);
        strategy.signalAllWhenBlocking();
        waiter.join();
        assertThat(Duration.ofNanos(cpuNanos)).isLessThan(Duration.ofMillis(50));
    }

    @Test
    void shouldParkAgainAfterAnInterrupt() throws Exception {
        SequenceBarrier barrier = ring.newBarrier();
        Thread waiter = new Thread(() -> waitFor(barrier, 0));
        waiter.start();
        waiter.interrupt();
        TimeUnit.MILLISECONDS.sleep(300);
        assertThat(waiter.isAlive()).isTrue();
        assertThat(Duration.ofNanos(ManagementFactory.getThreadMXBean().getThreadCpuTime(waiter.getId())))
                .isLessThan(Duration.ofMillis(50));
        ring.publish(ring.next());
        waiter.join();
    }

    @Test
    void shouldGatherFramesUntilThereAreEnough() throws Exception {
        ParkingWaitStrategy gathering = new ParkingWaitStrategy(3, Duration.ofSeconds(10));
        RingBuffer<Object> gathered = RingBuffer.createMultiProducer(Object::new, 16, gathering);
        SequenceBarrier barrier = gathered.newBarrier();
        CompletableFuture<Long> reached = CompletableFuture.supplyAsync(() -> waitFor(barrier, 0));
        gathered.publish(gathered.next());
        gathered.publish(gathered.next());
        TimeUnit.MILLISECONDS.sleep(100);
        assertThat(reached).isNotDone();
        gathered.publish(gathered.next());
        assertThat(reached.get(1, TimeUnit.SECONDS)).isEqualTo(2);
    }

    @Test
    void shouldContinueWithWhatThereIsWhenTheDelayIsOver() throws Exception {
        ParkingWaitStrategy gathering = new ParkingWaitStrategy(3, Duration.ofMillis(50));
        RingBuffer<Object> gathered = RingBuffer.createMultiProducer(Object::new, 16, gathering);
        SequenceBarrier barrier = gathered.newBarrier();
        gathered.publish(gathered.next());
        long start = System.nanoTime();
        assertThat(waitFor(barrier, 0)).isZero();
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofMillis(45));
    }

    private static long waitFor(SequenceBarrier barrier, long sequence) {
        try {
            return barrier.waitFor(sequence);
        } catch (AlertException alert) {
            return -2;
        } catch (Exception unexpected) {
            throw new IllegalStateException(unexpected);
        }
    }
}
