package io.helmwatch.pipeline.bench;

import io.helmwatch.inference.InferenceLane;
import io.helmwatch.pipeline.backend.OpenedBackend;
import io.helmwatch.pipeline.bench.StageBenchmark.Speed;
import io.helmwatch.postprocess.Postprocessor;
import io.helmwatch.preprocess.Preprocessor;
import io.helmwatch.resource.ThreadStop;
import io.helmwatch.vision.FrameLease;
import io.helmwatch.vision.tensor.Letterbox;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Measures preprocessing, inference and postprocessing alone, on batches of the maximum size.
 *
 * <p>Threading: one thread, which starts others and waits for them. Ownership: backend and frames are the caller's.
 */
final class StageRuns {
    private final OpenedBackend backend;
    private final List<FrameLease> frames;
    private final long roundNanos;
    private volatile boolean inferenceEnded;

    StageRuns(OpenedBackend backend, List<FrameLease> frames, long roundNanos) {
        this.backend = backend;
        this.frames = frames;
        this.roundNanos = roundNanos;
    }

    /** Preprocesses in one thread. */
    Speed preprocess() throws InterruptedException {
        long count = 0;
        int next = 0;
        ResourceMeter meter = ResourceMeter.start();
        long end = System.nanoTime() + roundNanos;
        do {
            InferenceLane lane = backend.stages()
                    .lanes()
                    .get(next++ % backend.stages().lanes().size());
            // The last batch must be done before its descriptors are written again.
            lane.await();
            count += fill(lane);
        } while (System.nanoTime() < end && !Thread.currentThread().isInterrupted());
        awaitAll();
        return Speed.of(count, meter.stop());
    }

    private int fill(InferenceLane lane) {
        Preprocessor preprocessor = backend.stages().preprocessor();
        int batch = lane.maxBatch();
        FrameLease first = frames.get(0);
        lane.resize(backend.stages().engine().model().sizing().sizeFor(first.width(), first.height()));
        for (int i = 0; i < batch; i++) {
            preprocessor.add(frames.get(i % frames.size()), lane.input(), i);
        }
        preprocessor.submit(lane.input(), batch);
        return batch;
    }

    /** Waits until all lanes are idle. */
    void awaitAll() {
        backend.stages().lanes().forEach(InferenceLane::await);
    }

    /** Runs the workers and lanes of the pipeline. */
    Speed inference() throws InterruptedException {
        for (InferenceLane lane : backend.stages().lanes()) {
            fill(lane);
        }
        awaitAll();
        inferenceEnded = false;
        int workers = backend.stages().workers();
        AtomicLong count = new AtomicLong();
        CountDownLatch ready = new CountDownLatch(workers);
        AtomicReference<Throwable> failure = new AtomicReference<>();
        List<Thread> threads = new ArrayList<>();
        for (int worker = 0; worker < workers; worker++) {
            List<InferenceLane> lanes = lanesOf(worker);
            Thread thread = new Thread(
                    () -> {
                        try {
                            lanes.forEach(lane -> lane.run(lane.maxBatch()));
                            lanes.forEach(InferenceLane::await);
                            ready.countDown();
                            ready.await();
                            count.addAndGet(runInTurn(lanes));
                        } catch (Throwable broken) {
                            failure.set(broken);
                            ready.countDown();
                        }
                    },
                    "bench-infer");
            thread.start();
            threads.add(thread);
        }
        ResourceMeter.Usage usage;
        try {
            ready.await();
            ResourceMeter meter = ResourceMeter.start();
            TimeUnit.NANOSECONDS.sleep(roundNanos);
            inferenceEnded = true;
            ThreadStop.joinAll(threads);
            usage = meter.stop();
        } finally {
            inferenceEnded = true;
            ThreadStop.joinAll(threads);
        }
        Throwable broken = failure.get();
        if (broken != null) {
            throw new IllegalStateException("inference failed: " + broken.getMessage(), broken);
        }
        return Speed.of(count.get(), usage);
    }

    private List<InferenceLane> lanesOf(int worker) {
        List<InferenceLane> lanes = new ArrayList<>();
        for (int i = worker;
                i < backend.stages().lanes().size();
                i += backend.stages().workers()) {
            lanes.add(backend.stages().lanes().get(i));
        }
        return lanes;
    }

    /** As in the pipeline: a lane is enqueued again once its last batch is done, while other lanes run. */
    private long runInTurn(List<InferenceLane> lanes) {
        long frames = 0;
        int next = 0;
        while (!inferenceEnded) {
            InferenceLane lane = lanes.get(next++ % lanes.size());
            lane.await();
            lane.run(lane.maxBatch());
            frames += lane.maxBatch();
        }
        lanes.forEach(InferenceLane::await);
        return frames;
    }

    /** Postprocesses in one thread. */
    Speed postprocess() throws InterruptedException {
        Postprocessor postprocessor = backend.stages().postprocessor();
        InferenceLane lane = backend.stages().lanes().get(0);
        int batch = lane.maxBatch();
        Letterbox letterbox = backend.stages().preprocessor().add(frames.get(0), lane.input(), 0);
        for (int i = 1; i < batch; i++) {
            backend.stages().preprocessor().add(frames.get(i % frames.size()), lane.input(), i);
        }
        backend.stages().preprocessor().submit(lane.input(), batch);
        lane.run(batch);
        lane.await();
        long count = 0;
        ResourceMeter meter = ResourceMeter.start();
        long end = System.nanoTime() + roundNanos / 4;
        do {
            postprocessor.submit(lane.output(), batch);
            lane.await();
            for (int i = 0; i < batch; i++) {
                postprocessor.detect(lane.output(), i, letterbox);
            }
            count += batch;
        } while (System.nanoTime() < end && !Thread.currentThread().isInterrupted());
        return Speed.of(count, meter.stop());
    }
}
