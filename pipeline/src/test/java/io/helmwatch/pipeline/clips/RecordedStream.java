package io.helmwatch.pipeline.clips;

import io.helmwatch.config.incident.ClipConfig;
import io.helmwatch.config.incident.IncidentsConfig;
import io.helmwatch.config.incident.SnapshotConfig;
import io.helmwatch.config.incident.TrackingConfig;
import io.helmwatch.config.rule.RuleConfig;
import io.helmwatch.config.rule.StreamRulesConfig;
import io.helmwatch.config.rule.ZoneConfig;
import io.helmwatch.config.stream.StreamConfig;
import io.helmwatch.ingest.FrameReceiver;
import io.helmwatch.ingest.ffmpeg.FfmpegFrameSource;
import io.helmwatch.postprocess.tracking.HeadTracker;
import io.helmwatch.vision.BoundingBox;
import io.helmwatch.vision.Detection;
import io.helmwatch.vision.DropCause;
import io.helmwatch.vision.FrameDetections;
import io.helmwatch.vision.FrameLease;
import io.helmwatch.vision.ImageSize;
import io.helmwatch.vision.Incident;
import io.helmwatch.vision.ModelIdentity;
import io.helmwatch.vision.StreamStatus;
import io.helmwatch.vision.VideoFrame;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;

/**
 * A real source whose frames are "analysed" on its own thread, each with two heads, and whose incidents are scripted by the time of its frames. It stands
 * for the pipeline and the rules.
 */
final class RecordedStream implements FrameReceiver, AutoCloseable {
    static final String ID = "gate";
    /** The head that incidents are about, in fractions of the frame. */
    static final BoundingBox SUBJECT = new BoundingBox(0.1f, 0.1f, 0.3f, 0.3f);

    static final BoundingBox OTHER = new BoundingBox(0.6f, 0.6f, 0.8f, 0.8f);

    private static final long AT_LEAST_MILLIS = 2_000;
    private static final long END_AFTER_MILLIS = 1_000;
    private static final ModelIdentity MODEL = new ModelIdentity("helmet", "1", "fp32", "cpu");

    private final IncidentsConfig incidents;
    private final ClipService service;
    private final List<List<ZoneConfig.Point>> masks;
    private final HeadTracker heads;
    private final Map<Integer, long[]> script = new LinkedHashMap<>();
    private final Map<Integer, Incident> open = new LinkedHashMap<>();
    private final List<FrameTime> times = new ArrayList<>();
    private final BlockingQueue<Result> results = new LinkedBlockingQueue<>();
    private BiConsumer<Long, StreamClips> atFrame = (millis, clips) -> {};
    private StreamClips clips;
    private int analyseEvery = 1;

    /** When a frame was captured and is shown. */
    record FrameTime(long capturedAtMillis, long ptsMillis) {}

    /** What became of a clip, and when, by {@link System#nanoTime}; no clip is null. */
    record Result(String incident, Incident.Clip clip, long nanos) {}

    RecordedStream(Path folder, boolean isBlurred, List<List<ZoneConfig.Point>> masks) {
        this.masks = masks;
        IncidentsConfig usual = IncidentsConfig.DEFAULT;
        SnapshotConfig snapshots = SnapshotConfig.DEFAULT;
        ClipConfig clip = new ClipConfig(
                true,
                folder,
                Duration.ofSeconds(3),
                Duration.ofSeconds(4),
                Duration.ofSeconds(20),
                Duration.ofMinutes(1),
                64 << 20,
                Duration.ofDays(1),
                1L << 30,
                null);
        incidents = new IncidentsConfig(
                usual.tracking(),
                usual.observation(),
                usual.lostAfter(),
                usual.spool(),
                new SnapshotConfig(
                        false,
                        snapshots.directory(),
                        false,
                        isBlurred,
                        85,
                        snapshots.keep(),
                        snapshots.maxBytes(),
                        null),
                clip);
        heads = new HeadTracker(TrackingConfig.DEFAULT);
        service = new ClipService(incidents, Clock.systemUTC());
    }

    /** Only every so many frames is analysed. */
    RecordedStream analysing(int every) {
        analyseEvery = every;
        return this;
    }

    /** An incident whose head is seen from one time of the stream to another, milliseconds. */
    RecordedStream incident(int number, long fromMillis, long toMillis) {
        script.put(number, new long[] {fromMillis, toMillis});
        return this;
    }

    /** Something that happens at each frame, before its incidents. */
    RecordedStream at(BiConsumer<Long, StreamClips> action) {
        atFrame = action;
        return this;
    }

    static StreamConfig config(String url, List<List<ZoneConfig.Point>> masks) {
        RuleConfig rule = RuleConfig.of("bare", RuleConfig.Kind.NO_HELMET, List.of(), 0);
        return StreamConfig.of(ID, url).withRules(new StreamRulesConfig(List.of(), masks, 0, List.of(rule)));
    }

    /** Plays a clip through, then ends the stream as the service does. */
    RecordedStream play(Path clip) {
        return play(config(clip.toString(), masks));
    }

    RecordedStream play(StreamConfig config) {
        FfmpegFrameSource source = FfmpegFrameSource.create(config);
        clips = service.add(config);
        service.starting(source);
        source.run(this);
        open.values().forEach(incident -> clips.onIncident(ended(incident), null, (id, clip) -> {}));
        clips.onStatus(new StreamStatus(ID, StreamStatus.State.ENDED, "", 0));
        return this;
    }

    /** That of a camera, also where a file is played as fast as possible. */
    private static long capturedAtMillis(VideoFrame frame) {
        return 1_795_176_000_000L + frame.ptsNanos() / 1_000_000;
    }

    private static Incident ended(Incident last) {
        return message(
                last.track(),
                Incident.Phase.END,
                last.startedAtMillis(),
                last.lastAtMillis(),
                last.decidedAtMillis(),
                last.size());
    }

    @Override
    public void onFrame(FrameLease frame) {
        times.add(new FrameTime(capturedAtMillis(frame), frame.ptsNanos() / 1_000_000));
        if (frame.sequence() % analyseEvery != 0) {
            return;
        }
        FrameDetections detections = new FrameDetections(
                ID,
                1_795_176_000L,
                frame.sequence(),
                frame.ptsNanos(),
                capturedAtMillis(frame),
                new ImageSize(frame.width(), frame.height()),
                MODEL,
                List.of(
                        new Detection("head", 0.9f, ClipFrame.scaled(SUBJECT, frame.width(), frame.height())),
                        new Detection("helmet", 0.8f, ClipFrame.scaled(OTHER, frame.width(), frame.height()))));
        heads.update(frame.ptsNanos(), detections.detections(), box -> true);
        long millis = frame.ptsNanos() / 1_000_000;
        atFrame.accept(millis, clips);
        script.forEach((number, seen) -> decide(number, seen[0], seen[1], millis, frame));
        clips.onFrame(detections, frame, heads);
    }

    private void decide(int number, long from, long to, long millis, VideoFrame frame) {
        long started = capturedAtMillis(frame) - (millis - from);
        ImageSize size = new ImageSize(frame.width(), frame.height());
        if (!open.containsKey(number) && millis >= from + AT_LEAST_MILLIS && millis < to) {
            Incident start = message(
                    number, Incident.Phase.START, started, capturedAtMillis(frame), capturedAtMillis(frame), size);
            open.put(number, start);
            clips.onIncident(start, frame, (id, clip) -> results.add(new Result(id, clip, System.nanoTime())));
        } else if (open.containsKey(number) && millis >= to + END_AFTER_MILLIS) {
            open.remove(number);
            script.get(number)[0] = Long.MAX_VALUE / 2;
            Incident end = message(
                    number,
                    Incident.Phase.END,
                    started,
                    capturedAtMillis(frame) - (millis - to),
                    capturedAtMillis(frame),
                    size);
            clips.onIncident(end, frame, (id, clip) -> {});
        }
    }

    private static Incident message(
            int number, Incident.Phase phase, long startedAt, long lastAt, long decidedAt, ImageSize size) {
        return Incident.builder()
                .id(ID + "/1795176000/bare/" + number)
                .revision(phase == Incident.Phase.START ? 0 : 1)
                .phase(phase)
                .stream(ID)
                .rule("bare")
                .kind(Incident.Kind.NO_HELMET)
                .track(number)
                .startedAtMillis(startedAt)
                .lastAtMillis(lastAt)
                .decidedAtMillis(decidedAt)
                .decidedSequence(0)
                .decidedPtsNanos(0)
                .endReason(phase == Incident.Phase.END ? Incident.EndReason.COMPLIANCE : null)
                .peakConfidence(0.9f)
                .meanConfidence(0.9f)
                .observations(5)
                .size(size)
                .model(MODEL)
                .build();
    }

    /** The next clip that is done. */
    Result await() throws InterruptedException {
        Result result = results.poll(60, TimeUnit.SECONDS);
        if (result == null) {
            throw new AssertionError("no clip was stored within a minute");
        }
        return result;
    }

    ClipService service() {
        return service;
    }

    /** All frames that the pipeline saw. */
    List<FrameTime> times() {
        return times;
    }

    @Override
    public void onDropped(DropCause cause) {}

    @Override
    public void onStatus(StreamStatus status) {}

    @Override
    public void close() {
        service.close();
    }
}
