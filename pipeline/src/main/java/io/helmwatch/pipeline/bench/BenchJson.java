package io.helmwatch.pipeline.bench;

import io.helmwatch.pipeline.backend.OpenedBackend;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The results of {@code bench} as ordered fields, to be written as JSON. Threading: any thread. */
public final class BenchJson {
    private BenchJson() {}

    /** The whole report: what ran, and one entry per clip. */
    public static Map<String, Object> report(OpenedBackend backend, List<Map<String, Object>> clips) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("stages", backend.description());
        fields.put("clips", clips);
        return fields;
    }

    /** Result of a {@link StageBenchmark}. */
    public static Map<String, Object> stages(StageBenchmark.Result result) {
        Map<String, Object> fields = new LinkedHashMap<>();
        speed(fields, "preprocess", result.preprocess());
        speed(fields, "inference", result.inference());
        speed(fields, "postprocess", result.postprocess());
        fields.put("runs", result.runs().stream().map(run -> run(result, run)).toList());
        return fields;
    }

    private static Map<String, Object> run(StageBenchmark.Result result, StageBenchmark.Run run) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("streams", run.streams());
        speed(fields, "decode", run.decode());
        speed(fields, "whole", run.whole());
        fields.put("shareOfBound", result.share(run));
        fields.put("latencyP50Millis", run.p50Millis());
        fields.put("latencyP99Millis", run.p99Millis());
        fields.put("cpuCores", run.cpuCores());
        fields.put("gpuPercent", run.gpuPercent());
        fields.put("decoderPercent", run.decoderPercent());
        fields.put("decodeAloneDecoderPercent", run.decodeDecoderPercent());
        fields.put("detectionsPerFrame", run.detectionsPerFrame());
        fields.put("heapBytesPerFrame", new TreeMap<>(run.bytesPerFrame()));
        fields.put("collections", run.collections());
        fields.put("collectionMillis", run.collectionMillis());
        fields.put("wholeFpsOfRounds", run.rounds());
        return fields;
    }

    private static void speed(Map<String, Object> fields, String stage, StageBenchmark.Speed speed) {
        fields.put(stage + "Fps", speed.fps());
        fields.put(stage + "CpuMillis", speed.cpuMillis());
    }

    /** Result of a {@link LiveBenchmark}. */
    public static Map<String, Object> live(List<LiveBenchmark.Step> steps, double streamFps) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("streamFps", streamFps);
        fields.put("held", LiveBenchmark.held(steps));
        List<Map<String, Object>> all = new ArrayList<>();
        for (LiveBenchmark.Step step : steps) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("streams", step.streams());
            one.put("holds", step.holds());
            measurement(one, step.measured());
            all.add(one);
        }
        fields.put("steps", all);
        return fields;
    }

    /** Result of a {@link SoakBenchmark}. */
    public static Map<String, Object> soak(List<SoakBenchmark.Sample> samples) {
        List<Map<String, Object>> all = new ArrayList<>();
        for (SoakBenchmark.Sample sample : samples) {
            Map<String, Object> one = new LinkedHashMap<>();
            one.put("seconds", sample.seconds());
            measurement(one, sample.measured());
            one.put("heapBytes", sample.heapBytes());
            one.put("nativeBytes", sample.nativeBytes());
            one.put("gpuBytes", sample.gpuBytes());
            all.add(one);
        }
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("samples", all);
        return fields;
    }

    private static void measurement(Map<String, Object> fields, MeasuredPipeline.Measurement measured) {
        fields.put("fps", measured.fps());
        fields.put("latencyP50Millis", measured.latency().p50());
        fields.put("latencyP99Millis", measured.latency().p99());
        fields.put("latencyMaxMillis", measured.latency().max());
        fields.put("dropped", measured.dropped());
        fields.put("residentBytes", measured.usage().residentBytes());
        fields.put("cpuCores", measured.usage().cpuCores());
        fields.put("gpuPercent", measured.usage().gpuPercent());
        fields.put("decoderPercent", measured.usage().decoderPercent());
        fields.put("detectionsPerFrame", measured.detectionsPerFrame());
        fields.put("heapBytesPerFrame", new TreeMap<>(measured.bytesPerFrame()));
        fields.put("collections", measured.usage().collections());
        fields.put("collectionMillis", measured.usage().collectionMillis());
    }
}
