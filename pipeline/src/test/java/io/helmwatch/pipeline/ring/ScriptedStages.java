package io.helmwatch.pipeline.ring;

import io.helmwatch.config.PipelineConfig;
import io.helmwatch.config.inference.InferenceConfig;
import io.helmwatch.inference.InferenceEngine;
import io.helmwatch.inference.InferenceLane;
import io.helmwatch.inference.ModelInfo;
import io.helmwatch.ingest.FrameReceiver;
import io.helmwatch.ingest.FrameSource;
import io.helmwatch.pipeline.backend.OpenedBackend;
import io.helmwatch.pipeline.metrics.PipelineMetrics;
import io.helmwatch.pipeline.ring.failure.FatalErrorHandler;
import io.helmwatch.postprocess.Postprocessor;
import io.helmwatch.preprocess.Preprocessor;
import io.helmwatch.resource.Closer;
import io.helmwatch.sinks.DetectionSink;
import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.ColorEncoding;
import io.helmwatch.vision.Detection;
import io.helmwatch.vision.FrameInfo;
import io.helmwatch.vision.FrameLease;
import io.helmwatch.vision.FramePlanes;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.ModelIdentity;
import io.helmwatch.vision.PixelFormat;
import io.helmwatch.vision.StreamStatus;
import io.helmwatch.vision.VideoFrame;
import io.helmwatch.vision.tensor.HostPredictions;
import io.helmwatch.vision.tensor.HostTensorBatch;
import io.helmwatch.vision.tensor.InputSizing;
import io.helmwatch.vision.tensor.Letterbox;
import io.helmwatch.vision.tensor.LetterboxAnchor;
import io.helmwatch.vision.tensor.PredictionLayout;
import io.helmwatch.vision.tensor.RawPredictions;
import io.helmwatch.vision.tensor.TensorBatch;
import io.helmwatch.vision.tensor.TensorShape;
import io.helmwatch.vision.tensor.TensorType;
import io.micrometer.core.instrument.MeterRegistry;
import java.nio.ByteBuffer;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.LongPredicate;
import java.util.stream.IntStream;

/** Stages without pixels whose time, failures and calls a test decides: frame numbers travel through the tensors. */
public final class ScriptedStages {
    static final AtomicInteger PICTURES_HELD = new AtomicInteger();

    public int workers = 2;
    public int lanes = 4;
    /** Workers that other lanes may ask for; by default as many as there are. */
    public int maxWorkers;

    int maxBatch = 1;
    public String device = "cpu";
    LongConsumer preprocess = frame -> {};
    public Consumer<long[]> infer = frames -> {};
    public LongConsumer postprocess = frame -> {};
    InputSizing sizing = InputSizing.fixed(new ImageSize(32, 32));
    /** What ran on any lane. */
    final List<Run> runs = new CopyOnWriteArrayList<>();

    /** A batch of frames that ran, and the size of its input. */
    record Run(ImageSize input, int frames) {}

    final List<Picture> leases = new CopyOnWriteArrayList<>();

    /** Starts a pipeline with metrics. */
    public static HelmetPipeline start(
            OpenedBackend backend,
            PipelineConfig config,
            InferenceConfig inference,
            List<? extends FrameAnalyzer> analyzers,
            List<? extends DetectionSink> sinks,
            MeterRegistry registry,
            int streams) {
        ModelInfo model = backend.stages().engine().model();
        return backend.pipeline(FatalErrorHandler.LOG)
                .config(config)
                .maxBatchDelay(inference.maxDelay())
                .analyzers(analyzers)
                .sinks(sinks)
                .listener(new PipelineMetrics(registry, backend.device(), model.identity(), model.labels()))
                .expectedStreams(streams)
                .start();
    }

    public OpenedBackend open() {
        return new OpenedBackend(
                new Stages(
                        new Engine(),
                        newLanes(lanes),
                        workers,
                        Math.max(workers, maxWorkers),
                        new FrameNumberWriter(),
                        new FrameNumberReader()),
                () -> {
                    Picture lease = new Picture();
                    leases.add(lease);
                    return lease;
                },
                config -> {
                    throw new UnsupportedOperationException("tests make their own sources");
                },
                device,
                "scripted stages",
                new Closer());
    }

    /** Lanes for an exchange. */
    public List<InferenceLane> newLanes(int count) {
        List<InferenceLane> opened = new ArrayList<>();
        IntStream.range(0, count).forEach(i -> opened.add(new Lane()));
        return opened;
    }

    private static final PredictionLayout LAYOUT = new PredictionLayout(PredictionLayout.Kind.DECODED, 1, 1, List.of());

    private final class Engine implements InferenceEngine {
        @Override
        public ModelInfo model() {
            return new ModelInfo(
                    new ModelIdentity("scripted", "1", "fp32", "cpu"),
                    List.of("thing"),
                    new TensorShape(1, 3, 32, 32),
                    sizing,
                    true,
                    TensorType.FP32,
                    LAYOUT,
                    32,
                    LetterboxAnchor.CENTER,
                    114);
        }

        @Override
        public long modelBytes() {
            return 7_000_000;
        }

        @Override
        public InferenceLane openLane(int maxBatch) {
            throw new AssertionError("the pipeline opened a lane of its own: it has to use those of its stages");
        }

        @Override
        public void close() {}
    }

    private final class Lane implements InferenceLane {
        private final HostTensorBatch input =
                HostTensorBatch.allocate(new TensorShape(maxBatch, 1, 1, 2), TensorType.FP32);
        private final FloatBuffer output = FloatBuffer.allocate(maxBatch);
        private ImageSize imageSize = sizing.largest();

        @Override
        public void resize(ImageSize size) {
            imageSize = size;
        }

        @Override
        public TensorBatch input() {
            return input;
        }

        @Override
        public int maxBatch() {
            return maxBatch;
        }

        @Override
        public void run(int size) {
            long[] frames = new long[size];
            for (int i = 0; i < size; i++) {
                frames[i] = input.buffer().getLong(i * 8);
            }
            runs.add(new Run(imageSize, size));
            infer.accept(frames);
            for (int i = 0; i < size; i++) {
                output.put(i, frames[i]);
            }
        }

        @Override
        public void await() {}

        @Override
        public RawPredictions output() {
            return new HostPredictions(LAYOUT, List.of(output));
        }

        @Override
        public void close() {}
    }

    private final class FrameNumberWriter implements Preprocessor {
        @Override
        public Letterbox add(VideoFrame frame, TensorBatch batch, int index) {
            preprocess.accept(frame.sequence());
            ((HostTensorBatch) batch).buffer().putLong(index * 8, frame.sequence());
            return Letterbox.fit(
                    new ImageSize(frame.width(), frame.height()),
                    sizing.sizeFor(frame.width(), frame.height()),
                    LetterboxAnchor.CENTER);
        }

        @Override
        public void submit(TensorBatch batch, int size) {}

        @Override
        public void close() {}
    }

    private final class FrameNumberReader implements Postprocessor {
        @Override
        public List<Detection> detect(RawPredictions predictions, int index, Letterbox letterbox) {
            float frame = ((HostPredictions) predictions).tensors().get(0).get(index);
            postprocess.accept((long) frame);
            return List.of(new Detection("thing", 1, new BoundingBox(frame, 0, frame + 1, 1)));
        }

        @Override
        public void close() {}
    }

    /** A source of numbered pictures. */
    public static class Source implements FrameSource {
        private final String id;
        private final boolean live;
        private final long frames;
        private final long periodMicros;
        private final LongPredicate stillHeldBack;
        private volatile boolean stopped;
        /** Age that frames claim to have when they leave the decoder. */
        volatile long ageNanos;
        /** Size that frames claim to have. */
        volatile ImageSize size = new ImageSize(64, 48);

        public Source(String id, boolean live, long frames, long periodMicros) {
            this(id, live, frames, periodMicros, frame -> false);
        }

        public Source(String id, boolean live, long frames, long periodMicros, LongPredicate stillHeldBack) {
            this.id = id;
            this.live = live;
            this.frames = frames;
            this.periodMicros = periodMicros;
            this.stillHeldBack = stillHeldBack;
        }

        @Override
        public String id() {
            return id;
        }

        @Override
        public boolean isLive() {
            return live;
        }

        @Override
        public void run(FrameReceiver receiver) {
            receiver.onStatus(new StreamStatus(id, StreamStatus.State.ONLINE, "", 0));
            Picture picture = new Picture();
            picture.info.setImage(
                    size.width(), size.height(), PixelFormat.I420, picture.info.color(), picture.info.orientation());
            for (long i = 0; i < frames && !stopped; i++) {
                while (stillHeldBack.test(i) && !stopped) {
                    sleepMicros(200);
                }
                picture.hold(i, System.nanoTime() - ageNanos);
                receiver.onFrame(picture);
                picture.release();
                sleepMicros(periodMicros);
            }
            receiver.onStatus(new StreamStatus(id, StreamStatus.State.ENDED, "", 0));
        }

        @Override
        public void stop() {
            stopped = true;
        }
    }

    public static void sleepMicros(long micros) {
        if (micros > 0) {
            try {
                TimeUnit.MICROSECONDS.sleep(micros);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** A lease on nothing but a number. */
    public static final class Picture implements FrameLease {
        private static final FramePlanes NO_PLANES = new FramePlanes();

        private final FrameInfo info = FrameInfo.of(
                new ImageSize(64, 48), PixelFormat.I420, new ColorEncoding(ColorEncoding.Matrix.BT601, false));
        private boolean held;
        boolean closed;

        void hold(long number, long received) {
            release();
            held = true;
            info.setPosition(number, number * 40_000_000, 0, received);
            PICTURES_HELD.incrementAndGet();
        }

        @Override
        public FrameInfo info() {
            return info;
        }

        @Override
        public FramePlanes planes() {
            return NO_PLANES;
        }

        @Override
        public void take(FrameLease other) {
            if (closed) {
                throw new IllegalStateException("taken after close");
            }
            Picture from = (Picture) other;
            release();
            held = from.held;
            info.copyFrom(from.info);
            from.held = false;
        }

        @Override
        public boolean isHeld() {
            return held;
        }

        @Override
        public void release() {
            if (held) {
                held = false;
                PICTURES_HELD.decrementAndGet();
            }
        }

        @Override
        public void close() {
            release();
            closed = true;
        }

        @Override
        public ByteBuffer plane(int plane) {
            throw new AssertionError("a scripted frame was read: it has no samples, only a sequence number");
        }
    }
}
