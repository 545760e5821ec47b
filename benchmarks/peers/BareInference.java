import io.helmwatch.config.inference.InputSize;
import io.helmwatch.config.inference.ModelConfig;
import io.helmwatch.inference.InferenceLane;
import io.helmwatch.inference.ModelFile;
import io.helmwatch.inference.onnx.OnnxRuntimeEngine;
import io.helmwatch.inference.onnx.QuantizationRanges;
import io.helmwatch.inference.onnx.WorkerPlan;
import io.helmwatch.vision.tensor.HostTensorBatch;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Random;

/**
 * Bare inference with Helmwatch's own engine: one JSON line with milliseconds per image.
 *
 * <pre>java -cp 'pipeline/target/*:pipeline/target/lib/*' benchmarks/peers/BareInference.java fp32|int8 MODEL.onnx 384x640 THREADS SECONDS
 * java -cp … benchmarks/peers/BareInference.java write-int8 MODEL.onnx TARGET.onnx</pre>
 *
 * <p>The input is noise of height x width. Two images warm up; then images run one after the other until the time is over. The second form
 * writes the model as it runs in INT8, for the peers.
 */
public final class BareInference {
    private BareInference() {}

    public static void main(String[] arguments) throws IOException {
        if (arguments.length == 3 && arguments[0].equals("write-int8")) {
            Path model = Path.of(arguments[1]);
            Files.write(Path.of(arguments[2]), ranges(model).quantizedModel(model));
            return;
        }
        if (arguments.length != 5) {
            System.err.println("usage: java BareInference.java fp32|int8 MODEL.onnx HEIGHTxWIDTH THREADS SECONDS");
            System.exit(2);
        }
        boolean int8 = arguments[0].equals("int8");
        Path model = Path.of(arguments[1]);
        String[] size = arguments[2].split("x");
        double limitNanos = Double.parseDouble(arguments[4]) * 1e9;
        WorkerPlan plan = new WorkerPlan(1, Integer.parseInt(arguments[3]), "peer");
        ModelConfig config = ModelConfig.DEFAULT.withInput(InputSize.parse(size[1] + "x" + size[0]));
        var machine = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

        try (OnnxRuntimeEngine engine = int8
                        ? OnnxRuntimeEngine.openInt8(model, config, ranges(model), plan)
                        : OnnxRuntimeEngine.open(model, config, plan);
                InferenceLane lane = engine.openLane(1)) {
            FloatBuffer pixels = ((HostTensorBatch) lane.input()).buffer().asFloatBuffer();
            Random random = new Random(1);
            for (int i = 0; i < pixels.capacity(); i++) {
                pixels.put(i, random.nextFloat());
            }
            lane.run(1);
            lane.run(1);
            long processorTime = machine.getProcessCpuTime();
            long start = System.nanoTime();
            int images = 0;
            do {
                lane.run(1);
                images++;
            } while (System.nanoTime() - start < limitNanos);
            double wall = System.nanoTime() - start;
            System.out.printf(
                    Locale.ROOT,
                    "{\"peer\":\"Helmwatch\",\"images\":%d,\"wallMillis\":%.2f,\"cpuMillis\":%.2f}%n",
                    images,
                    wall / 1e6 / images,
                    (machine.getProcessCpuTime() - processorTime) / 1e6 / images);
        }
    }

    private static QuantizationRanges ranges(Path model) {
        return QuantizationRanges.of(ModelFile.read(model))
                .orElseThrow(() -> new IllegalArgumentException(model + " has no INT8 ranges: run helmwatch quantize"));
    }
}
