package io.helmwatch.pipeline.bench.cuda;

import io.helmwatch.config.inference.GpuConfig;
import io.helmwatch.cuda.CudaDevice;
import io.helmwatch.vision.tensor.TensorType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Measures Helmwatch's CUDA kernels: the letterbox against the device's copy rate, and the postprocessing.
 *
 * <p>Threading: one thread.
 */
public final class KernelBenchmark {
    private static final List<Integer> BATCHES = List.of(1, 2, 4, 8, 16, 32, 64);
    private static final List<Integer> BOX_BATCHES = List.of(1, 8, 32);

    private final Result result;

    private KernelBenchmark(Result result) {
        this.result = result;
    }

    private record Result(
            String gpu,
            CopyBenchmark.Rates copies,
            List<LetterboxBenchmark.Line> letterbox,
            List<SuppressionBenchmark.Line> boxes) {

        double share(LetterboxBenchmark.Line line) {
            return line.neededRate() / copies.device();
        }
    }

    /** Measures, which takes about ten seconds. */
    public static KernelBenchmark run(GpuConfig gpu) {
        return new KernelBenchmark(measure(gpu));
    }

    private static Result measure(GpuConfig gpu) {
        Path kernels = gpu.cacheFolder().resolve("kernels");
        try (CudaDevice device =
                CudaDevice.open(gpu.devices().isEmpty() ? 0 : gpu.devices().get(0))) {
            CopyBenchmark.Rates copies = CopyBenchmark.measure(device);
            List<LetterboxBenchmark.Line> letterbox = new ArrayList<>();
            try (LetterboxBenchmark benchmark = new LetterboxBenchmark(device, kernels)) {
                for (TensorType type : List.of(TensorType.FP16, TensorType.FP32)) {
                    BATCHES.forEach(batch -> letterbox.add(benchmark.measure(batch, type)));
                }
            }
            List<SuppressionBenchmark.Line> boxes = new ArrayList<>();
            try (SuppressionBenchmark benchmark = new SuppressionBenchmark(device, kernels)) {
                for (SuppressionBenchmark.Scene scene : SuppressionBenchmark.Scene.values()) {
                    BOX_BATCHES.forEach(batch -> boxes.add(benchmark.measure(scene, batch)));
                }
            }
            return new Result(device.info().toString(), copies, letterbox, boxes);
        }
    }

    /** The results as a table. */
    public String table() {
        StringBuilder table = new StringBuilder();
        table.append(result.gpu()).append('\n');
        table.append(String.format(
                Locale.ROOT,
                "copies: %.0f GB/s within the device (read + written), %.1f GB/s up, %.1f GB/s down%n%n",
                result.copies().device(),
                result.copies().upload(),
                result.copies().download()));
        table.append(LetterboxBenchmark.subject()).append('\n');
        table.append(" batch  type         us   needed MB   GB/s  of copy rate   whole source GB/s  of copy rate\n");
        for (LetterboxBenchmark.Line line : result.letterbox()) {
            double whole = line.wholeBytes() / line.micros() / 1e3;
            table.append(String.format(
                    Locale.ROOT,
                    "%6d  %4s %10.1f %11.1f %6.0f %13.2f %19.0f %13.2f%n",
                    line.batch(),
                    line.type(),
                    line.micros(),
                    line.neededBytes() / 1e6,
                    line.neededRate(),
                    result.share(line),
                    whole,
                    whole / result.copies().device()));
        }
        table.append("\nboxes: selection, sorting, suppression and download for 25,200 rows per frame\n");
        table.append(" batch  scene    device us    us per frame     host us per frame  detections\n");
        for (SuppressionBenchmark.Line line : result.boxes()) {
            table.append(String.format(
                    Locale.ROOT,
                    "%6d  %-7s %10.1f %15.1f %21.1f %11d%n",
                    line.batch(),
                    line.scene().name().toLowerCase(Locale.ROOT),
                    line.micros(),
                    line.micros() / line.batch(),
                    line.hostMicros() / line.batch(),
                    line.detections()));
        }
        return table.toString();
    }

    /** The results as ordered fields, to be written as JSON. */
    public Map<String, Object> json() {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("gpu", result.gpu());
        fields.put("copyGigabytesPerSecond", result.copies().device());
        fields.put("uploadGigabytesPerSecond", result.copies().upload());
        fields.put("downloadGigabytesPerSecond", result.copies().download());
        fields.put("letterbox", result.letterbox().stream().map(this::letterbox).toList());
        fields.put("boxes", result.boxes().stream().map(KernelBenchmark::boxes).toList());
        return fields;
    }

    private Map<String, Object> letterbox(LetterboxBenchmark.Line line) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("batch", line.batch());
        fields.put("type", line.type().name());
        fields.put("micros", line.micros());
        fields.put("neededBytes", line.neededBytes());
        fields.put("wholeBytes", line.wholeBytes());
        fields.put("shareOfCopyRate", result.share(line));
        return fields;
    }

    private static Map<String, Object> boxes(SuppressionBenchmark.Line line) {
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put("batch", line.batch());
        fields.put("scene", line.scene().name().toLowerCase(Locale.ROOT));
        fields.put("micros", line.micros());
        fields.put("hostMicros", line.hostMicros());
        fields.put("detections", line.detections());
        return fields;
    }
}
