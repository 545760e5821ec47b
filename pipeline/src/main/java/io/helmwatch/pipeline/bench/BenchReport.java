package io.helmwatch.pipeline.bench;

import io.helmwatch.pipeline.backend.OpenedBackend;
import io.helmwatch.resource.Quantity;
import java.util.List;
import java.util.Locale;

/** The tables that {@code bench} prints. Threading: any thread. */
public final class BenchReport {
    public static final String LIVE_HEAD =
            "streams      fps   p50 ms   p99 ms   max ms  dropped   cores   RSS MB   GPU %  NVDEC %\n";
    public static final String SOAK_HEAD =
            "  after s      fps   p50 ms   p99 ms   heap MB    RSS MB  native MB    GPU MB  heap bytes/frame\n";

    private BenchReport() {}

    public static String table(OpenedBackend backend, StageBenchmark.Result result) {
        StringBuilder table = new StringBuilder();
        row(table, "preprocess alone", result.preprocess(), "1 thread");
        String workers = Quantity.of(backend.stages().workers(), "worker");
        row(
                table,
                "inference alone",
                result.inference(),
                workers + ", " + Quantity.of(backend.stages().lanes().size(), "lane"));
        row(table, "postprocess alone", result.postprocess(), "1 thread");
        table.append("\nstreams  decode fps   whole fps  of bound   p50 ms   p99 ms  CPU ms/frame   cores   GPU %"
                + "  NVDEC %  (alone)  boxes/frame\n");
        for (StageBenchmark.Run run : result.runs()) {
            table.append(String.format(
                    Locale.ROOT,
                    "%7d %11.1f %11.1f %9.2f %8.1f %8.1f %13.3f %7.2f %7s %8s %8s %12.2f%n",
                    run.streams(),
                    run.decode().fps(),
                    run.whole().fps(),
                    result.share(run),
                    run.p50Millis(),
                    run.p99Millis(),
                    run.whole().cpuMillis(),
                    run.cpuCores(),
                    percent(run.gpuPercent()),
                    percent(run.decoderPercent()),
                    percent(run.decodeDecoderPercent()),
                    run.detectionsPerFrame()));
        }
        table.append("\nheap bytes per frame by thread; collections in all rounds\n");
        for (StageBenchmark.Run run : result.runs()) {
            table.append(String.format(Locale.ROOT, "%7d ", run.streams()));
            run.bytesPerFrame()
                    .forEach((role, bytes) -> table.append(String.format(Locale.ROOT, " %s %.1f", role, bytes)));
            table.append(
                    String.format(Locale.ROOT, "; %d collections, %d ms%n", run.collections(), run.collectionMillis()));
        }
        table.append("bound: min(decode, inference); files fill the ring, so latency is mostly queueing\n");
        return table.toString();
    }

    private static void row(StringBuilder table, String what, StageBenchmark.Speed speed, String how) {
        table.append(String.format(
                Locale.ROOT,
                "%-18s %9.1f fps %9.3f ms CPU per frame   %s%n",
                what,
                speed.fps(),
                speed.cpuMillis(),
                how));
    }

    private static String percent(double value) {
        return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, "%.0f", value);
    }

    public static String line(LiveBenchmark.Step step) {
        MeasuredPipeline.Measurement measured = step.measured();
        return String.format(
                Locale.ROOT,
                "%7d %8.1f %8.1f %8.1f %8.1f %8d %7.2f %8.0f %7s %8s  %s%n",
                step.streams(),
                measured.fps(),
                measured.latency().p50(),
                measured.latency().p99(),
                measured.latency().max(),
                measured.dropped(),
                measured.usage().cpuCores(),
                measured.usage().residentBytes() / 1e6,
                percent(measured.usage().gpuPercent()),
                percent(measured.usage().decoderPercent()),
                step.holds() ? "holds" : "does not hold");
    }

    public static String line(SoakBenchmark.Sample sample) {
        MeasuredPipeline.Measurement measured = sample.measured();
        return String.format(
                Locale.ROOT,
                "%9.0f %8.1f %8.1f %8.1f %9.1f %9.1f %10.1f %9.1f %17.1f%n",
                sample.seconds(),
                measured.fps(),
                measured.latency().p50(),
                measured.latency().p99(),
                sample.heapBytes() / 1e6,
                measured.usage().residentBytes() / 1e6,
                sample.nativeBytes() / 1e6,
                sample.gpuBytes() / 1e6,
                measured.bytesPerFrame().values().stream()
                        .mapToDouble(Double::doubleValue)
                        .sum());
    }

    /** Change from the second sample, which is warmed up, to the last one; from the first where there are two. */
    public static String growth(List<SoakBenchmark.Sample> samples) {
        SoakBenchmark.Sample first = samples.get(samples.size() > 2 ? 1 : 0);
        SoakBenchmark.Sample last = samples.get(samples.size() - 1);
        return String.format(
                Locale.ROOT,
                "from %.0f s to %.0f s: fps %+.1f %%, heap %+.1f MB, RSS %+.1f MB, native %+.1f MB, GPU %+.1f MB;"
                        + " %d collections took %d ms, explicit ones not counted%n",
                first.seconds(),
                last.seconds(),
                100 * (last.measured().fps() / first.measured().fps() - 1),
                (last.heapBytes() - first.heapBytes()) / 1e6,
                (last.measured().usage().residentBytes()
                                - first.measured().usage().residentBytes())
                        / 1e6,
                (last.nativeBytes() - first.nativeBytes()) / 1e6,
                (last.gpuBytes() - first.gpuBytes()) / 1e6,
                samples.stream()
                        .mapToLong(sample -> sample.measured().usage().collections())
                        .sum(),
                samples.stream()
                        .mapToLong(sample -> sample.measured().usage().collectionMillis())
                        .sum());
    }
}
